"""Several markers: who marks what, and who looks at what."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from autograder.marking import tables
from autograder.marking.answers import Question
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
    db.execute(delete(table).where(*tables.of(table, question)))
    for part, name in enumerate(names):
        db.execute(insert(table).values(**key, marker=name, part=part, parts=len(names)))


def shares(db: Connection, question: Question) -> list[str]:
    """The markers among whom a question is divided, in order; none if it is not."""
    table = tables.SHARES
    query = select(table.c.marker).where(*tables.of(table, question)).order_by(table.c.part)
    return list(db.execute(query).scalars())


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
    db.execute(insert(table).values(**values, student=student, at=tables.now()))


def others(db: Connection, marker: str, unit: str) -> list[Marker]:
    """The other markers who look at a unit at this moment, by name."""
    table = tables.PRESENT
    where = (table.c.unit == unit, table.c.marker != marker, table.c.at > tables.now() - ALIVE)
    query = select(table.c.marker, table.c.question, table.c.student).where(*where)
    return sorted((Marker(*row) for row in db.execute(query)), key=lambda one: one.name)
