"""Penalties for late submissions, as nbgrader's plugins make them, and grades given by hand."""

import datetime
import json
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.utils import parse_utc

from autograder import examples
from autograder.commands import cli

pytestmark = pytest.mark.slow(15)

UNIT = examples.UNIT
PLUGIN = """
from nbgrader.plugins import LateSubmissionPlugin

class OnePerHour(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return total_seconds_late / 3600
"""


def configure(line):
    config = Path("nbgrader_config.py")
    config.write_text(f"{config.read_text()}\n{line}\n")


@pytest.fixture
def late(hand_in, monkeypatch):
    """A submission three hours behind a due date, and a point off for each hour."""
    hand_in("ada").with_name("timestamp.txt").write_text("2026-11-20 15:00:00 UTC")
    Path("late_plugin.py").write_text(PLUGIN)
    configure("c.AssignLatePenalties.plugin_class = 'late_plugin.OnePerHour'")
    due("2026-11-20 12:00:00")


def due(when):
    with Gradebook("sqlite:///gradebook.db") as book:
        book.find_assignment(UNIT).duedate = parse_utc(when)
        book.db.commit()


def grade(*options):
    return cli.main(["grade", UNIT, "--jobs", "1", *options])


def penalty():
    with Gradebook("sqlite:///gradebook.db") as book:
        return book.find_submission(UNIT, "ada").late_submission_penalty


def test_a_rule_beside_the_configuration_is_found_and_said(late, capsys):
    assert grade() == cli.DONE
    assert penalty() == 3
    assert "15 of 15 − 3 for lateness" in capsys.readouterr().out


def test_a_due_date_that_is_moved_counts_without_running_anything_again(late, capsys):
    grade()
    due("2026-11-20 14:00:00")
    capsys.readouterr()
    grade("--dry-run")
    assert penalty() == 3
    grade()
    assert penalty() == 1
    assert "15 of 15 − 1 for lateness (unchanged)" in capsys.readouterr().out
    with Gradebook("sqlite:///gradebook.db") as book:
        book.find_assignment(UNIT).duedate = None
        book.db.commit()
    grade()
    assert not penalty()


def test_an_extension_counts(late):
    grade()
    with Gradebook("sqlite:///gradebook.db") as book:
        book.find_submission(UNIT, "ada").extension = datetime.timedelta(hours=2)
        book.db.commit()
    grade()
    assert penalty() == 1


def test_points_by_hand_are_lost_to_lateness_too(late):
    configure("c.AssignLatePenalties.plugin_class = 'nbgrader.plugins.LateSubmissionPlugin'")
    configure("c.LateSubmissionPlugin.penalty_method = 'zero'")
    grade()
    with Gradebook("sqlite:///gradebook.db") as book:
        book.find_grade("test_pad2d", UNIT, UNIT, "ada").extra_credit = 2
        book.db.commit()
    grade()
    assert penalty() == 17


def test_a_rule_that_cannot_be_had_stops_everything_first(late, capsys):
    configure("c.AssignLatePenalties.plugin_class = 'lost.Rule'")
    assert grade() == cli.IMPOSSIBLE
    said = capsys.readouterr().err
    assert "nbgrader_config.py" in said
    assert "lost.Rule" in said
    assert not Path("autograded").exists()


def test_what_a_person_has_given_survives_grading_again(hand_in):
    path = hand_in("ada")
    grade()
    with Gradebook("sqlite:///gradebook.db") as book:
        given = book.find_grade("test_pad2d", UNIT, UNIT, "ada")
        given.manual_score, given.extra_credit = 1.5, 0.5
        book.find_comment("pad2d", UNIT, UNIT, "ada").manual_comment = "See me."
        book.db.commit()
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "conv2d":
            cell["source"] = "def conv2d(): pass"
    path.write_text(json.dumps(notebook))
    grade()
    with Gradebook("sqlite:///gradebook.db") as book:
        grades = {g.name: g for g in book.find_submission(UNIT, "ada").notebooks[0].grades}
        assert grades["test_conv2d"].score == 0
        assert grades["test_pad2d"].score == 2
        assert not grades["test_pad2d"].needs_manual_grade  # that answer has not changed
        assert book.find_comment("pad2d", UNIT, UNIT, "ada").comment == "See me."


@pytest.mark.parametrize("text", ["2026-11-20 3:00 pm", "yesterday"])
def test_a_time_that_cannot_be_read_does_not_count_and_is_named(late, text, capsys):
    grade()
    Path("submitted", "ada", UNIT, "timestamp.txt").write_text(text)
    assert grade() == cli.DONE
    assert penalty() == 0
    assert "repairs: 1" in capsys.readouterr().out


def test_without_a_time_nobody_is_late_any_more(late):
    grade()
    Path("submitted", "ada", UNIT, "timestamp.txt").unlink()
    grade()
    assert penalty() == 0
    assert not Path("autograded", "ada", UNIT, "timestamp.txt").exists()
