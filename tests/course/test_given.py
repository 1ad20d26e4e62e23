"""What the given lines refuse, and what they hand back."""

import numpy as np
import pytest

from course import given

X = np.arange(24).reshape(2, 3, 2, 2)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_keep_their_dtype(dtype):
    assert given.floats("x: N C H W", X.astype(dtype)).dtype == dtype


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "bool"])
def test_other_numbers_become_float64(dtype):
    got = given.floats("x: N C H W", X.astype(dtype))
    assert got.dtype == np.float64
    np.testing.assert_array_equal(got, X.astype(dtype))


def test_the_first_array_decides_on_the_dtype_of_all():
    x, w = given.floats("x: H W, w: H W", np.float32([[1]]), np.ones((1, 1)))
    assert x.dtype == w.dtype == np.float32
    x, w = given.floats("x: H W, w: H W", np.ones((1, 1)), np.float32([[1]]))
    assert x.dtype == w.dtype == np.float64


def test_arrays_are_copies():
    x = np.ones((2, 2))
    assert not np.shares_memory(given.floats("x: H W", x), x)


def test_lists_of_numbers_are_arrays():
    np.testing.assert_array_equal(given.floats("x: H W", [[1, 2]]), np.array([[1.0, 2.0]]))


def test_only_an_optional_array_may_be_none():
    assert given.floats("x: N, b?: F", [1], None)[1] is None
    with pytest.raises(TypeError, match="b must be an array of real numbers"):
        given.floats("b: F", None)


@pytest.mark.parametrize(
    ("axes", "values", "says"),
    [
        ("x: H W", [X], r"x must have 2 dimensions \(H, W\), got shape \(2, 3, 2, 2\)"),
        ("x: N C H W", [X[:0]], "x is empty"),
        ("x: N C, w: F C", [X[0, 0], X[0, :, 0, :1]], "w has C = 1, but x has C = 2"),
        ("x: N C, b?: N", [X[0, 0], [1]], "b has N = 1, but x has N = 2"),
        ("x: N N", [X[0, :, 0]], "x has N = 2, but x has N = 3"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_by_name(axes, values, says):
    with pytest.raises(ValueError, match=says):
        given.floats(axes, *values)


@pytest.mark.parametrize("value", ["text", [1j]])
def test_what_is_no_real_number_is_refused(value):
    with pytest.raises(TypeError, match="x must be an array of real numbers"):
        given.floats("x: N", value)


def test_a_number_stands_for_a_pair():
    assert given.pair("stride", 2) == (2, 2)
    assert given.pair("stride", (2, 3)) == (2, 3)
    assert given.pair("stride", np.array([2, 3])) == (2, 3)
    assert all(type(n) is int for n in given.pair("stride", np.array([2, 3])))


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (0, "stride must be at least 1, got 0"),
        ((1, -1), "stride must be at least 1, got -1"),
        (1.5, "stride must be a whole number, got 1.5"),
        ((1, 2, 3), "stride must be a number, or a pair"),
        ("two", "stride must be a whole number, got 'two'"),
        (np.nan, "stride must be a whole number, got nan"),
    ],
)
def test_what_is_no_pair_is_refused_by_name(value, says):
    with pytest.raises(ValueError, match=says):
        given.pair("stride", value, least=1)


def test_a_whole_number_has_two_ends():
    assert given.whole("shift", np.int64(3), most=3) == 3
    assert given.whole("shift", 2.0) == 2
    with pytest.raises(ValueError, match="shift must be at most 3, got 4"):
        given.whole("shift", 4, most=3)
    with pytest.raises(ValueError, match="shift must be at least 0, got -1"):
        given.whole("shift", -1)


@pytest.mark.parametrize("window", [(3, 2), (2, 5)])
def test_a_window_larger_than_the_picture_is_refused(window):
    given.fits("kernel", (2, 4), (2, 4))
    with pytest.raises(ValueError, match=r"kernel of \(\d, \d\) does not fit into \(2, 4\)"):
        given.fits("kernel", window, (2, 4))


def test_a_convolution_without_bias_has_biases_of_0():
    x, w, b = given.convolution(np.float32(X), np.ones((4, 3, 1, 2)))
    assert x.dtype == w.dtype == b.dtype == np.float32
    np.testing.assert_array_equal(b, np.zeros(4))
    assert given.convolution(X, np.ones((4, 3, 1, 2)), [1, 2, 3, 4])[2].tolist() == [1, 2, 3, 4]
    with pytest.raises(ValueError, match="w has C = 2, but x has C = 3"):
        given.convolution(X, np.ones((4, 2, 1, 2)))
    with pytest.raises(ValueError, match="kernel"):
        given.convolution(X, np.ones((4, 3, 3, 2)))


def test_a_layer_is_three_pairs_that_fit_the_padded_picture():
    assert given.pairs((7, 3, 4), 2) == ((2, 2), (1, 1), (0, 0))
    assert given.pairs((7, 3, 4), (5, 8), (2, 3), (1, 2)) == ((5, 8), (2, 3), (1, 2))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((0,), "kernel must be at least 1"),
        ((2, (1, 0)), "stride must be at least 1"),
        ((2, 1, (0, -1)), "pad must be at least 0"),
        (((6, 8), 1, (1, 2)), r"kernel of \(6, 8\) does not fit into \(5, 8\)"),
    ],
)
def test_a_layer_that_makes_no_sense_is_refused(arguments, says):
    with pytest.raises(ValueError, match=says):
        given.pairs((7, 3, 4), *arguments)


