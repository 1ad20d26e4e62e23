"""A released course to grade in: made once, copied for each test that writes into it."""

import shutil

import nbformat
import pytest

from autograder.demo import fresh_course
from tests import submissions


@pytest.fixture(scope="session")
def released_course(tmp_path_factory):
    """Folder of a course in which unit 1 has been released. Not to be written into."""
    folder = tmp_path_factory.mktemp("released")
    fresh_course(folder).release(submissions.UNIT)
    return folder


@pytest.fixture
def course(released_course, tmp_path, monkeypatch):
    """Folder of a released course, the current one, to do anything with."""
    folder = tmp_path / "course"
    shutil.copytree(released_course, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def hand_in(course):
    """``hand_in(student, build)`` writes a submission; ``build`` is given a `submissions.Work`."""
    unit = submissions.UNIT
    released = nbformat.read(course / "release" / unit / f"{unit}.ipynb", as_version=4)

    def write(student, build=lambda work: work.solve()):
        work = submissions.Work(student, released)
        build(work)
        path = course / "submitted" / student / unit / f"{unit}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(work.data())
        return path

    return write
