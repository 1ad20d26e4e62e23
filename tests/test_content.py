"""What belongs to a unit, and what of the course its students do without while they are graded."""

from pathlib import Path

import pytest

import course
from autograder import content


@pytest.mark.parametrize("name", content.ANSWERS)
def test_what_is_hidden_is_a_module_of_the_course(name):
    assert (Path(course.__file__).parent / f"{name}.py").is_file()


@pytest.mark.parametrize("unit", content.units())
def test_a_unit_sees_of_the_answers_what_it_is_given_and_no_more(unit):
    given, hidden = set(content.given(unit)), set(content.hidden_modules(unit))
    assert given | hidden == set(content.ANSWERS)
    assert not given & hidden


def test_only_unit_6_is_given_something():
    assert {unit: content.given(unit) for unit in content.units() if content.given(unit)} == {
        "unit6_architectures": ("ops",)
    }


def test_a_task_without_a_check_is_named_and_where_to_write_it(monkeypatch):
    unit, kept = "unit1_convolution", content.functions

    def unchecked(module):
        return {name: f for name, f in kept(module).items() if name != "check_pad2d"}

    monkeypatch.setattr(content, "functions", unchecked)
    with pytest.raises(content.TaskError, match=rf"checks/{unit}\.py: missing is `check_pad2d`, "):
        content.of_unit.__wrapped__(unit)


def test_unknown_names_are_refused_with_those_that_exist():
    with pytest.raises(KeyError, match="there are unit1_convolution"):
        content.of_unit("unit8_dreams")
    with pytest.raises(KeyError, match="there are conv2d_valid"):
        content.find("conv3d")
