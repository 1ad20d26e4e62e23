"""The sample that is marked twice, the second time blind, to see how markers agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from autograder.marking import items, marks, tables
from autograder.marking.agreement import Agreement, measured
from autograder.marking.answers import Answer, Question
from autograder.marking.marks import Choice
from autograder.marking.team import drawn


def draw(db: Connection, question: Question, students: Iterable[str], size: int) -> None:
    """Draw which answers are marked twice: of these students, the same ones each time."""
    table, key = tables.SAMPLE, {"unit": question.unit, "question": question.name}
    db.execute(delete(table).where(*tables.of(table, question)))
    for student in sorted(students, key=lambda one: drawn(f"{question.name} {one}"))[:size]:
        db.execute(insert(table).values(**key, student=student))


def sample(db: Connection, question: Question) -> set[str]:
    """The students whose answers are marked twice."""
    table = tables.SAMPLE
    return set(db.execute(select(table.c.student).where(*tables.of(table, question))).scalars())


def give(db: Connection, question: Question, choice: Choice, marker: str, answer: Answer) -> int:
    """Keep a second mark, which changes no points; returns the number of its row."""
    known = items.of_question(db, question)
    marks.checked(choice, known, question)
    points = marks.points_of(choice, known, question.points)
    return marks.add(
        db, question, answer.student, marker, marks.SECOND, choice, points, answer.hash
    )


def given(db: Connection, question: Question) -> Mapping[str, Row[Any]]:
    """The second mark of each answer that has one, by student."""
    table = tables.MARKS
    where = (*tables.of(table, question), table.c.kind == marks.SECOND)
    query = select(table).where(*where).order_by(table.c.id)
    return {row.student: row for row in db.execute(query)}


def agreement(db: Connection, question: Question) -> Agreement | None:
    """How two persons agree who have marked the same answers; None if there is no such answer."""
    seconds, pairs = given(db, question), []
    for student, first in marks.last_rows(db, question).items():
        other = seconds.get(student)
        if other is None or first.points is None or other.marker == first.marker:
            continue
        if other.answer == first.answer:
            pairs.append((first.points, other.points))
    return measured(pairs)
