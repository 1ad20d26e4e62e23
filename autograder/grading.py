"""Many submissions: what is new, in parallel, each recorded once.

Grading one submission is a function of bytes, `grade_one`: it knows nothing of folders or the
gradebook, so it can run in any process. This module hands the submissions out, and is the only one
that writes: first the gradebook, through nbgrader's own steps, then ``autograded/``.
"""

import dataclasses
import functools
import hashlib
import json
import multiprocessing
import os
from concurrent import futures
from pathlib import Path

import nbformat

from autograder import execute, folders, intake, tasks
from autograder.sandbox import fence

PACKAGES = [Path(fence.PROJECT / "autograder"), fence.COURSE]


# -- one submission -------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Graded:
    """What became of one submission: a notebook with its report, or why there is none."""

    student: str
    notebook: str | None = None  # the graded notebook, as JSON
    reason: str | None = None  # the submission's own fault
    failure: str | None = None  # ours: it has to be graded again
    unchanged: bool = False  # graded before, from the same bytes

    @property
    def report(self):
        return execute.Report(**json.loads(self.notebook)["metadata"]["autograder"])


@functools.lru_cache(maxsize=8)
def parsed(released):
    """The released notebook, parsed once per process."""
    return nbformat.reads(released, as_version=4)


def grade_one(data, unit, student, released, fenced, key, repairs=()):
    """Grade one submission.

    data : bytes of the submitted file
    unit, student : their names
    released : JSON of the instructor's released notebook
    fenced : the `fence.Fence` to run it in
    key : what the result depends on, kept with it
    repairs : what had to be put right before

    Returns a `Graded`; never raises for anything that the submission contains.
    """
    try:
        notebook, more = intake.rebuild(data, parsed(released))
    except intake.Unreadable as problem:
        return Graded(student, reason=str(problem))
    execute.execute(notebook, unit, student, fenced, [*repairs, *more])
    notebook.metadata.autograder.key = key
    return Graded(student, notebook=nbformat.writes(notebook))


