"""Grades one submission as a function of bytes: the work of one worker process."""

from __future__ import annotations

import dataclasses
import functools
import json
import sys
from multiprocessing import util
from pathlib import Path
from typing import Self

import nbformat
import numpy as np
from nbformat import NotebookNode

from autograder import files, named, secret
from autograder.checking import behaviour
from autograder.checking.asserts import AssertCell
from autograder.checking.behaviour import Probe
from autograder.collecting.submissions import Submission, stamp
from autograder.content import MODEL_ANSWERS, Content, load
from autograder.course import Course
from autograder.grading import grade_notebook
from autograder.model import Graded, Repair, report_in
from autograder.release.notebooks import own_asserts, released
from autograder.sandbox import launch
from autograder.sandbox.limits import Limits
from autograder.untrusted import rebuild
from autograder.untrusted.notebook import Unreadable, read_bytes

ENGINE = Path(__file__).parents[1]
# The packages of the engine whose code decides a grade, in addition to its top-level modules.
GRADING = ("checking", "untrusted", "sandbox", "grading")


@dataclasses.dataclass(frozen=True)
class Conditions:
    """Everything that the grades of a unit depend on, except the submissions themselves."""

    unit: str
    released: str  # JSON of the instructor's released notebook
    kind: str  # of sandbox
    limits: Limits
    version: str  # of the code that grades, see `version`
    content: str  # name of the content package, which this process can import
    asserts: tuple[AssertCell, ...]  # the graded cells without a check
    probes: str  # of its tasks, as JSON, see `named.probes`; they decide no points
    secret: bytes = dataclasses.field(repr=False)  # of the course


def conditions(course: Course, unit: str, kind: str, limits: Limits, secret: bytes) -> Conditions:
    """The `Conditions` of a unit in the course as it is now."""
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
        json.dumps(named.probes(course, unit)),
        secret,
    )


@dataclasses.dataclass(frozen=True)
class Job:
    """One submission to grade, with everything that its grade depends on."""

    student: str
    data: bytes  # of the submitted file
    stamp: str  # when it was handed in: penalties for late ones depend on it
    repairs: tuple[Repair, ...]  # the corrections made when the file was found
    conditions: Conditions

    @classmethod
    def of(cls, submission: Submission, conditions: Conditions) -> Self:
        """The job of a submission that has a file. Raises Unreadable if it cannot be read."""
        assert submission.path is not None  # else it is refused
        data, folder = read_bytes(submission.path), submission.path.parent
        return cls(submission.student, data, stamp(folder), submission.repairs, conditions)

    @functools.cached_property
    def key(self) -> str:
        """A hash of the job, in hex; slow, so it is computed where it is first needed."""
        short = dataclasses.replace(self, data=b"")
        return secret.seed(self.conditions.secret, f"{short} {secret.digest(self.data)}").hex()


@functools.lru_cache(maxsize=8)
def parsed(released: str) -> NotebookNode:
    """Parse the released notebook, once per process."""
    return nbformat.reads(released, as_version=4)


@functools.lru_cache(maxsize=8)
def probes_of(told: str) -> dict[str, tuple[Probe, ...]]:
    """Read the probes of a unit, by task, once per process."""
    return {task: behaviour.from_json(calls) for task, calls in json.loads(told).items()}


@functools.lru_cache(maxsize=8)
def sandbox_of(
    kind: str, limits: Limits, content: Content, hidden: tuple[str, ...]
) -> launch.Sandbox:
    """Make the sandbox that submissions run in, once per process."""
    sandboxed = launch.Sandbox(kind, limits, content, hidden)
    util.Finalize(sandboxed, sandboxed.close, exitpriority=1)  # runs in worker processes too
    return sandboxed


def grade_one(job: Job) -> Graded:
    """Grade the submission of a job.

    Never raises for anything that the submission contains. Raises RuntimeError if this process has
    another version of the course than the caller, and SandboxError if no sandbox starts.
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
    report = grade_notebook.grade(
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
        probes=probes_of(now.probes),
    )
    # json is far faster than nbformat. Sorted keys: equal notebooks give equal bytes.
    return Graded(job.student, report, notebook=json.dumps(notebook, sort_keys=True))


def is_of(graded: object, job: Job) -> bool:
    """True if a worker's answer is the `Graded` of this job and of no other."""
    if not isinstance(graded, Graded) or graded.student != job.student:
        return False
    if graded.report is None:
        return graded.refusal is not None
    inside = report_in(graded.notebook or "")  # the notebook is what will be recorded
    return inside is not None and graded.report.key == inside.key == job.key


@functools.cache
def version(content: Content, unit: str) -> str:
    """A hash of the code that grades a unit: the engine, the unit and the student package."""
    engine = [*ENGINE.glob("*"), *(path for name in GRADING for path in (ENGINE / name).rglob("*"))]
    ours = [*content.folder.glob("*"), *(content.folder / unit).rglob("*")]
    parts = {
        ENGINE: engine,
        content.folder: [path for path in ours if path.stem != MODEL_ANSWERS],
        content.student_folder: content.student_folder.rglob("*"),
    }
    return files.digest(parts, f"{sys.version_info[:2]} NumPy {np.__version__}")
