"""`autograder init`, and where `autograder demo` works: neither touches what is not its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from autograder import starter
from autograder.commands import cli, demo
from autograder.course import Course
from autograder.units import CONTENT as content

AUTOGRADER = [sys.executable, "-m", "autograder.commands.cli"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder, the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_new_folder_is_a_course_with_all_units(here, capsys):
    assert cli.main(["init", "nets/2027"]) == 0
    assert f"{here / 'nets' / '2027'} is a course now. Go there" in capsys.readouterr().out
    assert Course("nets/2027").units() == content.units()


def test_the_starter_holds_a_configuration():
    names = [name for name, _ in starter.files()]
    assert names[-1] == starter.CONFIG  # so that what is half written is no course
    assert len(names) == len(set(names)) == len(content.units()) + 3


def test_an_empty_course_has_no_unit_and_a_content_of_its_own(here, capsys):
    assert cli.main(["init", "--empty", "averages"]) == 0
    assert "Go there and begin with staff/units/__init__.py" in capsys.readouterr().out
    there = {path.relative_to("averages").as_posix() for path in Path("averages").rglob("*")}
    configuration = {".gitignore", "nbgrader_config.json", "nbgrader_config.py"}
    folders = {"source", "sample", "staff", "staff/units"}
    assert there == configuration | folders | set(starter.EMPTY)
    for command in ("release", "kit", "sync", "grade"):
        done = subprocess.run(
            [*AUTOGRADER, command], cwd="averages", capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert "no unit yet: a unit is a notebook source/<unit>/<unit>.ipynb" in done.stderr
    done = subprocess.run(
        [*AUTOGRADER, "audit"], cwd="averages", capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "staff.units has no unit of this course" in done.stderr


def test_an_empty_course_overwrites_nothing(here, capsys):
    (here / "staff").mkdir()
    (here / "staff" / "__init__.py").write_text("mine")
    assert cli.main(["init", "--empty"]) == 0
    assert "Left as they were: staff/__init__.py. Go" in capsys.readouterr().out
    assert (here / "staff" / "__init__.py").read_text() == "mine"


def test_files_that_are_there_are_left_as_they_are_and_named(here, capsys):
    mine = [".gitignore", "source/unit2_matching/unit2_matching.ipynb", "notes.txt"]
    for name in mine:
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text("mine")
    assert cli.main(["init"]) == 0
    assert f"Left as they were: {mine[0]}, {mine[1]}. Go" in capsys.readouterr().out
    assert all((here / name).read_text() == "mine" for name in mine)
    assert Course(here).units() == content.units()


def test_a_link_that_leads_nowhere_is_not_written_through(here):
    (here / "nbgrader_config.json").symlink_to(here / "elsewhere")
    assert cli.main(["init"]) == 0
    assert not (here / "elsewhere").exists()


def test_a_course_is_refused(here, capsys):
    (here / starter.CONFIG).write_text("c = get_config()\n")
    assert cli.main(["init"]) == 2
    assert "is a course already" in capsys.readouterr().err
    assert [path.name for path in here.iterdir()] == [starter.CONFIG]


def test_where_it_cannot_write_it_says_so(here, capsys):
    (here / "source").write_text("a file")
    assert cli.main(["init"]) == 2
    assert f"{here / 'source'}" in (said := capsys.readouterr().err)
    assert "cannot be written" in said


def test_the_demo_removes_no_folder_that_is_not_a_course(here, capsys):
    mine = here / demo.FOLDER / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    assert cli.main(["demo", "unit1_convolution"]) == 2
    assert "remove it first" in capsys.readouterr().err
    assert mine.read_text() == "mine"


def test_the_demo_knows_its_units(here, capsys):
    assert cli.main(["demo", "unit9"]) == 2
    assert "There is no unit unit9." in capsys.readouterr().err


def test_version(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("convnet-autograder ")
