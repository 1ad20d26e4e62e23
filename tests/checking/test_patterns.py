"""What is said of wrong values that no misconception explains, and what is not."""

import numpy as np
import pytest

from autograder.checking import judge, patterns
from autograder.checking.answers import Local
from autograder.checking.words import case, part, refused
from autograder.content import Task
from autograder.units import CONTENT as content

X = np.arange(24.0).reshape(2, 3, 4) ** 1.5 - 20
PICTURES = np.random.default_rng(7).normal(size=(2, 3, 4, 5))


def task_of(reference, parts, misconceptions=None):
    return Task("f", "unit0", reference, lambda: parts, misconceptions or {}, {})


def fault_of(reference, answer, *cases):
    """What the student reads of an answer to these calls, in one part."""
    task = task_of(reference, [part("all", 1, *cases)])
    (verdict,) = judge.grade(task, Local(answer)).parts
    return verdict.fault


def as_it_is(x):
    return x * 1.0


def bordered(x):
    x = x.copy()
    x[..., [0, -1], :] = x[..., [0, -1]] = 0
    return x


def first_of(axis):
    def change(x):
        x = x.copy()
        np.moveaxis(x, axis, 0)[1:] = 0
        return x

    return change


CHANGES = {
    "rows and columns are exchanged": lambda x: np.swapaxes(x, -1, -2),
    "they are mirrored from left to right": lambda x: x[..., ::-1],
    "they are mirrored from top to bottom": lambda x: x[..., ::-1, :],
    "they are turned by 180°": lambda x: x[..., ::-1, ::-1],
    "the sign is the opposite": lambda x: -x,
    "negative values are missing their sign": np.abs,
    "negative values have become 0": lambda x: np.maximum(x, 0),
    "they are rounded": np.floor,
    "each is one too large": lambda x: x + 1,
    "each is one too small": lambda x: x - 1,
    "they are moved by one place": lambda x: np.roll(x, 1, axis=-1),
    "only the first picture is right": first_of(0),
    "only the first channel is right": first_of(1),
    "they are right except in the last row or column": lambda x: np.pad(
        x[..., :-1, :-1], [(0, 0)] * (x.ndim - 2) + [(0, 1)] * 2
    ),
    "they are right inside and wrong at the border": bordered,
    "they are the right ones times a constant": lambda x: x / 9,
    "they are the right ones plus a constant": lambda x: x - x.mean(),
    "they are the right ones in another order": lambda x: np.roll(x, 7, axis=None),
}


@pytest.mark.parametrize("pattern", CHANGES)
def test_a_relation_to_the_right_values_is_said(pattern):
    said = fault_of(as_it_is, CHANGES[pattern], case(PICTURES), case(PICTURES[:, :, ::-1] * 2))
    assert said.endswith(f": {pattern}")


def test_every_relation_is_tested():
    # One row has no left and right.
    said = fault_of(as_it_is, lambda x: x[::-1], case(PICTURES[0, 0, 0]))
    assert said.endswith(": their order is reversed")
    assert {*CHANGES, "their order is reversed"} == patterns.RELATIONS.keys()


@pytest.mark.parametrize("pattern", CHANGES)
def test_a_relation_must_hold_in_every_failed_call(pattern):
    def answer(x):
        return CHANGES[pattern](x) if x.shape[0] == 2 else np.sin(x) * 30

    said = fault_of(as_it_is, answer, case(PICTURES), case(PICTURES[:1]))
    assert pattern not in said


def test_a_result_that_a_change_leaves_as_it_is_is_no_evidence():
    flat = np.full((3, 3), 2.0)
    assert ":" not in fault_of(as_it_is, lambda x: x + np.eye(3)[::-1] * 0.3, case(flat))
    said = fault_of(lambda x: np.full((4, 5), 2.0), lambda x: np.zeros((4, 5)), case(flat))
    assert ":" not in said


def test_entries_and_items_are_looked_at_together():
    def both(x):
        return {"first": x * 1.0, "second": (x * 2.0, "name")}

    def answer(x):
        return {"first": -x, "second": (-2.0 * x, "name")}

    said = fault_of(both, answer, case(X))
    assert said.endswith(": the sign is the opposite")
    said = fault_of(both, lambda x: answer(x) | {"first": x + 1}, case(X))
    assert ":" not in said


