"""Each kind of fault has its sentence, no sentence carries hidden numbers, and no trap is open."""

import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.checking import compare, disclosure, faults, judge
from autograder.checking.answers import Local, Named
from autograder.checking.words import ASPECTS, case, item, made, part, refused
from autograder.content import Task
from autograder.model import Case, Observation
from autograder.output import words
from autograder.sandbox.inside import wire
from autograder.sandbox.inside.wire import Foreign
from autograder.units import CONTENT as content
from tests.strict import CONTENT as strict

sent = (  # whatever `wire.unpack` makes of an answer
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(2**63), float("nan"), float("inf"), 1e308, "\ud800"])
    | st.floats()
    | st.text(max_size=5)
    | hnp.arrays(
        st.sampled_from(sorted(wire.DTYPES)), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0)
    )
    | st.sampled_from([np.float32(2), np.bool(True), np.int8(-1), np.float16("nan")])
    | st.builds(Foreign, st.text(max_size=9))
    | st.sampled_from([np.zeros((0, 1 << 31), np.uint8), [[[]]], [[1], [2, 3]], [1.5, [None]]])
)
X = np.array([[1.5, -2.25, 0.125], [3.0, 0.0, -1e-3]])


def task_of(reference, parts, name="double", misconceptions=None):
    return Task(name, "unit0", reference, lambda: parts, misconceptions or {}, {})


def fault(answer, reference, *cases, also=()):
    """What is said of the function ``answer`` where ``reference`` is right; None: nothing."""
    task = task_of(reference, [part("a part", 1, *(cases or [case(X)]), also=also)])
    (verdict,) = judge.grade(task, Local(answer)).parts
    return verdict.fault


def compared(expected, value, also=()):
    """What is said of ``value`` where ``expected`` is right."""
    return fault(lambda x: value, lambda x: expected, also=also)


def raising(error):
    def function(*args, **kwargs):
        raise error

    return function


# -- values ---------------------------------------------------------------------------------------

RIGHT = {
    "the same": X,
    "another memory layout": np.asfortranarray(X),
    "a view": np.stack([X, X], 2)[:, :, 0],
    "rounding errors": X * (1 + 1e-13),
    "another dtype that holds the numbers": X.astype(np.longdouble).astype(np.float64),
}


@pytest.mark.parametrize("value", RIGHT.values(), ids=RIGHT)
def test_right_arrays(value):
    assert compared(X, value) is None


WRONG = {
    "transposed": (X.T, "it has the shape (3, 2), not (2, 3)"),
    "one row": (X[:1], "it has the shape (1, 3), not (2, 3)"),
    "a leading axis": (X[None], "it has the shape (1, 2, 3), not (2, 3)"),
    "empty": (X[:0], "it has the shape (0, 3), not (2, 3)"),
    "None": (None, "it should be an array, not None (is there a `return`?)"),
    "list": (X.tolist(), "it should be an array, not a list"),
    "tuple": ((X,), "it should be an array, not a tuple"),
    "Python number": (1.5, "it should be an array, not a float"),
    "NumPy number": (np.float64(1.5), "it should be an array, not a float64"),
    "complex": (X + 0j, "it should hold real numbers, not complex128"),
    "object": (X.astype(object), "it should hold real numbers, not object"),
    "text": (X.astype(str), "it should hold real numbers, not <U32"),
    "what cannot cross": (Foreign("function"), "it should be an array, not a function"),
    "complex, from outside": (
        Foreign("array of dtype complex128"),
        "it should be an array, not an array of complex",
    ),
    "objects, from outside": (
        Foreign("array of dtype object"),
        "it should be an array, not an array of something else",
    ),
    "a type of a student's": (Foreign("X1_5"), "it should be an array, not something else"),
    "a type with a strange name": (
        Foreign("<b>1.5</b>"),
        "it should be an array, not something else",
    ),
    "one NaN": (np.where(X == 0, np.nan, X), "it holds NaN"),
    "one infinity": (np.where(X == 0, np.inf, X), "it has the right shape, but some of"),
    "all wrong": (X + 1, "it has the right shape, but all of its values are wrong"),
    "most wrong": (np.where(X == 0, X, X + 1), "it has the right shape, but most of"),
    "some wrong": (np.where(X == 0, X + 1, X), "it has the right shape, but some of"),
    "nearly": (X * (1 + 1e-6), "it is close, but not as exact as float64 allows"),
    "rounded": (X.round(5) + 1e-6, "it is close, but not as exact as float64 allows"),
    "sign of a small one": (X * [[1, 1, 1], [1, 1, -1]], "it has the right shape, but some of"),
}


@pytest.mark.parametrize(("value", "said"), WRONG.values(), ids=WRONG)
def test_wrong_arrays(value, said):
    assert compared(X, value).startswith(said)


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (1, 3), (2, 1), (3,)])
def test_what_would_broadcast_never_equals_a_larger_array(shape):
    ones = np.ones((2, 3))
    assert "shape" in compared(ones, np.ones(shape))


