"""What `autograder release` says of a unit: of files beside the notebook, and of its cells."""

import contextlib
import os
import shutil

import nbformat
import pytest

from autograder.checking import judge
from autograder.commands import cli
from autograder.course import Course
from autograder.examples import UNIT
from autograder.release import review
from autograder.release.notebooks import released
from autograder.units import CONTENT as content

pytestmark = pytest.mark.slow(15)


@contextlib.contextmanager
def cells(course):
    """The cells of the source notebook by id, to be changed."""
    path = course / "source" / UNIT / f"{UNIT}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    yield {cell.id: cell for cell in notebook.cells}
    nbformat.write(notebook, path)


def faults():
    return "\n".join(review.faults(Course(), UNIT))


def warnings():
    course = Course()
    return "\n".join(review.warnings(course, UNIT, released(course.source(UNIT), course.config)))


def refused(capsys):
    """What `autograder release` says when it refuses, and `autograder kit` with it.

    They must have written nothing.
    """
    shutil.rmtree("release")
    assert cli.main(["kit", UNIT]) == cli.IMPOSSIBLE
    assert not os.path.exists("build")
    assert capsys.readouterr().err.startswith("autograder: No kit was made.\n")
    assert cli.main(["release"]) == cli.IMPOSSIBLE
    assert not os.path.exists("release")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("autograder: Nothing was released.\n")
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
    with cells(course) as cell:
        cell["conv2d_valid"].source = cell["conv2d_valid"].source.replace("(", "(more, ", 1)
        cell["pad2d"].source = cell["pad2d"].source.replace("### END", "pass\n    ### END")
    assert (
        f"{UNIT}: these solution cells differ from the reference: `conv2d_valid`, `pad2d`. Run "
        f"`autograder sync {UNIT}`, which"
    ) in refused(capsys)
    assert cli.main(["sync", UNIT]) == cli.DONE
    assert faults() == ""


def test_a_solution_cell_whose_id_is_misspelt_is_not_released(course, capsys):
    with cells(course) as cell:
        cell["pad2d"].metadata.nbgrader.grade_id = "pad_2d"
    assert "no solution cell for `pad2d`; without a reference: `pad_2d`. " in refused(capsys)


@pytest.mark.parametrize("named", ["conv2d", "no_such_task"])
def test_a_graded_cell_that_calls_the_check_of_another_task_is_not_released(course, capsys, named):
    with cells(course) as cell:
        cell["test_pad2d"].source = cell["test_pad2d"].source.replace("pad2d", named)
    assert f'{UNIT}: the graded cell `test_pad2d` calls check("{named}"). ' in refused(capsys)


def test_a_graded_cell_whose_id_is_misspelt_is_not_released(course):
    with cells(course) as cell:
        cell["test_pad2d"].metadata.nbgrader.grade_id = "test_pad_2d"
    assert 'the graded cell `test_pad_2d` calls check("pad2d"). The id' in faults()


def test_a_graded_cell_of_a_task_that_does_not_exist_is_named_before_anything_is_released(
    course, capsys
):
    with cells(course) as cell:
        cell["test_pad2d"].metadata.nbgrader.grade_id = "test_pad3d"
        cell["test_pad2d"].source = cell["test_pad2d"].source.replace("pad2d", "pad3d")
    assert "the graded cell `test_pad3d` calls a check, but autograder.units " in refused(capsys)


def test_a_graded_cell_before_its_solution_is_not_released(course):
    with cells(course) as cell:
        solution, graded = cell["pad2d"], cell["test_pad2d"]
        for key in ("id", "metadata", "source"):
            solution[key], graded[key] = graded[key], solution[key]
    assert "`test_pad2d` stands before the solution cell `pad2d`, so that nobody" in faults()


@pytest.mark.parametrize(
    ("rubric", "said"),
    [
        ("Rubric: 1 for the reason.", "the written answer `notation` has a rubric that cannot be"),
        (
            "Rubric:\n- 2: Yes.\n- 0: No.",
            "in the rubric of `notation` add up to 2, but the cell is w",
        ),
        ("No word of points.", ""),
        ("Rubric:\n- 1: Yes.\n- 0.5: Half.\n- 0: No.", ""),
    ],
)
def test_a_rubric_that_cannot_be_used_is_not_released(course, rubric, said):
    with cells(course) as cell:
        written = cell["notation"]
        written.source = f"### BEGIN SOLUTION\nIt is so.\n\n{rubric}\n### END SOLUTION"
        written.metadata.nbgrader = {
            **cell["test_pad2d"].metadata.nbgrader,
            "grade_id": "notation",
            "solution": True,
            "points": 1,
        }
    assert said in faults()
    assert bool(faults()) == bool(said)


@pytest.mark.parametrize("text", ["{", "[]", '{"cells": 1}', "\udce9"])
def test_what_is_no_notebook_is_not_released(course, capsys, text):
    path = course / "source" / UNIT / f"{UNIT}.ipynb"
    path.write_text(text, errors="surrogateescape")
    assert f"{UNIT}.ipynb cannot be read as a notebook" in refused(capsys)


# -- warnings -------------------------------------------------------------------------------------


def test_points_of_a_cell_that_are_not_those_of_its_check_are_named(course, capsys):
    points = judge.maximum(content.find("pad2d"))
    with cells(course) as cell:
        cell["test_pad2d"].metadata.nbgrader.points = points + 1
    assert cli.main(["release", UNIT]) == cli.DONE
    assert (
        f"`test_pad2d` is a cell of {points + 1:g}, but the parts of its check add up to {points:g}"
    ) in capsys.readouterr().out


def test_a_task_without_a_graded_cell_is_named(course):
    with cells(course) as cell:
        cell["test_pad2d"].update(metadata={}, source="")
    assert warnings().startswith("These tasks give no points: `pad2d`. ")


def test_code_beside_the_check_is_named_since_it_is_not_run(course):
    with cells(course) as cell:
        cell["test_pad2d"].source = "assert pad2d\n" + cell["test_pad2d"].source
    assert warnings().startswith("`test_pad2d` is graded by its check alone: ")


def test_a_check_that_students_would_see_is_named(course):
    with cells(course) as cell:
        lines = cell["test_pad2d"].source.splitlines()
        cell["test_pad2d"].source = "\n".join(line for line in lines if "HIDDEN TESTS" not in line)
    assert warnings().startswith("Students see the call of the check in `test_pad2d`. ")


@pytest.mark.parametrize(
    ("source", "called", "more"),
    [
        ('from staff.units import check\n\ncheck("mean", globals())', ["mean"], False),
        ('import staff.units\nstaff.units.check("mean", globals())', ["mean"], False),
        ('points = check("mean", globals())\npoints', ["mean"], False),
        ('if "mean" in globals():\n    check("mean", globals())', ["mean"], False),
        ('check("mean", globals())\nassert mean([1]) == 1', ["mean"], True),
        ('precheck("mean")', [], True),
        ("check(mean)", [], True),
        ("# check('mean')", [], False),
        ("%time check('mean')", [], False),
    ],
)
def test_what_is_read_in_a_graded_cell(source, called, more):
    assert review.checks_called(source) == called
    assert review.not_run(source) == more
