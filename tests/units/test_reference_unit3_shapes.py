"""The reference against oracles that are not ours: paper, SciPy, PyTorch, counts, gradients."""

import inspect
import re
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from autograder.units.unit3_shapes.reference import (
    conv1x1,
    conv_output_shape,
    conv_output_shape_by_hand,
    conv_output_size,
    fit_report,
    fit_report_by_hand,
    receptive_field,
)
from course import networks
from tests.dtypes import in_dtype

# -- worked by hand --------------------------------------------------------------------------------


def test_the_first_layer_on_paper():
    mine = SimpleNamespace(
        x_shape=(1, 32, 128, 128), w_shape=(16, 32, 3, 3), stride=1, pad=0, dilation=1
    )
    on_paper = {"channels": 16, "rows": 126, "columns": 126, "params": 4624, "macs": 73_156_608}
    assert conv_output_shape_by_hand(mine) == on_paper


@pytest.mark.parametrize(
    ("filters", "channels", "kernel", "size", "params", "macs"),
    [
        (16, 32, 1, 28, 528, 401_408),
        (64, 256, 1, 56, 16_448, 51_380_224),
        (32, 192, 5, 28, 153_632, 120_422_400),
        (256, 256, 3, 14, 590_080, 115_605_504),
    ],
)
def test_costs_on_paper(filters, channels, kernel, size, params, macs):
    mine = SimpleNamespace(
        x_shape=(1, channels, size, size),
        w_shape=(filters, channels, kernel, kernel),
        stride=1,
        pad=kernel // 2,
        dilation=1,
    )
    answer = conv_output_shape_by_hand(mine)
    assert answer["rows"] == answer["columns"] == size
    assert (answer["params"], answer["macs"]) == (params, macs)


def test_through_16_channels_is_cheaper():
    assert 28 * 28 * (16 * 192 + 32 * 16 * 25) == 12_443_648


@pytest.mark.parametrize(
    ("x_shape", "w_shape", "options", "on_paper"),
    [
        ((1, 3, 224, 224), (64, 3, 7, 7), (2, 3), (1, 64, 112, 112)),
        ((1, 32, 128, 128), (16, 32, 3, 3), (2,), (1, 16, 63, 63)),
        ((1, 16, 64, 64), (24, 16, 5, 5), (3, 1), (1, 24, 21, 21)),
        ((1, 32, 28, 28), (16, 32, 1, 1), (), (1, 16, 28, 28)),
        ((1, 32, 28, 28), (16, 32, 1, 1), (1, 1), (1, 16, 30, 30)),
    ],
)
def test_shapes_on_paper(x_shape, w_shape, options, on_paper):
    assert conv_output_shape(x_shape, w_shape, *options) == on_paper


@pytest.mark.parametrize(
    ("line", "on_paper"),
    [
        ((128, 3, 2), (63, 1)),
        ((128, 3, 2, 1), (64, 1)),
        ((64, 5, 3, 1), (21, 1)),
        ((224, 11, 4), (54, 1)),
        ((227, 11, 4), (55, 0)),
        ((224, 11, 4, 2), (55, 1)),
        ((13, 3, 5), (3, 0)),
        ((15, 3, 5), (3, 2)),
    ],
)
def test_what_is_left_over_on_paper(line, on_paper):
    assert fit_report(*line) == on_paper
    names = ["n", "kernel", "stride", "pad", "dilation"]
    mine = SimpleNamespace(**dict(zip(names, (*line, 0, 1)[:5], strict=False)))
    if len(line) == 3:
        assert fit_report_by_hand(mine) == on_paper


def test_alexnets_55_takes_227_to_230_pixels_or_3_to_6_of_padding():
    fits = [n for n in range(200, 260) if fit_report(n, 11, 4)[0] == 55]
    assert fits == [227, 228, 229, 230]
    assert [n - 224 for n in fits] == [3, 4, 5, 6]
    assert fit_report(224, 11, 4, 2)[0] == 55  # PyTorch's padding, of each side