@pytest.mark.parametrize(("expected", "value"), [((0, 3), (3, 0)), ((0,), (0, 1)), ((2, 0), (0,))])
def test_empty_arrays_must_have_the_shape(expected, value):
    assert compared(np.zeros(expected), np.zeros(expected)) is None
    assert "shape" in compared(np.zeros(expected), np.zeros(value))


def test_nan_agrees_with_nothing_and_infinity_with_itself():
    assert compared(np.array([np.nan]), np.array([np.nan])) == "it holds NaN"
    assert compared(np.array([-np.inf, 1]), np.array([-np.inf, 1])) is None
    assert compared(np.array([-np.inf, 1]), np.array([np.inf, 1])) is not None
    assert compared(np.array([-np.inf, 1]), np.array([-1e300, 1])) is not None


@pytest.mark.parametrize("dtype", compare.TOLERANCE)
def test_tolerance_fits_the_precision(dtype):
    tolerance = compare.TOLERANCE[dtype]
    expected = np.array([100.0, 1.0, 0.0]).astype(dtype)  # relative to the largest value
    error = np.array([0.0, 0.0, 100.0])
    value = expected.astype(np.float64)
    assert compared(expected, value + 0.9 * tolerance * error) is None
    assert compared(expected, value + 1.2 * tolerance * error) is not None
    assert np.finfo(dtype).eps < tolerance


CLOSE = "it is close, but not as exact as float64 allows"


def test_a_result_in_float32_is_held_against_float32():
    assert compared(X / 3, np.float32(X / 3)) is None
    assert compared(X / 3, np.float32(X / 3 + 1e-3)) is not None
    assert compared(X / 3, np.float32(X / 3).astype(float)) == CLOSE
    assert compared(X / 3, np.float16(X / 3)) is not None
    assert compared(np.float32(X / 3), X / 3) is None
    assert compared(np.float32(X * 10 / 7), np.float16(X * 10 / 7)) is not None
    assert compared(np.array([1, 2]), np.float32([1, 2.0001])) is not None


def inexact(x):
    return (x * np.float32(2.1)).astype(np.float32).astype(float)


def test_what_is_only_inexact_costs_one_part():
    def reference(x):
        return x * 2.1

    def inexact_and_wrong(x):
        return inexact(x) if x.shape == X.shape else x

    parts = [part(name, 1, case(x)) for name, x in {"a": X, "b": X[:1], "c": 2 * X}.items()]
    task = task_of(reference, parts)
    assert [v.fault for v in judge.grade(task, Local(inexact)).parts] == [CLOSE, None, None]
    faults = [v.fault is None for v in judge.grade(task, Local(inexact_and_wrong)).parts]
    assert faults == [False, False, True]
    said = judge.grade(task, Local(raising(ValueError(CLOSE))))
    assert said.points == 0


def test_small_values_have_an_absolute_tolerance():
    assert compared(np.array([0.0]), np.array([1e-10])) is None
    assert compared(np.array([0.0]), np.array([1e-8])) is not None


def test_integers_must_be_equal():
    expected = np.array([2**40, -1])
    assert compared(expected, expected.astype(np.float64)) is None
    assert compared(expected, expected + 1e-3) is not None
    assert compared(expected[0], expected[0] + 1) == (
        "it is another number than what was asked for"  # and not "close"
    )


@pytest.mark.parametrize("dtype", ["float32", "int64", "uint8", "bool"])
def test_dtype_counts_only_where_a_part_asks(dtype):
    expected, value = np.array([1.0, 0.0]), np.array([1, 0], dtype)
    assert compared(expected, value) is None
    assert compared(expected, value, {"dtype"}) == f"it has the dtype {dtype}, not float64"


STRUCTURES = {
    "numbers": (3, [3, 3.0, np.int64(3), np.float32(3)], [4, True, "3", None, [3], np.ones(1)]),
    "fractions": (0.5, [0.5, np.float64(0.5)], [0.25, float("nan"), 0.5j, np.array([0.5])]),
    "truth": (True, [True, np.True_], [False, np.False_, 1, 1.0, "True", None]),
    "text": ("same", ["same"], ["valid", b"same", None, 1]),
    "None": (None, [None], [0, False, "None", Foreign("NoneType")]),
    "lists": ([1, 2], [[1, 2], (1, 2)], [[1], [1, 2, 3], [2, 1], 1, {1, 2}, np.array([1, 2])]),
    "claims": ([True, False], [[np.True_, False], (True, False)], [[True, 0], [True, True]]),
    "pairs": ([(7, 2)], [[(7, 2)], [[7, 2]]], [[(7,)], [7, 2], [(2, 7)]]),
    "dictionaries": (
        {"params": 10, "shape": (1, 2)},
        [{"shape": (1, 2), "params": 10}],
        [{"params": 10}, {"params": 10, "shape": (1, 3)}, {"params": 1, "shape": (1, 2)}, [10]],
    ),
    "arrays in dictionaries": ({"w": X}, [{"w": X.copy()}], [{"w": X + 1}, {"w": X[0]}, {"b": X}]),
}


