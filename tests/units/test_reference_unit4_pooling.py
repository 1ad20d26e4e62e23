"""The reference against oracles not ours: paper, SciPy, PyTorch, and finite differences."""

import inspect
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from autograder.units.unit4_pooling.reference import (
    maxpool_backward,
    pool2d,
    pooling_claims,
    shift_agreement,
)

# The planes of the worked examples, written down here once more.
BLUE = np.array([[1] * 4, [2] * 4, [3] * 4, [4] * 4], dtype=float)[None, None]
SECOND = np.array(
    [
        [3, -1, -2, 0, 5],
        [-4, -3, -6, 2, 1],
        [0, -2, -5, -1, -3],
        [7, 1, -4, -2, -6],
        [2, -8, -1, -9, 4],
    ],
    dtype=float,
)[None, None]
FRAMED = -np.arange(1.0, 7).reshape(1, 1, 2, 3)


# -- worked by hand --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "on_paper"),
    [
        (pool2d(np.ones((1, 1, 4, 4)), 2), [[1, 1], [1, 1]]),
        (pool2d(BLUE, 2), [[2, 2], [4, 4]]),
        (pool2d(BLUE, 3, 1), [[3, 3], [4, 4]]),
        (pool2d(BLUE, 2, mode="average"), [[1.5, 1.5], [3.5, 3.5]]),
        (pool2d(SECOND, 3, 2), [[3, 5], [7, 4]]),
        (pool2d(SECOND, 2, 2), [[3, 2], [7, -1]]),
        (pool2d(FRAMED, 2, 2, 1), [[-1, -2], [-4, -5]]),
        (pool2d(FRAMED, 2, 2, 1, "average"), [[-1, -2.5], [-4, -5.5]]),
    ],
)
def test_worked_examples(got, on_paper):
    np.testing.assert_array_equal(got[0, 0], on_paper)


def test_gradient_on_paper():
    x = np.array([[[[1.0, 5, 2], [4, 0, 3], [4, 1, 1]]]])
    grad = np.array([[[[1.0, 2], [4, 8]]]])
    np.testing.assert_array_equal(
        maxpool_backward(grad, x, 2, 1)[0, 0], [[0, 3, 0], [4, 0, 8], [0, 0, 0]]
    )


@pytest.mark.parametrize("column", range(7))
def test_an_impulse_stays_only_if_it_was_in_an_even_column(column):
    x = np.zeros((1, 1, 2, 8))
    x[..., 0, column] = 1
    assert shift_agreement(x, 2, 2, 1) == (1.0 if column % 2 == 0 else 0.5)


def test_zeros_move_in_and_what_leaves_is_lost():
    last = np.zeros((1, 1, 2, 8))
    last[..., 7] = 1
    assert shift_agreement(last, 2, 2, 1) == 0.75
    flat = np.full((1, 1, 2, 8), -2.0)
    assert shift_agreement(flat, 2, 2, 3) == 0.5


def test_claims():
    claims = pooling_claims()
    assert len(claims) == 8
    assert sum(claims.values()) == 4
    dense = {side: (512 * side * side + 1) * 4096 for side in (7, 14)}
    assert dense == {7: 102_764_544, 14: 411_045_888}
    claim = "as pool5, saves VGG16's first dense layer over 300 million parameters"
    assert claims[claim] == (dense[14] - dense[7] > 300e6)


# -- against SciPy and PyTorch ---------------------------------------------------------------------

pairs = st.tuples(st.integers(1, 4), st.integers(1, 4))


