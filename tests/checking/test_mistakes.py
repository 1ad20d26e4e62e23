"""What is added to the banks: the reference's refusals, and the same mistake in many tasks."""

import dataclasses
import types
import warnings

import numpy as np
import pytest

from autograder.checking import diagnose, judge, mistakes
from autograder.checking.answers import Local
from autograder.checking.mistakes import about_refusals
from autograder.checking.words import case, made, part, refused
from autograder.content import Task
from autograder.units import CONTENT as content
from course import numbers
from tests.strict import CONTENT as strict


def halves(x, rng=None, layer=None):
    """A reference: it refuses numbers below 0, and draws once and calls a layer once."""
    if np.any(x < 0):
        raise ValueError(f"x must not be negative, got {x}")
    drawn = 0 if rng is None else rng.random()
    return (x if layer is None else layer(x)) / 2 + drawn


def thirds(x, rng=None, layer=None):
    """You divided by 3."""
    drawn = 0 if rng is None else rng.random()
    return (x if layer is None else layer(x)) / 3 + drawn


def check_nothing():
    return []


def as_run(*bank, reference=halves):
    """The misconceptions of a task, as they are run."""
    bank = {f"halves__{mistake.__name__}": mistake for mistake in bank}
    task = Task("halves", "unit0", reference, check_nothing, bank, {})
    return list(mistakes.of_task(task, bank=None).values())


# -- refusals -------------------------------------------------------------------------------------


def test_what_the_reference_refuses_is_refused_with_the_same_exception():
    (wrong,) = as_run(thirds)
    assert wrong(6.0) == 2.0
    bad = Local(wrong).observe((-1.0,), {})
    assert bad.error == Local(halves).observe((-1.0,), {}).error
    assert bad.error == ("ValueError", "x must not be negative, got -1.0")


def test_the_reference_decides_where_the_mistake_fails_in_another_way_too():
    def fails(x):
        """You divided by nothing."""
        if x > 3:
            raise IndexError("too large")
        raise ZeroDivisionError("not what was asked for")

    (wrong,) = as_run(fails)
    with pytest.raises(ValueError, match="x must not be negative"):
        wrong(-1.0)
    with pytest.raises(ZeroDivisionError):  # what the reference accepts, a mistake may refuse
        wrong(1.0)
    with pytest.raises(IndexError):
        wrong(5.0)


def test_any_exception_of_the_reference_is_meant():
    def picky(x):
        raise TypeError("x must be text")

    (wrong,) = as_run(thirds, reference=picky)
    assert Local(wrong).observe((1.0,), {}).error == ("TypeError", "x must be text")


def test_a_mistake_about_refusals_is_left_as_it_is_written():
    @about_refusals
    def accepts_negative_numbers(x):
        """You let negative numbers through."""
        return x / 2

    (wrong,) = as_run(accepts_negative_numbers)
    assert wrong is accepts_negative_numbers
    assert wrong(-1.0) == -0.5


def test_an_answer_that_is_no_function_refuses_nothing():
    def numbers():
        raise ValueError("the reference was called")

    def zero():
        """These numbers are all 0."""
        return 0

    (wrong,) = as_run(zero, reference=numbers)
    assert wrong is zero


def test_a_mistake_keeps_its_name_and_its_sentence():
    (wrong,) = as_run(thirds)
    assert (wrong.__name__, wrong.__doc__) == ("thirds", "You divided by 3.")


# -- what the reference does besides does not count -----------------------------------------------


@pytest.mark.parametrize("by_name", [False, True])
def test_a_generator_is_drawn_from_once(by_name):
    (wrong,) = as_run(thirds)
    ours, theirs = np.random.default_rng(7), np.random.default_rng(7)
    got = wrong(3.0, rng=ours) if by_name else wrong(3.0, ours)
    assert got == thirds(3.0, theirs)
    assert ours.random() == theirs.random()


def test_a_generator_that_is_made_for_the_call_is_drawn_from_once():
    (wrong,) = as_run(thirds)
    args = 3.0, made("np.random.default_rng(seed)", seed=7)
    seen, alone = (Local(function).observe(args, {}) for function in (wrong, thirds))
    assert (seen.value, seen.changed) == (alone.value, alone.changed)
    assert seen.changed == ("1",)


def test_a_layer_that_counts_its_calls_has_been_called_once():
    (wrong,) = as_run(thirds)
    counting = "lambda x, runs=[]: (runs.append(0), x + len(runs))[1]"
    seen = Local(wrong).observe((2.0, None, made(counting)), {})
    assert seen.value == (2.0 + 1) / 3


def test_a_reference_that_works_in_place_or_warns_leaves_no_trace():
    def careless(x):
        x[:] = -1
        warnings.warn("overflow", RuntimeWarning, stacklevel=1)
        return x

    (wrong,) = as_run(thirds, reference=careless)
    seen = Local(wrong).observe((np.full(3, 6.0),), {})
    assert seen.value.tolist() == [2.0, 2.0, 2.0]
    assert (seen.changed, seen.aliased, seen.warned) == ((), False, ())