@pytest.mark.parametrize(("expected", "right", "wrong"), STRUCTURES.values(), ids=STRUCTURES)
def test_structures(expected, right, wrong):
    for value in right:
        assert compared(expected, value) is None, value
    for value in wrong:
        assert compared(expected, value), value


def test_the_place_of_a_fault_is_said():
    assert compared([(7, 2), (11, 4)], [(7, 2), (11, 5)]).startswith("it[1][1] ")
    assert compared({"w": X}, {"w": X.T}).startswith("it['w'] has the shape")


# -- what happened besides ------------------------------------------------------------------------


def doubled(x, pad=0):
    return x * 2.0


def changes(x, pad=0):
    result = x * 2.0
    x[0] = 7
    return result


def changes_a_keyword(x, pad=None):
    result = x * 2.0
    pad += 1
    return result


def shares(x, pad=0):
    x *= 2.0
    return x[:]


def warns(x, pad=0):
    np.array([1e308]) * 10
    return x * 2.0


def warns_of_something_else(x, pad=0):
    (x + 1j).astype(float)
    return x * 2.0


@pytest.mark.parametrize(
    ("answer", "asked", "said"),
    [
        (changes, "inputs", "it changed its input `x`"),
        (changes_a_keyword, "inputs", "it changed its input `pad`"),
        (shares, "fresh", "its result shares memory with its input"),
        (warns, "quiet", "NumPy warned about overflow or invalid values"),
    ],
)
def test_side_effects_are_named_where_a_part_asks(answer, asked, said):
    call = case(X, pad=np.ones(2))
    assert fault(doubled, doubled, call, also=ASPECTS) is None
    assert fault(answer, doubled, call) is None
    assert fault(answer, doubled, call, also={asked}).startswith(said)


def moved(x, rng):
    return x + rng.normal(size=x.shape)


def moved_by_a_generator_of_its_own(x, rng):
    return x + np.random.default_rng(5).normal(size=x.shape)


def moved_twice(x, rng):
    rng.random()
    return moved(x, rng)


RNG = made("np.random.default_rng(seed)", seed=5)


def test_a_generator_is_made_anew_for_every_call():
    assert fault(moved, moved, case(X, RNG), case(X, rng=RNG), also=ASPECTS) is None
    assert fault(moved_twice, moved, case(X, RNG)).endswith("all of its values are wrong")


def test_a_generator_that_is_not_drawn_from_is_named_where_a_part_asks():
    answer = moved_by_a_generator_of_its_own
    assert fault(answer, moved, case(X, RNG)) is None
    said = fault(answer, moved, case(X, RNG), also={"inputs"})
    assert said == "it did not draw from its `rng`"


def test_a_generator_that_should_not_be_drawn_from_is_an_input():
    def draws(x, rng):
        rng.random()
        return x * 2.0

    def doubles(x, rng):
        return x * 2.0

    assert fault(draws, doubles, case(X, RNG)) is None
    said = fault(draws, doubles, case(X, RNG), also={"inputs"})
    assert said == "it drew too often from its `rng`"
    assert fault(draws, doubles, case(X, rng=RNG), also={"inputs"}) == said
    assert fault(draws, doubles, case(X, RNG), also={"draws"}) == said


def test_a_part_can_ask_for_draws_and_leave_the_other_inputs_free():
    def moves_in_place(x, rng):
        x += rng.normal(size=x.shape)
        return x

    assert fault(moves_in_place, moved, case(X, RNG), also={"draws"}) is None
    said = fault(moved_by_a_generator_of_its_own, moved, case(X, rng=RNG), also={"draws"})
    assert said == "it did not draw from its `rng`"


def test_a_part_that_asks_for_draws_sees_one_too_many():
    def moved_and_more(x, rng):
        result = moved(x, rng)
        rng.random()
        return result

    def moved_one_by_one(x, rng):
        return x + np.reshape([rng.normal() for _ in range(x.size)], x.shape)

    call = case(X, RNG)
    assert fault(moved_and_more, moved, call, also={"inputs"}) is None
    said = fault(moved_and_more, moved, call, also={"draws"})
    assert said == "it did not draw from its `rng` what it should: another number comes next"
    assert fault(moved_one_by_one, moved, call, also={"draws"}) is None


def test_a_part_can_ask_for_arrays_that_share_no_memory_with_each_other():
    def twice(x):
        return x * 2.0, {"same": x * 2.0}

    def once(x):
        result = x * 2.0
        return result, {"same": result}

    assert fault(twice, twice, case(X), also={"apart", "fresh"}) is None
    assert fault(once, twice, case(X), also={"fresh"}) is None
    said = fault(once, twice, case(X), also={"apart"})
    assert said.startswith("two arrays of its result share memory")


def test_callables_and_layers_can_be_arguments():
    def through(x, layers, f):
        return f(layers["double"].forward(x))

    layers = made("{'double': SimpleNamespace(forward=lambda x: k * x)}", k=2.0)
    call = case(X, layers, made("lambda x: x - 1"))
    assert fault(through, through, call, also=ASPECTS) is None
    assert fault(lambda x, layers, f: f(x), through, call) is not None


