"""Feedback pages, made again where something has changed, and the zips for Moodle and Canvas."""

import csv
import io
import json
import re
import zipfile

import pytest
from sqlalchemy.exc import OperationalError

from autograder.collecting import collected
from autograder.collecting.collected import Collected, Memory
from autograder.commands import cli
from autograder.output import pages, returning
from tests import marked
from tests.marked import QUESTION, UNIT

pytestmark = pytest.mark.slow(20)

TEXTS = {"ada": "One text.", "bob": "Another text.", "cyd": "A third one, with $x$.", "dan": None}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    course = marked.released(tmp_path_factory.mktemp("returning") / "course")
    marked.record(course, TEXTS)
    with course.gradebook() as book:
        book.update_or_create_student("ada", email="ada@example.org", first_name="=1+1")
    return course


@pytest.fixture
def course(graded, tmp_path, monkeypatch):
    found = marked.copied(graded, tmp_path / "course")
    monkeypatch.chdir(found.root)
    return found


def written(course, **options):
    """The students whose pages have been written."""
    found = list(pages.make(course, UNIT, **options))
    assert sorted(page.student for page in found) == sorted(TEXTS)
    assert not any(page.problem for page in found)
    return {page.student for page in found if page.written}


# -- pages ----------------------------------------------------------------------------------------


def test_pages_are_written_once_and_are_those_of_nbgrader(course):
    assert written(course) == {*TEXTS}
    ours = {student: pages.path(course, UNIT, student).read_bytes() for student in TEXTS}
    assert written(course) == set()
    course.ask_nbgrader("write", lambda api: api.generate_feedback(UNIT, force=True))
    assert {s: pages.path(course, UNIT, s).read_bytes() for s in TEXTS} == ours


def test_a_mark_or_a_comment_changes_one_page(course):
    written(course)
    marked.give_in_formgrader(course, "bob", 1.5, "Nearly, see the lecture.")
    assert written(course) == {"bob"}
    assert "Nearly, see the lecture." in pages.path(course, UNIT, "bob").read_text()


def test_so_does_a_penalty_another_text_and_a_page_that_is_gone(course):
    written(course)
    with course.gradebook() as book:
        submission = book.find_submission_notebook(UNIT, UNIT, "ada")
        submission.late_submission_penalty = 1.0
        book.db.commit()
    marked.record(course, {"bob": "Handed in once more."})
    pages.path(course, UNIT, "cyd").unlink()
    assert written(course) == {"ada", "bob", "cyd"}


def test_headings_of_the_course_change_all_pages(course):
    written(course)
    source = course.source(UNIT)
    source.write_text(source.read_text().replace("# Unit 4", "# The fourth unit"))
    assert written(course) == {*TEXTS}
    assert "The fourth unit" in pages.path(course, UNIT, "ada").read_text()


def test_a_damaged_memory_and_force_write_all_again(course):
    written(course)
    pages.notes(course, UNIT).chmod(0o644)
    pages.notes(course, UNIT).write_text("[]")
    assert written(course) == {*TEXTS}
    assert written(course, force=True) == {*TEXTS}


def test_several_processes_write_the_same_pages(course, monkeypatch):
    written(course)
    alone = {student: pages.path(course, UNIT, student).read_bytes() for student in TEXTS}
    monkeypatch.setattr(pages, "CHUNK", 2)
    monkeypatch.setattr(pages, "WORTH_IT", 2)
    assert written(course, jobs=2, force=True) == {*TEXTS}
    assert {s: pages.path(course, UNIT, s).read_bytes() for s in TEXTS} == alone


def test_a_page_that_cannot_be_made_is_named_and_costs_no_one_else(course, capsys):
    path = course.folder("autograded", "bob", UNIT) / f"{UNIT}.ipynb"
    told = json.loads(path.read_text())
    del told["cells"]
    path.chmod(0o644)
    path.write_text(json.dumps(told))
    assert cli.main(["return", UNIT]) == cli.NOT_ALL
    said = capsys.readouterr().out
    assert "3 pages written" in said
    assert re.search(r"NOT written, 1.*\n    bob: \w+", said)
    assert cli.main(["return", UNIT]) == cli.NOT_ALL  # it is not forgotten
    assert "0 pages written, 3 as before" in capsys.readouterr().out


def test_a_unit_without_grades(course, capsys):
    assert cli.main(["return", "unit2_matching"]) == cli.DONE
    assert "run `autograder grade unit2_matching` first" in capsys.readouterr().out


# -- zips -----------------------------------------------------------------------------------------


def came(course, **students):
    collected.add(course, UNIT, Memory(students))


def packed(course, *options):
    """The names and contents of the zip that the command writes."""
    *_, target = options
    code = cli.main(["return", UNIT, *options])
    newest = max((course.root / "returned").glob(f"{UNIT}-{target}*.zip"), key=made_at)
    with zipfile.ZipFile(newest) as archive:
        return code, {name: archive.read(name) for name in archive.namelist()}


def made_at(path):
    return path.stat().st_mtime_ns


def moodle_reads(name, before_4_1):
    """The number and the file name that Moodle's importer takes from a name in the zip."""
    parts = name.split("_", 4)
    assert len(parts) == (5 if before_4_1 else max(4, len(parts)))
    _, number, plugin_type, plugin, *rest = parts
    assert number.isdecimal()
    assert (plugin_type, plugin) == ("assignsubmission", "file")
    return number, rest[0]


