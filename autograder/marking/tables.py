"""The tables of marking, beside nbgrader's own in the gradebook.

Points and comments themselves are nbgrader's, so formgrader, feedback and exports know them. Here
stands what nbgrader has no place for. Rows name unit, question and student, not nbgrader's row
ids, since `nbgrader db student remove` and a new release make new ones.
"""

from __future__ import annotations

import datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    insert,
)

METADATA = MetaData()
NAME = 128  # the longest name, as in nbgrader's tables


class Asked(Protocol):
    """A question, as far as rows name it."""

    @property
    def unit(self) -> str: ...

    @property
    def name(self) -> str: ...


class Place(NamedTuple):
    """A question whose text does not matter."""

    unit: str
    name: str


def name(of: str, **options: Any) -> Column[str]:
    """A column with the name of a unit, a question or a person."""
    return Column(of, String(NAME), nullable=False, **options)


def key(of: str) -> Column[str]:
    """A column with a name that is part of the primary key."""
    return name(of, primary_key=True)


def number(of: str = "id") -> Column[int]:
    """A column that numbers the rows, from 1."""
    return Column(of, Integer, primary_key=True, autoincrement=True)


# What the points of a graded cell refer to: hashes, see `basis`.
BASES = Table(
    "autograder_basis",
    METADATA,
    key("unit"),
    key("question"),
    key("student"),
    Column("answer", String(64), nullable=False),
    Column("rubric", String(64), nullable=False),
)

# The items of rubrics, as they are now.
ITEMS = Table(
    "autograder_item",
    METADATA,
    number(),
    name("unit", index=True),
    name("question"),
    Column("criterion", Text),  # one item of a criterion at most; None: beside any other
    Column("points", Float, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("place", Float, nullable=False),  # items are shown in this order
    Column("source", JSON),  # criterion, points and sentence in the source notebook, or None
    Column("removed", Boolean, nullable=False),
)

# What was given, by whom and when. Nothing is changed or deleted here: the last row counts.
MARKS = Table(
    "autograder_mark",
    METADATA,
    number(),
    name("unit", index=True),
    name("question"),
    name("student"),
    name("marker"),
    Column("at", DateTime, nullable=False),  # UTC
    Column("kind", String(16), nullable=False),  # see `marks`
    Column("items", JSON, nullable=False),  # their numbers
    Column("own", Float),  # points that replace those of the items
    Column("comment", Text, nullable=False),  # what the marker wrote, without the sentences
    Column("points", Float),  # what came of it; None: not marked
    Column("answer", String(64), nullable=False),  # the hash of what was read
)

# Comments that are kept to be used again.
PHRASES = Table(
    "autograder_phrase",
    METADATA,
    number(),
    name("unit", index=True),
    name("question"),
    Column("text", Text, nullable=False),
)

# Who marks which share of a question's answers. Without a row everyone marks all.
SHARES = Table(
    "autograder_share",
    METADATA,
    key("unit"),
    key("question"),
    key("marker"),
    Column("part", Integer, nullable=False),  # counted from 0
    Column("parts", Integer, nullable=False),
)

# The answers that are marked twice.
SAMPLE = Table("autograder_sample", METADATA, key("unit"), key("question"), key("student"))

# The items that were last suggested for an answer before somebody marked it.
SUGGESTED = Table(
    "autograder_suggested",
    METADATA,
    key("unit"),
    key("question"),
    key("student"),
    Column("items", JSON, nullable=False),  # their numbers
    Column("answer", String(64), nullable=False),  # the hash of what was read
)

# What each marker looks at.
PRESENT = Table(
    "autograder_present",
    METADATA,
    key("marker"),
    name("unit"),
    name("question"),
    name("student"),
    Column("at", DateTime, nullable=False),  # UTC
)


def make(bind: Engine | Connection) -> None:
    """Make the tables that do not exist yet."""
    METADATA.create_all(bind)


def of(table: Table, question: Asked) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The conditions for the rows of a question."""
    return table.c.unit == question.unit, table.c.question == question.name


def now() -> datetime.datetime:
    """The time, UTC, without a time zone, as in the tables."""
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


def add(db: Connection, table: Table, **values: Any) -> int:
    """Add a row to a table that numbers its rows; returns its number."""
    key = db.execute(insert(table).values(**values)).inserted_primary_key
    assert key is not None  # such a table has one
    return int(key[0])
