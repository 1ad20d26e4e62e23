"""`check`, as a graded cell calls it in an instructor's notebook."""

import inspect

import pytest

import autograder
from autograder.checking import judge
from autograder.units import CONTENT as content
from autograder.units.unit1_convolution import reference as right
from course import numbers


def test_it_returns_the_points_as_a_float_and_prints_a_line_per_part(capsys):
    points = autograder.check("pad2d", {"pad2d": right.pad2d})
    assert type(points) is float
    assert points == 3
    *lines, total = capsys.readouterr().out.splitlines()
    assert len(lines) == len(judge.parts_of(content.find("pad2d"), ""))
    assert all(line.startswith("ok    ") for line in lines)
    assert total == "pad2d: 3 of 3 points"


def test_part_of_the_points_for_part_of_the_answer(capsys):
    def pad2d(x, pad, value=0.0):
        return right.pad2d(x, pad)

    assert autograder.check("pad2d", {"pad2d": pad2d}) == 1.75
    said = capsys.readouterr().out
    assert "You filled the frame with zeros although another `value` was asked for." in said
    assert said.endswith("pad2d: 1.75 of 3 points\n")


@pytest.mark.parametrize(
    ("namespace", "said"),
    [
        ({}, "nothing is called `pad2d`: the cell that defines it failed, or was removed"),
        ({"pad2d": None}, "it raised TypeError: 'NoneType' object is not callable"),
    ],
    ids=["missing", "not a function"],
)
def test_a_task_that_is_not_there_gives_no_points(capsys, namespace, said):
    assert autograder.check("pad2d", namespace) == 0.0
    assert said in capsys.readouterr().out


def test_by_hand_answers_are_checked_with_the_students_own_numbers(capsys):
    for student in ("ada", "grace", ""):
        answer = right.pad2d_by_hand(numbers.draw("pad2d_by_hand", student)).tolist()
        namespace = {"pad2d_by_hand": answer, "STUDENT_ID": student}
        assert autograder.check("pad2d_by_hand", namespace) == 1
        assert autograder.check("pad2d_by_hand", namespace | {"STUDENT_ID": "emmy"}) == 0
    capsys.readouterr()


def test_without_an_id_the_numbers_are_the_guests(capsys):
    answer = right.pad2d_by_hand(numbers.draw("pad2d_by_hand"))
    assert autograder.check("pad2d_by_hand", {"pad2d_by_hand": answer}) == 1
    capsys.readouterr()


def test_what_the_student_prints_is_not_in_the_way(capsys):
    def pad2d(x, pad, value=0.0):
        return right.pad2d(x, pad, value)

    namespace = {"pad2d": pad2d, "print": None, "np": None, "checking": None}
    assert autograder.check("pad2d", namespace) == 3
    capsys.readouterr()


def test_the_namespace_is_left_alone(capsys):
    namespace = {"pad2d": right.pad2d}
    autograder.check("pad2d", namespace)
    assert namespace == {"pad2d": right.pad2d}
    capsys.readouterr()


def test_a_task_that_does_not_exist_is_refused_with_the_ones_that_do():
    with pytest.raises(KeyError, match=r"no task 'pad3d'; there are conv2d_valid, .*pad2d"):
        autograder.check("pad3d", {})


EVERY = [content.of_unit(unit) for unit in content.units()]


@pytest.mark.parametrize(
    "task", [task for unit in EVERY for task in unit.values()], ids=lambda task: task.name
)
def test_the_reference_gets_full_points_in_the_notebooks_own_process(capsys, task):
    namespace = {"STUDENT_ID": "ada", task.name: task.reference}
    if task.by_value:
        mine = [numbers.draw(task.name, "ada")] if task.own_numbers else []
        namespace[task.name] = task.reference(*mine)
    assert autograder.check(task.name, namespace) == judge.maximum(task)
    capsys.readouterr()


def test_a_graded_cell_needs_to_know_two_things():
    assert list(inspect.signature(autograder.check).parameters) == ["task", "namespace"]
