"""The reference against oracles not ours: paper, SciPy, PyTorch, and finite differences."""

import inspect
import itertools
import re
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, signal

from autograder.units import CONTENT as content
from autograder.units.unit7_visualization import misconceptions
from autograder.units.unit7_visualization.reference import (
    activation_grid,
    forward_with_taps,
    grad_cam,
    grad_cam_by_hand,
    gradient_ascent,
    overlay,
    response_grad,
    upsample_bilinear,
)
from course import networks, numbers

seeds = st.integers(0, 2**32 - 1)
sides = st.integers(1, 6)


def drawn(seed, *shape):
    return np.random.default_rng(seed).normal(0, 2, shape)


# -- worked by hand --------------------------------------------------------------------------------


def test_a_slope_of_three_and_minus_four():
    got = gradient_ascent(np.zeros((1, 2)), lambda x: np.array([[3.0, -4.0]]), 10, 0.1)
    np.testing.assert_allclose(got, [[0.6, -0.8]])


@pytest.mark.parametrize(
    ("picture", "on_paper"), [([1, 3, 2], [-0.5, 0.5, 1]), ([5, -1, 2], [0, -0.5, 1])]
)
def test_gradient_of_an_answer_on_paper(picture, on_paper):
    got = response_grad(np.array(picture, float).reshape(1, 1, 1, 3), np.array([[[-1.0, 2]]]))
    np.testing.assert_allclose(got[0, 0, 0], on_paper)


def test_grad_cam_on_paper():
    activations = np.array([[[1.0, 2], [0, 1]], [[3, 0], [1, 1]], [[0, 1], [2, 4]]])
    weights = np.array([2.0, 1, -1])[:, None, None]
    np.testing.assert_allclose(
        grad_cam(activations, weights + np.zeros((3, 2, 2))), [[1, 0.6], [0, 0]]
    )


def test_enlarged_and_laid_over_on_paper():
    np.testing.assert_allclose(upsample_bilinear(np.array([[0.0, 8]]), (1, 4)), [[0, 2, 6, 8]])
    np.testing.assert_allclose(
        overlay(np.array([[0.4]]), np.array([[0.5]]), 1), [[[0.7, 0.45, 0.2]]]
    )


def test_a_grid_on_paper():
    maps = np.array([[[1, 2], [4, 8]], [[0, 0], [0, 0]], [[-1, 0], [0, -1]]])
    w = 255
    np.testing.assert_array_equal(
        activation_grid(maps),
        [
            [0, 36, w, 0, 0],
            [109, 255, w, 0, 0],
            [w, w, w, w, w],
            [0, 255, w, w, w],
            [255, 0, w, w, w],
        ],
    )


# -- against SciPy, PyTorch and NumPy -----------------------------------------------------------


@given(seeds, sides, sides, st.integers(1, 15), st.integers(1, 15))
def test_upsampling_agrees_with_scipy(seed, height, width, new_height, new_width):
    x = drawn(seed, height, width)
    rows = (np.arange(new_height) + 0.5) * height / new_height - 0.5
    columns = (np.arange(new_width) + 0.5) * width / new_width - 0.5
    places = np.meshgrid(rows, columns, indexing="ij")
    theirs = ndimage.map_coordinates(x, places, order=1, mode="nearest")
    np.testing.assert_allclose(
        upsample_bilinear(x, (new_height, new_width)), theirs, rtol=1e-9, atol=1e-9
    )


def test_where_the_middle_of_a_cell_is_put():
    cell = np.eye(8)[1:2].repeat(2, axis=0)  # cell 1 of 8, in two equal rows
    places = np.arange(32)
    wrong = misconceptions.upsample_bilinear__aligns_corners
    for upsample, middle in [(upsample_bilinear, 5.5), (wrong, 4.4)]:
        weights = upsample(cell, (2, 32))[0]
        assert abs(weights @ places / weights.sum() - middle) < 0.05


@given(seeds, sides, sides, st.integers(1, 15), st.integers(1, 15))
def test_upsampling_agrees_with_pytorch(seed, height, width, new_height, new_width):
    torch = pytest.importorskip("torch", reason="PyTorch, one more oracle, is not installed here")
    x, size = drawn(seed, height, width), (new_height, new_width)
    theirs = torch.nn.functional.interpolate(
        torch.from_numpy(x)[None, None], size=size, mode="bilinear", align_corners=False
    )
    np.testing.assert_allclose(upsample_bilinear(x, size), theirs[0, 0].numpy(), atol=1e-9)


@st.composite
def pictures_and_filter(draw):
    rng = np.random.default_rng(draw(seeds))
    n, c, kh, kw = (draw(st.integers(1, 3)) for _ in range(4))
    height, width = kh + draw(st.integers(0, 4)), kw + draw(st.integers(0, 4))
    return rng.normal(size=(n, c, height, width)), rng.normal(size=(c, kh, kw))