def version():
    """A hash of the code that grades: everything in `autograder` and `course`."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted(package.rglob("*")):
            if path.suffix in (".py", ".npz") and path.is_file():
                digest.update(str(path.relative_to(package)).encode() + path.read_bytes())
    return digest.hexdigest()


# -- many submissions -----------------------------------------------------------------------------


def grade(course, unit, jobs=1, sandbox="auto", force=False, limits=None):
    """Grade and record every submission of a unit; returns (how many, an iterator of `Graded`).

    Raises CourseError or `fence.FenceError` here, before anything is graded, if it cannot be.
    """
    found = folders.find_submissions(
        course.folder(course.directory.submitted_directory, "", ""), unit
    )
    recorder, kind = Recorder(course, unit), fence.choose(sandbox)
    return len(found), outcomes(recorder, found, jobs, kind, force, limits or fence.Limits())


def outcomes(recorder, submissions, jobs, kind, force, limits):
    """The work of `grade`: a `Graded` for each submission, as it is done."""
    from autograder.release import released

    course, unit = recorder.course, recorder.unit
    with fence.Fence(kind, limits, tasks.hidden_modules(unit)) as fenced:
        original = nbformat.writes(released(course.source(unit), course.config))
        same = f"{version()} {original} {kind} {limits}"
        todo = []
        for submission in submissions:
            student, reason, data = submission.student, submission.reason, None
            if not reason:
                try:
                    data = intake.read_bytes(submission.path)
                except intake.Unreadable as problem:
                    reason = str(problem)
            if reason:
                yield recorder.refused(Graded(student, reason=reason))
                continue
            text = f"{same} {unit} {student} {submission.repairs}".encode()
            key = hashlib.sha256(text + data).hexdigest()
            known = None if force else recorder.known(student, key)
            if known:
                yield Graded(student, notebook=known, unchanged=True)
            else:
                todo.append((data, unit, student, original, fenced, key, submission.repairs))
        for graded in in_parallel(todo, jobs):
            if graded.notebook:
                recorder.record(graded)
            yield recorder.refused(graded) if graded.reason else graded


def with_progress(total, running):
    """The iterator of `grade`, while a progress bar runs on a terminal."""
    from tqdm import tqdm

    with tqdm(total=total, unit="submission", disable=None, leave=False) as bar:
        for graded in running:
            yield graded
            bar.update()


def in_parallel(todo, jobs):
    """`grade_one` for each set of arguments, in worker processes, as they are done."""
    if not todo:
        return
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["autograder.execute"])
    pool = futures.ProcessPoolExecutor(min(jobs, len(todo)), mp_context=context)
    try:
        waiting = {pool.submit(grade_one, *arguments): arguments[2] for arguments in todo}
        for future in futures.as_completed(waiting):
            try:
                yield future.result()
            except Exception as error:
                # A mistake of ours or of the machine: said, never recorded as a grade.
                yield Graded(waiting[future], failure=f"{type(error).__name__}: {error}")
    finally:  # also when the results are no longer wanted, since they cannot be recorded
        pool.shutdown(cancel_futures=True)


class Recorder:
    """Writes one unit's grades: the gradebook first, then ``autograded/``.

    In that order a crash in between loses nothing: without the notebook it is graded again.
    Raises CourseError if the gradebook cannot be written or does not know the unit.
    """

    def __init__(self, course, unit):
        from nbgrader.api import MissingEntry
        from sqlalchemy import text
        from sqlalchemy.exc import SQLAlchemyError
        from traitlets.utils.importstring import import_item

        self.course, self.unit = course, unit
        names = course.config.Autograde.autograde_preprocessors
        first = names.index("autograder.preprocessors.SandboxExecute") + 1
        self.steps = [import_item(name) for name in names[first:]]
        try:
            with course.gradebook() as book:
                book.find_notebook(unit, unit)
                # Writes nothing new: what cannot be written should be known before the grading.
                book.db.execute(text("UPDATE assignment SET name = name"))
                book.db.commit()
        except MissingEntry:
            raise folders.CourseError(
                f"{unit} is not in the gradebook yet: run `autograder release {unit}` first."
            ) from None
        except SQLAlchemyError as error:
            raise folders.CourseError(folders.gradebook_problem(course, error)) from None

    def path(self, student):
        course = self.course
        folder = course.folder(course.directory.autograded_directory, student, self.unit)
        return folder / f"{self.unit}.ipynb"

    def score(self, student):
        """What the gradebook holds; None if there is no submission of this student in it."""
        from nbgrader.api import MissingEntry

        try:
            with self.course.gradebook() as book:
                return book.find_submission(self.unit, student).score
        except MissingEntry:
            return None

    def known(self, student, key):
        """The graded notebook, if it was made from exactly this and is in the gradebook."""
        try:
            text = self.path(student).read_text(encoding="utf-8")
            same = json.loads(text)["metadata"]["autograder"]["key"] == key
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return text if same and self.score(student) is not None else None

    def refused(self, graded):
        """A submission without a grade, saying so if an earlier one keeps a grade."""
        score = self.score(graded.student)
        if score is None:
            return graded
        kept = f"{graded.reason} (the gradebook keeps {score:g} points from before)"
        return dataclasses.replace(graded, reason=kept)

    def record(self, graded):
        """Record one graded submission. Raises CourseError if the gradebook refuses."""
        from sqlalchemy.exc import SQLAlchemyError

        course, unit, student = self.course, self.unit, graded.student
        submitted = course.folder(course.directory.submitted_directory, student, unit)
        timestamp = course.directory.get_existing_timestamp(str(submitted))
        notebook = nbformat.reads(graded.notebook, as_version=4)
        names = {"student": student, "assignment": unit, "notebook": unit}
        resources = {"nbgrader": {**names, "db_url": course.directory.db_url}}
        try:
            with course.gradebook() as book:
                book.update_or_create_student(student)
                when = {"timestamp": timestamp} if timestamp else {}
                book.update_or_create_submission(unit, student, **when)
            for step in self.steps:
                notebook, resources = step(config=course.config)(notebook, resources)
        except SQLAlchemyError as error:
            raise folders.CourseError(folders.gradebook_problem(course, error)) from None
        self.write(student, notebook, submitted / "timestamp.txt")

    def write(self, student, notebook, timestamp):
        """Put the graded notebook in its place, read-only as nbgrader does, whole or not at all."""
        path = self.path(student)
        path.parent.mkdir(parents=True, exist_ok=True)
        files = {path: nbformat.writes(notebook).encode()}
        if timestamp.is_file() and not timestamp.is_symlink():
            files[path.parent / timestamp.name] = timestamp.read_bytes()
        for place, content in reversed(files.items()):
            draft = place.with_name(f".{place.name}.new")
            draft.write_bytes(content)
            draft.chmod(0o444)
            os.replace(draft, place)
