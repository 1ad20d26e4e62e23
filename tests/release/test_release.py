"""What students get is what nbgrader makes of the source, and holds nothing that is ours."""

import json

import nbformat
import pytest

from autograder.cells import role
from autograder.checking import judge
from autograder.course import Course
from autograder.examples import fresh_course
from autograder.release.notebooks import released
from autograder.sandbox.view import PROJECT
from autograder.units import CONTENT as content

pytestmark = pytest.mark.slow(20)

UNITS = sorted(path.stem for path in (PROJECT / "source").glob("*/*.ipynb"))
NEEDLES = ("autograder", "BEGIN", "END SOLUTION", "HIDDEN", "check(")


def source_path(unit):
    return PROJECT / "source" / unit / f"{unit}.ipynb"


@pytest.fixture(scope="module")
def config():
    return Course(PROJECT).config


@pytest.fixture(scope="module", params=UNITS)
def pair(request, config):
    """(source notebook, released notebook)."""
    path = source_path(request.param)
    return nbformat.read(path, as_version=4), released(path, config)


def by_id(notebook):
    return {c.metadata.nbgrader.grade_id: c for c in notebook.cells if "nbgrader" in c.metadata}


def test_solutions_and_hidden_checks_are_gone(pair):
    source, release = pair
    text = json.dumps(release)
    assert [needle for needle in NEEDLES if needle in text] == []
    # The same needles are there before: the test looks for what there is to find.
    assert [needle for needle in NEEDLES if needle in json.dumps(source)] == list(NEEDLES)


def test_no_line_of_a_reference_body_is_left(pair):
    source, release = pair
    left = {line.strip() for cell in release.cells for line in cell.source.split("\n")}
    for name, cell in by_id(source).items():
        if role(cell) == "solution":
            lines = cell.source.split("\n")
            marks = [line.strip() for line in lines]
            first, last = marks.index("### BEGIN SOLUTION"), marks.index("### END SOLUTION")
            shown = {
                *marks[:first],
                *marks[last + 1 :],
            }  # an answer's first line may be there twice
            body = {line for line in marks[first + 1 : last] if len(line) > 25} - shown
            assert body, name
            assert not body & left, name


def test_model_answers_and_rubrics_are_gone(pair):
    source, release = pair
    for name, cell in by_id(source).items():
        if role(cell) == "written":
            assert by_id(release)[name].source == "YOUR ANSWER HERE"
            lines = {line for line in cell.source.split("\n") if line}
            assert not lines & {line for c in release.cells for line in c.source.split("\n")}


def test_all_cells_are_there_in_order_and_instructors_cells_are_locked(pair):
    source, release = pair
    assert list(by_id(release)) == list(by_id(source))
    for name, cell in by_id(release).items():
        kind = role(cell)
        assert cell.metadata.nbgrader.locked == (kind in ("graded", "locked")), name
        if kind != "written":
            assert cell.get("outputs", []) == []


def test_every_task_is_to_be_written_and_says_so_until_it_is(pair):
    _, release = pair
    for name, cell in by_id(release).items():
        if role(cell) == "solution":
            assert "raise NotImplementedError()" in cell.source, name
            compile(cell.source, name, "exec")


def test_jupyter_goes_on_after_a_cell_that_fails(pair):
    _, release = pair
    tags = [cell.metadata.get("tags", []) for cell in release.cells if cell.cell_type == "code"]
    assert all(tag.count("raises-exception") == 1 for tag in tags)


def test_docstrings_and_points_are_there(pair):
    _, release = pair
    for name, cell in by_id(release).items():
        if role(cell) == "graded":
            points = cell.metadata.nbgrader.points
            assert cell.source.startswith(f"# Graded with hidden checks: {points:g} point"), name
            assert len(cell.source.split("\n")) == 1, name
            assert points == judge.maximum(content.find(name.removeprefix("test_")))


def test_the_source_is_not_changed(config):
    path = source_path(UNITS[0])
    before = path.read_bytes()
    released(path, config)
    assert path.read_bytes() == before


def test_it_is_what_nbgrader_hands_out(tmp_path):
    course = fresh_course(tmp_path / "course")
    for unit in UNITS:
        course.release(unit)
        folder = course.folder("release", ".", unit)
        assert [path.name for path in folder.iterdir()] == [f"{unit}.ipynb"]
        theirs = nbformat.read(folder / f"{unit}.ipynb", as_version=4)
        ours = released(course.source(unit), course.config)
        assert by_id(theirs).keys() == by_id(ours).keys()
        assert [c.source for c in theirs.cells] == [c.source for c in ours.cells]
        assert [c.metadata for c in theirs.cells] == [c.metadata for c in ours.cells]
