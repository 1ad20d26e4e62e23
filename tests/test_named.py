"""The file of named mistakes: what it keeps, what a person may do to it, and what names change."""

import copy
import json
import stat

import pytest

from autograder import named
from autograder.checking import behaviour
from autograder.course import CourseError
from autograder.grading import naming
from autograder.model import (
    PLACE,
    Behaviour,
    Grade,
    Report,
    TaskVerdict,
    Verdict,
    report_of,
)
from autograder.output.report import groups, results
from autograder.units import CONTENT as content

PAD = content.find("pad2d")
PROBES = behaviour.drawn(PAD, content.contract(PAD))
CALLS = behaviour.as_json(PROBES)
VALUES = tuple("abcdefghijkl")
SEEN = Behaviour(behaviour.fingerprint(PROBES), VALUES, "pad2d(…)", "5", "7")
OTHER = Behaviour(SEEN.probes, VALUES[::-1], "pad2d(…)", "5", "8")
MISTAKE = named.Mistake("pad2d__doubled", "pad2d", "You doubled the frame.", SEEN)
FAILED = Verdict("values", 2.0, "it is wrong", wrong_value=True)
PARTS = (
    Verdict("right", 1.0),
    FAILED,
    Verdict("refuses", 1.0, "bad input was accepted"),
    Verdict("known", 1.0, "it is wrong", "pad2d__known", "You …", wrong_value=True),
)


@pytest.fixture
def one(tmp_path):
    """A course's folder whose file holds one mistake."""
    named.write(tmp_path, named.read(tmp_path).with_mistake(MISTAKE, CALLS))
    return tmp_path


def graded(seen=SEEN, parts=PARTS):
    """A graded notebook, as JSON, with one graded cell and one of the student's."""
    report = Report(
        "bubblewrap", (Grade("test_pad2d", 5.0, TaskVerdict("pad2d", parts, (), seen)),)
    )
    meta = {"nbgrader": {"grade_id": "test_pad2d"}}
    score = {"output_type": "execute_result", "data": {"text/plain": "1.0"}}
    lines = {"output_type": "stream", "name": "stdout", "text": "as before"}
    return {
        "cells": [
            {"metadata": meta, "outputs": [lines, score]},
            {"metadata": {}, "outputs": [lines]},
        ],
        "metadata": {PLACE: json.loads(json.dumps(report.as_json())), "kept": 1},
    }


def edited(folder, change):
    """The file after a person has edited it."""
    path = folder / named.FILE
    told = json.loads(path.read_text())
    change(told)
    path.write_text(json.dumps(told))
    return named.read(folder)


# -- the file -------------------------------------------------------------------------------------


def test_without_a_file_nothing_is_named(tmp_path):
    found = named.read(tmp_path)
    assert found.mistakes == ()
    assert found.of(TaskVerdict("pad2d", (FAILED,), (), SEEN)) is None
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_is_read(one):
    assert named.read(one).mistakes == (MISTAKE,)
    assert named.read(one).of(TaskVerdict("pad2d", (FAILED,), (), SEEN)) == MISTAKE
    for verdict in (
        TaskVerdict("pad2d", (FAILED,), (), OTHER),
        TaskVerdict("pad2d", (FAILED,)),
        TaskVerdict("conv2d", (FAILED,), (), SEEN),
    ):
        assert named.read(one).of(verdict) is None


def test_a_person_can_read_and_edit_the_file(one):
    path = one / named.FILE
    assert path.stat().st_mode & stat.S_IWUSR
    lines = path.read_text().splitlines()
    assert '      "sentence": "You doubled the frame.",' in lines
    assert len(lines) < 40  # each probe has one line
    assert path.read_text().isascii() is False  # as it was typed: …

    def change(told):
        told["mistakes"][0] |= {"sentence": "Twice\n the frame.", "note": "seen in week 3"}
        told["by"] = "the tutors"

    found = edited(one, change)
    assert found.mistakes[0].sentence == "Twice  the frame."
    more = named.Mistake("pad2d__other", "pad2d", "Another.", OTHER)
    named.write(one, found.with_mistake(more, CALLS))
    told = json.loads(path.read_text())
    assert [mistake.name for mistake in named.read(one).mistakes] == [MISTAKE.name, more.name]
    assert told["by"] == "the tutors"
    assert told["mistakes"][0]["note"] == "seen in week 3"