@st.composite
def poolings(draw, padded=True):
    """(x, kernel, stride, pad) of any shape that fits; no two pixels are equal."""
    n, c = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    kernel, stride = draw(pairs), draw(pairs)
    pad = tuple(draw(st.integers(0, k // 2)) if padded else 0 for k in kernel)
    size = [max(1, k - 2 * p) + draw(st.integers(0, 6)) for k, p in zip(kernel, pad, strict=True)]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.permutation(n * c * size[0] * size[1]).reshape(n, c, *size) / 8 - 3
    return x, kernel, stride, pad


def by_scipy(x, kernel, stride, pad, mode):
    """The same from SciPy's filters: a window around every pixel, of which some are kept."""
    frame = [(0, 0), (0, 0), *((p, p) for p in pad)]
    size = (1, 1, *kernel)
    if mode == "max":
        framed = np.pad(x, frame, constant_values=-np.inf)
        full = ndimage.maximum_filter(framed, size, mode="constant", cval=-np.inf)
    else:
        total, count = (
            ndimage.correlate(np.pad(a, frame), np.ones(size), mode="constant")
            for a in (x, np.ones_like(x))
        )
        full = total / np.maximum(count, 1)
    # The window that starts at a pixel is the one around the pixel k // 2 further on.
    kept = [
        slice(k // 2, k // 2 + n - k + 1, s)
        for n, k, s in zip(full.shape[2:], kernel, stride, strict=True)
    ]
    return full[:, :, kept[0], kept[1]]


@pytest.mark.parametrize("mode", ["max", "average"])
@given(pooling=poolings())
def test_pool2d_agrees_with_scipy(mode, pooling):
    np.testing.assert_allclose(
        pool2d(*pooling, mode), by_scipy(*pooling, mode), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("mode", ["max", "average"])
@given(pooling=poolings())
def test_pool2d_agrees_with_pytorch(mode, pooling):
    torch = pytest.importorskip("torch", reason="PyTorch, one more oracle, is not installed here")
    x, *how = pooling
    functional = torch.nn.functional
    if mode == "max":
        theirs = functional.max_pool2d(torch.from_numpy(x), *how)
    else:
        theirs = functional.avg_pool2d(torch.from_numpy(x), *how, count_include_pad=False)
    np.testing.assert_allclose(pool2d(x, *how, mode), theirs.numpy(), rtol=1e-12, atol=1e-12)


@given(pooling=poolings(padded=False), seed=st.integers(0, 99))
def test_maxpool_backward_agrees_with_pytorch(pooling, seed):
    torch = pytest.importorskip("torch", reason="PyTorch, one more oracle, is not installed here")
    x, kernel, stride, _ = pooling
    ours = torch.from_numpy(x).requires_grad_()
    out = torch.nn.functional.max_pool2d(ours, kernel, stride)
    grad = np.random.default_rng(seed).normal(size=out.shape)
    out.backward(torch.from_numpy(grad))
    np.testing.assert_allclose(
        maxpool_backward(grad, x, kernel, stride), ours.grad.numpy(), rtol=1e-12, atol=1e-12
    )


# -- finite differences and identities -------------------------------------------------------------


@given(poolings(padded=False), st.integers(0, 99))
def test_maxpool_backward_is_the_gradient(pooling, seed):
    x, kernel, stride, _ = pooling
    rng = np.random.default_rng(seed)
    grad = rng.normal(size=pool2d(x, kernel, stride).shape)
    got = maxpool_backward(grad, x, kernel, stride)
    step = 2.0**-6  # pixels differ by 1/8 at least: no other pixel wins, the slope is exact
    for place in rng.permutation(list(np.ndindex(x.shape)))[:20]:
        change = np.zeros_like(x)
        change[tuple(place)] = step
        up, down = (pool2d(x + sign * change, kernel, stride) for sign in (1, -1))
        slope = (grad * (up - down)).sum() / (2 * step)
        np.testing.assert_allclose(got[tuple(place)], slope, rtol=1e-9, atol=1e-9)


@given(poolings(padded=False), st.integers(0, 99))
def test_a_gradient_is_handed_out_once_even_at_ties(pooling, seed):
    x, kernel, stride, _ = pooling
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, x.shape).astype(float)
    grad = rng.normal(size=pool2d(x, kernel, stride).shape)
    got = maxpool_backward(grad, x, kernel, stride)
    np.testing.assert_allclose(got.sum((2, 3)), grad.sum((2, 3)), rtol=1e-9, atol=1e-9)


def test_a_tie_goes_to_the_first_row_by_row():
    got = maxpool_backward(np.ones((1, 1, 1, 1)), np.array([[[[0, 7], [7, 7]]]]), 2, 2)
    np.testing.assert_array_equal(got[0, 0], [[0, 1], [0, 0]])


@given(poolings())
def test_what_max_pooling_returns_was_in_its_plane(pooling):
    x, *how = pooling
    out = pool2d(x, *how)
    assert np.isfinite(out).all()
    for plane, pooled in zip(
        x.reshape(-1, *x.shape[2:]), out.reshape(-1, *out.shape[2:]), strict=True
    ):
        assert np.isin(pooled, plane).all()


@given(poolings(), st.floats(-3, 3))
def test_a_mean_of_equal_pixels_is_that_pixel(pooling, value):
    x, *how = pooling
    for mode in ("max", "average"):
        got = pool2d(np.full_like(x, value), *how, mode)
        np.testing.assert_allclose(got, value, rtol=1e-12, atol=1e-12)


@given(poolings())
def test_pooling_keeps_order_and_means_lie_below_maxima(pooling):
    x, *how = pooling
    largest, mean = (pool2d(x, *how, mode) for mode in ("max", "average"))
    assert (mean <= largest + 1e-12).all()
    np.testing.assert_allclose(pool2d(2 * x + 3, *how), 2 * largest + 3)
    np.testing.assert_allclose(pool2d(2 * x + 3, *how, "average"), 2 * mean + 3, atol=1e-12)


@given(poolings())
def test_without_a_stride_windows_stand_side_by_side(pooling):
    x, kernel, _, pad = pooling
    np.testing.assert_array_equal(pool2d(x, kernel, None, pad), pool2d(x, kernel, kernel, pad))


@given(poolings(padded=False), st.integers(0, 9))
def test_shift_agreement_counts(pooling, shift):
    x, (kernel, _), (stride, _), _ = pooling
    x = np.round(x)  # so that some pixels are equal
    kernel = min(kernel, *x.shape[2:])
    shift %= x.shape[3]
    moved = ndimage.shift(x, (0, 0, 0, shift), order=0, mode="constant", prefilter=False)
    kernels, strides = (kernel, kernel), (stride, stride)
    before, after = (by_scipy(a, kernels, strides, (0, 0), "max") for a in (x, moved))
    assert (
        shift_agreement(x, kernel, stride, shift) == np.count_nonzero(before == after) / before.size
    )


# -- what the docstrings promise ------------------------------------------------------------------

X = np.arange(120).reshape(2, 3, 4, 5) % 37


@pytest.mark.parametrize("strided", [X[:, :, ::-1, ::2], np.asfortranarray(X), X.swapaxes(2, 3)])
def test_memory_layout_does_not_matter(strided):
    for mode in ("max", "average"):
        got = pool2d(strided, 2, 1, 1, mode)
        np.testing.assert_array_equal(got, pool2d(strided.copy(order="C"), 2, 1, 1, mode))


@pytest.mark.parametrize("function", [pool2d, maxpool_backward, shift_agreement])
def test_docstrings_name_every_argument(function):
    text = inspect.getdoc(function)
    for name in inspect.signature(function).parameters:
        assert re.search(rf"^[\w, ]*\b{name}\b[\w, ]* : ", text, re.MULTILINE), name
