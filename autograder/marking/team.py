"""Several markers: who marks what, who looks at what, what is marked twice, and how they agree."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import statistics
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, insert, select

from autograder.marking import tables
from autograder.marking.answers import Question
from autograder.marking.marks import Pair
from autograder.marking.store import MarkingError

ALIVE = datetime.timedelta(seconds=45)  # a marker who is silent for longer is not shown any more
LONGEST = 128  # characters of a marker's name, as in the tables


# -- shares ---------------------------------------------------------------------------------------


def divide(db: Connection, question: Question, markers: Sequence[str]) -> None:
    """Divide the answers to a question evenly among markers; among none: everyone marks all."""
    names = list(dict.fromkeys(filter(None, (" ".join(name.split()) for name in markers))))
    if any(len(name) > LONGEST for name in names):
        raise MarkingError(f"A name has at most {LONGEST} characters.")
    table, key = tables.SHARES, {"unit": question.unit, "question": question.name}
    where = (table.c.unit == question.unit, table.c.question == question.name)
    db.execute(delete(table).where(*where))
    for part, name in enumerate(names):
        db.execute(insert(table).values(**key, marker=name, part=part, parts=len(names)))


def shares(db: Connection, question: Question) -> list[str]:
    """The markers among whom a question is divided, in order; none if it is not."""
    table = tables.SHARES
    where = (table.c.unit == question.unit, table.c.question == question.name)
    return list(db.execute(select(table.c.marker).where(*where).order_by(table.c.part)).scalars())


def whose(student: str, markers: Sequence[str]) -> str:
    """The marker whose share a student's answer is in; empty if nothing is divided.

    It depends on nothing else, so that everybody's page says the same.
    """
    return markers[drawn(student) % len(markers)] if markers else ""


def drawn(text: str) -> int:
    """A number that is as good as random, the same for a text each time."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


# -- who is here ----------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Marker:
    """Somebody who marks at this moment, and the answer that this person looks at."""

    name: str
    question: str
    student: str


def here(db: Connection, marker: str, question: Question, student: str) -> None:
    """Note what a marker looks at."""
    table = tables.PRESENT
    db.execute(delete(table).where(table.c.marker == marker))
    values = {"marker": marker, "unit": question.unit, "question": question.name}
    db.execute(insert(table).values(**values, student=student, at=now()))


def others(db: Connection, marker: str, unit: str) -> list[Marker]:
    """The other markers who look at a unit at this moment, by name."""
    table = tables.PRESENT
    where = (table.c.unit == unit, table.c.marker != marker, table.c.at > now() - ALIVE)
    query = select(table.c.marker, table.c.question, table.c.student).where(*where)
    return sorted((Marker(*row) for row in db.execute(query)), key=lambda one: one.name)


def now() -> datetime.datetime:
    """The time, UTC, without a time zone, as in the tables."""
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


# -- the sample that is marked twice --------------------------------------------------------------


def draw_sample(db: Connection, question: Question, students: Iterable[str], size: int) -> None:
    """Draw which answers are marked twice: of these students, the same ones each time."""
    if size < 0:
        raise MarkingError("A sample has 0 answers or more.")
    table, key = tables.SAMPLE, {"unit": question.unit, "question": question.name}
    where = (table.c.unit == question.unit, table.c.question == question.name)
    db.execute(delete(table).where(*where))
    for student in sorted(students, key=lambda one: drawn(f"{question.name} {one}"))[:size]:
        db.execute(insert(table).values(**key, student=student))


def sample(db: Connection, question: Question) -> set[str]:
    """The students whose answers are marked twice."""
    table = tables.SAMPLE
    where = (table.c.unit == question.unit, table.c.question == question.name)
    return set(db.execute(select(table.c.student).where(*where)).scalars())


@dataclasses.dataclass(frozen=True)
class Agreement:
    """How two marks of the same answers agree.

    same : the share of pairs with equal points
    difference : the mean distance, in points
    bias : the mean of second less first
    kappa : Cohen's kappa with quadratic weights; None if all points are the same
    """

    count: int
    same: float
    difference: float
    bias: float
    kappa: float | None


def agreement(pairs: Sequence[Pair]) -> Agreement | None:
    """The agreement of pairs of marks; None without a pair.

    Kappa: Cohen, "Weighted kappa", Psychological Bulletin 70 (1968), with the squared distance of
    the points as the weight of a disagreement.
    """
    if not pairs:
        return None
    first = [pair.first[1] for pair in pairs]
    second = [pair.second[1] for pair in pairs]
    gaps = [b - a for a, b in zip(first, second, strict=True)]
    observed = statistics.fmean(gap * gap for gap in gaps)
    expected = statistics.fmean((b - a) ** 2 for a in first for b in second)
    return Agreement(
        len(pairs),
        statistics.fmean(gap == 0 for gap in gaps),
        statistics.fmean(map(abs, gaps)),
        statistics.fmean(gaps),
        1 - observed / expected if expected else None,
    )