def test_a_behaviour_has_one_name(one):
    again = named.Mistake("pad2d__again", "pad2d", "Again.", SEEN)
    assert named.read(one).with_mistake(again, CALLS).mistakes == (again,)


def test_what_is_removed_leaves_its_probes(one):
    named.write(one, named.read(one).without(MISTAKE))
    assert named.read(one).mistakes == ()
    assert named.read(one).told["probes"] == json.loads(json.dumps({"pad2d": CALLS}))


def test_a_write_that_fails_leaves_the_file(one):
    before = (one / named.FILE).read_bytes()
    (one / f".{named.FILE}.new").mkdir()  # in the place of the draft
    with pytest.raises(CourseError, match="cannot be written"):
        named.write(one, named.read(one).without(MISTAKE))
    assert (one / named.FILE).read_bytes() == before


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda told: told.pop("probes"), "it needs `probes`, an object"),
        (lambda told: told.update(mistakes={}), "it needs `mistakes`, a list"),
        (lambda told: told["probes"].update(pad2d=3), "probes of `pad2d`"),
        (lambda told: told["probes"]["pad2d"][1].pop("args"), "probes of `pad2d`: call 2"),
        (lambda told: told["mistakes"].append(3), "mistake 2: it is not an object"),
        (lambda told: told["mistakes"][0].update(task="lost"), "mistake 1: its `task`"),
        (lambda told: told["mistakes"][0].update(name="Not one"), "mistake 1: its `name`"),
        (lambda told: told["mistakes"][0].pop("sentence"), "mistake 1: the `sentence` of doubled"),
        (lambda told: told["mistakes"][0].update(sentence="\u200b"), "the `sentence` of doubled"),
        (lambda told: told["mistakes"][0].update(values=[1]), "the `values` of doubled"),
        (lambda told: told["mistakes"][0]["values"].pop(), "doubled needs 12 `values`"),
        (lambda told: told["mistakes"].append(told["mistakes"][0]), "mistake 2: another one"),
    ],
)
def test_what_is_damaged_is_named(one, change, place):
    with pytest.raises(CourseError) as raised:
        edited(one, change)
    assert place in str(raised.value)
    assert str(one / named.FILE) in str(raised.value)


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"mistakes": [,'])
def test_what_is_no_json_is_named(tmp_path, data):
    (tmp_path / named.FILE).write_bytes(data)
    with pytest.raises(CourseError, match="is damaged"):
        named.read(tmp_path)
    assert (tmp_path / named.FILE).read_bytes() == data


@pytest.mark.parametrize(
    ("sentence", "slug"),
    [
        ("You doubled the frame on every side.", "doubled_frame_every_side"),
        ("2 rows are missing", "rows_missing"),
        ("Größe für α falsch gewählt", "groe_fur_falsch_gewahlt"),
        ("…", ""),
    ],
)
def test_a_name_is_made_of_the_sentence(sentence, slug):
    assert named.slug_of(sentence) == slug


# -- names in a graded notebook -------------------------------------------------------------------


def test_a_name_reaches_the_parts_with_wrong_values_that_have_none(one):
    before = graded()
    untouched = copy.deepcopy(before)
    now = naming.with_names(before, named.read(one))
    assert before == untouched
    (grade,) = report_of(now).grades
    assert [part.misconception for part in grade.verdict.parts] == [
        None,
        MISTAKE.name,
        None,
        "pad2d__known",
    ]
    assert [part.by_course for part in grade.verdict.parts] == [False, True, False, False]
    assert grade.score == report_of(before).grades[0].score
    text = now["cells"][0]["outputs"][0]["text"]
    assert "You doubled the frame." in text
    assert "bad input was accepted" in text
    # All else is as it was.
    assert now["cells"][0]["outputs"][1] == before["cells"][0]["outputs"][1]
    assert now["cells"][1] == before["cells"][1]
    assert now["metadata"]["kept"] == 1


def test_what_does_not_match_stays_the_same(one):
    for notebook in (graded(OTHER), graded(None), graded(SEEN, PARTS[:1]), {"metadata": {}}):
        assert naming.with_names(notebook, named.read(one)) is notebook


def test_names_follow_the_file(one, tmp_path):
    first = naming.with_names(graded(), named.read(one))
    assert naming.with_names(first, named.read(one)) is first
    other = edited(one, lambda told: told["mistakes"][0].update(sentence="In other words."))
    second = naming.with_names(first, other)
    assert "In other words." in second["cells"][0]["outputs"][0]["text"]
    last = naming.with_names(second, named.parsed(named.EMPTY))
    assert report_of(last) == report_of(graded())
    assert "it is wrong" in last["cells"][0]["outputs"][0]["text"]


def test_reports_of_earlier_versions_are_read():
    notebook = graded()
    for grade in notebook["metadata"][PLACE]["grades"]:
        grade["verdict"].pop("behaviour")
        for part in grade["verdict"]["parts"]:
            part.pop("wrong_value")
            part.pop("by_course")
    (grade,) = report_of(notebook).grades
    assert grade.verdict.behaviour is None
    assert not grade.verdict.unnamed


# -- groups ---------------------------------------------------------------------------------------


def student(name, seen, code=""):
    verdict = TaskVerdict("pad2d", (FAILED,), (), seen)
    report = Report("bubblewrap", (Grade("test_pad2d", 2.0, verdict),))
    return results.Student(name, "", {}, {}, 0.0, 0.0, 0, report, {"pad2d": code})


def test_groups_are_those_who_do_the_same_the_largest_first():
    long, short = 'def f():\n    """Long."""\n    return 1 + 1\n', "def f():\n\treturn 2\n"
    third = Behaviour("another probe", VALUES, "", "", "")
    students = [
        student("ada", OTHER),
        student("bob", SEEN, long),
        student("eve", None),
        student("flo", SEEN, short),
        student("gil", third),
        student("kim", SEEN),
    ]
    first, *others = groups.groups(students)
    assert first.students == ("bob", "flo", "kim")
    assert first.code == "def f():\n    return 2"
    assert [one.students for one in others] in ([("ada",), ("gil",)], [("gil",), ("ada",)])
    assert groups.groups(students[::-1])[0].id == first.id


def test_code_is_cleaned_and_cut():
    code = {"f": '"""What\nall have."""\n' + "\u202ea = 1\n" * 100}
    lines = groups.shown_code(code, "f").split("\n")
    assert lines[0] == "a = 1"
    assert len(lines) == groups.MOST_LINES + 1
    assert lines[-1] == "…"


def test_a_group_is_found_by_the_beginning_of_its_id():
    made = groups.groups([student("ada", SEEN), student("bob", OTHER)])
    for one in made:
        assert groups.find(made, one.id) is one
        assert groups.find(made, one.key) is one
    with pytest.raises(CourseError, match="There is no group pad2d:"):
        groups.find(made, "pad2d:")
    same = groups.groups([student(f"s{n}", Behaviour(str(n), VALUES, *"123")) for n in range(17)])
    digits = [one.key[6] for one in same]
    often = next(digit for digit in digits if digits.count(digit) > 1)
    with pytest.raises(CourseError, match="is the beginning of several groups"):
        groups.find(same, f"pad2d:{often}")
