"""The mistake is named if it is known, and nothing is named that is not there."""

import dataclasses

import numpy as np
import pytest

from autograder.checking import diagnose, judge
from autograder.checking.answers import Local
from autograder.checking.words import ASPECTS, case, made, part, refused
from autograder.content import Task
from autograder.model import Observation
from autograder.output import words
from autograder.units import CONTENT as content
from autograder.units.unit1_convolution import misconceptions as banked
from autograder.units.unit1_convolution import reference as right
from course import numbers
from tests.strict import CONTENT as strict
from tests.strict.unit1_strict import misconceptions as wrong


def graded(name, answer, student="ada", among=content):
    return judge.grade(among.find(name), Local(answer), student)


def named(name, answer, among=content):
    return set(graded(name, answer, among=among).misconceptions)


# -- two mistakes ---------------------------------------------------------------------------------


def swaps_stride_and_ignores_pad(x, w, b=None, stride=1, pad=0, dilation=1):
    right.conv2d(x, w, b, stride, pad, dilation)
    stride = (stride, stride) if np.ndim(stride) == 0 else tuple(stride)
    return right.conv2d(x, w, b, stride[::-1], 0, dilation)


def ignores_value_and_accepts_negative_pad(x, pad, value=0.0):
    return wrong.pad2d__crops_when_negative(x, pad)


def trails_zeros_and_returns_float64(w, dilation):
    return wrong.dilate_kernel__trailing_zeros(w, dilation).astype(np.float64)


@pytest.mark.parametrize(
    ("among", "task", "answer", "expected"),
    [
        (
            content,
            "conv2d",
            swaps_stride_and_ignores_pad,
            {"conv2d__swaps_stride_pair", "conv2d__ignores_pad"},
        ),
        (
            strict,
            "pad2d",
            ignores_value_and_accepts_negative_pad,
            {"pad2d__ignores_value", "pad2d__crops_when_negative"},
        ),
    ],
)
def test_two_mistakes_that_can_be_told_apart_are_both_named(among, task, answer, expected):
    assert named(task, answer, among) == expected


def test_two_mistakes_in_one_part_are_not_guessed_at():
    # The part about dtype fails for both reasons at once: only the one seen alone is named.
    assert named("dilate_kernel", trails_zeros_and_returns_float64, strict) == {
        "dilate_kernel__trailing_zeros"
    }


# -- one mistake ----------------------------------------------------------------------------------


def test_a_sentence_stands_in_place_of_the_fault():
    flips = wrong.conv2d_valid__flips_kernel
    result = graded("conv2d_valid", lambda x, w, b=None: flips(x, w, b), among=strict)
    lines = words.lines(result)
    said = diagnose.sentence(wrong.conv2d_valid__flips_kernel)
    assert said.startswith("You turned the kernel by 180°")
    assert "\n" not in said
    assert " ".join(" ".join(lines).split()).count(said) == 1
    assert not any("right shape" in line for line in lines)
    assert any("(for the same reason)" in line for line in lines)
    assert any("(counts once the results are right)" in line for line in lines)
    assert max(map(len, lines)) < 100


def unlike_any(x, w, b=None):
    return right.conv2d_valid(x, w, b) + np.arange(w.shape[2])[:1] + 0.125


UNKNOWN = {
    "other numbers": ("conv2d_valid", unlike_any),
    "nothing": ("conv2d_valid", lambda x, w, b=None: None),
    "another shape": ("conv2d_valid", lambda x, w, b=None: np.zeros(3)),
    "an exception": ("conv2d_valid", lambda x, w, b=None: undefined_name),  # noqa: F821
    "too few arguments": ("conv2d_valid", lambda x, w: right.conv2d_valid(x, w)[0]),
    "one plane": ("pad2d", lambda x, pad, value=0.0: x[0, 0]),
    "other numbers on paper": ("conv2d_by_hand", lambda mine: [[1, 2], [3, 4]]),
    "dots": ("conv2d_by_hand", lambda mine: [[..., ...], [..., ...]]),
}


