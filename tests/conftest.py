"""What holds for all tests: the environment's own programs, how cases are drawn, and a released
course to grade in, made once and copied for each test that writes into it."""

import os
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from hypothesis import HealthCheck, settings

# nbgrader starts `alembic` by name, so the environment's programs must be found
# even when pytest was started as .venv/bin/pytest, without activating it.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

# Tests grade its submissions and run its notebook; pytest itself collects nothing of it.
collect_ignore = ["second_course"]

# The same cases every time, unless `make soak` looks for new ones.
# No deadline and no complaint about slow drawing: a slow machine is not a wrong answer.
patient = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("repeatable", derandomize=True, **patient)
settings.register_profile("soak", max_examples=5000, **patient)
settings.load_profile("repeatable")


MAIN = sys.modules["__main__"]


@pytest.fixture(autouse=True)
def own_main():
    """IPython's shell, which some tests start, puts a `__main__` of its own in the place of ours.

    Worker processes could not be started any more: multiprocessing asks it where it comes from.
    """
    yield
    sys.modules["__main__"] = MAIN


@pytest.fixture(scope="session")
def released_course(tmp_path_factory):
    """Folder of a course in which unit 1 has been released. Not to be written into."""
    from autograder import examples

    folder = tmp_path_factory.mktemp("released")
    examples.fresh_course(folder).release(examples.UNIT)
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
    """``hand_in(student, build)`` writes a submission; ``build`` is given a `examples.Work`."""
    from autograder import examples

    unit = examples.UNIT
    released = nbformat.read(course / "release" / unit / f"{unit}.ipynb", as_version=4)

    def write(student, build=lambda work: work.solve()):
        work = examples.Work(student, released)
        build(work)
        path = course / "submitted" / student / unit / f"{unit}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(work.data())
        return path

    return write
