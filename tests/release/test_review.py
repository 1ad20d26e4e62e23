"""What `autograder release` says of a unit: of files beside the notebook, and of its cells."""

import os
import shutil

import nbformat
import pytest

from autograder.commands import cli
from autograder.course import Course
from autograder.examples import UNIT
from autograder.release import review

pytestmark = pytest.mark.slow(15)


def edit(course, name, old, new):
    """Change the source of one cell of the source notebook."""
    path = course / "source" / UNIT / f"{UNIT}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    (cell,) = [cell for cell in notebook.cells if cell.id == name]
    assert old in cell.source
    cell.source = cell.source.replace(old, new)
    nbformat.write(notebook, path)


def refused(capsys):
    """What `autograder release` says when it refuses; it must have written nothing."""
    shutil.rmtree("release")
    assert cli.main(["release"]) == cli.IMPOSSIBLE
    assert not os.path.exists("release")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("autograder: nothing was released.\n")
    return said.err


# -- files beside the notebook --------------------------------------------------------------------


def test_release_names_the_files_that_go_to_students_too(course, capsys):
    beside = course / "source" / UNIT
    (beside / "data").mkdir()
    (beside / "data" / "answers.csv").write_text("1,2,3")
    (beside / "notes.txt").write_text("mine")
    assert cli.main(["release", UNIT]) == cli.DONE
    said = capsys.readouterr().out
    assert "These files go to students, too: data/answers.csv, notes.txt." in said
    assert (course / "release" / UNIT / "data" / "answers.csv").exists()


def test_of_a_notebook_alone_release_says_nothing(course, capsys):
    for name in (".ipynb_checkpoints", "__pycache__"):  # nbgrader leaves them out
        (course / "source" / UNIT / name).mkdir()
        (course / "source" / UNIT / name / "old.txt").write_text("old")
    assert cli.main(["release", UNIT]) == cli.DONE
    first, *more = capsys.readouterr().out.splitlines()
    assert first == f"released {UNIT}: release/{UNIT}/"
    assert more == ["Make the folder that students get with `autograder kit`."]
    assert [path.name for path in (course / "release" / UNIT).iterdir()] == [f"{UNIT}.ipynb"]


def test_of_many_files_some_are_named(course):
    for number in range(25):
        (course / "source" / UNIT / f"{number:02}.txt").write_text("")
    said = review.said_of_files(review.files_beside(Course(), UNIT))
    assert "00.txt, 01.txt" in said
    assert "19.txt and 5 more." in said


# -- cells that contradict the content ------------------------------------------------------------


def test_a_solution_cell_that_differs_from_the_reference_is_not_released(course, capsys):
    edit(course, "conv2d_valid", "def conv2d_valid(", "def conv2d_valid(more, ")
    edit(course, "pad2d", "### BEGIN SOLUTION", "### BEGIN SOLUTION\n    pass")
    assert (
        f"{UNIT}: these solution cells differ from the reference: `conv2d_valid`, `pad2d`. Run "
        f"`autograder sync {UNIT}`, which"
    ) in refused(capsys)
    assert cli.main(["sync", UNIT]) == cli.DONE
    assert review.faults(Course(), UNIT) == []


def test_a_solution_cell_whose_id_is_misspelt_is_not_released(course, capsys):
    path = course / "source" / UNIT / f"{UNIT}.ipynb"
    path.write_text(path.read_text().replace('"grade_id": "pad2d"', '"grade_id": "pad_2d"'))
    assert "no solution cell for `pad2d`; without a reference: `pad_2d`. " in refused(capsys)


def test_what_is_no_notebook_is_left_to_nbgrader(course, capsys):
    (course / "source" / UNIT / f"{UNIT}.ipynb").write_text("{")
    assert cli.main(["release", UNIT]) == cli.IMPOSSIBLE
    assert "nbgrader could not release" in capsys.readouterr().err