def answers(x, w):
    """The mean of ReLU(convolution) of each picture, by SciPy."""
    return np.array([np.maximum(signal.correlate(p, w, "valid"), 0).mean() for p in x])


@given(pictures_and_filter())
def test_response_grad_is_the_gradient(case):
    x, w = case
    got, step = response_grad(x, w), 1e-6
    pre = np.array([signal.correlate(p, w, "valid") for p in x])
    if np.abs(pre).min() < 1e-4:  # a corner of ReLU: there is no one slope
        return
    for place in np.random.default_rng(0).permutation(list(np.ndindex(x.shape)))[:12]:
        change = np.zeros_like(x)
        change[tuple(place)] = step
        slope = (answers(x + change, w) - answers(x - change, w)).sum() / (2 * step)
        np.testing.assert_allclose(got[tuple(place)], slope, rtol=1e-4, atol=1e-8)


@given(pictures_and_filter())
def test_response_grad_times_the_picture_is_the_answer(case):
    x, w = case  # Euler: without a bias, the answer grows in proportion to the picture
    np.testing.assert_allclose(
        (response_grad(x, w) * x).sum(axis=(1, 2, 3)), answers(x, w), rtol=1e-9, atol=1e-9
    )


@given(pictures_and_filter())
def test_response_grad_agrees_with_pytorch(case):
    torch = pytest.importorskip("torch", reason="PyTorch, one more oracle, is not installed here")
    x, w = case
    theirs = torch.from_numpy(x).requires_grad_()
    out = torch.nn.functional.conv2d(theirs, torch.from_numpy(w)[None])
    torch.relu(out).mean(dim=(1, 2, 3)).sum().backward()
    np.testing.assert_allclose(response_grad(x, w), theirs.grad.numpy(), atol=1e-9)


def test_the_mean_of_a_linear_zero_sum_filter_has_no_gradient_inside():
    w = np.array([[[-1.0, -1], [1, 1]]])
    for x in (drawn(0, 1, 1, 6, 7), drawn(1, 1, 1, 6, 7)):
        positive = np.where(response_grad(x, w) != 0, 1, 0)
        assert positive[0, 0, 1:-1, 1:-1].any()  # ReLU makes it depend on the picture
    linear = (response_grad(x, w) + response_grad(-x, w))[0, 0]  # every place answers one of them
    np.testing.assert_allclose(linear[1:-1, 1:-1], 0, atol=1e-12)
    assert np.abs(linear[0]).max() > 0.01


@given(seeds, st.integers(0, 6), st.floats(0.01, 2))
def test_every_step_of_the_ascent_is_lr_long(seed, steps, lr):
    start, ways = drawn(seed, 3, 2, 4), [drawn(seed, 3, 2, 4)]

    def wavy(x):
        ways.append(x.copy())
        return np.cos(3 * x) + 0.1

    end = gradient_ascent(start, wavy, steps, lr)
    path = [*ways[1:], end]
    assert len(path) == steps + 1
    for old, new in itertools.pairwise(path):
        np.testing.assert_allclose(np.linalg.norm((new - old).reshape(3, -1), axis=1), lr)


def test_ascent_finds_the_top_of_a_hill():
    target = drawn(1, 2, 5)
    end = gradient_ascent(np.zeros((2, 5)), lambda x: target - x, 400, 0.01)
    assert np.linalg.norm(end - target, axis=1).max() < 0.011
    further = gradient_ascent(np.zeros((2, 5)), lambda x: 1e-12 * (target - x), 400, 0.01)
    np.testing.assert_allclose(further, end, atol=1e-9)


def test_a_picture_without_a_gradient_stays_and_the_others_move():
    start = drawn(2, 2, 3)
    with np.errstate(all="raise"):
        end = gradient_ascent(start, lambda x: x * np.array([[0.0], [1]]), 3, 0.5)
    np.testing.assert_array_equal(end[0], start[0])
    assert not np.array_equal(end[1], start[1])


@given(seeds, st.integers(1, 5), sides, sides)
def test_grad_cam_of_averages_and_a_linear_head_is_cam(seed, channels, height, width):
    activations, w = np.abs(drawn(seed, channels, height, width)), drawn(seed, channels)
    grads = np.broadcast_to((w / (height * width))[:, None, None], activations.shape)
    cam = np.maximum(np.tensordot(w, activations, axes=1), 0)
    expected = cam / cam.max() if cam.max() > 0 else cam
    np.testing.assert_allclose(grad_cam(activations, grads), expected, atol=1e-9)


@given(seeds, st.integers(1, 5), sides, sides, st.floats(0.01, 50))
def test_grad_cam_does_not_care_about_the_size_of_anything(seed, channels, height, width, by):
    activations, grads = drawn(seed, channels, height, width), drawn(seed, channels, height, width)
    got = grad_cam(activations, grads)
    assert got.min() >= 0
    assert got.max() in (0, 1)
    np.testing.assert_allclose(grad_cam(by * activations, grads), got, atol=1e-9)
    np.testing.assert_allclose(grad_cam(activations, by * grads), got, atol=1e-9)