def test_other_warnings_cost_nothing():
    assert fault(warns_of_something_else, doubled, also={"quiet"}) is None


def test_a_check_cannot_ask_for_what_nobody_looks_at():
    with pytest.raises(ValueError, match="aliasing"):
        part("a part", 1, case(X), also={"aliasing"})


def test_cases_are_not_spoilt_by_the_calls_before():
    assert fault(doubled, doubled, case(X), case(X)) is None
    before = X.copy()
    fault(changes, doubled, case(X), case(X), also={"inputs"})
    np.testing.assert_array_equal(X, before)


# -- bad input ------------------------------------------------------------------------------------

NEGATIVE = refused(X, -1, about=("pad", "ph"))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (raising(ValueError("pad must not be negative")), None),
        (raising(ValueError("PAD: -1")), None),
        (raising(ValueError("ph < 0")), None),
        (raising(ValueError("padding must not be negative")), None),
        (lambda *a: X, "bad input was accepted: a ValueError that names `pad` was expected"),
        (lambda *a: None, "bad input was accepted"),
        (raising(IndexError("pad")), "bad input raised IndexError, not a ValueError that names"),
        (raising(type("ShapeError", (ValueError,), {})("pad")), None),
        (raising(AssertionError("pad")), "bad input raised AssertionError, not a ValueError"),
        (raising(ValueError()), "the ValueError does not name the argument"),
        (raising(ValueError("wrong input")), "the ValueError does not name the argument: its mess"),
        (raising(ValueError("unpadded alphabet")), "the ValueError does not name the argument"),
        (raising(NotImplementedError()), "not written yet"),
    ],
    ids=[
        *("named", "in capitals", "an axis of it", "a longer word", "accepted", "None returned"),
        *("IndexError", "a kind of ValueError", "AssertionError", "no message", "another message"),
        *("inside other words", "not written"),
    ],
)
def test_refusing(answer, said):
    found = fault(answer, doubled, NEGATIVE)
    assert (found is None) if said is None else found.startswith(said)


def windows(x, w):
    return np.lib.stride_tricks.sliding_window_view(x, w.shape[-2:], axis=(-2, -1))


def with_bias(out, b):
    return out if b is None else out + b[:, None, None]


def by_einsum(x, w, b=None):
    return with_bias(np.einsum("ncijuv,fcuv->nfij", windows(x, w), w), b)


def by_optimized_einsum(x, w, b=None):
    return with_bias(np.einsum("ncijuv,fcuv->nfij", windows(x, w), w, optimize=True), b)


def by_tensordot(x, w, b=None):
    out = np.tensordot(windows(x, w), w, axes=([1, 4, 5], [1, 2, 3]))
    return with_bias(np.moveaxis(out, 3, 1), b)


def by_matmul(x, w, b=None):
    _, _, height, width = x.shape
    kh, kw = w.shape[-2:]
    oh, ow = height - kh + 1, width - kw + 1
    columns = np.stack(
        [x[:, :, u : u + oh, v : v + ow] for u in range(kh) for v in range(kw)], axis=2
    ).reshape(len(x), -1, oh * ow)
    return with_bias((w.reshape(len(w), -1) @ columns).reshape(len(x), len(w), oh, ow), b)


def by_loops(x, w, b=None):
    kh, kw = w.shape[2:]
    out = np.zeros((len(x), len(w), x.shape[2] - kh + 1, x.shape[3] - kw + 1))
    for n, f, i, j in np.ndindex(out.shape):
        out[n, f, i, j] = np.sum(x[n, :, i : i + kh, j : j + kw] * w[f])
    return with_bias(out, b)


def by_shifts(x, w, b=None):
    (kh, kw), (height, width) = w.shape[-2:], x.shape[-2:]
    out = np.zeros((len(x), len(w), height - kh + 1, width - kw + 1))
    for u, v in np.ndindex(kh, kw):
        shifted = x[:, :, u : u + out.shape[2], v : v + out.shape[3]]
        out += np.einsum("nchw,fc->nfhw", shifted, w[:, :, u, v])
    return out if b is None else out + np.broadcast_to(b, len(w))[:, None, None]


def by_scipy(x, w, b=None):
    from scipy.signal import correlate

    planes = [[correlate(picture, filters, "valid")[0] for filters in w] for picture in x]
    return with_bias(np.array(planes), b)


def by_np_pad(x, pad, value=0.0):
    x = np.asarray(x, float)
    ph, pw = np.broadcast_to(pad, 2)
    return np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=value)


def by_full(x, pad, value=0.0):
    x = np.asarray(x, float)
    (ph, pw), (height, width) = np.broadcast_to(pad, 2), x.shape[-2:]
    out = np.full((*x.shape[:-2], height + 2 * ph, width + 2 * pw), value)
    out[:, :, ph : ph + height, pw : pw + width] = x
    return out


