"""The reference against oracles that are not ours: paper, SciPy, PyTorch, and identities."""

import inspect
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from autograder.units.unit1_convolution.reference import conv2d, conv2d_valid, dilate_kernel, pad2d

# The pictures of the worked examples, written down here once more: red, green, blue.
PICTURE = np.array(
    [[[1] * 4] * 4, [[2] * 4] * 4, [[1] * 4, [2] * 4, [3] * 4, [4] * 4]], dtype=float
)[None]
ONES = np.ones((1, 3, 3, 3))
SECOND = np.array(
    [
        [[1, 2, 3, 4]] * 4,
        [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]],
        [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
    ],
    dtype=float,
)[None]
KERNELS = np.array(
    [[[-1, 0, 1]] * 3, [[1, 1, 1]] * 3, [[0, 0, 0], [0, 2, 0], [1, 0, 0]]], dtype=float
)[None]


# -- worked by hand --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "on_paper"),
    [
        (conv2d_valid(PICTURE[:, :1], ONES[:, :1]), [[9, 9], [9, 9]]),
        (conv2d_valid(PICTURE[:, 1:2], ONES[:, :1]), [[18, 18], [18, 18]]),
        (conv2d_valid(PICTURE[:, 2:], ONES[:, :1]), [[18, 18], [27, 27]]),
        (conv2d_valid(PICTURE, ONES), [[45, 45], [54, 54]]),
        (conv2d_valid(SECOND, KERNELS), [[12, 11], [11, 12]]),
        (conv2d_valid(SECOND, KERNELS[..., ::-1, ::-1]), [[0, -1], [-1, 0]]),
        (
            conv2d_valid(pad2d(PICTURE, 1), ONES),
            [[18, 27, 27, 18], [30, 45, 45, 30], [36, 54, 54, 36], [26, 39, 39, 26]],
        ),
        (
            conv2d(SECOND, KERNELS, pad=1),
            [[8, 7, 8, -4], [9, 12, 11, -5], [9, 11, 12, -6], [6, 7, 7, -2]],
        ),
        (conv2d(PICTURE[:, :1], ONES[:, :1], pad=1, dilation=2), [[4, 4], [4, 4]]),
        (conv2d(PICTURE[:, 1:2], ONES[:, :1], pad=1, dilation=2), [[8, 8], [8, 8]]),
        (conv2d(PICTURE[:, 2:], ONES[:, :1], pad=1, dilation=2), [[12, 12], [8, 8]]),
        (conv2d(PICTURE, ONES, pad=1, dilation=2), [[24, 24], [20, 20]]),
        (
            conv2d(PICTURE, ONES, pad=2, dilation=2),
            [[20, 20, 20, 20], [24, 24, 24, 24], [20, 20, 20, 20], [24, 24, 24, 24]],
        ),
        (conv2d(SECOND, KERNELS, pad=1, dilation=2), [[10, 2], [12, 0]]),
        (conv2d(PICTURE, ONES, pad=1, stride=2), [[18, 27], [36, 54]]),
    ],
)
def test_worked_examples(got, on_paper):
    np.testing.assert_array_equal(got[0, 0], on_paper)


def test_every_window_counts_its_real_pixels():
    counts = conv2d(np.ones((1, 1, 4, 4)), np.ones((1, 1, 3, 3)), pad=1)[0, 0]
    np.testing.assert_array_equal(counts, [[4, 6, 6, 4], [6, 9, 9, 6], [6, 9, 9, 6], [4, 6, 6, 4]])


def test_dilated_kernel_on_paper():
    w = np.array([[[[1, 2, 3], [4, 5, 6]]]])
    spread = [[1, 0, 2, 0, 3], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [4, 0, 5, 0, 6]]
    np.testing.assert_array_equal(dilate_kernel(w, (3, 2))[0, 0], spread)


# -- SciPy and PyTorch ----------------------------------------------------------------------------

pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
pads = st.tuples(st.integers(0, 3), st.integers(0, 3))


@st.composite
def layers(draw):
    """(x, w, b, stride, pad, dilation) of any shape that fits."""
    n, c, f = (draw(st.integers(1, 3)) for _ in range(3))
    kernel, dilation, stride, pad = draw(pairs), draw(pairs), draw(pairs), draw(pads)
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    size = [max(1, r - 2 * p) + draw(st.integers(0, 5)) for r, p in zip(reach, pad, strict=True)]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x, w = rng.normal(0, 2, (n, c, *size)), rng.normal(0, 2, (f, c, *kernel))
    return x, w, rng.normal(0, 2, f), stride, pad, dilation


def by_scipy(x, w, b, stride, pad, dilation):
    """The same from SciPy's correlation of two planes."""
    gap = np.zeros(dilation)
    gap[0, 0] = 1
    reach = [(k - 1) * d + 1 for k, d in zip(w.shape[2:], dilation, strict=True)]
    planes = [
        [
            bias
            + sum(
                signal.correlate(
                    np.pad(plane, [(pad[0], pad[0]), (pad[1], pad[1])]),
                    np.kron(kernel, gap)[: reach[0], : reach[1]],
                    mode="valid",
                    method="direct",
                )
                for plane, kernel in zip(picture, filters, strict=True)
            )
            for filters, bias in zip(w, b, strict=True)
        ]
        for picture in x
    ]
    return np.array(planes)[:, :, :: stride[0], :: stride[1]]


