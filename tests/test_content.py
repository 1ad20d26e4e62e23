"""What belongs to a unit, what students do without while it is graded, and who says all this."""

import dataclasses

import pytest
from traitlets.config import Config

from autograder import content as interface
from autograder.checking.words import case, part
from autograder.content import Content, ContentError, TaskError, configured, load
from autograder.course import Course, CourseError
from autograder.sandbox.view import PROJECT
from autograder.units import CONTENT


@pytest.mark.parametrize("name", CONTENT.answers)
def test_what_is_hidden_is_a_module_of_the_student_package(name):
    assert (CONTENT.student_folder / f"{name}.py").is_file()


@pytest.mark.parametrize("unit", CONTENT.units())
def test_a_unit_sees_of_the_answers_what_it_is_given_and_no_more(unit):
    given, hidden = set(CONTENT.given(unit)), set(CONTENT.hidden_modules(unit))
    assert given | hidden == set(CONTENT.answers)
    assert not given & hidden


def test_only_unit_6_is_given_something():
    assert {unit: CONTENT.given(unit) for unit in CONTENT.units() if CONTENT.given(unit)} == {
        "unit6_architectures": ("counting", "ops")
    }


def test_a_task_without_a_check_is_named_and_where_to_write_it(monkeypatch):
    unit, kept = "unit1_convolution", interface.functions

    def unchecked(module):
        return {name: f for name, f in kept(module).items() if name != "check_pad2d"}

    monkeypatch.setattr(interface, "functions", unchecked)
    with pytest.raises(TaskError, match=rf"units/{unit}/checks\.py: missing is `check_pad2d`, "):
        dataclasses.replace(CONTENT).of_unit(unit)


def nothing(rng):
    """Forgets its return."""


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (nothing, "TypeError: 'NoneType' object is not iterable"),
        (lambda rng: [part("frame", 1, case(rng.random(3)), also={"input"})], "ValueError: also"),
        (lambda rgn: [], "KeyError: 'rgn'"),
    ],
)
@pytest.mark.parametrize("name", ["pad2d", "pad2d_by_hand"])
def test_a_check_that_cannot_be_used_is_named(monkeypatch, name, check, said):
    kept = interface.functions

    def with_it(module):
        found = kept(module)
        return found | {f"check_{name}": check} if f"check_{name}" in found else found

    monkeypatch.setattr(interface, "functions", with_it)
    sentence = rf"checks\.py: `check_{name}` does not return its parts \({said}"
    with pytest.raises(TaskError, match=sentence):
        dataclasses.replace(CONTENT).of_unit("unit1_convolution")


def test_a_task_about_own_numbers_needs_a_content_that_draws_them():
    without = dataclasses.replace(CONTENT, draw=None)
    with pytest.raises(TaskError, match=r"`conv2d_valid_by_hand` uses .* has no `draw`"):
        without.of_unit("unit1_convolution")
    assert set(without.of_unit("unit2_matching")) == set(CONTENT.of_unit("unit2_matching"))


def test_unknown_names_are_refused_with_those_that_exist():
    with pytest.raises(KeyError, match="there are unit1_convolution"):
        CONTENT.of_unit("unit8_dreams")
    with pytest.raises(KeyError, match="there are conv2d_valid"):
        CONTENT.find("conv3d")


def test_a_unit_without_a_package_has_no_tasks_and_is_given_nothing():
    assert CONTENT.tasks_if_any("unit8_dreams") == {}
    assert CONTENT.hidden_modules("unit8_dreams") == CONTENT.answers


# -- which content a course folder uses -----------------------------------------------------------


def test_a_course_that_names_no_content_has_ours():
    assert configured(Config()) is load() is CONTENT is Course(PROJECT).content


@pytest.mark.parametrize(
    ("package", "said"),
    [
        ("no.such_package", "no.such_package cannot be imported .ModuleNotFoundError"),
        ("autograder.checking", r"autograder\.checking/__init__\.py has to define CONTENT"),
    ],
)
def test_a_content_that_cannot_be_had_is_named(package, said):
    config = Config({"Content": {"package": package}})
    with pytest.raises(ContentError, match=said):
        configured(config)
    course = Course(PROJECT)
    course.config.merge(config)
    with pytest.raises(CourseError, match=said):
        course.content  # noqa: B018  (looking at it is what raises)


def test_a_student_package_that_is_not_there_is_named():
    with pytest.raises(ContentError, match=r"no package no_such\.students"):
        Content("autograder.units", "no_such.students", "", "", ()).student_folder  # noqa: B018