def test_a_pixel_on_paper():
    x, w = np.array([2, 5, 1]).reshape(1, 3, 1, 1), np.array([[1, 0, -1], [3, -1, 2]])
    np.testing.assert_array_equal(conv1x1(x, w, np.array([10, 0])).ravel(), [11, 3])


VGG16 = [(3, 1, 1)] * 2 + [(2, 2, 1)] + [(3, 1, 1)] * 2 + [(2, 2, 1)]
VGG16 += ([(3, 1, 1)] * 3 + [(2, 2, 1)]) * 3


def test_receptive_fields_on_paper():
    assert receptive_field([]) == []
    assert receptive_field([(3, 1, 1)] * 3) == [(3, 1), (5, 1), (7, 1)]
    layers = [(7, 2, 1), (3, 2, 1), (3, 1, 2), (3, 1, 4)]
    assert receptive_field(layers) == [(7, 2), (11, 4), (27, 4), (59, 4)]
    *_, conv5_3, pool5 = receptive_field(VGG16)
    assert (conv5_3[0], pool5) == (196, (212, 32))


# -- counting windows -----------------------------------------------------------------------------


@st.composite
def lines(draw):
    """(n, kernel, stride, pad, dilation) that fit."""
    kernel, stride, dilation = (draw(st.integers(1, top)) for top in (5, 7, 4))
    pad = draw(st.integers(0, 4))
    reach = dilation * (kernel - 1) + 1
    return draw(st.integers(max(1, reach - 2 * pad), reach + 30)), kernel, stride, pad, dilation


@given(lines())
def test_sizes_are_what_scipy_gives(line):
    n, kernel, stride, pad, dilation = line
    taps = np.zeros(dilation * (kernel - 1) + 1)
    taps[::dilation] = 1
    padded = np.zeros(n + 2 * pad)
    windows = signal.correlate(padded, taps, mode="valid", method="direct")[::stride]
    assert conv_output_size(*line) == len(windows)
    assert type(conv_output_size(*line)) is int


@given(lines())
def test_what_is_left_over_is_what_no_window_touches_at_the_end(line):
    n, kernel, stride, pad, dilation = line
    reach = dilation * (kernel - 1) + 1
    starts = [s for s in range(0, n + 2 * pad, stride) if s + reach <= n + 2 * pad]
    assert fit_report(*line) == (len(starts), n + 2 * pad - (starts[-1] + reach))


@given(lines(), lines())
def test_shapes_agree_with_pytorch(rows, columns):
    torch = pytest.importorskip("torch", reason="PyTorch, one more oracle, is not installed here")
    (height, *down), (width, *across) = rows, columns
    (kh, kw), *options = zip(down, across, strict=True)
    x, w = torch.zeros(2, 3, height, width), torch.zeros(4, 3, kh, kw)
    theirs = torch.nn.functional.conv2d(x, w, None, *options)
    assert conv_output_shape(tuple(x.shape), tuple(w.shape), *options) == tuple(theirs.shape)


# -- 1×1 convolution ------------------------------------------------------------------------------