@given(layers())
def test_conv2d_agrees_with_scipy(layer):
    x, w, b, stride, pad, dilation = layer
    np.testing.assert_allclose(
        conv2d(x, w, b, stride, pad, dilation), by_scipy(*layer), rtol=1e-11, atol=1e-11
    )


@given(layers())
def test_conv2d_agrees_with_pytorch(layer):
    torch = pytest.importorskip("torch", reason="PyTorch, one more oracle, is not installed here")
    x, w, b = (torch.from_numpy(array) for array in layer[:3])
    stride, pad, dilation = layer[3:]
    theirs = torch.nn.functional.conv2d(x, w, b, stride, pad, dilation).numpy()
    np.testing.assert_allclose(conv2d(*layer), theirs, rtol=1e-11, atol=1e-11)


# -- identities -----------------------------------------------------------------------------------


@given(layers())
def test_a_dilated_convolution_is_one_with_a_spread_kernel(layer):
    x, w, b, _, pad, dilation = layer
    x = pad2d(x, pad)
    spread = dilate_kernel(w, dilation)
    np.testing.assert_array_equal(conv2d(x, w, b, dilation=dilation), conv2d_valid(x, spread, b))


@given(layers())
def test_stride_leaves_places_out(layer):
    x, w, b, (sh, sw), pad, dilation = layer
    full = conv2d(x, w, b, 1, pad, dilation)
    np.testing.assert_array_equal(conv2d(x, w, b, (sh, sw), pad, dilation), full[:, :, ::sh, ::sw])


@given(layers())
def test_output_size(layer):
    x, w, b, stride, pad, dilation = layer
    sizes = [
        int(np.floor((size + 2 * p - d * (k - 1) - 1) / s)) + 1
        for size, k, s, p, d in zip(x.shape[2:], w.shape[2:], stride, pad, dilation, strict=True)
    ]
    assert conv2d(x, w, b, stride, pad, dilation).shape == (len(x), len(w), *sizes)


@given(layers(), st.floats(-3, 3), st.integers(0, 99))
def test_linear_in_pictures_and_in_filters(layer, factor, seed):
    x, w, _, *how = layer
    rng = np.random.default_rng(seed)
    more_x, more_w = rng.normal(size=x.shape), rng.normal(size=w.shape)
    close = {"rtol": 1e-9, "atol": 1e-9}
    of = conv2d(x, w, None, *how)
    np.testing.assert_allclose(
        conv2d(x + factor * more_x, w, None, *how),
        of + factor * conv2d(more_x, w, None, *how),
        **close,
    )
    np.testing.assert_allclose(
        conv2d(x, w + factor * more_w, None, *how),
        of + factor * conv2d(x, more_w, None, *how),
        **close,
    )


@given(layers())
def test_channels_add_up_and_filters_do_not_mix(layer):
    x, w, b, *how = layer
    apart = sum(conv2d(x[:, [c]], w[:, [c]], None, *how) for c in range(x.shape[1]))
    whole = conv2d(x, w, b, *how)
    np.testing.assert_allclose(whole, apart + b[:, None, None], rtol=1e-9, atol=1e-9)
    each = [conv2d(x, w[[f]], b[[f]], *how) for f in range(len(w))]
    np.testing.assert_allclose(whole, np.concatenate(each, axis=1), rtol=1e-9, atol=1e-9)


@given(layers(), pads, st.floats(-9, 9))
def test_cropping_undoes_padding(layer, pad, value):
    x, (ph, pw) = layer[0], pad
    padded = pad2d(x, pad, value)
    height, width = x.shape[2:]
    np.testing.assert_array_equal(padded[:, :, ph : ph + height, pw : pw + width], x)
    assert padded.shape == (*x.shape[:2], height + 2 * ph, width + 2 * pw)
    frame = np.ones(padded.shape, bool)
    frame[:, :, ph : ph + height, pw : pw + width] = False
    assert (padded[frame] == value).all()


@given(layers())
def test_dilation_keeps_the_weights_and_adds_zeros(layer):
    w, (dh, dw) = layer[1], layer[5]
    spread = dilate_kernel(w, (dh, dw))
    np.testing.assert_array_equal(spread[:, :, ::dh, ::dw], w)
    assert np.count_nonzero(spread) == np.count_nonzero(w)


# -- what the docstrings promise ------------------------------------------------------------------

X = np.arange(120).reshape(2, 3, 4, 5)
W = np.arange(72).reshape(4, 3, 2, 3) % 7


@pytest.mark.parametrize("strided", [X[:, :, ::-1, ::2], np.asfortranarray(X), X.swapaxes(2, 3)])
def test_memory_layout_does_not_matter(strided):
    w = W[:, :, :1, :2]
    np.testing.assert_array_equal(
        conv2d_valid(strided, w), conv2d_valid(strided.copy(order="C"), w)
    )


def test_a_kernel_as_large_as_the_picture_gives_one_number():
    got = conv2d_valid(X, np.ones((1, *X.shape[1:])))
    np.testing.assert_array_equal(got, X.sum((1, 2, 3)).reshape(2, 1, 1, 1))


@pytest.mark.parametrize("function", [conv2d_valid, pad2d, dilate_kernel, conv2d])
def test_docstrings_name_every_argument(function):
    text = inspect.getdoc(function)
    for name in inspect.signature(function).parameters:
        assert re.search(rf"^[\w, ]*\b{name}\b[\w, ]* : ", text, re.MULTILINE), name
