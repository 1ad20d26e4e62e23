"""One submission, graded as a function of bytes: what a worker does."""

import dataclasses
import functools
import hashlib
import json
import sys
from multiprocessing import util
from pathlib import Path

import nbformat
import numpy as np

from autograder import secret
from autograder.checking.asserts import Asserts
from autograder.collecting.submissions import stamp
from autograder.content import load
from autograder.grading import execute
from autograder.model import Graded, Repair, report_in
from autograder.release.notebooks import own_asserts, released
from autograder.sandbox import launch
from autograder.sandbox.limits import Limits
from autograder.untrusted import rebuild
from autograder.untrusted.notebook import Unreadable, read_bytes

ENGINE = Path(__file__).parents[1]
# Its packages whose code decides a grade, besides the modules beside them.
GRADING = ("checking", "untrusted", "sandbox", "grading")


# -- one submission -------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Conditions:
    """What the grades of a unit's submissions depend on, besides the submissions themselves."""

    unit: str
    released: str  # JSON of the instructor's released notebook
    kind: str  # of sandbox
    limits: Limits
    version: str  # of the code that grades, see `version`
    content: str  # name of the content package, which this process can import
    asserts: tuple[Asserts, ...]  # of the graded cells without a check
    secret: bytes = dataclasses.field(repr=False)  # of the course


def conditions(course, unit, kind, limits, secret):
    """The `Conditions` in a course (`course.Course`) as it is now."""
    source, content = course.source(unit), course.content
    original = released(source, course.config)
    return Conditions(
        unit,
        nbformat.writes(original),
        kind,
        limits,
        version(content, unit),
        content.package,
        own_asserts(source, original, content, unit, course.config),
        secret,
    )


@dataclasses.dataclass(frozen=True)
class Job:
    """One submission to grade, and all that its grade depends on."""

    student: str
    data: bytes  # of the submitted file
    stamp: str  # when it was handed in: penalties for late ones depend on it
    repairs: tuple[Repair, ...]  # what had to be put right before
    conditions: Conditions

    @classmethod
    def of(cls, submission, conditions):
        """The job of a `submissions.Submission` that has a file. Raises Unreadable."""
        data, folder = read_bytes(submission.path), submission.path.parent
        return cls(submission.student, data, stamp(folder), submission.repairs, conditions)

    @functools.cached_property
    def key(self):
        """A hash of all this. It takes a while: where nothing is known, the worker works it out."""
        short = dataclasses.replace(self, data=b"")
        return secret.seed(self.conditions.secret, f"{short} {secret.digest(self.data)}").hex()


@functools.lru_cache(maxsize=8)
def parsed(released):
    """The released notebook, parsed once per process."""
    return nbformat.reads(released, as_version=4)


@functools.lru_cache(maxsize=8)
def sandbox_of(kind, limits, content, hidden):
    """The sandbox to run submissions in, built once per process."""
    sandboxed = launch.Sandbox(kind, limits, content, hidden)
    util.Finalize(sandboxed, sandboxed.close, exitpriority=1)  # also as a worker process ends
    return sandboxed


def grade_one(job):
    """Grade the submission of a `Job`; returns a `Graded`.

    Never raises for anything that the submission contains. Raises RuntimeError if this process has
    another version of the course than the one that asks, and SandboxError if no sandbox starts.
    """
    now = job.conditions
    content = load(now.content)
    if now.version != version(content, now.unit):
        raise RuntimeError("this worker has another version of the course or of its libraries")
    original = parsed(now.released)
    try:
        notebook, more = rebuild.rebuild(job.data, original, content)
    except Unreadable as problem:
        return Graded(job.student, refusal=str(problem))
    report = execute.execute(
        notebook,
        content,
        now.unit,
        job.student,
        sandbox_of(now.kind, now.limits, content, content.hidden_modules(now.unit)),
        original,
        repairs=[*job.repairs, *more],
        seed=secret.seed(now.secret, secret.digest(job.data)),
        own_asserts=now.asserts,
        key=job.key,
    )
    # nbformat's own way is far slower. Sorted: the same is the same bytes.
    return Graded(job.student, report, notebook=json.dumps(notebook, sort_keys=True))


def is_of(graded, job):
    """True if what a worker returned is the `Graded` of this job and of no other."""
    if not isinstance(graded, Graded) or graded.student != job.student:
        return False
    if graded.report is None:
        return graded.refusal is not None
    inside = report_in(graded.notebook)  # which is what will be recorded
    return inside is not None and graded.report.key == inside.key == job.key


@functools.cache
def version(content, unit):
    """A hash of the code that grades a unit: of the engine, the unit, the student package."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} NumPy {np.__version__}".encode())
    engine = [*ENGINE.glob("*"), *(path for name in GRADING for path in (ENGINE / name).rglob("*"))]
    ours = [*content.folder.glob("*"), *(content.folder / unit).rglob("*")]
    parts = {ENGINE: engine, content.folder: ours}
    parts[content.student_folder] = content.student_folder.rglob("*")
    for folder, paths in parts.items():
        for path in sorted(paths):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{path.relative_to(folder)}\n".encode() + path.read_bytes())
    return digest.hexdigest()
