"""Who passes all practice cells of a task gets full points for it, and the other way round."""

import functools
import inspect
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from autograder import mutation
from autograder.checking import judge
from autograder.checking.answers import Local
from autograder.checking.mutants import mutants
from autograder.units import CONTENT as content
from course import images, numbers, practice

NOTEBOOKS = Path(__file__).parents[1] / "source"
FUNCTIONS = {
    name: task
    for unit in content.units()
    for name, task in content.of_unit(unit).items()
    if not task.by_value
}
RIGHT = {
    name: (task, function)
    for task in FUNCTIONS.values()
    for name, function in [(task.name, task.reference), *task.variants.items()]
}
WRONG = {
    name: (task, function)
    for task in FUNCTIONS.values()
    for name, function in task.misconceptions.items()
}

# A part of the question that names the mistake, or of what is said without one.
QUESTIONS = {
    "conv2d_valid__flips_kernel": "Is the kernel flipped",
    "conv2d_valid__one_kernel_for_all_channels": "the first kernel for all planes",
    "conv2d_valid__transposes_kernel": "rows and columns of the kernel",
    "conv2d_valid__multiplies_in_place": "values are off",
    "conv2d_valid__means_for_sum": "the mean",
    "conv2d_valid__means_over_channels": "divide by the number of channels",
    "conv2d_valid__only_first_channel": "red plane only",
    "conv2d_valid__swaps_height_and_width": "rows and columns of the output",
    "conv2d_valid__one_row_and_column_short": "one more row",
    "conv2d_valid__forgets_bias": "Is the bias forgotten",
    "conv2d_valid__bias_once_per_channel": "once per channel",
    "conv2d_valid__bias_at_every_product": "every product",
    "conv2d_valid__subtracts_bias": "subtracted",
    "conv2d_valid__only_first_picture": "first picture only",
    "conv2d_valid__first_picture_for_all": "the result of the first",
    "conv2d_valid__only_first_filter": "first filter only",
    "conv2d_valid__integer_output": "whole numbers",
    "pad2d__top_left_only": "at the top and left",
    "pad2d__bottom_right_only": "at the bottom and right",
    "pad2d__repeats_edge": "edge of the picture",
    "pad2d__overwrites_the_border": "over the picture",
    "pad2d__swaps_pair": "Is the pair exchanged",
    "pad2d__first_of_pair_for_both": "used for both",
    "dilate_kernel__ignores_dilation": "Is dilation ignored",
    "dilate_kernel__one_too_far": "one too far",
    "dilate_kernel__trailing_zeros": "after the last weight",
    "dilate_kernel__repeats_weights": "weights repeated",
    "dilate_kernel__repeats_within_size": "gaps filled",
    "dilate_kernel__swaps_pair": "Is the pair exchanged",
    "dilate_kernel__first_of_pair_for_both": "used for both",
    "conv2d__flips_kernel": "Is the kernel flipped",
    "conv2d__forgets_bias": "Is the bias forgotten",
    "conv2d__ignores_stride": "Is the stride ignored",
    "conv2d__swaps_stride_pair": "Is the pair exchanged",
    "conv2d__first_stride_for_both": "used for both",
    "conv2d__rounds_size_up": "rounded up",
    "conv2d__subsamples_input": "drop pixels",
    "conv2d__swaps_pad_pair": "Is the pair exchanged",
    "conv2d__pads_output": "around the output",
    "conv2d__ignores_dilation": "Is the dilation ignored",
    "conv2d__swaps_dilation_pair": "pair for the dilation",
    "conv2d__dilates_by_dropping_pixels": "drop pixels",
    "conv2d__trailing_zeros": "dilation · k",
    "conv2d__repeats_weights": "weights repeated",
}


@functools.cache
def cells_of(unit):
    return nbformat.read(NOTEBOOKS / unit / f"{unit}.ipynb", as_version=4).cells


def practise(task, function):
    """Run the practice cells of a task, each on its own, with this function in its place."""
    cells = cells_of(task.unit)
    parts = [c.source for c in cells if c.get("id", "").split("-")[0] == f"practice_{task.name}"]
    assert parts, f"{task.unit} has no cell `practice_{task.name}`"
    said = []
    for source in parts:  # the one before may have stopped half-way
        names = {name: other.reference for name, other in content.of_unit(task.unit).items()}
        names |= {"np": np, "images": images, "practice": practice, task.name: function}
        try:
            exec(source, names)
        except practice.NotYet as fault:
            said.append(str(fault))
    return said


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
@pytest.mark.parametrize(("task", "function"), RIGHT.values(), ids=RIGHT)
def test_a_right_answer_passes_practice(task, function):
    assert practise(task, function) == []


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("task", "function"), WRONG.values(), ids=WRONG)
def test_no_mistake_that_costs_points_passes_practice(task, function):
    assert practise(task, function) != []


