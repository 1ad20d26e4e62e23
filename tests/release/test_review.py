"""What `autograder release` says of a unit: of files beside the notebook, and of its cells."""

import pytest

from autograder.commands import cli
from autograder.course import Course
from autograder.examples import UNIT
from autograder.release import review

pytestmark = pytest.mark.slow(10)


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
