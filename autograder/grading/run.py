"""Many submissions: what is new, in parallel, each recorded once.

Grading one submission is a function of bytes, `grade_one`: it knows nothing of folders or the
gradebook, so it can run in any process, on any machine. This module finds what there is to do,
hands it out (`workers`) and has what comes back recorded (`recording`).
"""

import contextlib
import dataclasses

from autograder import secret
from autograder.checking import asserts
from autograder.collecting import submissions
from autograder.content import load
from autograder.course import CourseError
from autograder.grading import workers
from autograder.grading.job import Job, conditions, grade_one, is_of, version
from autograder.model import Graded, report_in
from autograder.sandbox import probe
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.limits import Limits
from autograder.untrusted.notebook import Unreadable

NEW_SECRET = (
    f"The secret of the course ({secret.PLACE}) was not there, so a new one was drawn. Hidden "
    "inputs are other ones from now on, and everything that was graded before is graded again."
)


# -- many submissions -----------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Options:
    """How to grade: what ``autograder grade`` can be told."""

    jobs: int = 1
    sandbox: str = "auto"
    scheduler: str | None = None  # the address of a Dask scheduler, in the place of ``jobs``
    force: bool = False
    dry_run: bool = False
    limits: Limits = dataclasses.field(default_factory=Limits)


def executor_of(options, requirements):
    """The workers to grade with: see `workers`. ``requirements`` are those of the student's kit."""
    if options.scheduler:
        return workers.Cluster(options.scheduler)
    return workers.Processes(options.jobs, requirements)


def look(wanted, package, unit):
    """What a process has: (version, kind of sandbox, why there is none).

    package : name of the content package
    """
    own = version(load(package), unit)
    try:
        return own, probe.choose(wanted), None
    except SandboxError as problem:
        return own, None, str(problem)


def kind_of_sandbox(executor, wanted, content, unit):
    """The kind of sandbox that all workers have; they must also have this version of the course.

    Raises SandboxError or CourseError otherwise, naming a worker.
    """
    kinds, asked = {}, executor.ask_all(look, wanted, content.package, unit)
    for worker, (theirs, kind, problem) in asked.items():
        if theirs != version(content, unit):
            raise CourseError(
                f"The worker {worker} has another version of the course, of Python or of NumPy: "
                "install the same there, start the workers again, then run this again."
            )
        if problem:
            raise SandboxError(f"{problem} (on {worker})")
        kinds[kind] = worker
    if len(kinds) > 1:
        found = ", ".join(f"{kind} on {worker}" for kind, worker in kinds.items())
        raise SandboxError(
            f"The workers' sandboxes differ: {found}. Choose one that all have, with --sandbox."
        )
    return next(iter(kinds))


class Run:
    """One run over a unit's submissions; iterate over it for a `Graded` each, as it is done.

    total : how many submissions there are
    kind : of sandbox
    notes : what the lecturer should know before, as sentences

    Raises CourseError or `sandbox.SandboxError` here, before anything is graded, if it cannot be.
    """

    def __init__(self, course, unit, options):
        from autograder.grading.record import Recorder

        self.options, self.notes = options, []
        submitted = course.folder(course.directory.submitted_directory, "", "")
        self.submissions = submissions.find_submissions(submitted, unit, course.units())
        self.total = len(self.submissions)
        with contextlib.ExitStack() as opened:
            self.recorder = opened.enter_context(Recorder(course, unit))
            found, drawn = course.secret()
            if drawn and self.recorder.scores:
                self.notes.append(NEW_SECRET)
            content = course.content
            self.executor = opened.enter_context(executor_of(options, content.requirements))
            self.kind = kind_of_sandbox(self.executor, options.sandbox, content, unit)
            self.conditions = conditions(course, unit, self.kind, options.limits, found)
            if self.conditions.asserts:
                self.notes.append(asserts.said(self.conditions.asserts))
            self.opened = opened.pop_all()

    def __iter__(self):
        with self.opened:
            for item, future in self.executor.results(grade_one, self.plan()):
                yield item if future is None else self.finished(item, future)
            if not self.options.dry_run:
                self.recorder.drop_drafts()

    def plan(self):
        """For each submission a `Job`, or what became of it if it need not be graded."""
        options = self.options
        for submission in self.submissions:
            student, refusal = submission.student, submission.refusal
            if not refusal:
                try:
                    job = Job.of(submission, self.conditions)
                except Unreadable as problem:
                    refusal = str(problem)
            if refusal:
                yield self.refused(Graded(student, refusal=refusal))
            elif not options.force and (report := self.recorder.known(job)):
                if not options.dry_run:
                    self.recorder.penalize(student)
                late = self.recorder.late(student)
                yield Graded(student, report, unchanged=True, late=late)
            elif not options.force and (draft := self.recorder.draft(job)):
                yield self.recorded(Graded(student, report_in(draft), draft))
            else:
                yield job

    def finished(self, job, future):
        """The `Graded` of a job that a worker has ended."""
        try:
            graded = future.result()
        except Exception as error:
            # A mistake of ours or of the machine: said, never recorded as a grade.
            return Graded(job.student, failure=f"{type(error).__name__}: {error}")
        if not is_of(graded, job):
            return Graded(job.student, failure="the worker answered for another submission")
        return self.refused(graded) if graded.refusal else self.recorded(graded)

    def refused(self, graded):
        """A submission without a grade, saying so if an earlier one keeps a grade."""
        total = self.recorder.total(graded.student)
        if total is None:
            return graded
        kept = f"{graded.refusal} (the gradebook keeps {total:g} points from before)"
        return dataclasses.replace(graded, refusal=kept)

    def recorded(self, graded):
        """A graded submission once it is recorded; in a dry run, put aside for the next run."""
        before = self.recorder.scores.get(graded.student)
        if self.options.dry_run:
            self.recorder.keep_draft(graded.report.key, graded.notebook)
        else:
            self.recorder.record(graded.student, graded.notebook)
        late = self.recorder.late(graded.student)
        return dataclasses.replace(graded, notebook=None, before=before, late=late)