OTHERS = {
    "nothing": lambda x: None,
    "a text": lambda x: "text",
    "a part": lambda x: x[0],
    "NaN": lambda x: np.full_like(x, np.nan),
    "infinity": lambda x: np.full_like(x, np.inf),
    "a list": lambda x: [x, x],
    "texts": lambda x: x.astype(str),
    "complex numbers": lambda x: x * 1j,
    "a huge empty array": lambda x: np.zeros((0, 1 << 31), np.uint8),
}


@pytest.mark.parametrize("answer", OTHERS.values(), ids=OTHERS)
def test_any_other_result_is_described_as_before(answer):
    assert ":" not in fault_of(as_it_is, answer, case(X))


# -- which calls fail -----------------------------------------------------------------------------


def with_options(x, stride=1, pad=0, bias=None):
    """A stand-in for a function with options: every one of them matters."""
    stride = np.atleast_1d(stride)
    return x * stride[0] + stride[-1] + pad + (0 if bias is None else bias)


CALLS = [
    case(X),
    case(X, stride=2),
    case(X, stride=(2, 3)),
    case(X, pad=1),
    case(X, bias=np.float64(2)),
    case(X.round().astype(int)),
    case(X.astype(np.float32)),
]


BROKEN = {
    "`stride` holds different numbers": lambda x, stride, pad, bias: np.ndim(stride) > 0,
    "`stride` is not 1": lambda x, stride, pad, bias: np.max(stride) > 1,
    "`pad` is not 0": lambda x, stride, pad, bias: pad > 0,
    "there is a `bias`": lambda x, stride, pad, bias: bias is not None,
    "`x` holds integers": lambda x, stride, pad, bias: x.dtype.kind == "i",
    "`x` is float32": lambda x, stride, pad, bias: x.dtype == np.float32,
}


@pytest.mark.parametrize(("said", "broken"), BROKEN.items(), ids=BROKEN)
def test_what_only_the_failed_calls_have_is_said(said, broken):
    def answer(x, stride=1, pad=0, bias=None):
        right = with_options(x, stride, pad, bias)
        return right * X + 7.0 if broken(x, stride, pad, bias) else right

    fault = fault_of(with_options, answer, *CALLS)
    assert fault.endswith(f": only calls fail in which {said}")


def test_an_exception_may_come_in_some_calls_only():
    def answer(x, stride=1, pad=0, bias=None):
        return with_options(x, int(stride), pad, bias)

    fault = fault_of(with_options, answer, *CALLS)
    assert fault.startswith("it raised TypeError")
    assert fault.endswith(": only calls fail in which `stride` holds different numbers")


def test_other_calls_that_fail_are_not_forgotten():
    def answer(x, stride=1, pad=0, bias=None):
        right = with_options(x, stride, pad, bias)
        return right * X + 7.0 if pad or bias is not None else right

    parts = [part("pad", 1, case(X), case(X, pad=1)), part("bias", 1, case(X, bias=np.float64(2)))]
    for verdict in judge.grade(task_of(with_options, parts), Local(answer)).parts:
        assert "only calls fail" not in verdict.fault


def test_refused_input_has_no_pattern():
    def refuses(x, pad=0):
        if pad < 0:
            raise ValueError("pad must not be negative")
        return x * 1.0

    parts = [part("right", 1, case(X)), part("refuses", 1, refused(X, -1, about="pad"))]
    graded = judge.grade(task_of(refuses, parts), Local(lambda x, pad=0: x * 1.0))
    assert graded.parts[1].fault.count(":") == 1
    assert "only calls" not in graded.parts[1].fault


def test_a_named_mistake_has_its_sentence_and_no_pattern():
    def mirrored(x):
        """You mirrored it."""
        return x[..., ::-1]

    task = task_of(as_it_is, [part("all", 1, case(X))], {"f__mirrored": mirrored})
    (verdict,) = judge.grade(task, Local(mirrored)).parts
    assert verdict.sentence == "You mirrored it."
    assert "mirrored" not in verdict.fault


def test_nothing_of_the_hidden_values_is_said():
    """The sentences are fixed: all that varies are names and defaults of our own parameters."""
    task = content.find("conv2d")
    for wrong in (lambda *a, **k: 0.5, lambda x, *a, **k: x[:, :1] * 0.25, lambda *a, **k: {}):
        for verdict in judge.grade(task, Local(wrong), "ada").parts:
            assert "0.25" not in verdict.fault
            assert "0.5" not in verdict.fault
