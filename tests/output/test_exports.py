"""What is exported is read here as Canvas, Moodle and Gradescope say that they read it."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader import plugins
from nbgrader.api import Gradebook
from nbgrader.utils import parse_utc
from traitlets.config import Config

from autograder import examples
from autograder.commands import cli
from autograder.course import Course, CourseError
from autograder.grading.run import Options, Run
from autograder.output import exports
from tests.commands import LIGHT

pytestmark = pytest.mark.slow(8)

UNIT = examples.UNIT
WRITTEN = "essay"  # a unit with a written answer, in the gradebook only


@pytest.fixture
def book(course):
    """The gradebook of a course with a second unit: a task of 3 points, a written answer of 2."""
    with Gradebook("sqlite:///gradebook.db") as gradebook:
        gradebook.add_assignment(WRITTEN)
        gradebook.add_notebook(WRITTEN, WRITTEN)
        code = {"max_score": 3, "cell_type": "code"}
        gradebook.add_grade_cell("test_sum", WRITTEN, WRITTEN, **code)
        words = {"max_score": 2, "cell_type": "markdown"}
        gradebook.add_grade_cell("why", WRITTEN, WRITTEN, **words)
        gradebook.add_solution_cell("why", WRITTEN, WRITTEN)
        yield gradebook


def hand_in(book, student, unit=UNIT, **points):
    """Enter a submission with these points of the grader; the answers in words stay open."""
    book.update_or_create_student(student)
    book.add_submission(unit, student)
    for name, score in points.items():
        grade = book.find_grade(f"test_{name}", unit, unit, student)
        grade.auto_score, grade.needs_manual_grade = score, False
    for notebook in book.find_submission(unit, student).notebooks:
        for grade in notebook.grades:
            if grade.cell_type == "code":
                grade.needs_manual_grade = False
    book.db.commit()


def by_hand(book, student, score, name="why", unit=WRITTEN, **values):
    """What formgrader records of a grade."""
    grade = book.find_grade(name, unit, unit, student)
    grade.manual_score, grade.needs_manual_grade = score, False
    for key, value in values.items():
        setattr(grade, key, value)
    book.db.commit()


def rows_of(path):
    """The lines of a CSV, as UTF-8 without a byte order mark."""
    assert not Path(path).read_bytes().startswith(b"\xef\xbb\xbf")
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, strict=True))
    assert len({len(row) for row in rows}) == 1
    return rows


def canvas_reads(path):
    """What Canvas imports: {the number, login or name that it looks for: {title: score}}."""
    header, points, *rows = rows_of(path)
    assert "Student" in header[0]
    assert "ID" in header[1]
    assert header[2:5] == ["SIS User ID", "SIS Login ID", "Section"]  # it ends the identities
    titles = header[5:]
    assert len(set(titles)) == len(titles)
    assert "Points Possible" in points[0]
    assert all(float(possible) > 0 for possible in points[5:])
    found = {}
    for name, number, user, login, _, *scores in rows:
        who = number or user or login or name
        assert who not in found
        assert not number or number.isdecimal()
        found[who] = dict(zip(titles, [score and float(score) for score in scores], strict=True))
    return found


def moodle_reads(path, map_from):
    """What Moodle imports with such a column chosen: {who: {title: score, None for no grade}}.

    As there, a line whose field is empty counts for the student of the line before.
    """
    header, *rows = rows_of(path)
    found, who = {}, None
    for row in rows:
        line = dict(zip(header, row, strict=True))
        who = line[map_from] or who
        assert who is not None
        titles = header[3:]
        assert all(line[title] for title in titles)  # an empty cell would be 0 in a new grade item
        scores = {title: None if line[title] == "-" else float(line[title]) for title in titles}
        found.setdefault(who, {}).update(scores)
    return found


def run(format_, units=(), to=None, **config):
    course = Course()
    course.config.merge(Config({f"{format_.capitalize()}ExportPlugin": config}))
    return exports.run(course, format_, units, to)


# -- Canvas ---------------------------------------------------------------------------------------


def test_canvas_finds_a_student_by_number_and_by_login(book, capsys):
    book.update_or_create_student("ada", first_name="Ada", last_name="Lovelace", lms_user_id="815")
    hand_in(book, "ada", pad2d=3.0)
    hand_in(book, "grace", pad2d=1.5, conv2d=3.0)
    assert run("canvas", [UNIT]) == 0
    assert canvas_reads("grades_canvas.csv") == {"815": {UNIT: 3.0}, "grace": {UNIT: 4.5}}
    names = [row[0] for row in rows_of("grades_canvas.csv")[2:]]
    assert names == ["Lovelace, Ada", "grace"]
    captured = capsys.readouterr()
    assert "2 students, 1 unit" in captured.out
    assert captured.err == ""


def test_the_points_of_a_unit_stand_below_its_title(book):
    run("canvas")
    header, points = rows_of("grades_canvas.csv")
    maxima = dict(zip(header[5:], map(float, points[5:]), strict=True))
    assert maxima == {UNIT: examples.full(), WRITTEN: 5.0}


def test_no_submission_is_no_score(book, capsys):
    hand_in(book, "ada", pad2d=3.0)
    hand_in(book, "grace", WRITTEN, sum=3.0)
    by_hand(book, "grace", 2.0)
    assert run("canvas") == 0
    assert canvas_reads("grades_canvas.csv") == {
        "ada": {UNIT: 3.0, WRITTEN: ""},
        "grace": {UNIT: "", WRITTEN: 5.0},
    }
    assert f"{UNIT}: no score, which is not 0, for 1: grace" in capsys.readouterr().err


def test_lateness_takes_off_and_extra_points_add(book):
    book.find_assignment(UNIT).duedate = parse_utc("2026-11-20 12:00:00")
    hand_in(book, "ada", pad2d=3.0, conv2d=3.0)
    submission = book.find_submission(UNIT, "ada")
    submission.notebooks[0].late_submission_penalty = 2.5
    hand_in(book, "grace", pad2d=1.0)
    book.find_submission(UNIT, "grace").notebooks[0].late_submission_penalty = 4.0
    by_hand(book, "ada", None, "test_pad2d", UNIT, extra_credit=0.25)
    assert run("canvas", [UNIT]) == 0
    assert canvas_reads("grades_canvas.csv") == {"ada": {UNIT: 3.75}, "grace": {UNIT: 0.0}}


def test_units_go_by_the_names_they_have_over_there(book):
    hand_in(book, "ada", pad2d=3.0)
    titles = {UNIT: "Unit 1: convolution (4711)"}
    assert run("canvas", [UNIT], titles=titles, student_id="SIS User ID") == 0
    assert canvas_reads("grades_canvas.csv")["ada"] == {titles[UNIT]: 3.0}
    assert rows_of("grades_canvas.csv")[2][2] == "ada"


def test_a_number_that_canvas_would_read_as_another_is_left_out(book, capsys):
    book.update_or_create_student("ada", lms_user_id="12ab")
    hand_in(book, "ada", pad2d=3.0)
    run("canvas", [UNIT])
    assert canvas_reads("grades_canvas.csv") == {"ada": {UNIT: 3.0}}
    assert "not a number of Canvas's and was left out: ada" in capsys.readouterr().err


# -- Moodle ---------------------------------------------------------------------------------------


def test_moodle_finds_a_student_by_the_chosen_field(book):
    book.update_or_create_student("ada", first_name="Ada", email="ada@example.org")
    hand_in(book, "ada", pad2d=3.0)
    book.update_or_create_student("grace")
    assert run("moodle", [UNIT]) == 0
    found = moodle_reads("grades_moodle.csv", "Username")
    assert found == {"ada": {UNIT: 3.0}, "grace": {UNIT: None}}
    run("moodle", [UNIT], identifier="ID number")
    assert moodle_reads("grades_moodle.csv", "ID number") == found


def test_nobody_gets_the_grades_of_someone_without_an_address(book, capsys):
    for student in ("ada", "bob", "grace"):
        hand_in(book, student, pad2d={"ada": 3.0, "bob": 0.0, "grace": 1.0}[student])
        email = None if student == "bob" else f"{student}@example.org"
        book.update_or_create_student(student, email=email)
    assert run("moodle", [UNIT], identifier="Email address") == 1
    found = moodle_reads("grades_moodle.csv", "Email address")
    assert found == {"ada@example.org": {UNIT: 3.0}, "grace@example.org": {UNIT: 1.0}}
    assert "LEFT OUT, without an email address: bob" in capsys.readouterr().err


def test_more_than_the_maximum_is_said_for_moodle(book, capsys):
    hand_in(book, "ada", WRITTEN, sum=3.0)
    by_hand(book, "ada", 2.0, extra_credit=1.0)
    assert run("moodle", [WRITTEN]) == 0
    assert moodle_reads("grades_moodle.csv", "Username") == {"ada": {WRITTEN: 6.0}}
    assert "1 score above the maximum, with extra points" in capsys.readouterr().err


# -- what is not final ----------------------------------------------------------------------------


@pytest.mark.parametrize("format_", exports.FORMATS)
def test_answers_that_nobody_has_read_are_said(format_, book, capsys):
    for student in ("ada", "grace"):
        hand_in(book, student, WRITTEN, sum=3.0)
    by_hand(book, "ada", 1.5)
    assert run(format_, [WRITTEN]) == 1
    captured = capsys.readouterr()
    assert f"{WRITTEN}: NOT FINAL for 1 of 2: 1 written answer" in captured.err
    assert "FINAL" not in captured.out
    by_hand(book, "grace", 0.0)
    assert run(format_, [WRITTEN]) == 0
    assert capsys.readouterr().err == ""


def test_grades_by_hand_that_the_grader_has_overtaken_are_said(book, capsys):
    hand_in(book, "ada", WRITTEN, sum=3.0)
    by_hand(book, "ada", 1.5, needs_manual_grade=True)  # as nbgrader leaves it
    assert run("canvas", [WRITTEN]) == 1
    assert "1 grade by hand marked for another look" in capsys.readouterr().err
    assert canvas_reads("grades_canvas.csv") == {"ada": {WRITTEN: 4.5}}


# -- names ----------------------------------------------------------------------------------------


NAMES = {  # and what they are in a table
    'O"Neil, Ann': 'O"Neil, Ann',
    "Émilie; =1+1": "Émilie;' =1+1",
    "a;b": "a;b",
    "Владимир": "Владимир",
    "李小龍": "李小龍",
    "'t Hooft": "'t Hooft",
    "a\nb,c": "a b,c",
    "Ann\x1b[31m \x00": "Ann",
    "=1+1": "'=1+1",
    "+1": "'+1",
    "-1": "'-1",
    "@SUM(A1)": "'@SUM(A1)",
    "\t=1+1": "'=1+1",
    " =1": "'=1",
    '=HYPERLINK("x")': '\'=HYPERLINK("x")',
    "\uff1d1": "'\uff1d1",  # the full-width sign
}


@pytest.mark.parametrize("format_", ["canvas", "moodle"])
def test_names_stay_in_their_cells_and_are_no_formulas(format_, book):
    for index, name in enumerate(NAMES):
        hand_in(book, f"student{index:02}", pad2d=3.0)
        book.update_or_create_student(f"student{index:02}", last_name=name)
    assert run(format_, [UNIT], titles={UNIT: "=1+1"}) == 0
    path = Path(f"grades_{format_}.csv")
    header, *rows = rows_of(path)
    assert header[-1] == "'=1+1"
    column = {"canvas": 0, "moodle": 2}[format_]
    assert [row[column] for row in rows[-len(NAMES) :]] == list(NAMES.values())
    # Where a spreadsheet cuts at ";" instead, no cell begins in the middle of a name.
    with open(path, encoding="utf-8", newline="") as file:
        cells = [text for line in csv.reader(file, delimiter=";") for text in line]
    assert not any(text.strip().startswith("=") for text in cells)


def test_an_id_that_would_be_a_formula_is_said_not_to_be_found(book, capsys):
    hand_in(book, "=ada", pad2d=3.0)
    assert run("moodle", [UNIT]) == 1
    assert "NOT FOUND by the import" in capsys.readouterr().err


# -- Gradescope -----------------------------------------------------------------------------------

VISIBILITY = {"hidden", "after_due_date", "after_published", "visible"}
TOP = {
    "score": float,
    "output": str,
    "output_format": str,
    "test_output_format": str,
    "test_name_format": str,
    "visibility": str,
    "tests": list,
    "extra_data": dict,
}
TEST = {"score": float, "max_score": float, "name": str, "output": str, "visibility": str}


def gradescope_reads(path):
    """A ``results.json``, if it is as the autograder specification has it."""
    results = json.loads(Path(path).read_text(encoding="utf-8"))
    for part, fields in [(results, TOP), *((test, TEST) for test in results["tests"])]:
        assert set(part) <= set(fields)
        assert all(isinstance(part[name], fields[name]) for name in part)
        assert part["visibility"] in VISIBILITY
    assert "score" in results or all("score" in test for test in results["tests"])
    formats = {name: results[name] for name in TOP if name.endswith("_format")}
    assert set(formats.values()) == {"text"}  # nothing that a student wrote is markup
    return results


def test_results_say_what_the_feedback_says(course, hand_in):
    example = examples.every()["flips_the_kernel"]
    hand_in("ada", example.build)
    [graded] = Run(Course(), UNIT, Options())
    assert run("gradescope") == 0
    results = gradescope_reads(f"grades_gradescope/{UNIT}/ada/results.json")
    assert results["score"] == graded.report.score == example.EXPECTED
    tests = {test["name"]: test for test in results["tests"]}
    assert sum(test["score"] for test in tests.values()) == example.EXPECTED
    assert sum(test["max_score"] for test in tests.values()) == examples.full()
    assert "180°" in tests["conv2d_valid"]["output"]
    assert tests["pad2d"]["score"] == tests["pad2d"]["max_score"] == 3


def test_results_of_what_is_late_and_not_read_yet(book):
    hand_in(book, "ada", WRITTEN, sum=3.0)
    book.find_submission(WRITTEN, "ada").notebooks[0].late_submission_penalty = 1.0
    book.find_comment("why", WRITTEN, WRITTEN, "ada").manual_comment = "Half right."
    book.db.commit()
    assert run("gradescope", [WRITTEN], "out", visibility="visible") == 1
    results = gradescope_reads(f"out/{WRITTEN}/ada/results.json")
    assert results["score"] == 2.0
    assert results["output"] == "For lateness: -1\nNot final: 1 written answer not graded yet."
    [why] = [test for test in results["tests"] if test["name"] == "why"]
    assert "score" not in why
    assert why["output"] == "Half right.\nNot graded yet: a person reads this answer."


def test_a_student_whose_name_leads_elsewhere_has_no_results(book, capsys):
    hand_in(book, "../../eve", pad2d=3.0)
    assert run("gradescope", [UNIT]) == 1
    assert "LEFT OUT" in capsys.readouterr().err
    assert not list(Path.cwd().parent.rglob("results.json"))


# -- the command ----------------------------------------------------------------------------------


def test_the_command(book, capsys):
    hand_in(book, "ada", pad2d=3.0)
    assert cli.main(["export", UNIT, "--format", "moodle", "--to", "here.csv"]) == cli.DONE
    assert moodle_reads("here.csv", "Username") == {"ada": {UNIT: 3.0}}
    hand_in(book, "ada", WRITTEN, sum=3.0)
    assert cli.main(["export", "--format", "canvas"]) == cli.NOT_ALL
    assert canvas_reads("grades_canvas.csv") == {"ada": {UNIT: 3.0, WRITTEN: 3.0}}
    assert cli.main(["export", "unit9", "--format", "canvas"]) == cli.IMPOSSIBLE


def test_nbgrader_export_writes_the_same(book):
    hand_in(book, "ada", pad2d=3.0)
    hand_in(book, "grace", WRITTEN, sum=1.0)
    run("canvas", [UNIT])
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("nbgrader"), "export", "--to", "theirs.csv"),
            *(
                "--exporter=autograder.output.exports.CanvasExportPlugin",
                "--assignment",
                f'["{UNIT}"]',
            ),
        ],
        env={**os.environ, "PYTHONPATH": LIGHT},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert Path("theirs.csv").read_bytes() == Path("grades_canvas.csv").read_bytes()
    assert "no score, which is not 0, for 1: grace" in done.stderr


# -- nbgrader's own table -------------------------------------------------------------------------


def written_by(plugin, book, **options):
    """The bytes that a plugin of ``nbgrader export`` writes."""
    plugin(to="table.csv", **options).export(book)
    return Path("table.csv").read_bytes()


@pytest.mark.parametrize(
    ("options", "lines"),
    [({}, 7), ({"assignment": [UNIT]}, 4), ({"student": ["ada", "grace"]}, 5)],
)
def test_where_nothing_is_a_formula_the_table_is_nbgraders(book, options, lines):
    book.find_assignment(UNIT).duedate = parse_utc("2026-11-20 12:00:00")
    book.update_or_create_student("ada", first_name="Ada", last_name="Lovelace", email="a@b.org")
    hand_in(book, "ada", pad2d=3.0)
    hand_in(book, "grace", WRITTEN, sum=1.0)
    book.find_submission(WRITTEN, "grace").notebooks[0].late_submission_penalty = 0.5
    book.find_submission(UNIT, "ada").timestamp = parse_utc("2026-11-20 11:00:00")
    book.update_or_create_student("lise")
    ours = written_by(exports.CsvExportPlugin, book, **options)
    assert ours == written_by(plugins.CsvExportPlugin, book, **options)
    assert len(ours.splitlines()) == lines


def test_plain_nbgrader_export_writes_no_formulas(book):
    hand_in(book, "@SUM(1)", pad2d=3.0)
    for index, name in enumerate(NAMES):
        book.update_or_create_student(f"student{index:02}", last_name=name, email=name)
    command = [Path(sys.executable).with_name("nbgrader"), "export"]
    light = {**os.environ, "PYTHONPATH": LIGHT}
    done = subprocess.run(command, env=light, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    header, *rows = rows_of("grades.csv")
    first = {row[3]: dict(zip(header, row, strict=True)) for row in rows if row[0] == UNIT}
    assert first["'@SUM(1)"]["score"] == "3.0"
    for index, shown in enumerate(NAMES.values()):
        line = first[f"student{index:02}"]
        assert line["last_name"] == line["email"] == shown


def test_a_unit_that_was_never_released(book):
    with pytest.raises(CourseError, match="does not hold unit2_matching: run `autograder release`"):
        run("canvas", ["unit2_matching"])


def test_a_destination_that_cannot_be_written(book):
    with pytest.raises(CourseError, match=r"nowhere/grades\.csv cannot be written: No such file"):
        run("canvas", to="nowhere/grades.csv")


def test_a_gradebook_that_is_none(course):
    Path("gradebook.db").write_bytes(b"not a database, but long enough to be taken for one" * 99)
    with pytest.raises(CourseError, match="file is not a database"):
        run("canvas")