@st.composite
def mixes(draw):
    """(x, w, b) of any shape that fits."""
    n, c, f, height, width = (draw(st.integers(1, 5)) for _ in range(5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.normal(0, 2, (n, c, height, width)), rng.normal(0, 2, (f, c)), rng.normal(0, 2, f)


@given(mixes())
def test_conv1x1_agrees_with_scipys_convolution(mix):
    x, w, b = mix
    for n, f in np.ndindex(len(x), len(w)):
        plane = signal.correlate(x[n], w[f][:, None, None], mode="valid", method="direct")[0] + b[f]
        np.testing.assert_allclose(conv1x1(x, w, b)[n, f], plane, rtol=1e-11, atol=1e-11)


@given(mixes())
def test_conv1x1_agrees_with_pytorch(mix):
    torch = pytest.importorskip("torch", reason="PyTorch, one more oracle, is not installed here")
    x, w, b = (torch.from_numpy(array) for array in mix)
    theirs = torch.nn.functional.conv2d(x, w[:, :, None, None], b).numpy()
    np.testing.assert_allclose(conv1x1(*mix), theirs, rtol=1e-11, atol=1e-11)


@given(mixes())
def test_every_pixel_is_mapped_alone(mix):
    x, w, b = mix
    out = conv1x1(x, w, b)
    for n, i, j in np.ndindex(len(x), *x.shape[2:]):
        np.testing.assert_allclose(out[n, :, i, j], w @ x[n, :, i, j] + b, rtol=1e-11, atol=1e-11)


@given(mixes(), st.integers(1, 4))
def test_two_maps_in_a_row_are_one(mix, more):
    x, w, _ = mix
    second = np.random.default_rng(1).normal(size=(more, len(w)))
    once = conv1x1(x, second @ w)
    np.testing.assert_allclose(conv1x1(conv1x1(x, w), second), once, rtol=1e-9, atol=1e-9)


# -- receptive fields, measured -------------------------------------------------------------------

stacks = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=4
)


@given(stacks)
def test_the_field_is_what_an_output_depends_on(layers):
    # Follows one output of each layer down to the picture, tap by tap.
    found = receptive_field(layers)
    for depth in range(1, len(layers) + 1):

        def pixels(output, depth=depth):
            places = {output}
            for kernel, stride, dilation in reversed(layers[:depth]):
                places = {p * stride + dilation * tap for p in places for tap in range(kernel)}
            return places

        size, jump = found[depth - 1]
        assert max(pixels(0)) - min(pixels(0)) + 1 == size
        assert min(pixels(1)) - min(pixels(0)) == jump


def test_the_field_of_the_source_network_is_where_its_gradient_is_not_zero():
    # The gradient by the picture, of one output, over several pictures with random values.
    network = in_dtype(networks.source(), np.float64)
    named = {"conv1": (3, 1, 1), "pool1": (2, 2, 1), "conv2": (3, 1, 1)}
    named |= {"pool2": (2, 2, 1), "conv3": (3, 1, 1)}
    x = np.random.default_rng(0).normal(0, 3, (20, 1, 64, 64))
    for (name, _), (size, _) in zip(
        named.items(), receptive_field(list(named.values())), strict=True
    ):
        lower, _ = network.split(name)
        out = lower.forward(x)
        grad = np.zeros(out.shape)
        grad[:, :, out.shape[2] // 2, out.shape[3] // 2] = 1
        by_picture = np.abs(lower.backward(grad)).sum(axis=(0, 1))
        rows, columns = np.nonzero(by_picture)
        assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (size, size), name


# -- what the docstrings promise ------------------------------------------------------------------


def test_a_kernel_that_just_fits_gives_one_window():
    assert conv_output_size(9, 9) == conv_output_size(3, 5, pad=1) == 1
    assert conv_output_size(9, 3, dilation=4) == 1


def test_a_kernel_that_does_not_fit_is_refused_by_name():
    for call in [
        lambda: conv_output_size(4, 5),
        lambda: conv_output_size(4, 3, dilation=2),
        lambda: fit_report(3, 6, pad=1),
        lambda: conv_output_shape((2, 3, 6, 8), (4, 3, 7, 3)),
        lambda: conv_output_shape((2, 3, 8, 6), (4, 3, 3, 7)),
    ]:
        with pytest.raises(ValueError, match=r"\bkernel\b"):
            call()


@pytest.mark.parametrize(
    "function", [conv_output_size, conv_output_shape, fit_report, conv1x1, receptive_field]
)
def test_docstrings_name_every_argument(function):
    text = inspect.getdoc(function)
    for name in inspect.signature(function).parameters:
        assert re.search(rf"^[\w, ]*\b{name}\b[\w, ]* : ", text, re.MULTILINE), name