@pytest.mark.parametrize("before_4_1", [True, False])
def test_moodle_finds_each_student(course, before_4_1):
    for number, student in enumerate(TEXTS, 4711):
        seen = Collected("Moodle", f"Name of {student}", str(number), "x")
        came(course, **{student: seen})
    code, inside = packed(course, "--to", "moodle")
    assert code == cli.DONE
    found = {moodle_reads(name, before_4_1): data for name, data in inside.items()}
    assert found == {
        (str(number), f"{UNIT}.html"): pages.path(course, UNIT, student).read_bytes()
        for number, student in enumerate(TEXTS, 4711)
    }


def test_canvas_finds_each_student(course, capsys):
    names = {
        "ada": (f"lovelaceada_815_9001_{UNIT}.ipynb", False),
        "bob": (f"bakerbob_LATE_816_9002_{UNIT}-1.ipynb", True),
        "cyd": ("1_lovelace_817_9003_my_links.ipynb", False),
    }
    numbered = {"ada": "815", "bob": "816", "cyd": "817"}
    for student, (file, late) in names.items():
        came(course, **{student: Collected("Canvas", student, numbered[student], file, late)})
    hidden = Collected("Canvas", "dan", "anon_x", f"anon_x_9004_{UNIT}.ipynb")
    came(course, dan=hidden)
    code, inside = packed(course, "--to", "canvas")
    assert code == cli.NOT_ALL
    assert "    dan: Canvas has hidden who it is" in capsys.readouterr().out
    numbers = [re.findall(r"(?<=_)\d+(?=_)", name)[:2] for name in inside]
    assert numbers == [["815", "9001"], ["816", "9002"], ["817", "9003"]]
    assert {*inside} == {
        f"student_{number}_{file}_{UNIT}.html"
        for number, file in (("815", "9001"), ("816", "9002"), ("817", "9003"))
    }


def test_only_what_has_changed_is_packed_again(course, capsys):
    assert len(packed(course, "--to", "folders")[1]) == 5
    assert cli.main(["return", UNIT, "--to", "folders"]) == cli.DONE
    assert "nothing new to pack (4 pages packed before" in capsys.readouterr().out
    marked.give_in_formgrader(course, "bob", 1, "Good.")
    assert {*packed(course, "--to", "folders")[1]} == {f"bob/{UNIT}.html", "index.csv"}
    assert len(packed(course, "--all", "--to", "folders")[1]) == 5


def test_a_zip_that_may_not_be_sent_yet_stays(course):
    _, first = packed(course, "--to", "folders")
    marked.give_in_formgrader(course, "bob", 1, "Good.")
    packed(course, "--to", "folders")
    with zipfile.ZipFile(course.root / "returned" / f"{UNIT}-folders.zip") as archive:
        assert len(archive.namelist()) == len(first) == 5


def test_a_page_before_which_nbgrader_stops_is_not_taken_for_written(course, monkeypatch):
    written(course)
    for student in ("ada", "bob", "cyd"):
        marked.give_in_formgrader(course, student, 1, "Good.")
    convert = pages.Students.convert_single_notebook

    def locked(step, notebook):
        if "bob" in notebook:
            raise OperationalError("select", {}, Exception("locked"))
        convert(step, notebook)

    monkeypatch.setattr(pages.Students, "convert_single_notebook", locked)
    found = {page.student: page for page in pages.make(course, UNIT)}
    assert found["ada"].written
    assert found["bob"].problem == found["cyd"].problem != ""
    monkeypatch.undo()
    monkeypatch.chdir(course.root)
    assert written(course) == {"bob", "cyd"}


def test_other_maximum_points_are_another_page(course):
    written(course)
    with course.gradebook() as book:
        book.find_graded_cell(QUESTION, UNIT, UNIT).max_score = 3
        book.db.commit()
    assert written(course) == {*TEXTS}


def test_without_a_gradebook_none_is_made(course, capsys):
    (course.root / "gradebook.db").unlink()
    assert cli.main(["return", UNIT]) == cli.IMPOSSIBLE
    assert "There is no gradebook yet" in capsys.readouterr().err
    assert not (course.root / "gradebook.db").exists()


def test_folders_have_a_table_with_addresses_and_without_formulas(course):
    _, inside = packed(course, "--to", "folders")
    rows = list(csv.DictReader(io.StringIO(inside["index.csv"].decode())))
    assert [row["student"] for row in rows] == sorted(TEXTS)
    assert rows[0]["email"] == "ada@example.org"
    assert not rows[0]["first_name"].startswith("=")
    assert rows[0]["file"] == f"ada/{UNIT}.html"


def test_a_student_of_the_other_system_is_left_out_with_the_reason(course):
    came(course, ada=Collected("Canvas", "ada", "1", f"ada_1_2_{UNIT}.ipynb"))
    found = returning.pack(course, UNIT, "moodle", {"ada": course.source(UNIT)})
    assert found.path is None
    assert found.left == {"ada": "it came from Canvas, so Moodle would not know whose it is"}


def test_a_damaged_memory_of_the_downloads_is_said(course, capsys):
    place = collected.place(course, UNIT)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("{")
    assert cli.main(["return", UNIT, "--to", "moodle"]) == cli.IMPOSSIBLE
    assert "collect the downloads" in capsys.readouterr().err