def test_windows_of_a_pooling_are_three_pairs():
    assert given.windows(X, 1) == ((1, 1), (1, 1), (0, 0))
    assert given.windows(X, (2, 4), None, (1, 1)) == ((2, 4), (2, 4), (1, 1))
    assert given.windows(X, 2, (1, 3), 1) == ((2, 2), (1, 3), (1, 1))


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ((0,), "kernel must be at least 1"),
        ((2, 0), "stride must be at least 1"),
        ((2, 2, -1), "pad must be at least 0"),
        (((2, 3), 2, (1, 2)), r"pad must be at most half the kernel of \(2, 3\), got \(1, 2\)"),
        (((3, 1),), r"kernel of \(3, 1\) does not fit into \(2, 2\)"),
        (((4, 5), 1, (0, 1)), r"kernel of \(4, 5\) does not fit into \(2, 4\)"),
    ],
)
def test_windows_that_make_no_sense_are_refused_by_name(how, says):
    with pytest.raises(ValueError, match=says):
        given.windows(X, *how)


def test_a_block_without_ws_keeps_the_channels():
    w1, wide, square = np.ones((4, 3)), np.ones((5, 4)), np.ones((3, 4))
    *arrays, ws = given.block(np.float32(X), w1, square)
    assert [a.shape for a in arrays] == [X.shape, (4, 3), (3, 4)]
    assert {a.dtype for a in arrays} == {np.dtype(np.float32)}
    assert ws is None
    with pytest.raises(ValueError, match="w2 has C = 5, but x has C = 3"):
        given.block(X, w1, wide)


def test_a_block_with_ws_may_change_the_channels():
    w1, wide = np.ones((4, 3)), np.ones((5, 4))
    assert given.block(X, w1, wide, np.ones((5, 3)))[3].shape == (5, 3)
    with pytest.raises(ValueError, match="ws has F = 4, but w2 has F = 5"):
        given.block(X, w1, wide, np.ones((4, 3)))
    with pytest.raises(ValueError, match="w1 has C = 2, but x has C = 3"):
        given.block(X, w1[:, :2], wide, np.ones((5, 3)))


def test_a_window_comes_with_its_pictures_and_pairs():
    x, size, pad = given.crop(X, (4, 2), (1, 0))
    assert x.dtype == np.float64
    assert (size, pad) == ((4, 2), (1, 0))
    assert given.crop(X, 2, 1)[1:] == ((2, 2), (1, 1))


@pytest.mark.parametrize(
    ("size", "pad", "says"),
    [
        ((5, 2), (1, 0), r"size: a window of \(5, 2\) does not fit into \(4, 2\)"),
        ((1, 3), (1, 0), r"size: a window of \(1, 3\) does not fit"),
        (0, 0, "size must be at least 1"),
        (1, (0, -1), "pad must be at least 0"),
    ],
)
def test_a_window_that_does_not_fit_is_refused(size, pad, says):
    with pytest.raises(ValueError, match=says):
        given.crop(X, size, pad)


def test_layers_are_looked_for_by_their_whole_name():
    assert given.layers("frozen", ("conv1",), ["conv1.w", "conv1.b", "conv10.w"]) == {"conv1"}
    assert given.layers("bn", [], ["a"]) == set()
    for wanted in (("conv",), "conv1", ("conv1.w",), ("conv1", "head")):
        with pytest.raises(ValueError, match=r"frozen: there is no layer .*, only conv1, conv10"):
            given.layers("frozen", wanted, ["conv1.w", "conv10.w"])