def in_float32(value):
    """A result with all of its arrays in float32."""
    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        return value.astype(np.float32)
    if isinstance(value, dict):
        return {key: in_float32(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(in_float32, value))
    return value


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("task", FUNCTIONS.values(), ids=FUNCTIONS)
def test_practice_and_check_agree_on_results_in_float32(task):
    @functools.wraps(task.reference)
    def answer(*args, **kwargs):
        return in_float32(task.reference(*args, **kwargs))

    verdict = judge.grade(task, Local(answer), "ada")
    assert (verdict.points == verdict.maximum) == (practise(task, answer) == [])
    assert verdict.points >= verdict.maximum / 2


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("task", FUNCTIONS.values(), ids=FUNCTIONS)
def test_practice_refuses_no_mutant_that_gets_all_points(task):
    students = mutation.STUDENTS[:4]
    hidden = [call for student in students for call in mutation.hidden_calls(task, student)]
    refused = []
    for right in (task.reference, *task.variants.values()):
        for mutant in mutants(right):
            if not mutation.is_told(task, mutation.Timed(mutant.function), hidden):
                refused += [(str(mutant), said) for said in practise(task, mutant.function)]
    assert refused == []


@pytest.mark.parametrize(("mistake", "says"), QUESTIONS.items(), ids=QUESTIONS)
def test_practice_names_the_usual_mistakes(mistake, says):
    assert any(says in said for said in practise(*WRONG[mistake]))


def words(about, args):
    """The words that a message is to contain; a key of an argument stands for every other one."""
    keys = {key for arg in args if isinstance(arg, dict) for key in arg}
    return frozenset("a key" if word in keys else word for word in about)


@pytest.mark.parametrize("task", FUNCTIONS.values(), ids=FUNCTIONS)
def test_practice_asks_for_the_words_that_grading_asks_for(task, monkeypatch):
    asked = set()

    def note(function, *args, about, **kwargs):
        asked.add(words([about] if isinstance(about, str) else about, args))

    monkeypatch.setattr(practice, "refuses", note)
    practise(task, task.reference)
    parts = judge.parts_of(task, "ada")
    cases = [case for part in parts for case in part.cases if case.about]
    assert {words(case.about, case.args) for case in cases} <= asked


def listing(task):
    """The right answer, but for its refusals: the same message for all, with every parameter."""
    names = ", ".join(inspect.signature(task.reference).parameters)

    @functools.wraps(task.reference)
    def listed(*args, **kwargs):
        try:
            return task.reference(*args, **kwargs)
        except ValueError as error:
            raise ValueError(f"one of {names} is wrong: {error}") from None

    return listed


def refusals(task):
    """The words that the ValueErrors of a task are to name, a set for each refused call."""
    parts = judge.parts_of(task, "ada")
    return [set(case.about) for part in parts for case in part.cases if case.about]


LISTABLE = {
    name: task
    for name, task in FUNCTIONS.items()
    if len(inspect.signature(task.reference).parameters) >= 3
    and any(a.isdisjoint(b) for a in refusals(task) for b in refusals(task))
}


@pytest.mark.parametrize("task", LISTABLE.values(), ids=LISTABLE)
def test_a_message_that_lists_all_parameters_passes_neither_practice_nor_grading(task):
    assert any("lists nearly all parameters" in said for said in practise(task, listing(task)))
    result = judge.grade(task, Local(listing(task)), "ada")
    faults = {verdict.fault for verdict in result.parts if verdict.fault}
    assert faults
    assert all(fault.startswith("the ValueError lists nearly all param") for fault in faults)


def solved(unit):
    """The names of a notebook in which every task has its right answer, by a guest."""
    names = {"np": np, "images": images, "practice": practice}
    for name, task in content.of_unit(unit).items():
        mine = [numbers.draw(name)] if task.own_numbers else []
        names[name] = task.reference(*mine) if task.by_value else task.reference
    return names


@pytest.mark.parametrize("unit", content.units())
def test_the_last_cell_counts_what_has_passed(unit, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(practice.RECORD, "_passed", {})
    monkeypatch.chdir(tmp_path)
    *cells, last = cells_of(unit)
    names, bank = solved(unit), content.of_unit(unit)
    exec(last.source, names)
    assert f"0 of {len(bank)} tasks" in capsys.readouterr().out
    for cell in cells:
        if cell.get("id", "").startswith("practice_"):
            exec(cell.source, names)
    capsys.readouterr()
    exec(last.source, names)
    said = capsys.readouterr().out
    assert f"{len(bank)} of {len(bank)} tasks have passed their practice." in said
    assert "Before you hand in" in said

    task = next(task for task in bank.values() if not task.by_value)
    names[task.name] = next(iter(task.misconceptions.values()))
    exec(last.source, names)
    said = capsys.readouterr().out
    assert f"{len(bank) - 1} of {len(bank)} tasks" in said
    assert re.search(rf"^open +{task.name} +changed since", said, re.MULTILINE)