@pytest.mark.parametrize(("task", "answer"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_mistake_gets_no_sentence(task, answer):
    result = graded(task, answer)
    assert result.misconceptions == []
    assert result.points < result.maximum
    assert all(verdict.sentence is None for verdict in result.parts)


def test_an_answer_that_is_right_after_all_is_not_said_to_be_wrong():
    # A misconception that does nothing wrong on these inputs explains no part that passed.
    bank = content.find("conv2d_valid").misconceptions
    result = graded("conv2d_valid", bank["conv2d_valid__forgets_bias"])
    for verdict in result.parts:
        assert (verdict.fault is None) == (verdict.misconception is None)


def test_bad_input_that_numpy_complains_about_is_named():
    assert "conv2d_valid__leaves_refusing_to_numpy" in named(
        "conv2d_valid", wrong.conv2d_valid__leaves_refusing_to_numpy, strict
    )


# -- by hand --------------------------------------------------------------------------------------

FORMS = {
    "array": lambda plane: plane,
    "whole result": lambda plane: plane[None, None],
    "nested list": lambda plane: plane.tolist(),
    "tuples": lambda plane: tuple(map(tuple, plane.tolist())),
    "list of arrays": list,
    "integers": lambda plane: plane.astype(int),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_mistake_on_paper_is_named_in_whatever_form_it_comes(form):
    def answer(mine):
        return form(banked.conv2d_by_hand__flips_kernel(mine))

    assert named("conv2d_by_hand", answer) == {"conv2d_by_hand__flips_kernel"}


@pytest.mark.parametrize("task", ["conv2d_valid_by_hand", "pad2d_by_hand", "conv2d_by_hand"])
def test_the_guests_numbers_are_named(task):
    def answer(mine):
        return content.find(task).reference(numbers.draw(task, "")).tolist()

    assert named(task, answer) == {f"{task}__guest_numbers"}
    assert graded(task, answer, student="").points == 1


# -- what it costs, and which of several is chosen ------------------------------------------------


def task_of(misconceptions, *parts):
    return Task("f", "unit0", lambda x: x * 2.0, lambda: list(parts), misconceptions, {})


def test_a_right_answer_costs_no_misconception_runs():
    calls = []

    def spy(*args, **kwargs):
        calls.append(args)

    for task in content.of_unit("unit1_convolution").values():
        spied = dataclasses.replace(task, misconceptions={f"{task.name}__spy": spy})
        for answer in (task.reference, *task.variants.values()):
            assert judge.grade(spied, Local(answer), "ada").points == judge.maximum(task)
    assert calls == []


def test_a_misconception_is_run_at_most_once_per_case_and_only_where_it_can_explain():
    calls = []

    def wrong_for_two(x):
        """You were wrong."""
        calls.append(x)
        return x if x == 2 else x * 2.0

    def wrong_too(x):
        """You were wrong, too."""
        return x if x in (2, 3) else x * 2.0

    bank = {"f__wrong_for_two": wrong_for_two, "f__wrong_too": wrong_too}
    parts = [part("right", 1, case(1.0)), part("a", 1, case(2.0)), part("b", 1, case(3.0))]
    result = judge.grade(task_of(bank, *parts), Local(lambda x: x if x == 2 else x * 2.0))
    assert result.misconceptions == ["f__wrong_for_two"]  # of the two, it agrees more often
    assert sorted(calls) == [1.0, 2.0, 3.0]
    calls.clear()
    judge.grade(task_of(bank, *parts), Local(lambda x: 99.0 if x == 2 else x * 2.0))
    assert calls == [2.0]


def test_calls_that_did_not_end_are_not_compared():
    calls = []

    class Lost:
        def delay(self):
            return 0.0

        def observe(self, args, kwargs):
            return Observation(lost="its process ended")

    task = task_of({"f__spy": calls.append}, part("a", 1, case(1.0)))
    assert judge.grade(task, Lost()).parts[0].fault == "its process ended"
    assert calls == []


def test_of_several_that_explain_a_part_the_one_that_agrees_most_is_named():
    def always_zero(x):
        """You returned 0."""
        return 0.0

    def zero_for_one(x):
        """You returned 0 for 1."""
        return 0.0 if x == 1 else x * 2.0

    parts = [part("one", 1, case(1.0)), part("two", 1, case(2.0))]
    bank = {"f__always_zero": always_zero, "f__zero_for_one": zero_for_one}
    for mistake in bank:
        result = judge.grade(task_of(bank, *parts), Local(bank[mistake]))
        assert result.misconceptions == [mistake]


def test_a_misconception_must_explain_every_failed_case_of_a_part():
    def off_by_one(x):
        """You added 1."""
        return x * 2.0 + 1

    both = part("both", 1, case(1.0), case(2.0))
    result = judge.grade(
        task_of({"f__off_by_one": off_by_one}, both), Local(lambda x: 3.0 if x == 1 else 77.0)
    )
    assert result.misconceptions == []


def test_empty_arrays_explain_nothing():
    def empties(x):
        """You returned nothing."""
        return np.zeros((0, 2))

    task = task_of({"f__empties": empties}, part("a", 1, case(np.ones(2))))
    assert judge.grade(task, Local(empties)).misconceptions == []


@pytest.mark.parametrize("hold", [list, tuple, dict])
def test_containers_of_empty_arrays_explain_nothing(hold):
    def empties(x):
        """You returned nothing."""
        return {"y": np.zeros((0, 2))} if hold is dict else hold([np.zeros((0, 2)), np.zeros(0)])

    task = task_of({"f__empties": empties}, part("a", 1, case(np.ones(2))))
    assert judge.grade(task, Local(empties)).misconceptions == []


def test_an_answer_that_cannot_be_compared_is_no_known_mistake(monkeypatch):
    def fails(*args, **kwargs):
        raise ArithmeticError

    def off(x):
        """You are far off."""
        return x + 1000

    monkeypatch.setattr(diagnose, "difference", fails)
    task = task_of({"f__off": off}, part("a", 1, case(np.ones(2))))
    result = judge.grade(task, Local(off))
    assert (result.points, result.misconceptions) == (0, [])


def test_the_same_kind_of_exception_is_not_the_same_mistake():
    def raises(x):
        """You raised a ValueError."""
        raise ValueError("that way")

    def answer(x):
        raise ValueError("this way")

    task = task_of({"f__raises": raises}, part("a", 1, refused(1.0, about="x")))
    assert judge.grade(task, Local(answer)).misconceptions == []
    assert judge.grade(task, Local(raises)).misconceptions == ["f__raises"]


def test_lists_are_compared_as_lists():
    def pairs(x):
        return [(1, 2), (3, 4)]

    def swapped(x):
        """You swapped each pair."""
        return [(2, 1), (4, 3)]

    task = dataclasses.replace(
        task_of({"f__swapped": swapped}, part("a", 1, case(1.0))), reference=pairs
    )
    assert judge.grade(task, Local(lambda x: [[2, 1], [4, 3]])).misconceptions == ["f__swapped"]


def slip(aspect):
    """A right function of ones, but for one thing that it does besides."""

    def slips(x):
        """You did something besides."""
        result = x * 2.0
        if aspect == "quiet":
            np.array([1e308]) * 10
        elif aspect == "inputs":
            x += 1
        elif aspect == "fresh":
            x[:] = 2.0
            return x
        elif aspect == "dtype":
            return result.astype(np.float32)
        return result

    return slips


ONE_ARRAY = ASPECTS - {"draws", "apart"}  # what a call with one array can show


@pytest.mark.parametrize("aspect", sorted(ONE_ARRAY))
def test_a_misconception_about_side_effects_needs_the_same_side_effect(aspect):
    everything = part("a", 1, case(np.ones(2)), also=ASPECTS)
    task = task_of({"f__slips": slip(aspect)}, everything)
    assert judge.grade(task, Local(slip(aspect))).misconceptions == ["f__slips"]
    for other in ONE_ARRAY - {aspect}:
        result = judge.grade(task, Local(slip(other)))
        assert result.points == 0
        assert result.misconceptions == []


def test_a_misconception_that_draws_nothing_changes_other_inputs_or_not():
    def doubles(x, rng):
        """You drew nothing."""
        return x * 2.0

    def doubles_in_place(x, rng):
        x *= 2.0
        return x

    def draws(x, rng):
        rng.random()
        return x * 2.0

    call = case(np.ones(2), made("np.random.default_rng(5)"))
    task = task_of({"f__doubles": doubles}, part("a", 1, call, also={"draws"}))
    task = dataclasses.replace(task, reference=draws)
    assert judge.grade(task, Local(doubles_in_place)).misconceptions == ["f__doubles"]
    assert judge.grade(task, Local(draws)).points == 1


def test_a_misconception_with_one_side_effect_more_is_another():
    def warns_and_changes(x):
        """You did two things besides."""
        result = slip("quiet")(x)
        x += 1
        return result

    task = task_of({"f__both": warns_and_changes}, part("a", 1, case(np.ones(2)), also={"quiet"}))
    strict = part("a", 1, case(np.ones(2)), also={"quiet", "inputs"})
    assert judge.grade(task, Local(slip("quiet"))).misconceptions == ["f__both"]
    task = task_of({"f__both": warns_and_changes}, strict)
    assert judge.grade(task, Local(slip("quiet"))).misconceptions == []


def test_nan_in_the_same_places_is_the_same_mistake():
    def flat():
        return np.array([1.0, 0.0])

    def nan_where_flat():
        """You divided by 0."""
        return np.array([1.0, np.nan])

    parts = [part("all", 1, case())]
    task = Task("flat", "unit0", flat, lambda: parts, {"flat__nan": nan_where_flat}, {})
    for answer, named in [
        ([1, np.nan], "flat__nan"),
        ([np.nan, np.nan], None),
        ([2, np.nan], None),
    ]:
        answer = np.array(answer, float)
        (verdict,) = judge.grade(task, Local(lambda a=answer: a)).parts
        assert verdict.fault
        assert verdict.misconception == named


# -- a name is sure -------------------------------------------------------------------------------


def test_a_misconception_that_is_wrong_where_the_answer_is_right_is_not_named():
    def forgets_to_double(x):
        """You forgot to double."""
        return x

    def answer(x):
        return x if x == 2 else x * 2.0

    parts = [part("one", 1, case(1.0)), part("two", 1, case(2.0))]
    bank = {"f__forgets_to_double": forgets_to_double}
    assert judge.grade(task_of(bank, *parts), Local(answer)).misconceptions == []
    graded = judge.grade(task_of(bank, *parts), Local(forgets_to_double))
    assert graded.misconceptions == ["f__forgets_to_double"]


def test_bad_input_that_is_accepted_does_not_hide_a_wrong_value():
    def doubles(x):
        if x < 0:
            raise ValueError("x is negative")
        return x * 2.0

    def adds(x):
        """You added where you should have multiplied."""
        doubles(x)
        return x + 2.0

    parts = [part("one", 1, case(1.0)), part("refuses", 1, refused(-1.0, about="x"))]
    task = dataclasses.replace(task_of({"f__adds": adds}, *parts), reference=doubles)
    right, refuses = judge.grade(task, Local(lambda x: x + 2.0)).parts
    assert right.misconception == "f__adds"
    assert refuses.misconception is None


def test_the_claims_of_a_task_are_named_one_by_one():
    right = content.find("pooling_claims").reference()
    names = list(content.find("pooling_claims").misconceptions)[:3]
    wrong = dict(right)
    for name in names:
        said = content.find("pooling_claims").misconceptions[name]()
        wrong |= {claim: word for claim, word in said.items() if word != right[claim]}
    task = content.find("pooling_claims")
    graded = judge.grade(task, Local(lambda: wrong))
    assert set(graded.misconceptions) <= set(names)
    assert graded.misconceptions


def test_a_mistake_that_leaves_values_to_chance_is_named_by_what_it_does_besides():
    def answer(x, size, pad, rng):
        return content.find("random_crop").reference(x, size, pad, np.random.default_rng())

    assert named("random_crop", answer) == {"random_crop__draws_elsewhere"}
