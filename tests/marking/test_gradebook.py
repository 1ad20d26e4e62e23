"""A gradebook that goes away, is locked, or whose server stops while answers are marked."""

import contextlib
import sqlite3

import pytest

from autograder.course import CourseError
from autograder.marking.desk import Desk
from tests.marked import QUESTION, UNIT, grade_of

pytestmark = pytest.mark.slow(10)

WHERE = (UNIT, QUESTION)


def give(desk, student, points):
    found = desk.question(*WHERE)["answers"]
    one = next(one for one in found if one["student"] == student)
    told = {"student": student, "hash": one["hash"], "state": one["given"]["state"]}
    desk.mark(*WHERE, "tom", {"answers": [told], "own": points})


def test_a_gradebook_that_goes_away_is_told_and_what_was_marked_is_there(desk, course):
    give(desk, "ada", 1)
    book = course.root / "gradebook.db"
    book.rename(book.with_suffix(".away"))
    with pytest.raises(CourseError, match="is gone"):
        give(desk, "bob", 1)
    assert not book.exists()
    book.with_suffix(".away").rename(book)
    give(desk, "bob", 0.5)
    assert (grade_of(course, "ada")[0], grade_of(course, "bob")[0]) == (1, 0.5)


def test_a_locked_gradebook_is_told_and_nothing_is_half_written(desk, course, monkeypatch):
    found = desk.question(*WHERE)
    monkeypatch.setattr(desk.store, "engine", short(desk.store))
    one = next(a for a in found["answers"] if a["student"] == "ada")
    told = {"student": "ada", "hash": one["hash"], "state": one["given"]["state"]}
    with contextlib.closing(sqlite3.connect(course.root / "gradebook.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CourseError, match="locked"):
            desk.mark(*WHERE, "tom", {"answers": [told], "own": 1})
    assert grade_of(course, "ada") == (None, True, None)
    assert desk.question(*WHERE)["stamp"] == found["stamp"]


def short(store):
    """The same gradebook, which waits only for a moment if it is locked."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    return create_engine(store.url, poolclass=NullPool, connect_args={"timeout": 0.1})


def test_a_server_that_stops_is_told_and_what_was_marked_is_there(
    course_in_postgres, server, no_numbers
):
    desk = Desk(course_in_postgres)
    give(desk, "ada", 1)
    server.stop()
    try:
        with pytest.raises(CourseError, match="connection"):
            give(desk, "bob", 1)
    finally:
        server.start()
    give(desk, "bob", 0.5)
    assert [grade_of(course_in_postgres, one)[0] for one in ("ada", "bob")] == [1, 0.5]