def by_concatenation(x, pad, value=0.0):
    x = np.asarray(x, float)
    ph, pw = np.broadcast_to(pad, 2)
    strip = np.full((*x.shape[:2], ph, x.shape[-1]), value)
    x = np.concatenate([strip, x, strip], 2)
    strip = np.full((*x.shape[:3], pw), value)
    return np.concatenate([strip, x, strip], 3)


def by_slices(w, dilation):
    dh, dw = np.broadcast_to(dilation, 2)
    f, c, kh, kw = w.shape
    out = np.zeros((f, c, (kh - 1) * dh + 1, (kw - 1) * dw + 1))
    out[:, :, ::dh, ::dw] = w
    return out


def by_inserting(w, dilation):
    for axis, d in zip((2, 3), np.broadcast_to(dilation, 2), strict=True):
        w = np.insert(w, np.repeat(np.arange(1, w.shape[axis]), d - 1), 0, axis=axis)
    return w


CONVOLVING = [
    by_einsum,
    by_optimized_einsum,
    by_tensordot,
    by_matmul,
    by_loops,
    by_shifts,
    by_scipy,
]
CARELESS = {
    "conv2d_valid": CONVOLVING,
    "pad2d": [by_np_pad, by_full, by_concatenation],
    "dilate_kernel": [by_slices, by_inserting],
}


@pytest.mark.parametrize("name", CARELESS)
def test_numpys_own_complaints_never_name_the_argument(name):
    complained = 0
    for one in judge.parts_of(strict.find(name), "ada"):
        for each in one.cases:
            for careless in CARELESS[name]:
                seen = Local(careless).observe(each.args, each.kwargs)
                if not each.about:
                    assert seen.returned, f"{careless.__name__} should be right but for refusing"
                    continue
                assert faults.refusal_fault(each, seen), (each.about, seen.error)
                complained += seen.error is not None and seen.error[0] == "ValueError"
    assert complained >= 3


KERNEL, STRIDE, PAD = (refused(X, about=about) for about in (("kernel", "x"), "stride", "pad"))


def of_windows(x, kernel=1, stride=1, pad=0):
    return x


LIST = raising(ValueError("x, kernel, stride or pad is wrong"))
HALF = raising(ValueError("stride must be at least 1, pad at least 0"))


@pytest.mark.parametrize(
    ("answer", "cases", "counts"),
    [
        (LIST, [KERNEL, KERNEL], True),
        (LIST, [STRIDE], True),
        (LIST, [KERNEL, STRIDE], False),
        (HALF, [STRIDE, PAD], True),
    ],
    ids=["one fault, twice", "another fault", "two faults", "half of the parameters"],
)
def test_a_message_that_lists_the_parameters_counts_for_one_fault_only(answer, cases, counts):
    found = fault(answer, of_windows, *cases)
    assert (found is None) if counts else "lists nearly all parameters, whichever" in found


def test_a_list_of_parameters_for_every_fault_counts_for_none():
    parts = [part(case.about[0], 1, case) for case in (KERNEL, STRIDE, PAD)]
    result = judge.grade(task_of(of_windows, parts), Local(LIST))
    assert result.points == 0
    assert result.parts[1].fault == (
        "the ValueError lists nearly all parameters, whichever is wrong: "
        "its message should say `stride`"
    )


def test_honest_messages_about_dimensions_still_count():
    three = refused(X, about=("x", "dimension"))
    for message in ("input needs 4 dimensions", "x.ndim is 3", "expected a 4-dimensional x"):
        assert fault(raising(ValueError(message)), doubled, three) is None


# -- exceptions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (IndexError("list index out of range"), "it raised IndexError: list index out of range"),
        (
            IndexError("index 4 is out of bounds for axis 0 with size 2"),
            "it raised IndexError: index 4 is out of bounds for axis 0 with size 2",
        ),
        (
            ValueError("operands could not be broadcast together with shapes (2,4,5,6) (3,1,1) "),
            "it raised ValueError: operands could not be broadcast together with shapes (2,4,5,6) "
            "(3,1,1) ",
        ),
        (
            ValueError("could not broadcast input array from shape (3,) into shape ()"),
            "it raised ValueError: could not broadcast input array from shape (3,) into shape ()",
        ),
        (ValueError("my own words"), "it raised ValueError"),
        (ValueError("index 4 is out of bounds, and 1.5"), "it raised ValueError"),
        (NotImplementedError(), "not written yet"),
        (KeyError("double"), "nothing is called `double`: the cell that defines it failed, or was"),
        (NameError("name 'double' is not defined"), "nothing is called `double`"),
        (NameError("name 'double_up' is not defined"), "it raised NameError"),
        (np.exceptions.AxisError(3, 2), "it raised ValueError"),
        (type("X1234", (Exception,), {})("x"), "it raised Exception"),
        (KeyboardInterrupt(), "it raised KeyboardInterrupt"),
        (SystemExit(0), "it raised SystemExit"),
    ],
    ids=repr,
)
def test_exceptions(error, said):
    found = fault(raising(error), doubled)
    exact = "nothing" not in said
    assert found == said if exact else found.startswith(said)