def test_what_a_mistake_does_in_place_is_seen():
    def in_place(x):
        """You changed x."""
        x /= 2
        return x

    (wrong,) = as_run(in_place)
    seen = Local(wrong).observe((np.full(3, 6.0),), {})
    assert (seen.changed, seen.aliased) == (("0",), True)


# -- in the banks ---------------------------------------------------------------------------------


def refusals(task, student="ada"):
    """The calls of a check that the reference refuses, with its exceptions."""
    reference, found = Local(task.reference), []
    for one in judge.parts_of(task, student):
        for each in one.cases:
            error = reference.observe(each.args, each.kwargs).error
            found += [(each, error)] if error else []
    return found


EVERY = {unit: bank.of_unit(unit) for bank in (content, strict) for unit in bank.units()}


@pytest.mark.parametrize("tasks", EVERY.values(), ids=EVERY)
def test_mistakes_about_refusals_and_no_others_meet_bad_input_in_another_way(tasks):
    otherwise, marked = set(), set()
    for task in tasks.values():
        calls = refusals(task)
        for name, mistake in task.misconceptions.items():
            marked |= {name} if hasattr(mistake, "about_refusals") else set()
            seen = [(Local(mistake).observe(c.args, c.kwargs).error, error) for c, error in calls]
            otherwise |= {name} if any(ours != error for ours, error in seen) else set()
    assert otherwise == marked


def test_the_strict_unit_has_mistakes_about_refusals():
    tasks = strict.of_unit("unit1_strict").values()
    assert all(any(hasattr(m, "about_refusals") for m in t.misconceptions.values()) for t in tasks)


# -- the same mistake in many tasks ---------------------------------------------------------------


def doubled(x, more=()):
    """A reference that keeps the dtype of x."""
    return {"x": 2 * x, "more": [2 * array for array in more], "words": "as they are"}


def made_for(reference, *parts, **sentences):
    """What is made for a task with this check and an empty bank, by name."""
    task = Task("doubled", "unit0", reference, lambda: list(parts), {}, {})
    return mistakes.of_task(task, types.SimpleNamespace(SENTENCES=sentences))


HALF = np.full(3, 0.1, np.float32)
DTYPE = part("keeps its dtype", 1, case(np.ones(3)), case(HALF), also={"dtype"})


def test_always_float64_is_the_right_answer_computed_in_float64():
    (name, wrong), *others = made_for(doubled, DTYPE).items()
    assert (name, wrong.__name__, others) == ("doubled__always_float64",) * 2 + ([],)
    integers = np.arange(3)
    got = wrong(HALF, more=(HALF, integers))
    assert [array.dtype for array in (got["x"], *got["more"])] == [np.float64] * 3
    assert got["x"].tolist() == (2 * HALF.astype(np.float64)).tolist()
    assert got["words"] == "as they are"
    seen = Local(wrong).observe((HALF,), {})
    assert (seen.changed, seen.aliased) == ((), False)
    assert HALF.dtype == np.float32


def test_it_refuses_what_the_reference_refuses():
    def picky(x):
        if x.ndim != 1:
            raise ValueError("x must have 1 dimension")
        return x.copy()

    (wrong,) = made_for(picky, DTYPE).values()
    with pytest.raises(ValueError, match="x must have 1 dimension"):
        wrong(np.ones((2, 2), np.float32))


@pytest.mark.parametrize(
    "one",
    [
        part("does not look at the dtype", 1, case(HALF)),
        part("only float64 comes in", 1, case(np.ones(3)), also={"dtype"}),
        part("integers stay integers", 1, case(np.arange(3)), also={"dtype"}),
        part("refuses float32", 1, refused(HALF, 5, about="more"), also={"dtype"}),
    ],
    ids=lambda one: one.name,
)
def test_it_is_made_only_where_a_check_asks_for_float32(one):
    assert made_for(doubled, one) == {}


def test_who_does_as_it_does_is_told_so():
    def writes_float64(x):
        return doubled(np.asarray(x, dtype=float))

    task = Task("doubled", "unit0", doubled, lambda: [DTYPE], {}, {})
    task = dataclasses.replace(task, misconceptions=mistakes.of_task(task, bank=None))
    result = judge.grade(task, Local(writes_float64))
    assert result.misconceptions == ["doubled__always_float64"]


def test_the_sentence_is_the_banks_if_it_has_one():
    (usual,) = made_for(doubled, DTYPE).values()
    assert diagnose.sentence(usual).startswith("You returned float64 where the picture was")
    own = "You returned float64 where the kernel was float32."
    (special,) = made_for(doubled, DTYPE, doubled__always_float64=own).values()
    assert diagnose.sentence(special) == own


def test_every_task_by_hand_and_no_other_knows_the_guests_numbers():
    bank = [task for unit in content.units() for task in content.of_unit(unit).values()]
    by_hand = {task.name for task in bank if task.own_numbers}
    assert by_hand == {t.name for t in bank if f"{t.name}__guest_numbers" in t.misconceptions}
    for name in by_hand:
        task = content.find(name)
        wrong = task.misconceptions[f"{name}__guest_numbers"](numbers.draw(name, "ada"))
        assert repr(wrong) == repr(task.reference(numbers.draw(name)))
