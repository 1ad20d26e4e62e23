"""Grades many submissions: only the new ones, in parallel, and records each once.

Grading one submission is a function of bytes, `job.grade_one`: it knows nothing of folders or the
gradebook, so it can run in any process, on any machine. This module finds the submissions to grade,
gives them to an executor (`workers`) and records the results (`record`).
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from concurrent.futures import Future
from typing import TypeAlias

from autograder import secret
from autograder.checking import asserts
from autograder.collecting import submissions
from autograder.content import Content, load
from autograder.course import Course, CourseError
from autograder.grading import workers
from autograder.grading.job import Job, conditions, grade_one, is_of, version
from autograder.model import Graded, report_in
from autograder.sandbox import packages, probe
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.limits import Limits
from autograder.untrusted.notebook import Unreadable

NEW_SECRET = (
    f"The secret of the course ({secret.PLACE}) was missing, so a new one was drawn. Hidden inputs "
    "change from now on, and every submission that was graded before is graded again."
)
NOT_INSTALLED = (
    "Students have packages that are not installed here, so code that imports them fails: install "
    "{}."
)


@dataclasses.dataclass(frozen=True)
class Options:
    """The options of ``autograder grade``."""

    jobs: int = 1
    sandbox: str = "auto"
    scheduler: str | None = None  # the address of a Dask scheduler, instead of ``jobs``
    force: bool = False
    dry_run: bool = False
    limits: Limits = dataclasses.field(default_factory=Limits)


Executor: TypeAlias = workers.Processes | workers.Cluster


def executor_of(options: Options, requirements: tuple[str, ...]) -> Executor:
    """The executor to grade with. ``requirements`` are those of the student's kit."""
    if options.scheduler:
        return workers.Cluster(options.scheduler)
    return workers.Processes(options.jobs, requirements)


def look(wanted: str, package: str, unit: str) -> tuple[str, str | None, str | None]:
    """What a worker has: (version, kind of sandbox or None, why there is no sandbox or None).

    wanted : the kind of sandbox that is asked for
    package : name of the content package
    """
    own = version(load(package), unit)
    try:
        return own, probe.choose(wanted), None
    except SandboxError as problem:
        return own, None, str(problem)


def kind_of_sandbox(executor: Executor, wanted: str, content: Content, unit: str) -> str:
    """The kind of sandbox that all workers have.

    Raises SandboxError if a worker has none or another one, and CourseError if a worker has another
    version of the course; both name the worker.
    """
    kinds: dict[str, str] = {}
    asked = executor.ask_all(look, wanted, content.package, unit)
    for worker, (theirs, kind, problem) in asked.items():
        if theirs != version(content, unit):
            raise CourseError(
                f"The worker {worker} has another version of the course, of Python or of NumPy: "
                "install the same there, start the workers again, then run this again."
            )
        if kind is None:
            raise SandboxError(f"{problem} (on {worker})")
        kinds[kind] = worker
    if len(kinds) > 1:
        found = ", ".join(f"{kind} on {worker}" for kind, worker in kinds.items())
        raise SandboxError(
            f"The workers' sandboxes differ: {found}. Choose one that all have, with --sandbox."
        )
    return next(iter(kinds))


class Run:
    """One run over a unit's submissions; iterating yields a `Graded` each, in order of completion.

    total : the number of submissions
    kind : of sandbox
    notes : sentences for the lecturer, known before the grading starts

    The constructor raises CourseError or SandboxError if grading is not possible.
    """

    def __init__(self, course: Course, unit: str, options: Options) -> None:
        from autograder.grading.record import Recorder

        self.options = options
        self.notes: list[str] = []
        submitted = course.folder(course.directory.submitted_directory, "", "")
        self.submissions = submissions.find_submissions(submitted, unit, course.units())
        self.total = len(self.submissions)
        with contextlib.ExitStack() as opened:
            self.recorder = opened.enter_context(Recorder(course, unit))
            found, drawn = course.secret()
            if drawn and self.recorder.scores:
                self.notes.append(NEW_SECRET)
            content = course.content
            if absent := packages.missing(content.requirements):
                self.notes.append(NOT_INSTALLED.format(" ".join(map(repr, absent))))
            self.executor = executor_of(options, content.requirements)
            opened.enter_context(self.executor)
            self.kind = kind_of_sandbox(self.executor, options.sandbox, content, unit)
            self.conditions = conditions(course, unit, self.kind, options.limits, found)
            if self.conditions.asserts:
                self.notes.append(asserts.said(self.conditions.asserts))
            self.opened = opened.pop_all()

    def __iter__(self) -> Iterator[Graded]:
        with self.opened:
            for item, future in self.executor.results(grade_one, self.plan()):
                if isinstance(item, Graded):
                    yield item
                elif future is not None:
                    yield self.finished(item, future)
            if not self.options.dry_run:
                self.recorder.drop_drafts()

    def plan(self) -> Iterator[Job | Graded]:
        """A `Job` for each submission, or its `Graded` if it is refused or graded already."""
        options = self.options
        for submission in self.submissions:
            student = submission.student
            if submission.refusal:
                yield self.mention_earlier_grade(Graded(student, refusal=submission.refusal))
                continue
            try:
                job = Job.of(submission, self.conditions)
            except Unreadable as problem:
                yield self.mention_earlier_grade(Graded(student, refusal=str(problem)))
                continue
            if not options.force and (report := self.recorder.known(job)):
                if not options.dry_run:
                    self.recorder.penalize(student)
                    report = self.recorder.rename(student, report)
                again = self.recorder.look_again(student, options.dry_run)
                yield self.with_points(Graded(student, report, unchanged=True, again=again))
            elif not options.force and (draft := self.recorder.draft(job)):
                yield self.record(Graded(student, report_in(draft), draft))
            else:
                yield job

    def finished(self, job: Job, future: Future[Graded]) -> Graded:
        """Check and record the result of a finished job."""
        try:
            graded = future.result()
        except Exception as error:
            # A fault of the grader or of the machine: reported, never recorded as a grade.
            return Graded(job.student, failure=f"{type(error).__name__}: {error}")
        if not is_of(graded, job):
            return Graded(job.student, failure="the worker answered for another submission")
        if graded.refusal:
            return self.mention_earlier_grade(graded)
        return self.record(graded)

    def mention_earlier_grade(self, graded: Graded) -> Graded:
        """If the gradebook has an earlier grade of this student, say so in the refusal."""
        total = self.recorder.total(graded.student)
        if total is None:
            return graded
        kept = f"{graded.refusal} (the gradebook keeps {total:g} points from before)"
        return dataclasses.replace(graded, refusal=kept)

    def record(self, graded: Graded) -> Graded:
        """Record a graded submission; in a dry run, keep it as a draft for the next run."""
        report, notebook = graded.report, graded.notebook
        assert report is not None  # it is not refused
        assert notebook is not None
        before = self.recorder.scores.get(graded.student)
        if self.options.dry_run:
            self.recorder.keep_draft(report.key, notebook)
            self.recorder.compare(graded.student, notebook)
        else:
            report = self.recorder.record(graded.student, notebook)
        again = self.recorder.again[graded.student]
        return self.with_points(
            dataclasses.replace(graded, report=report, notebook=None, before=before, again=again)
        )

    def with_points(self, graded: Graded) -> Graded:
        """Add what the gradebook says of points by hand and of lateness."""
        late, by_hand = self.recorder.late(graded.student), self.recorder.hand.get(graded.student)
        return dataclasses.replace(graded, late=late, by_hand=by_hand)