def test_the_line_is_said():
    seen = Observation(error=("TypeError", "?"), line=3)
    said = disclosure.sparing([disclosure.describe(doubled, *seen.error, seen.line)])
    assert said == ["it raised TypeError (line 3 of its cell)"]


def thousandths(x):
    """The numbers as whole ones, as if they were a shape."""
    return ",".join(str(int(abs(value) * 1000) % 1000) for value in x.flat)


TELLING = [  # answers that give away what they were called with
    lambda x: raising(ValueError(str(x)))(),
    lambda x: raising(ValueError(x.tolist()))(),
    lambda x: raising(KeyError(float(x.flat[0])))(),
    lambda x: raising(IndexError(f"index {x.flat[0]} is out of bounds for axis 0 with size 2"))(),
    lambda x: raising(type(f"X{str(x.flat[0]).replace('.', '_')}", (Exception,), {})())(),
    lambda x: raising(
        ValueError(f"cannot reshape array of size 8 into shape ({thousandths(x)})")
    )(),
    str,
    lambda x: [str(x)],
    lambda x: {str(x): 1},
    lambda x: Foreign(str(x)),
    lambda x: x.astype("U32"),
    lambda x: x + 1,
    lambda x: x.tolist(),
    lambda x: x.flat[0],
]


@given(st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=8, max_size=8))
@example([12.345678, -98.7654321, 0.123456, 3.25e5, -7.125, 1.0625, 99.5, -0.333])
def test_no_line_carries_hidden_numbers(values):
    x = np.array(values).reshape(2, 4) + np.array([0.123, 4.567, -8.912, 3.456])
    allowed = {"0", "1", "2", "4"}  # points and shapes
    for answer in TELLING:
        for wanted in (doubled, lambda x: {"y": x * 2}):
            task = task_of(wanted, [part("a part", 1, case(x))])
            lines = "\n".join(words.lines(judge.grade(task, Local(answer))))
            digits = set(re.findall(r"\d+", re.sub(r"float64|complex128|<U\d+", "", lines)))
            assert digits <= allowed, lines


def told(*seen):
    """The lines about a task of whose parts (one case each) this was seen."""

    left = list(seen)

    class Forger:
        def delay(self):
            return 0.0

        def observe(self, args, kwargs):
            return left.pop(0)

    parts = [part(f"part {'abcdefgh'[i]}", 1, case(X.copy())) for i in range(len(seen))]
    result = judge.grade(task_of(doubled, parts), Forger())
    return [line.strip() for line in words.lines(result) if line.startswith("  ")]


def test_of_one_task_only_one_sentence_repeats_what_an_answer_chose():
    broadcast = "operands could not be broadcast together with shapes (2,3) (4,5) "
    assert told(
        Observation(np.zeros((7, 8))),
        Observation(np.zeros((9, 1))),
        Observation(error=("ValueError", broadcast), line=7),
        Observation(Foreign("generator")),
        Observation(value=[1]),
        Observation(error=("KeyError", "?"), line=9),
    ) == [
        "it has the shape (7, 8), not (2, 3)",
        "it has the shape (…), not (2, 3)",
        "it raised an exception",
        "it should be an array, not something else",
        "(for the same reason)",
        "(for the same reason)",
    ]


def test_the_same_words_are_repeated_for_every_part():
    same = Observation(error=("TypeError", "'int' object is not callable"), line=7)
    said = "it raised TypeError: 'int' object is not callable (line 7 of its cell)"
    assert told(same, same) == [said, "(for the same reason)"]


@pytest.mark.parametrize("line", [0, 201, 999, None])
def test_a_line_that_no_cell_has_is_not_repeated(line):
    assert told(Observation(error=("TypeError", "?"), line=line)) == ["it raised TypeError"]


@pytest.mark.parametrize("shape", [(20, 3), (1, 1, 1, 1), (0,) * 9, (2, 4711)])
def test_a_shape_that_is_far_off_is_not_repeated(shape):
    assert told(Observation(np.zeros(shape))) == ["it has the shape (…), not (2, 3)"]


@given(st.text(st.characters() | st.sampled_from("{}"), max_size=200))
def test_no_text_of_an_exception_gets_through_but_the_usual_ones(message):
    (said,) = told(Observation(error=("ValueError", message)))
    assert said == "it raised ValueError"


JUDGED = {
    "an array": (X, {}),
    "whole numbers": (np.arange(6).reshape(2, 3), {}),
    "an empty array": (X[:0], {}),
    "a number": (1.5, {}),
    "a truth value": (True, {}),
    "a list": ([1, 2.5], {}),
    "a tuple of arrays": ((X, X[0]), {}),
    "a dictionary": ({"y": X}, {}),
    "an entry": ({"y": X}, {"item": "y"}),
}


@pytest.mark.parametrize("name", JUDGED)
@given(seen=sent | st.lists(sent, max_size=3) | st.dictionaries(st.sampled_from("yz"), sent))
def test_any_value_is_judged(name, seen):
    expected, how = JUDGED[name]
    for task in (task_of(doubled, []), task_of(doubled, [], name="double_by_hand")):
        one = Case((X,), {}, **how)
        said = faults.fault(
            task, part("a", 1, one, also={"dtype"}), one, Observation(seen), Observation(expected)
        )
        assert said is None or (isinstance(said, str) and len(said) < 300)
        assert said is None or not re.search(r"\d{4}", said)


