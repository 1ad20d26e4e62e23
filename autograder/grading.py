"""Many submissions: what is new, in parallel, each recorded once.

Grading one submission is a function of bytes, `grade_one`: it knows nothing of folders or the
gradebook, so it can run in any process, on any machine. This module finds what there is to do,
hands it out (`workers`) and has what comes back recorded (`recording`).
"""

import contextlib
import dataclasses
import functools
import hashlib
import json
import sys
import time
from multiprocessing import util
from pathlib import Path

import nbformat
import numpy as np

from autograder import execute, folders, intake, secret, tasks, workers
from autograder.sandbox import fence, view

# What of our code has no part in grading: a change to it changes no grade.
FOR_PEOPLE = set("cli collect demo exchange export formulas handout kit pages report".split())
PACKAGES = [Path(view.PROJECT / "autograder"), view.COURSE]
NEW_SECRET = (
    f"The secret of the course ({secret.PLACE}) was not there, so a new one was drawn. Hidden "
    "inputs are other ones from now on, and everything that was graded before is graded again."
)
SECONDS_BETWEEN_LINES = 60  # of progress, where there is no terminal for a bar


# -- one submission -------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Job:
    """One submission to grade, and all that its grade depends on."""

    student: str
    unit: str
    data: bytes  # of the submitted file
    stamp: str  # when it was handed in: penalties for late ones depend on it
    repairs: tuple[str, ...]  # what had to be put right before
    released: str  # JSON of the instructor's released notebook
    kind: str  # of sandbox
    limits: fence.Limits
    version: str  # of the code that grades, see `version`
    secret: bytes = dataclasses.field(repr=False)  # of the course

    @functools.cached_property
    def key(self):
        """A hash of all this. It takes a while: where nothing is known, the worker works it out."""
        short = dataclasses.replace(self, data=b"")
        return secret.seed(self.secret, f"{short} {secret.digest(self.data)}").hex()


@dataclasses.dataclass(frozen=True)
class Graded:
    """What became of one submission: a report on its grade, or why there is none."""

    student: str
    report: execute.Report | None = None
    notebook: str | None = None  # the graded notebook, as JSON, until it is recorded
    reason: str | None = None  # the submission's own fault
    failure: str | None = None  # ours: it has to be graded again
    unchanged: bool = False  # graded before, from the same bytes
    before: dict | None = None  # the scores in the gradebook until now, by grade_id
    late: float = 0.0  # points that the gradebook takes off for lateness

    @property
    def score_before(self):
        """The automatic points until now; None if there were none."""
        return sum(score or 0 for score in self.before.values()) if self.before else None

    def changes(self):
        """The scores that are others than before, {grade_id: (before, now)}: none at first."""
        if not self.report or not self.before:
            return {}
        pairs = {name: (self.before.get(name), now) for name, now in self.report.scores.items()}
        return {name: (before, now) for name, (before, now) in pairs.items() if before != now}


@functools.lru_cache(maxsize=8)
def parsed(released):
    """The released notebook, parsed once per process."""
    return nbformat.reads(released, as_version=4)


@functools.lru_cache(maxsize=8)
def fence_of(kind, limits, hidden):
    """The fence to run submissions in, built once per process."""
    fenced = fence.Fence(kind, limits, hidden)
    util.Finalize(fenced, fenced.close, exitpriority=1)  # also as a worker process ends
    return fenced


def grade_one(job):
    """Grade the submission of a `Job`; returns a `Graded`.

    Never raises for anything that the submission contains. Raises RuntimeError if this process has
    another version of the course than the one that asks, and FenceError if no sandbox starts.
    """
    if job.version != version(job.unit):
        raise RuntimeError("this worker has another version of the course or of its libraries")
    released = parsed(job.released)
    try:
        notebook, more = intake.rebuild(job.data, released)
    except intake.Unreadable as problem:
        return Graded(job.student, reason=str(problem))
    fenced = fence_of(job.kind, job.limits, tasks.hidden_modules(job.unit))
    seed = secret.seed(job.secret, secret.digest(job.data))
    repairs = [*job.repairs, *more]
    report = execute.execute(notebook, job.unit, job.student, fenced, released, repairs, seed)
    report.key = job.key
    notebook.metadata.autograder = dataclasses.asdict(report)
    # nbformat's own way is far slower. Sorted: the same is the same bytes.
    return Graded(job.student, report, notebook=json.dumps(notebook, sort_keys=True))


def is_of(graded, job):
    """True if what a worker returned is the `Graded` of this job and of no other."""
    if not isinstance(graded, Graded) or graded.student != job.student:
        return False
    if graded.report is None:
        return graded.reason is not None
    inside = execute.report_in(graded.notebook)  # which is what will be recorded
    return inside is not None and graded.report.key == inside.key == job.key


