"""Reads the results of a unit's class.

Scores come from the gradebook, misconceptions from the graded notebooks; submissions without a
grade come with the reason.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader import api
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from autograder import files
from autograder.cells import role
from autograder.collecting import collected
from autograder.collecting.submissions import find_submissions
from autograder.content import Task
from autograder.course import Course, CourseError, gradebook_problem
from autograder.model import Graded, Report, report_of
from autograder.untrusted.notebook import Unreadable, read_bytes, read_cells

GONE = "no longer in the notebook"
# Why a submission has no grade, in the order of the table.
NOT_COLLECTED, REFUSED = "handed in and not collected", "cannot be graded"
FAILED, NOT_YET = "grading failed", "not graded yet"
KINDS = NOT_COLLECTED, REFUSED, FAILED, NOT_YET


class NothingGraded(CourseError):
    """No submission of the unit has been graded yet."""


@dataclasses.dataclass(frozen=True)
class Item:
    """One graded cell."""

    cell: str  # its grade_id
    task: str  # its name
    kind: str  # of the answer, from `kind_of`
    exercise: str  # the nearest heading of the second level above it
    maximum: float = 0.0  # points


@dataclasses.dataclass(frozen=True)
class Student:
    """One student who has a grade."""

    name: str  # the name of the folder in submitted/
    full_name: str  # from the gradebook; may be empty
    scores: dict[str, float | None]  # by cell; None: a person has yet to grade it
    automatic: dict[str, float | None]  # by cell; the grader's, even if a person changed them
    total: float  # the score that nbgrader exports, after the penalty
    penalty: float  # points
    again: int  # answers graded by hand that should be checked again
    report: Report | None = None  # None: autograded/ does not match the gradebook
    # The solution cells of the tasks whose verdict has a behaviour, by task; untrusted.
    code: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """The number of answers that a person has yet to grade."""
        return sum(score is None for score in self.scores.values())


@dataclasses.dataclass(frozen=True)
class Ungraded:
    """A submission that has no grade."""

    name: str  # of the student, or of the entry of submitted/ that is not a student's folder
    kind: str  # one of the KINDS
    reason: str  # with what to do


@dataclasses.dataclass(frozen=True)
class Results:
    """The results of a unit's class."""

    unit: str
    title: str
    maximum: float
    items: list[Item]  # in the order of the notebook
    students: list[Student]  # those with a grade, by name
    ungraded: list[Ungraded]
    absent: dict[str, str]  # students without a submission: full names (may be empty) by name
    bank: Mapping[str, Task]  # the unit's tasks, by name
    # Full names of all students of the gradebook (may be empty), by name.
    people: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def outcomes(self) -> list[Graded]:
        """The reports of the students as `Graded`, for the functions of `summary`."""
        return [Graded(s.name, s.report) for s in self.students]


# -- reading --------------------------------------------------------------------------------------


def read(course: Course, unit: str, failures: Mapping[str, str]) -> Results:
    """The `Results` of a unit. Raises NothingGraded, or CourseError if something cannot be read.

    failures : why grading failed the last time, by student
    """
    title, items = outline(course, unit)
    with opened(course) as book:
        try:
            maximum, maxima, students = recorded(book, unit)
        except api.MissingEntry:
            maximum, maxima, students = 0.0, {}, []
        people = full_names(book)
    if not students:
        raise NothingGraded(
            f"No submission of {unit} has been graded: run `autograder grade {unit}` first."
        )
    items = with_points(items, maxima)
    students = [with_report(course, unit, student, items) for student in students]
    graded = {student.name: student.total for student in students}
    missing = ungraded(course, unit, graded, failures)
    here = {*graded, *(one.name for one in missing)}
    absent = {name: people[name] for name in sorted(people) if name not in here}
    bank = course.content.tasks_if_any(unit)
    return Results(unit, title, maximum, items, students, missing, absent, bank, people)


@contextlib.contextmanager
def opened(course: Course) -> Iterator[Any]:
    """Open the gradebook; yields nbgrader's Gradebook.

    Raises CourseError if it cannot be read or does not exist (opening would create it).
    """
    url = course.gradebook_url()
    file = url.database if url.get_backend_name() == "sqlite" else None
    if file and not (course.root / file).exists():
        raise CourseError(
            "There is no gradebook yet: run `autograder release`, then `autograder grade`."
        )
    try:
        with course.gradebook() as book:
            yield book
    except SQLAlchemyError as error:
        raise CourseError(gradebook_problem(course, error)) from None


def outline(course: Course, unit: str) -> tuple[str, list[Item]]:
    """The title of the source notebook, and its graded cells as items without points.

    Raises CourseError if the notebook cannot be read.
    """
    path = course.source(unit)
    try:
        notebook = nbformat.read(path, as_version=4)
    except (OSError, ValueError) as error:
        raise CourseError(f"{path} cannot be read: {error}") from None
    bank = course.content.tasks_if_any(unit)
    title, exercise = unit, ""
    items: list[Item] = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for level, text in re.findall(r"^(##?) +(.+)$", cell.source, re.MULTILINE):
                text = re.sub(r"[*`]", "", text).strip()
                if level == "##":
                    exercise = text
                elif title == unit:
                    title = text
        if role(cell) in ("graded", "written"):
            name = cell.metadata.nbgrader.grade_id
            task = name.removeprefix("test_")
            items.append(Item(name, task, kind_of(cell, bank.get(task)), exercise))
    return title, items


