"""A course with written answers that wait, to be copied for each test."""

import pytest

from autograder.marking.desk import Desk
from tests import marked

TEXTS = {
    "ada": "A quarter of the places is left, so 1,024 products in place of 4,096.",
    "bob": "A quarter of the places is left, so 2,048 products in place of 8,192!",
    "cyd": "Max pooling makes the network invariant to all shifts, I am sure of that.",
    "dan": "Das Fenster des nächsten Filters wird weiter: zwei Pixel liegen nebeneinander.",
    "eve": "   \n",
    "fay": None,
    "gus": "<script>alert(1)</script> $\\frac{1}{4}$ of gus, <b onclick='x()'>bold</b>",
}


@pytest.fixture(scope="package")
def marked_class(tmp_path_factory):
    course = marked.released(tmp_path_factory.mktemp("marking") / "course")
    marked.record(course, TEXTS)
    return course


@pytest.fixture
def course(marked_class, tmp_path, monkeypatch):
    found = marked.copied(marked_class, tmp_path / "course")
    monkeypatch.chdir(found.root)
    return found


@pytest.fixture
def desk(course, monkeypatch):
    """The desk of that course; the numbers of the model answer, which take long, are made up."""
    from autograder.marking import desk as module

    monkeypatch.setattr(module.model_answers, "numbers", lambda *_: {})
    return Desk(course)