@functools.cache
def version(unit):
    """A hash of what grades a unit: our code, but not the banks of other units, and NumPy's."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} NumPy {np.__version__}".encode())
    others = {name for name in tasks.units() if name != unit}
    for package in PACKAGES:
        for path in sorted(package.rglob("*")):
            name = path.relative_to(package)
            bank = path.parent.parent == PACKAGES[0] and path.stem in others
            shown = package == PACKAGES[0] and name.parts[0].removesuffix(".py") in FOR_PEOPLE
            if path.suffix in (".py", ".npz") and not bank and not shown:
                digest.update(str(name).encode() + path.read_bytes())
    return digest.hexdigest()


# -- many submissions -----------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Options:
    """How to grade: what ``autograder grade`` can be told."""

    jobs: int = 1
    sandbox: str = "auto"
    scheduler: str | None = None  # the address of a Dask scheduler, in the place of ``jobs``
    force: bool = False
    dry_run: bool = False
    limits: fence.Limits = dataclasses.field(default_factory=fence.Limits)


def crew_of(options):
    """The workers to grade with: see `workers`."""
    if options.scheduler:
        return workers.Cluster(options.scheduler)
    return workers.Processes(options.jobs)


def look(wanted, unit):
    """What a process has: (version, kind of sandbox, why there is none)."""
    try:
        return version(unit), fence.choose(wanted), None
    except fence.FenceError as problem:
        return version(unit), None, str(problem)


def kind_of_sandbox(crew, wanted, unit):
    """The kind of fence that all workers have; they must also have this version of the course.

    Raises FenceError or CourseError otherwise, naming a worker.
    """
    kinds = {}
    for worker, (theirs, kind, problem) in crew.ask_all(look, wanted, unit).items():
        if theirs != version(unit):
            raise folders.CourseError(
                f"The worker {worker} has another version of the course, of Python or of NumPy: "
                "install the same there, start the workers again, then run this again."
            )
        if problem:
            raise fence.FenceError(f"{problem} (on {worker})")
        kinds[kind] = worker
    if len(kinds) > 1:
        found = ", ".join(f"{kind} on {worker}" for kind, worker in kinds.items())
        raise fence.FenceError(
            f"The workers' sandboxes differ: {found}. Choose one that all have, with --sandbox."
        )
    return next(iter(kinds))


class Run:
    """One run over a unit's submissions; iterate over it for a `Graded` each, as it is done.

    total : how many submissions there are
    kind : of sandbox
    notes : what the lecturer should know before, as sentences

    Raises CourseError or `fence.FenceError` here, before anything is graded, if it cannot be.
    """

    def __init__(self, course, unit, options):
        from autograder.recording import Recorder

        self.options, self.done, self.notes = options, [], []
        submitted = course.folder(course.directory.submitted_directory, "", "")
        self.submissions = folders.find_submissions(submitted, unit)
        self.total = len(self.submissions)
        with contextlib.ExitStack() as opened:
            self.recorder = opened.enter_context(Recorder(course, unit))
            self.secret, drawn = course.secret()
            if drawn and self.recorder.scores:
                self.notes.append(NEW_SECRET)
            self.crew = opened.enter_context(crew_of(options))
            self.kind = kind_of_sandbox(self.crew, options.sandbox, unit)
            self.opened = opened.pop_all()

    def __iter__(self):
        with self.opened:
            for job, future in self.crew.results(grade_one, self.jobs()):
                yield from self.take_done()
                yield self.finished(job, future)
            yield from self.take_done()
            if not self.options.dry_run:
                self.recorder.drop_drafts()

    def take_done(self):
        """What needed no worker, since this was asked last."""
        done, self.done = self.done, []
        return done

    def jobs(self):
        """A `Job` for each submission that has to be graded; what became of the others is noted."""
        from autograder.release import released

        course, unit, options = self.recorder.course, self.recorder.unit, self.options
        original = nbformat.writes(released(course.source(unit), course.config))
        depends = original, self.kind, options.limits, version(unit), self.secret
        for submission in self.submissions:
            student, reason, data = submission.student, submission.reason, None
            if not reason:
                try:
                    data = intake.read_bytes(submission.path)
                except intake.Unreadable as problem:
                    reason = str(problem)
            if reason:
                self.done.append(self.refused(Graded(student, reason=reason)))
                continue
            stamp = folders.stamp(submission.path.parent)
            job = Job(student, unit, data, stamp, submission.repairs, *depends)
            if not options.force and (report := self.recorder.known(job)):
                if not options.dry_run:
                    self.recorder.penalize(student)
                late = self.recorder.late(student)
                self.done.append(Graded(student, report, unchanged=True, late=late))
            elif not options.force and (draft := self.recorder.draft(job)):
                self.done.append(self.recorded(Graded(student, execute.report_in(draft), draft)))
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
        return self.refused(graded) if graded.reason else self.recorded(graded)

    def refused(self, graded):
        """A submission without a grade, saying so if an earlier one keeps a grade."""
        total = self.recorder.total(graded.student)
        if total is None:
            return graded
        kept = f"{graded.reason} (the gradebook keeps {total:g} points from before)"
        return dataclasses.replace(graded, reason=kept)

    def recorded(self, graded):
        """A graded submission once it is recorded; in a dry run, put aside for the next run."""
        before = self.recorder.scores.get(graded.student)
        if self.options.dry_run:
            self.recorder.keep_draft(graded.report.key, graded.notebook)
        else:
            self.recorder.record(graded.student, graded.notebook)
        late = self.recorder.late(graded.student)
        return dataclasses.replace(graded, notebook=None, before=before, late=late)


def with_progress(run):
    """The same as iterating over a `Run`, while it is shown how far it is and how long it takes.

    On a terminal by a bar, else by a line a minute, to stderr.
    """
    from tqdm import tqdm

    begun = shown = time.monotonic()
    with tqdm(total=run.total, unit="submission", disable=None, leave=False) as bar:
        for number, graded in enumerate(run, 1):
            yield graded
            busy = min(run.crew.at_once(), run.total - number)
            bar.set_postfix_str(f"{busy} running, {run.total - number - busy} waiting", False)
            bar.update()
            if bar.disable and time.monotonic() - shown > SECONDS_BETWEEN_LINES:
                shown = time.monotonic()
                left = tqdm.format_interval((shown - begun) / number * (run.total - number))
                state = f"{number} of {run.total} done, {busy} running, about {left} left"
                print(f"… {state}", file=sys.stderr, flush=True)
