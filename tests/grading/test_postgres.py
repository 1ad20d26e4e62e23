"""The gradebook in PostgreSQL: the same life of a grade, on a real server started here."""

import contextlib
import csv
import shutil
import subprocess
import sys

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI

from autograder import examples
from autograder.commands import cli
from autograder.course import Course, CourseError
from autograder.grading.run import Options, Run
from tests.postgres import IN_URL, PASSWORD, running, use

pytestmark = pytest.mark.slow(30)

UNIT = examples.UNIT
FULL = examples.full()


@pytest.fixture(scope="module")
def server():
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def released(released_course, server, tmp_path_factory):
    """A course released into the server's database ``released``; not to be written into."""
    folder = tmp_path_factory.mktemp("postgres") / "course"
    shutil.copytree(released_course, folder)
    server.sql("CREATE DATABASE released")
    use(folder, server.url("released"))
    Course(folder).release(UNIT)
    return folder


@pytest.fixture
def database(course, released, server):
    """The database of `course`, a copy of the released one; its URL."""
    server.sql("CREATE DATABASE graded TEMPLATE released")
    use(course, server.url("graded"))
    yield server.url("graded")
    server.sql("DROP DATABASE graded WITH (FORCE)")


def run(**options):
    """Grade the current course; returns the outcomes by student."""
    return {g.student: g for g in Run(Course(), UNIT, Options(**options))}


def scores(url):
    with Gradebook(url) as book:
        return {s.student.id: s.score for s in book.find_assignment(UNIT).submissions}


def example(name):
    return examples.every()[name].build


def test_the_life_of_a_grade(course, hand_in, database, capsys):
    expected = {"ada": FULL, "flora": FULL - 5, "bo": 0}
    hand_in("ada")
    flora = hand_in("flora", example("flips_the_kernel"))
    hand_in("bo", example("blank"))
    hand_in("eve").write_bytes(b"{")

    assert cli.main(["grade", UNIT, "--jobs", "2"]) == cli.DONE
    assert scores(database) == expected
    assert "eve" in capsys.readouterr().out
    again = run(jobs=2)
    assert {name for name, graded in again.items() if graded.unchanged} == set(expected)

    with Gradebook(database) as book:  # as formgrader does
        grade = book.find_grade("test_conv2d_valid", UNIT, UNIT, "flora")
        grade.manual_score = 2.5
        comment = book.find_comment("conv2d_valid", UNIT, UNIT, "flora")
        comment.manual_comment = "Nearly: naïve → 卷积"
        book.db.commit()
        changed = scores(database)["flora"]
    assert changed != expected["flora"]
    flora.write_bytes(flora.read_bytes().replace(b"ValueError", b"KeyError"))
    assert not run()["flora"].unchanged
    with Gradebook(database) as book:
        grade = book.find_grade("test_conv2d_valid", UNIT, UNIT, "flora")
        comment = book.find_comment("conv2d_valid", UNIT, UNIT, "flora")
        assert grade.manual_score == 2.5
        assert comment.comment == "Nearly: naïve → 卷积"

    shutil.rmtree(course / "submitted" / "eve")
    after = scores(database)
    nbgrader = NbGraderAPI(config=Course().config)
    assert nbgrader.autograde(UNIT, "ada", force=True)["success"]
    assert nbgrader.autograde(UNIT, "flora", force=True)["success"]
    assert scores(database) == after
    pages = [  # of formgrader
        nbgrader.get_students(),
        nbgrader.get_submissions(UNIT),
        nbgrader.get_notebook_submissions(UNIT, UNIT),
    ]
    for page, name in zip(pages, ("id", "student", "student"), strict=True):
        assert {row[name]: row["score"] for row in page} == after

    Course().feedback(UNIT)
    page = (course / "feedback" / "flora" / UNIT / f"{UNIT}.html").read_text()
    assert "Nearly: naïve → 卷积" in page
    exported = [sys.executable, "-m", "nbgrader", "export"]
    done = subprocess.run(exported, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with open("grades.csv", newline="") as file:
        rows = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert rows == after
    assert not (course / "gradebook.db").exists()


def test_a_server_that_stops_loses_nothing(course, hand_in, server, database):
    students = {"ada", "bo", "cy", "di"}
    for student in students:
        hand_in(student)
    grades = iter(Run(Course(), UNIT, Options(jobs=2)))
    first = next(grades).student
    server.stop()
    try:
        with pytest.raises(CourseError, match="then run the command again"):
            list(grades)
    finally:
        server.start()
    assert set(scores(database)) == {first}
    rest = run(jobs=2)
    assert {name for name, graded in rest.items() if graded.unchanged} == {first}
    assert scores(database) == dict.fromkeys(students, FULL)


def test_no_server_is_said_without_the_password(course, hand_in, server, database, capsys):
    hand_in("ada")
    server.stop()
    try:
        for command in ("grade", "release"):
            assert cli.main([command, UNIT]) == cli.IMPOSSIBLE
            said = capsys.readouterr().err
            assert "postgresql" in said
            assert "connection" in said
            assert PASSWORD not in said
            assert IN_URL not in said
    finally:
        server.start()
    assert not (course / "autograded").exists()
    assert (course / "release" / UNIT / f"{UNIT}.ipynb").exists()


def test_a_person_may_be_grading_by_hand_meanwhile(course, hand_in, database):
    """With SQLite the grader would find the whole gradebook locked."""
    hand_in("ada")
    run()
    hand_in("bo")
    with contextlib.closing(Gradebook(database)) as formgrader:
        formgrader.find_grade("test_pad2d", UNIT, UNIT, "ada").manual_score = 1
        formgrader.db.flush()  # written, and not committed before the grader has finished
        assert run()["bo"].report.score == FULL
        formgrader.db.commit()
    assert scores(database) == {"ada": FULL - 2, "bo": FULL}


def test_a_name_too_long_for_the_gradebook_costs_no_one_else(course, hand_in, database):
    """SQLite takes any length, PostgreSQL holds nbgrader's columns to 128 characters."""
    hand_in("ada")
    hand_in("a" * 129)
    graded = run()
    assert graded["ada"].report.score == FULL
    assert "128" in graded["a" * 129].refusal
    assert scores(database) == {"ada": FULL}


def test_without_the_driver_the_extra_is_named(course, hand_in, database, monkeypatch, capsys):
    hand_in("ada")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert cli.main(["grade", UNIT]) == cli.IMPOSSIBLE
    assert "`postgres`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("course_id", "", "set c.CourseDirectory.course_id"),
        ("db_url", "gradebook.example/grades", "is no address of a database"),
    ],
)
def test_what_the_configuration_lacks(course, hand_in, database, capsys, setting, value, said):
    """nbgrader's own words for a missing course_id are a foreign key's."""
    hand_in("ada")
    with open(course / "nbgrader_config.py", "a") as file:
        file.write(f"c.CourseDirectory.{setting} = {value!r}\n")
    for command in ("release", "grade"):
        assert cli.main([command, UNIT]) == cli.IMPOSSIBLE
        assert said in capsys.readouterr().err