@given(seeds, st.integers(1, 11), sides, sides, st.integers(0, 3))
def test_a_grid_holds_every_channel_and_white(seed, channels, height, width, pad):
    maps = drawn(seed, channels, height, width)
    grid = activation_grid(maps, pad)
    columns = next(k for k in range(1, 9) if k * k >= channels)
    seen = np.zeros(grid.shape, bool)
    for k, plane in enumerate(maps):
        top, left = k // columns * (height + pad), k % columns * (width + pad)
        here = np.s_[top : top + height, left : left + width]
        seen[here] = True
        if plane.size > 1:
            expected = np.interp(plane, [plane.min(), plane.max()], [0, 255])
            assert np.abs(grid[here] - expected).max() <= 0.5 + 1e-9
        else:
            assert grid[here].item() == 0
    assert (grid[~seen] == 255).all()
    rows = -(-channels // columns)
    assert grid.shape == (rows * (height + pad) - pad, columns * (width + pad) - pad)


@given(seeds, st.floats(0, 1))
def test_an_overlay_lies_between_grey_and_orange(seed, alpha):
    rng = np.random.default_rng(seed)
    picture, heat = rng.random((3, 4)), rng.random((3, 4))
    got = overlay(picture, heat, alpha)
    grey = np.repeat(picture[..., None], 3, axis=2)
    np.testing.assert_allclose(overlay(picture, 0 * heat, alpha), grey)
    np.testing.assert_allclose(overlay(picture, heat, 0), grey)
    np.testing.assert_allclose(
        overlay(picture, np.ones((3, 4)), 1), np.tile([1, 0.5, 0], (3, 4, 1))
    )
    assert (np.sign(got - grey) * np.sign(np.array([1, 0.5, 0]) - grey) >= 0).all()


# -- taps --------------------------------------------------------------------------------------


def test_taps_of_the_source_network_are_what_its_parts_give():
    network, x = networks.source(), drawn(0, 2, 1, 32, 32).astype(np.float32)
    out, kept = forward_with_taps(x, network.layers, ("relu1", "conv3", "head"))
    assert list(kept) == ["relu1", "conv3", "head"]
    np.testing.assert_array_equal(out, network.forward(x))
    for name, activation in kept.items():
        np.testing.assert_array_equal(activation, network.split(name)[0].forward(x))


def test_layers_that_work_in_place_spoil_nothing():
    layers = {
        "double": SimpleNamespace(forward=lambda x: np.multiply(x, 2, out=x)),
        "relu": SimpleNamespace(forward=lambda x: np.maximum(x, 0, out=x)),
    }
    x = np.array([[-1.0, 3]])
    out, kept = forward_with_taps(x, layers, {"double", "relu"})
    np.testing.assert_array_equal(x, [[-1, 3]])
    np.testing.assert_array_equal(kept["double"], [[-2, 6]])
    np.testing.assert_array_equal(out, [[0, 6]])
    assert not any(np.may_share_memory(out, a) for a in [x, *kept.values()])


# -- the numbers by hand -------------------------------------------------------------------------


def test_every_set_is_easily_divided_and_has_a_place_that_relu_cuts():
    for index in range(numbers.POOL):
        mine = numbers.numbers_of("grad_cam_by_hand", index)
        weights = mine.grads[0].mean(axis=(1, 2))
        assert (weights == np.round(weights)).all()
        assert (weights < 0).sum() == 1
        total = np.tensordot(weights, mine.x[0], axes=1)
        assert (total < 0).sum() == 1
        got = grad_cam_by_hand(mine)
        np.testing.assert_allclose(got, np.round(got, 4), atol=1e-12)  # at most 4 decimals


def test_mistakes_by_hand_are_told_apart_for_every_set():
    bank = content.find("grad_cam_by_hand").misconceptions
    for index in range(1, numbers.POOL):
        mine = numbers.numbers_of("grad_cam_by_hand", index)
        found = np.array([mistake(mine).ravel() for mistake in bank.values()])
        apart = np.abs(found[:, None] - found).max(axis=2) + np.eye(len(found))
        assert apart.min() > 1e-6, index


# -- what the docstrings promise ------------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [
        forward_with_taps,
        activation_grid,
        response_grad,
        gradient_ascent,
        grad_cam,
        upsample_bilinear,
        overlay,
    ],
)
def test_docstrings_name_every_argument(function):
    text = inspect.getdoc(function)
    for name in inspect.signature(function).parameters:
        assert re.search(rf"^[\w, ]*\b{name}\b[\w, ]* : ", text, re.MULTILINE), name
