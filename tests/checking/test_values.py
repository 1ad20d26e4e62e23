"""A result counts by its value, in any type that a sane reader of the docstring would accept."""

import collections
import dataclasses
import enum
import functools

import numpy as np
import pytest

from autograder.checking import judge
from autograder.checking.answers import Local
from autograder.sandbox.inside import wire
from autograder.units import CONTENT as content
from course import differences

pytestmark = pytest.mark.slow(30)


class Crossing(Local):
    """A function of ours whose results cross the border as those of a submission do."""

    def observe(self, args, kwargs):
        seen = super().observe(args, kwargs)
        if not seen.returned:
            return seen
        tensors = {}
        value = wire.unpack(wire.pack(seen.value, tensors), tensors)
        return dataclasses.replace(seen, value=value)


# -- types that a result may come in --------------------------------------------------------------


class Mine(dict):
    """A dictionary of a student's own, which prints itself."""

    def __repr__(self):
        return "mine"

    def items(self):
        raise AssertionError("what is shown of it is no part of its value")


class Rows(list):
    """A list of a student's own."""

    def __iter__(self):
        raise AssertionError("what is shown of it is no part of its value")


class Number(int):
    """A whole number of a student's own."""


class Real(float):
    """A number of a student's own."""


class Text(str):
    """A text of a student's own."""


class Picture(np.ndarray):
    """An array of a student's own."""


def named(items):
    fields = [f"field_{number}" for number in range(len(items))]
    return collections.namedtuple("Result", fields)(*items)


def own_types(value):
    """Every value as a type that a student derived from the one that was asked for."""
    if isinstance(value, np.ndarray):
        return value.view(Picture)
    if isinstance(value, bool | np.generic):
        return value
    if isinstance(value, dict):
        return Mine({own_types(key): own_types(item) for key, item in value.items()})
    if isinstance(value, list):
        return Rows([own_types(item) for item in value])
    if isinstance(value, tuple):
        return named([own_types(item) for item in value])
    types = {int: Number, float: Real, str: Text}
    return types[type(value)](value) if type(value) in types else value


def of_collections(value):
    """Dictionaries of `collections`; lists for tuples, and tuples for lists."""
    if isinstance(value, dict):
        items = {key: of_collections(item) for key, item in value.items()}
        return collections.defaultdict(list, items)
    if isinstance(value, list):
        return tuple(of_collections(item) for item in value)
    if isinstance(value, tuple):
        return [of_collections(item) for item in value]
    return value


def of_numpy(value):
    """Numbers and texts as NumPy's scalars, dictionaries in the order they were not made in."""
    if isinstance(value, dict):
        items = [(of_numpy(key), of_numpy(item)) for key, item in value.items()]
        return collections.OrderedDict(items[::-1])
    if isinstance(value, list | tuple):
        return type(value)(of_numpy(item) for item in value)
    if isinstance(value, str):
        return np.str_(value)
    return np.asarray(value)[()] if isinstance(value, bool | int | float) else value


def without_dimensions(value):
    """Numbers as arrays without dimensions."""
    if isinstance(value, dict):
        return {key: without_dimensions(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(without_dimensions(item) for item in value)
    return np.asarray(value) if isinstance(value, bool | int | float | np.generic) else value


WRAPPINGS = [own_types, of_collections, of_numpy, without_dimensions]


def kinds(value):
    """The types in a value, to tell whether a wrapping changes any."""
    inner = []
    if isinstance(value, dict):
        inner = [*dict.keys(value), *dict.values(value)]
    elif isinstance(value, list | tuple):
        inner = list(list.__iter__(value) if isinstance(value, list) else value)
    return [type(value), *(kinds(item) for item in inner)]


# -- every right answer in all of them ------------------------------------------------------------

ANSWERS = [
    (task, name, answer)
    for unit in content.units()
    for task in content.of_unit(unit).values()
    for name, answer in {task.name: task.reference, **task.variants}.items()
]


@functools.cache
def results(task):
    """What the reference returns in the check of a task, call by call."""
    reference = Local(task.reference)
    cases = [case for one in judge.parts_of(task, "") for case in one.cases]
    seen = [reference.observe(case.args, case.kwargs) for case in cases]
    return [one.value for one in seen if one.returned]


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize(("task", "name", "answer"), ANSWERS, ids=[name for _, name, _ in ANSWERS])
def test_a_right_answer_keeps_its_points_in_any_type(task, name, answer, wrapping):
    if all(kinds(wrapping(value)) == kinds(value) for value in results(task)):
        return  # nothing that this wrapping would change; see the next test

    @functools.wraps(answer)
    def wrapped(*args, **kwargs):
        return wrapping(answer(*args, **kwargs))

    verdict = judge.grade(task, Crossing(wrapped))
    assert [(part.part, part.fault) for part in verdict.parts if part.fault] == []


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_each_wrapping_changes_the_results_of_several_tasks(wrapping):
    tasks = {task.name: task for task, *_ in ANSWERS}.values()
    changed = [
        task.name
        for task in tasks
        if any(kinds(wrapping(value)) != kinds(value) for value in results(task))
    ]
    assert len(changed) >= 5


# -- the same in practice -------------------------------------------------------------------------

RESULT = {"shape": (3, 4), "share": 0.5, "right": True, "names": ["conv1", "fc"], "map": np.eye(2)}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_practice_accepts_what_the_check_accepts(wrapping):
    pairs = []
    expected = differences.as_expected(RESULT)
    assert differences.form_fault(expected, wrapping(RESULT), pairs) == ""
    assert [differences.value_fault(*pair, 1e-9) for pair in pairs] == [""] * len(pairs)


# -- and no more than that ------------------------------------------------------------------------


class Level(enum.IntEnum):
    """A name for a number is that number."""

    SECOND = 2


class Liar(int):
    """A number that says that it is another."""

    def __int__(self):
        return 7


def test_a_subclass_counts_as_what_it_holds():
    tensors = {}
    sent = [Level.SECOND, Liar(3), Real(0.5), Text("conv1"), Mine(a=Rows([1])), named((1, 2))]
    value = wire.unpack(wire.pack(sent, tensors), tensors)
    assert value == [2, 3, 0.5, "conv1", {"a": [1]}, (1, 2)]
    kinds = [type(item) for item in value]
    assert kinds == [int, int, float, str, dict, tuple]


@pytest.mark.parametrize(
    "value", [{1, 2}, range(3), iter([1]), {"a": 1}.values(), collections.deque([1]), 1j]
)
def test_what_only_looks_like_it_is_not_taken_for_it(value):
    assert isinstance(wire.unpack(wire.pack(value, {}), {}), wire.Foreign)


def test_a_type_that_pretends_to_be_another_is_foreign():
    class Pretends:
        __class__ = list

    assert isinstance(wire.unpack(wire.pack(Pretends(), {}), {}), wire.Foreign)
