"""The secret of a course: drawn once, for the lecturer alone, and part of every hidden input."""

import os
import subprocess
import threading

import numpy as np
import pytest

from autograder import examples, secret
from autograder.checking import judge
from autograder.commands import cli
from autograder.course import Course, CourseError
from autograder.grading import grade_notebook
from autograder.grading.job import grade_one
from autograder.grading.run import NEW_SECRET, Options, Run
from autograder.units import CONTENT as content

pytestmark = pytest.mark.slow(8)

UNIT = examples.UNIT


@pytest.fixture
def place(tmp_path):
    return tmp_path / secret.PLACE


def hidden(seed, student="ada"):
    """The numbers that a student's `pad2d` is called with."""
    parts = judge.parts_of(content.find("pad2d"), student, seed)
    return [case.args[0] for part in parts for case in part.cases]


# -- the file -------------------------------------------------------------------------------------


def test_it_is_drawn_once_and_closed_to_others(tmp_path, place):
    first, drawn = secret.of_course(tmp_path)
    assert drawn
    assert len(first) == secret.SIZE
    assert place.stat().st_mode & 0o777 == 0o600
    assert secret.of_course(tmp_path) == (first, False)
    assert {*os.listdir(place.parent)} == {place.name, ".gitignore"}


def test_every_course_has_another(tmp_path):
    assert secret.of_course(tmp_path / "a")[0] != secret.of_course(tmp_path / "b")[0]


def test_of_two_who_draw_at_the_same_moment_both_have_the_same(tmp_path):
    found, together = [], threading.Barrier(8)

    def draw():
        together.wait()
        found.append(secret.of_course(tmp_path))

    threads = [threading.Thread(target=draw) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one for one, _ in found}) == 1
    assert sum(drawn for _, drawn in found) == 1


def test_a_file_that_others_can_read_is_closed_to_them(tmp_path, place):
    secret.of_course(tmp_path)
    place.chmod(0o644)
    secret.of_course(tmp_path)
    assert place.stat().st_mode & 0o777 == 0o600


def test_a_course_of_a_group_shares_it_with_the_group(tmp_path, place):
    secret.of_course(tmp_path, shared=True)
    place.chmod(0o664)
    secret.of_course(tmp_path, shared=True)
    assert place.stat().st_mode & 0o777 == 0o660


@pytest.mark.parametrize("content", ["", "abc", "zz" * secret.SIZE, "00" * (secret.SIZE + 1)])
def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path, place, content):
    place.parent.mkdir()
    place.write_text(content)
    with pytest.raises(secret.SecretError, match="is damaged"):
        secret.of_course(tmp_path)
    assert place.read_text() == content


def test_a_link_in_its_place_is_not_followed(tmp_path, place):
    secret.of_course(tmp_path / "other")
    place.parent.mkdir()
    place.symlink_to(tmp_path / "other" / secret.PLACE)
    with pytest.raises(secret.SecretError, match="cannot be used"):
        secret.of_course(tmp_path)


def test_it_never_gets_into_a_repository(tmp_path, place):
    """Without any rule of the course's own."""
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / "notes.txt").write_text("mine")
    secret.of_course(tmp_path)
    assert place.exists()
    command = ["git", "status", "--short", "--untracked-files=all"]
    seen = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert seen.stdout == "?? notes.txt\n"


# -- hidden inputs --------------------------------------------------------------------------------


def test_hidden_inputs_follow_from_the_secret_the_student_and_the_submission():
    mine, others = secret.seed(b"1" * 32, "file"), secret.seed(b"2" * 32, "file")
    again = secret.seed(b"1" * 32, "another file")
    assert np.array_equal(hidden(mine)[0], hidden(mine)[0])
    pairs = zip(hidden(mine), hidden(others), strict=True)
    drawn = [(first, second) for first, second in pairs if np.ptp(first)]  # not all zeros
    assert len(drawn) > 10
    for first, second in drawn:
        assert not np.array_equal(first, second)
    assert not np.array_equal(hidden(mine)[0], hidden(again)[0])
    assert not np.array_equal(hidden(mine)[0], hidden(mine, "bob")[0])


@pytest.fixture
def seeds(monkeypatch):
    """The seeds with which submissions were checked, in order."""
    found, real = [], judge.parts_of

    def spy(task, student, seed=b""):
        found.append(seed)
        return real(task, student, seed)

    monkeypatch.setattr(judge, "parts_of", spy)
    return found


def test_both_ways_of_grading_draw_the_same_inputs(course, hand_in, seeds):
    hand_in("ada")
    full = examples.full()
    seeds.clear()
    run = Run(Course(), UNIT, Options(sandbox="none"))
    with run.opened:
        [job] = run.plan()
    assert grade_one(job).report.score == full
    ours = set(seeds)
    seeds.clear()
    assert Course().api().autograde(UNIT, "ada")["success"]
    assert ours == set(seeds) == {secret.seed(Course().secret()[0], secret.digest(job.data))}


def test_no_hidden_input_and_no_secret_is_in_the_graded_notebook(course, hand_in):
    hand_in("ada")
    assert cli.main(["grade", UNIT, "--jobs", "1"]) == cli.DONE
    text = (course / "autograded" / "ada" / UNIT / f"{UNIT}.ipynb").read_text()
    found, _ = Course().secret()
    assert found.hex() not in text
    assert secret.seed(found, secret.digest(submission(course))).hex() not in text


def submission(course, student="ada"):
    return (course / "submitted" / student / UNIT / f"{UNIT}.ipynb").read_bytes()


# -- a course -------------------------------------------------------------------------------------


def test_it_is_drawn_at_the_release_and_not_released(course):
    text = (course / secret.PLACE).read_text().strip()
    for path in (course / "release").rglob("*"):
        assert path.is_dir() or text not in path.read_text()


def test_a_lost_secret_is_replaced_and_everything_graded_again(course, hand_in, capsys):
    hand_in("ada")
    grade = ["grade", UNIT, "--jobs", "1"]
    assert cli.main(grade) == cli.DONE
    assert cli.main(grade) == cli.DONE
    assert "(unchanged)" in capsys.readouterr().out
    before = Course().secret()[0]
    (course / secret.PLACE).unlink()
    assert cli.main(grade) == cli.DONE
    printed = capsys.readouterr().out
    assert NEW_SECRET in printed
    assert "(unchanged)" not in printed
    assert f"{examples.full():g} of" in printed
    assert Course().secret() != (before, False)


def test_a_damaged_secret_stops_the_grading(course, hand_in, monkeypatch, capsys):
    hand_in("ada")
    (course / secret.PLACE).chmod(0o600)
    (course / secret.PLACE).write_text("damaged")
    monkeypatch.setattr(grade_notebook, "grade", None)
    assert cli.main(["grade", UNIT]) == cli.IMPOSSIBLE
    assert "is damaged" in capsys.readouterr().err
    with pytest.raises(CourseError, match="is damaged"):
        Course().secret()
