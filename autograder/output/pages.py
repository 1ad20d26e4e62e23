"""The feedback pages of a class, made again only where something has changed.

``nbgrader generate_feedback`` makes the same pages. But it leaves a page as it is unless the
submission has a newer time stamp, so marks given since are missing; with ``--force`` it makes all
again.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import functools
import hashlib
import json
import logging
import multiprocessing
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nbgrader import api
from nbgrader.converters.base import NbGraderException
from nbgrader.converters.generate_feedback import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import select

from autograder import files
from autograder.course import Course
from autograder.output import model_answers
from autograder.output.report import results

PACKAGE = Path(__file__).resolve().parents[1]
CHUNK = 10  # pages that a process makes at a time
WORTH_IT = 40  # pages that justify a further process, which takes seconds to start


@dataclasses.dataclass(frozen=True)
class Page:
    """The feedback page of a student.

    written : False if nothing has changed since it was made
    problem : why there is none, as a sentence; empty if there is one
    """

    student: str
    path: Path
    written: bool
    problem: str = ""


class Students(GenerateFeedback):
    """nbgrader's step for some students of a unit, whatever pages there are.

    made : the students whose page is there
    problems : why a page could not be made, by student
    """

    def __init__(self, course: Course, unit: str, students: Sequence[str]) -> None:
        folders = CourseDirectory(config=course.config, assignment_id=unit)
        super().__init__(folders, config=course.config)
        self.students, self.unit, self.force = students, unit, True
        self.problems: dict[str, str] = {}
        self.made: set[str] = set()
        self.log = logging.getLogger(__name__)
        self.log.setLevel(logging.CRITICAL + 1)  # what fails stands in `problems`

    def init_notebooks(self) -> None:
        """Choose the notebooks to convert."""
        self.assignments, self.whose = {}, dict[str, str]()
        for student in self.students:
            folder = self._format_source(self.unit, student)
            notebook = str(Path(folder) / f"{self.unit}.ipynb")
            self.assignments[folder], self.whose[notebook] = [notebook], student

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Convert a notebook, and keep the reason if it fails."""
        student = self.whose[notebook_filename]
        try:
            super().convert_single_notebook(notebook_filename)
        except Exception as error:  # nbgrader goes on with the next student
            self.problems[student] = f"{type(error).__name__}: {error}"
            raise
        self.made.add(student)


def make(course: Course, unit: str, jobs: int = 1, force: bool = False) -> Iterator[Page]:
    """Make the pages of a unit that are not up to date, one by one as they are ready.

    jobs : the number of processes
    force : make all pages again

    Raises CourseError if the gradebook cannot be read or a file cannot be written.
    """
    states = states_of(course, unit)
    known = {} if force else load(course, unit)
    done, stale = {}, []
    for student, state in states.items():
        page = path(course, unit, student)
        if known.get(student) == state and page.is_file():
            done[student] = state
            yield Page(student, page, written=False)
        else:
            stale.append(student)
    for problems in made(course.root, unit, stale, jobs):
        for student, problem in problems.items():
            if not problem:
                done[student] = states[student]
            yield Page(student, path(course, unit, student), not problem, problem)
        course.remember(unit, "feedback", done)


def path(course: Course, unit: str, student: str) -> Path:
    """Where the page of a student is."""
    return course.folder(course.directory.feedback_directory, student, unit) / f"{unit}.html"


def made(root: Path, unit: str, students: list[str], jobs: int) -> Iterator[dict[str, str]]:
    """Make the pages of students, part by part: {student: problem, empty if there is none}."""
    parts = [students[start : start + CHUNK] for start in range(0, len(students), CHUNK)]
    jobs = min(jobs, 1 + len(students) // WORTH_IT)
    if jobs == 1:
        yield from (write(root, unit, part) for part in parts)
        return
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with concurrent.futures.ProcessPoolExecutor(jobs, mp_context=context) as pool:
        running = [pool.submit(write, root, unit, part) for part in parts]
        for one in concurrent.futures.as_completed(running):
            yield one.result()


def write(root: Path, unit: str, students: Sequence[str]) -> dict[str, str]:
    """Write pages in this process: {student: problem, empty if there is none}."""
    step = Students(Course(root), unit, students)
    try:
        step.start()
    except NbGraderException:  # at the end, if a page has failed
        pass
    other = "nbgrader has stopped before it: run the command again"
    left = {student: step.problems.get(student, other) for student in students}
    return {student: "" if student in step.made else why for student, why in left.items()}


# -- what a page depends on -----------------------------------------------------------------------


def states_of(course: Course, unit: str) -> dict[str, str]:
    """A hash of all that the page of each graded student shows, by student.

    Raises CourseError if the gradebook cannot be read.
    """
    with results.opened(course) as book:
        told = entries(book.db, unit)
    config = course.config
    settings = (config.ShowRubric, config.GenerateFeedback, config.FeedbackExporter)
    common = [own_code(), *map(repr, settings), hash_of(course.source(unit))]
    if config.ShowRubric.get("in_feedback"):
        common.append(model_answers.version(course.content, unit))
    found = {}
    for student in sorted(told):
        folder = course.folder(course.directory.autograded_directory, student, unit)
        if graded := hash_of(folder / f"{unit}.ipynb"):
            state = json.dumps([*common, graded, told[student]])
            found[student] = hashlib.sha256(state.encode()).hexdigest()
    return found


def entries(db: Any, unit: str) -> dict[str, list[Any]]:
    """What the gradebook holds for each submission of a unit, by student."""
    submission, notebook = api.SubmittedAssignment, api.SubmittedNotebook
    grade, comment = api.Grade, api.Comment
    most = select(api.GradeCell.max_score).where(api.GradeCell.id == grade.cell_id)
    scores = (
        most.scalar_subquery(),
        grade.cell_id,
        grade.auto_score,
        grade.manual_score,
        grade.extra_credit,
    )
    rows: dict[str, list[Any]] = defaultdict(list)
    for columns, table in [
        ((*scores, grade.needs_manual_grade), grade),
        ((comment.cell_id, comment.auto_comment, comment.manual_comment), comment),
        ((notebook.late_submission_penalty,), None),
    ]:
        query = select(submission.student_id, *columns).select_from(notebook)
        query = query.join(submission, submission.id == notebook.assignment_id)
        query = query.join(api.Assignment, api.Assignment.id == submission.assignment_id)
        if table is not None:
            query = query.join(table, table.notebook_id == notebook.id)
        for student, *values in db.execute(query.where(api.Assignment.name == unit)):
            rows[student].append(values)
    return {student: sorted(found, key=repr) for student, found in rows.items()}


@functools.cache
def own_code() -> str:
    """A hash of what makes pages of verdicts: the grader's modules and templates."""
    return files.digest({PACKAGE: PACKAGE.rglob("*")})


def hash_of(file: Path) -> str:
    """The hash of a file; empty if there is none."""
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def notes(course: Course, unit: str) -> Path:
    """The file with the states of the pages that stand."""
    return course.notes(unit, "feedback")


def load(course: Course, unit: str) -> dict[str, str]:
    """The states of the pages that stand; none if they cannot be read."""
    try:
        found = json.loads(notes(course, unit).read_text(encoding="utf-8"))
        return {str(student): str(state) for student, state in found.items()}
    except (OSError, ValueError, AttributeError):
        return {}