def test_an_answer_that_cannot_be_judged_costs_its_part_only_and_is_said(monkeypatch):
    def fails(expected, value, *others, **more):
        if value is None:
            raise RecursionError("secret 4711")
        return compare.difference(expected, value, *others, **more)

    monkeypatch.setattr(faults, "difference", fails)
    answer = Local(lambda x: doubled(x) if x.shape == (2, 3) else None)
    parts = [part("good", 1, case(X)), part("odd", 2, case(X[:1]), case(X.T))]
    result = judge.grade(task_of(doubled, parts), answer)
    assert (result.points, result.maximum) == (1, 3)
    assert result.problems == (f"{faults.UNJUDGED}: `double` (RecursionError)",)
    assert faults.UNJUDGED in " ".join(" ".join(words.lines(result)).split())


# -- a task ---------------------------------------------------------------------------------------


class Scripted:
    """An answer that is seen as told, call by call; remembers how often it was asked."""

    def __init__(self, *seen):
        self.seen, self.calls = list(seen), 0

    def delay(self):
        return 0.0

    def observe(self, args, kwargs):
        self.calls += 1
        return self.seen.pop(0)


def test_a_call_that_several_cases_look_at_is_made_once():
    parts = [
        part("entries", 1, item("a", X), item("b", X)),
        part("others", 1, item("a", X.copy()), item("a", X, 1)),
        part("dtype too", 1, case(X), also={"dtype"}),
    ]

    def reference(x, scale=2):
        return {"a": x * scale, "b": x.shape}

    answer = Scripted(*(Observation(value=reference(X, n)) for n in (2, 2, 1)))
    result = judge.grade(task_of(reference, parts), answer)
    assert answer.calls == 3
    assert result.points == 3


OUT_OF_TIME = "it did not finish: stopped after too much CPU time"


@pytest.mark.parametrize(
    "stuck", [Observation(stopped=True), Observation(lost="its process ended")]
)
def test_a_stuck_call_stops_the_task(stuck):
    one, two, three, four = (case(X.copy()) for _ in range(4))
    parts = [part("first", 1, one), part("second", 1, two, three), part("third", 1, four)]
    answer = Scripted(
        Observation(value=X * 2), stuck, Observation(value=X * 2), Observation(value=X * 2)
    )
    result = judge.grade(task_of(doubled, parts), answer)
    assert answer.calls == 2
    assert result.points == 1
    assert [v.fault is None for v in result.parts] == [True, False, False]
    assert result.parts[1].fault == (stuck.lost or OUT_OF_TIME)
    assert result.parts[2].fault.startswith("not run, since a call before")


def test_slow_calls_end_the_task(monkeypatch):
    monkeypatch.setattr(judge, "TASK_SECONDS", -1.0)
    answer = Scripted()
    result = judge.grade(task_of(doubled, [part("a part", 1, case(X))]), answer)
    assert result.points == answer.calls == 0
    assert "took too long" in result.parts[0].fault


def test_a_part_needs_all_of_its_cases():
    def only_square(x):
        return x * 2.0 if x.shape[0] == x.shape[1] else x

    parts = [part("both", 2, case(X[:, :2]), case(X)), part("square", 0.5, case(X[:, :2]))]
    result = judge.grade(task_of(doubled, parts), Local(only_square))
    assert (result.points, result.maximum) == (0.5, 2.5)
    assert words.lines(result) == [
        "FAIL  both  (0 of 2)",
        "      it has the right shape, but most of its values are wrong: they are the right",
        "      ones times a constant",
        "ok    square  (0.5 of 0.5)",
        "double: 0.5 of 2.5 points",
    ]


def test_a_sentence_is_said_once():
    parts = [part("first", 1, case(X)), part("second", 1, case(X))]
    result = judge.grade(task_of(doubled, parts), Local(raising(NotImplementedError())))
    lines = words.lines(result)
    assert [line.strip() for line in lines[1:4:2]] == ["not written yet", "(for the same reason)"]


def test_students_get_inputs_of_their_own_and_the_same_again():
    task = content.find("pad2d")
    ada, again, grace = (
        judge.parts_of(task, name)[0].cases[0].args[0] for name in ("ada", "ada", "grace")
    )
    np.testing.assert_array_equal(ada, again)
    assert not np.array_equal(ada, grace)


# -- by hand --------------------------------------------------------------------------------------


def by_hand(value):
    """What is said of a by-hand answer where [[1, 2], [3, 4]] is right."""

    def numbers(mine):
        return np.array([[1.0, 2], [3, 4]])

    task = task_of(numbers, [part("a part", 1, case(None))], name="numbers")
    return judge.grade(task, Local(lambda mine: value)).parts[0].fault


