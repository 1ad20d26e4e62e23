"""Transactions of the gradebook for marking, and nbgrader's rows for one answer in it."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbgrader import api
from sqlalchemy import Connection, Select, create_engine, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from autograder.course import Course, CourseError, gradebook_problem
from autograder.marking import tables


class MarkingError(Exception):
    """What a marker asked for is not possible; the message says why, and what to do."""


class Store:
    """The gradebook of a course. Raises CourseError if it cannot be used.

    Each transaction opens it anew, so that one which was removed or replaced is noticed.
    """

    def __init__(self, course: Course) -> None:
        self.course, self.url = course, course.gradebook_url()
        with contextlib.closing(course.gradebook()):  # nbgrader's tables, and whether it opens
            pass
        self.engine = create_engine(self.url, poolclass=NullPool)
        with self.explained():
            tables.make(self.engine)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection whose changes are all committed at the end of the block, or none are."""
        name = self.url.database
        if self.url.get_backend_name() == "sqlite" and name and not Path(name).is_file():
            raise CourseError(
                f"The gradebook {name} is gone. Put it back; what was marked before stands in it."
            )
        with self.explained(), self.engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def explained(self) -> Iterator[None]:
        """Turn errors of the gradebook into CourseErrors that say what to do."""
        try:
            yield
        except SQLAlchemyError as error:
            raise CourseError(gradebook_problem(self.course, error)) from None


@dataclasses.dataclass(frozen=True)
class Entry:
    """What nbgrader's tables hold for one answer.

    grade, comment : nbgrader's ids of the rows
    automatic, points : scores; None if there is none
    open : True if a person has to mark it, or to look at it again
    text : the comment by hand
    most : the points of the question
    """

    student: str
    grade: str
    comment: str | None
    automatic: float | None
    points: float | None
    open: bool
    text: str
    most: float


def entries(db: Connection, unit: str, question: str) -> dict[str, Entry]:
    """The `Entry` of each student who has a graded submission."""
    rows = db.execute(query(unit, question)).all()
    return {row[0]: Entry(*row) for row in rows}


def locked_entry(db: Connection, unit: str, question: str, student: str) -> Entry:
    """One student's `Entry`, which nobody else can change until the transaction ends."""
    found = entry(db, unit, question, student)
    # Takes the lock: on the row in PostgreSQL, on the file in SQLite.
    db.execute(update(api.Grade).where(api.Grade.id == found.grade).values(id=found.grade))
    return entry(db, unit, question, student)


def entry(db: Connection, unit: str, question: str, student: str) -> Entry:
    """One student's `Entry`. Raises MarkingError if there is none."""
    who = api.SubmittedAssignment.student_id == student
    row = db.execute(query(unit, question).where(who)).first()
    if row is None:
        raise MarkingError(
            f"The gradebook has no answer to {question} of this student any more: load the page "
            "again. The submission was removed, or the question was renamed."
        )
    return Entry(*row)


def query(unit: str, question: str) -> Select[Any]:
    """The columns of `Entry`, for all answers to a question."""
    cell, solution = api.GradeCell, api.SolutionCell.__table__.alias()
    base = api.BaseCell.__table__.alias()
    submission, notebook = api.SubmittedAssignment, api.SubmittedNotebook
    grade, comment = api.Grade, api.Comment
    return (
        select(
            submission.student_id,
            grade.id,
            comment.id,
            grade.auto_score,
            grade.manual_score,
            grade.needs_manual_grade,
            func.coalesce(comment.manual_comment, ""),
            cell.max_score,
        )
        .select_from(grade)
        .join(cell, cell.id == grade.cell_id)
        .join(notebook, notebook.id == grade.notebook_id)
        .join(submission, submission.id == notebook.assignment_id)
        .join(api.Assignment, api.Assignment.id == submission.assignment_id)
        .join(base, (base.c.name == cell.name) & (base.c.notebook_id == cell.notebook_id))
        .join(solution, solution.c.id == base.c.id)
        .outerjoin(comment, (comment.cell_id == base.c.id) & (comment.notebook_id == notebook.id))
        .where(api.Assignment.name == unit, cell.name == question)
    )


def write(
    db: Connection, entry: Entry, points: float | None, text: str, looked: bool = True
) -> None:
    """Write points and comment of an answer; without points it is open again.

    looked : False if nobody has looked at the answer, which then waits for another look if it did
    """
    open_ = (points is None and entry.automatic is None) or (entry.open and not looked)
    values: dict[str, Any] = {"manual_score": points, "needs_manual_grade": open_}
    db.execute(update(api.Grade).where(api.Grade.id == entry.grade).values(**values))
    if entry.comment is not None:
        values = {"manual_comment": text or None}
        db.execute(update(api.Comment).where(api.Comment.id == entry.comment).values(**values))


def lock(db: Connection, unit: str) -> None:
    """Let no other marker write marks or items of a unit until the transaction ends.

    What is read after this is what others have committed.
    """
    table = api.Assignment
    db.execute(update(table).where(table.name == unit).values(name=unit))


def set_open(db: Connection, entry: Entry, open_: bool) -> None:
    """Note that a person has to look at the points again, or has done so and left them."""
    wanted = {"needs_manual_grade": open_}
    db.execute(update(api.Grade).where(api.Grade.id == entry.grade).values(**wanted))