def kind_of(cell: NotebookNode, task: Task | None) -> str:
    """The kind of answer that a graded cell asks for, in words.

    task : None if the cell is graded by its own asserts
    """
    if role(cell) == "written":
        return "in words"
    if not task:
        return "own asserts"
    if task.by_value:
        return "by hand" if task.own_numbers else "claims"
    return "function"


def recorded(book: Any, unit: str) -> tuple[float, dict[str, float], list[Student]]:
    """Read a unit from the gradebook: (its maximum, the maxima by cell, the students by name).

    Raises `api.MissingEntry` if the gradebook does not hold the unit.
    """
    assignment = book.find_assignment(unit)
    where = api.SubmittedAssignment, api.SubmittedNotebook, api.Grade, api.GradeCell
    submission, notebook, grade, cell = where
    query = (
        select(submission.student_id, cell, grade)
        .join(notebook, notebook.assignment_id == submission.id)
        .join(grade, grade.notebook_id == notebook.id)
        .join(cell, cell.id == grade.cell_id)
        .where(submission.assignment_id == assignment.id)
    )
    scores: dict[str, dict[str, float | None]] = {}
    automatic: dict[str, dict[str, float | None]] = {}
    again: Counter[str] = Counter()
    maxima: dict[str, float] = {}
    for student, its_cell, one in book.db.execute(query):
        name, given = its_cell.name, {one.auto_score, one.manual_score} != {None}
        scores.setdefault(student, {})[name] = one.score if given else None
        again[student] += bool(given and one.needs_manual_grade)
        maxima[name] = float(its_cell.max_score)
        if its_cell.cell_type == "code":
            automatic.setdefault(student, {})[name] = one.auto_score
    query = select(submission.student_id, submission.score, submission.late_submission_penalty)
    people = full_names(book)
    students = [
        Student(
            name,
            people[name],
            scores[name],
            automatic.get(name, {}),
            max(0.0, points - (penalty or 0.0)),
            penalty or 0.0,
            again[name],
        )
        for name, points, penalty in book.db.execute(
            query.where(submission.assignment_id == assignment.id)
        )
        # nbgrader leaves an entry without any score behind where its grading failed.
        if any(score is not None for score in scores.get(name, {}).values())
    ]
    return float(assignment.max_score), maxima, sorted(students, key=lambda s: s.name)


def full_names(book: Any) -> dict[str, str]:
    """The full names of the students in the gradebook: {student: name}; a name may be empty."""
    return {s.id: f"{s.first_name or ''} {s.last_name or ''}".strip() for s in book.students}


def with_points(items: Sequence[Item], maxima: Mapping[str, float]) -> list[Item]:
    """The items that the gradebook holds, with their points; items only held there come last.

    maxima : points by cell
    """
    here = [item.cell for item in items]
    others = [Item(cell, cell, GONE, "") for cell in sorted(maxima.keys() - set(here))]
    return [
        dataclasses.replace(item, maximum=maxima[item.cell])
        for item in [*items, *others]
        if item.cell in maxima
    ]


def with_report(course: Course, unit: str, student: Student, items: Sequence[Item]) -> Student:
    """Add the report in ``autograded/`` to a student, and sort the scores in order of ``items``."""
    folder = course.folder(course.directory.autograded_directory, student.name, unit)
    try:
        notebook = json.loads(files.text_of(folder / f"{unit}.ipynb"))
    except ValueError:
        notebook = {}
    report = report_of(notebook)
    if report and report.scores != student.automatic:
        report = None
    scores = {i.cell: student.scores[i.cell] for i in items if i.cell in student.scores}
    code = code_in(notebook, report) if report else {}
    return dataclasses.replace(student, scores=scores, report=report, code=code)


def code_in(notebook: dict[str, Any], report: Report) -> dict[str, str]:
    """The sources of the solution cells of the tasks whose verdict has a behaviour, by task."""
    tasks = {grade.verdict.task for grade in report.grades if grade.verdict.behaviour}
    named = ((cell["metadata"].get("nbgrader", {}), cell) for cell in notebook["cells"])
    cells = {meta.get("grade_id"): cell for meta, cell in named}
    return {task: "".join(cells[task]["source"]) for task in tasks if task in cells}


def ungraded(
    course: Course, unit: str, graded: Mapping[str, float], failures: Mapping[str, str]
) -> list[Ungraded]:
    """The submissions without a grade, and those that are refused, sorted by kind and name.

    graded : points of the students who have a grade
    failures : why grading failed the last time, by student
    """
    folder = course.folder(course.directory.submitted_directory, "", "")
    submissions = find_submissions(folder, unit, course.units()) if folder.is_dir() else []
    found = []
    for submission in submissions:
        name, reason = submission.student, submission.refusal
        if not reason:
            assert submission.path is not None  # else it is refused
            try:
                read_cells(read_bytes(submission.path))
            except Unreadable as problem:
                reason = str(problem)
        if reason and name in graded:
            reason += f" (the gradebook keeps {graded[name]:g} points from before)"
        if reason:
            found.append(Ungraded(name, REFUSED, reason))
        elif name not in graded and name in failures:
            why = f"{failures[name]} (not the student's fault: run `autograder grade` again)"
            found.append(Ungraded(name, FAILED, why))
        elif name not in graded:
            found.append(Ungraded(name, NOT_YET, f"run `autograder grade {unit}`"))
    here = {one.name for one in found}
    for who, one in collected.read(course, unit).left.items():
        if one.student not in here:
            kept = graded.get(one.student)
            before = "" if kept is None else f" (the gradebook keeps {kept:g} points from before)"
            found.append(Ungraded(one.student or who, NOT_COLLECTED, f"{one.why}{before}"))
    return sorted(found, key=lambda one: (KINDS.index(one.kind), one.name))