@pytest.mark.parametrize(
    "value",
    [
        [[1, 2], [3, 4]],
        ((1.0, 2.0), (3.0, 4.0)),
        [np.array([1, 2]), np.array([3, 4])],
        np.array([[1, 2], [3, 4]], np.float32),
        np.array([[1, 2], [3, 4]], np.uint8)[None, None],
        [[[[1, 2], [3, 4]]]],
    ],
    ids=str,
)
def test_numbers_from_paper_may_come_in_any_form(value):
    assert by_hand(value) is None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([[Foreign("ellipsis")] * 2] * 2, "there are still dots in it: put your numbers in their"),
        ([[..., 2], [3, 4]], "there are still dots in it"),
        ([[1, 2], [3]], "it should be rows of numbers, all rows of the same length"),
        ([["1", "2"], ["3", "4"]], "it should be rows of numbers"),
        ([1, 2, 3, 4], "it has the shape (4,), not (2, 2)"),
        ([[1, 2], [3, 5]], "it has the right shape, but some of its values are wrong"),
        ([[1, 2], [3, float("nan")]], "it holds NaN"),
        ([], "it has the shape (0,), not (2, 2)"),
        (Foreign("ellipsis"), "it should be an array, not `...` (fill in your numbers)"),
        ("1 2 3 4", "it should be an array, not a str"),
        (np.zeros((2000, 2000)), "it has the shape (…), not (2, 2)"),
        (np.zeros((0, 2**62), np.uint8), "it has the shape (…), not (2, 2)"),
        ([np.zeros((0, 2**61), np.uint8)] * 2, "it should be rows of numbers"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_numbers_that_are_not_right(value, said):
    assert by_hand(value).startswith(said)


# -- entries of a dictionary, and answers that everybody has in common -----------------------------

COST = {"params": 590_080, "out_shape": (256, 14, 14), "fits": True}


def entry(key, value):
    """What is said of one entry of an answer where COST is right."""
    return fault(lambda: value, lambda: COST, item(key))


@pytest.mark.parametrize("key", COST)
def test_only_the_entry_that_is_asked_for_counts(key):
    assert entry(key, {key: COST[key]}) is None
    assert entry(key, COST | dict.fromkeys(COST.keys() - {key})) is None


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("params", {"params": 589_824}, "its entry 'params' is another number than what was asked"),
        ("params", {"params": "590080"}, "its entry 'params' should be a number, not a str"),
        ("params", {"fits": True}, "it has no entry 'params'"),
        ("params", {}, "it has no entry 'params'"),
        ("params", 590_080, "it should be a dictionary, not an int"),
        ("params", None, "it should be a dictionary, not None (is there a `return`?)"),
        ("fits", {"fits": False}, "its entry 'fits' is the other way round"),
        ("fits", {"fits": 1}, "its entry 'fits' should be True or False, not an int"),
        (
            "fits",
            {"fits": Foreign("ellipsis")},
            "its entry 'fits' should be True or False, not `...`",
        ),
        (
            "out_shape",
            {"out_shape": (256, 14, 15)},
            "its entry 'out_shape' has the right shape, but some",
        ),
    ],
    ids=str,
)
def test_what_is_wrong_with_an_entry(key, value, said):
    assert entry(key, value).startswith(said)


def test_a_length_that_could_carry_a_message_is_not_repeated():
    assert compared([1, 2], [1] * 19) == "it should have 2 items, not 19"
    assert compared([1, 2], [1] * 20) == "it should have 2 items, not so many"
    assert compared([1, 2], [1] * 4711) == "it should have 2 items, not so many"


def test_empty_lists_are_counted_too():
    assert compare.count([[]] * 60_000) > compare.MOST_BY_HAND


def test_whole_numbers_are_asked_for_where_the_dtype_counts():
    assert compared(63, 63.0) is None
    assert compared(63, 63.0, also={"dtype"}) == "it has the dtype float64, not int64"
    assert compared(63, np.int64(63), also={"dtype"}) is None


def claims():
    """True or false, the same for everybody."""
    return {"fewer pixels": True, "fewer channels": False}


def wrong_claim(mine=None):
    """You said that pooling takes channels away."""
    return claims() | {"fewer channels": True}


def test_an_answer_without_numbers_of_ones_own_is_a_value_too():
    parts = [part(key, 0.5, item(key)) for key in claims()]
    task = task_of(claims, parts, "claims", {"claims__channels": wrong_claim})
    assert task.by_value
    assert not task.own_numbers
    given = {"claims": {"fewer pixels": False, "fewer channels": True}}
    result = judge.grade(task, Named(given, "claims", task.by_value))
    assert result.points == 0
    assert [verdict.misconception for verdict in result.parts] == [None, "claims__channels"]
    result = judge.grade(task, Named({"claims": claims()}, "claims", task.by_value))
    assert result.points == 1


def test_a_list_that_was_changed_is_a_changed_input():
    def shorten(layers):
        layers.pop()
        return 1

    assert fault(shorten, lambda layers: 1, case([(3, 1), (2, 2)]), also={"inputs"}) == (
        "it changed its input `layers`"
    )
