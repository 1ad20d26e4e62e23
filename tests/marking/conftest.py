"""A course with written answers that wait, to be copied for each test."""

import shutil

import pytest

from autograder import examples
from autograder.course import Course
from autograder.marking.desk import Desk
from tests import marked, postgres

TEXTS = {
    "ada": "A quarter of the places is left, so 1,024 products in place of 4,096.",
    "bob": "A quarter of the places is left, so 2,048 products in place of 8,192!",
    "cyd": "Max pooling makes the network invariant to all shifts, I am sure of that.",
    "dan": "Das Fenster des nächsten Filters wird weiter: zwei Pixel liegen nebeneinander.",
    "eve": "  &nbsp; \n",
    "fay": None,
    "gus": "<script>alert(1)</script> $\\frac{1}{4}$ of gus, <b onclick='x()'>bold</b>",
}


@pytest.fixture(scope="package")
def marked_class(tmp_path_factory):
    course = marked.released(tmp_path_factory.mktemp("marking") / "course")
    marked.record(course, TEXTS)
    return course


@pytest.fixture(scope="package")
def server():
    with postgres.running() as found:
        yield found


@pytest.fixture(scope="package")
def marked_in_postgres(server, tmp_path_factory):
    """The same class with its gradebook on the server, in the database ``marked``."""
    folder = examples.fresh_course(tmp_path_factory.mktemp("marking_postgres") / "course").root
    server.sql("CREATE DATABASE marked")
    postgres.use(folder, server.url("marked"))
    course = Course(folder)
    course.release(marked.UNIT)
    marked.record(course, TEXTS)
    return course


@pytest.fixture
def course_in_postgres(server, marked_in_postgres, tmp_path, monkeypatch):
    folder = tmp_path / "course"
    shutil.copytree(marked_in_postgres.root, folder)
    server.sql("CREATE DATABASE copied TEMPLATE marked")
    postgres.use(folder, server.url("copied"))
    monkeypatch.chdir(folder)
    yield Course(folder)
    server.sql("DROP DATABASE copied WITH (FORCE)")


@pytest.fixture
def course_in_sqlite(marked_class, tmp_path, monkeypatch):
    found = marked.copied(marked_class, tmp_path / "course")
    monkeypatch.chdir(found.root)
    return found


@pytest.fixture
def course(course_in_sqlite):
    return course_in_sqlite


@pytest.fixture
def no_numbers(monkeypatch):
    """The numbers of the model answer, which take long, are made up."""
    from autograder.marking import desk as module

    monkeypatch.setattr(module.compute, "numbers", lambda *_: {})


@pytest.fixture
def desk(course, no_numbers):
    return Desk(course)
