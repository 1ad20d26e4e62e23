"""The reference against oracles not ours: paper, SciPy, PyTorch, and finite differences."""

import inspect
import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, signal

from autograder.units import CONTENT as content
from autograder.units.unit6_architectures.reference import (
    inception_forward,
    inception_params,
    residual_backward,
    residual_by_hand,
    residual_forward,
    vgg_params,
)
from course import numbers

NAMES = ("1x1", "3x3_reduce", "3x3", "5x5_reduce", "5x5", "pool_proj")
SIDES = dict(zip(NAMES, (1, 1, 3, 1, 5, 1), strict=True))
# GoogLeNet's modules: channels in, and filters in the order of NAMES (Szegedy et al., table 1).
GOOGLENET = {
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64),
    "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}
VGG16 = [64, 64, "M", 128, 128, "M", *[256] * 3, "M", *[512] * 3, "M", *[512] * 3, "M"]


def module(name):
    c_in, *filters = GOOGLENET[name]
    return c_in, dict(zip(NAMES, filters, strict=True))


def drawn_params(rng, c_in, filters):
    spec = dict(zip(NAMES, filters, strict=True))
    before = {"3x3": spec["3x3_reduce"], "5x5": spec["5x5_reduce"]}
    return {
        name: (
            rng.normal(size=(spec[name], before.get(name, c_in), side, side)),
            rng.normal(size=spec[name]),
        )
        for name, side in SIDES.items()
    }


# -- worked by hand --------------------------------------------------------------------------------


def test_module_3a_on_paper():
    assert inception_params(*module("3a")) == {
        "1x1": 12_352,
        "3x3_reduce": 18_528,
        "3x3": 110_720,
        "5x5_reduce": 3_088,
        "5x5": 12_832,
        "pool_proj": 6_176,
        "total": 163_696,
    }


def test_module_3b():
    assert inception_params(*module("3b"))["total"] == 388_736


def test_each_module_takes_what_the_one_before_gives():
    for (_, *before), (c_in, *_) in itertools.pairwise(GOOGLENET.values()):
        assert before[0] + before[2] + before[4] + before[5] == c_in


def test_googlenet():
    stem = 64 * (3 * 49 + 1) + 64 * (64 + 1) + 192 * (64 * 9 + 1)
    modules = sum(inception_params(*module(name))["total"] for name in GOOGLENET)
    assert stem + modules + 1000 * (1024 + 1) == 6_998_552


@pytest.mark.parametrize(
    ("mistake", "total"),
    [
        ("no_biases", 163_328),
        ("the_naive_module", 387_296),
        ("wide_kernels_see_c_in", 415_088),
        ("pooling_has_none", 157_520),
        ("one_after_the_other", 145_264),
        ("fives_as_threes", 155_504),
    ],
)
def test_wrong_totals_are_those_of_the_listed_mistakes(mistake, total):
    wrong = content.find("inception_params").misconceptions[f"inception_params__{mistake}"]
    assert wrong(*module("3a"))["total"] == total


def test_vgg16():
    assert vgg_params(VGG16, (3, 224, 224), [4096, 4096, 1000]) == {
        "conv": 14_714_688,
        "dense": 123_642_856,
        "total": 138_357_544,
    }
    one = vgg_params([512], (512, 14, 14), [])
    assert one == {"conv": 2_359_808, "dense": 0, "total": 2_359_808}


def test_small_network_on_paper():
    assert vgg_params([2, "M", 3], (3, 7, 4), [10, 4]) == {"conv": 113, "dense": 234, "total": 347}


def test_weights_of_zero_are_the_identity_only_where_x_is_not_negative():
    x, none = np.array([-1.0, 2]).reshape(1, 2, 1, 1), np.zeros((2, 2))
    np.testing.assert_array_equal(residual_forward(x, none, none).ravel(), [0, 2])
    np.testing.assert_array_equal(residual_forward(abs(x), none, none), abs(x))
    half = np.full((2, 2), 0.5)
    assert not np.array_equal(residual_forward(abs(x), none, none, half), abs(x))


def test_block_on_paper():
    x, w1, w2 = np.reshape([4.0, -3], (1, 2, 1, 1)), [[0, 3], [1, 1]], [[-1, -3], [2, 1]]
    np.testing.assert_array_equal(residual_forward(x, w1, w2).ravel(), [1, 0])
    grads = residual_backward(np.reshape([-2.0, 1], (1, 2, 1, 1)), x, w1, w2)
    np.testing.assert_array_equal(grads["x"].ravel(), [4, 6])
    np.testing.assert_array_equal(grads["w1"], [[0, 0], [24, -18]])
    np.testing.assert_array_equal(grads["w2"], [[0, -2], [0, 0]])


def test_where_the_input_of_a_relu_is_exactly_0_nothing_comes_back():
    x, w1, w2 = np.full((1, 2, 1, 1), 2.0), [[1, -1], [1, 1]], [[1, -0.5], [1, 0]]
    np.testing.assert_array_equal(residual_forward(x, w1, w2).ravel(), [0, 2])
    grads = residual_backward(np.reshape([5.0, 3], (1, 2, 1, 1)), x, w1, w2)
    np.testing.assert_array_equal(grads["x"].ravel(), [0, 3])
    np.testing.assert_array_equal(grads["w1"], np.zeros((2, 2)))
    np.testing.assert_array_equal(grads["w2"], [[0, 0], [0, 12]])


# -- every set of numbers that a student can get ---------------------------------------------------


@pytest.mark.slow(10)
def test_no_two_mistakes_by_hand_give_the_same():
    task, same = content.find("residual_by_hand"), []
    for index in range(numbers.POOL):
        mine = numbers.numbers_of(task.name, index)
        answers = {name: str(wrong(mine)) for name, wrong in task.misconceptions.items()}
        if index == 0:
            del answers["residual_by_hand__guest_numbers"]
        pairs = itertools.combinations([*answers.items(), ("right", str(task.reference(mine)))], 2)
        same += [(index, one, other) for (one, a), (other, b) in pairs if a == b]
    assert not same


@pytest.mark.slow(10)
def test_by_hand_the_signs_tell_the_ways_to_stop_a_gradient_apart():
    for index in range(numbers.POOL):
        mine = numbers.numbers_of("residual_by_hand", index)
        x, w1, w2, grad = mine.x.ravel(), mine.w1, mine.w2, mine.grad.ravel()
        before = w1 @ x
        maps = w2 @ np.maximum(before, 0)
        alive = maps + x > 0
        assert sorted(np.sign(before)) == [-1, 1], index
        assert residual_by_hand(mine)["out"].count(0.0) == 1, index
        assert ((maps > 0) != alive).any(), index
        assert (alive & (x < 0)).any(), index
        assert (alive & (grad < 0)).any(), index
        back = w2.T @ (grad * alive)
        np.testing.assert_array_equal(np.sign(back), -np.sign(before))


def test_by_hand_is_what_the_functions_give():
    for index in range(0, numbers.POOL, 50):
        mine = numbers.numbers_of("residual_by_hand", index)
        block, should = (mine.x, mine.w1, mine.w2), residual_by_hand(mine)
        assert residual_forward(*block).ravel().tolist() == should["out"]
        assert residual_backward(mine.grad, *block)["x"].ravel().tolist() == should["dx"]


# -- against SciPy and PyTorch ---------------------------------------------------------------------


def by_scipy(x, params):
    """An inception module from SciPy's filters, one plane at a time."""

    def layer(maps, name):
        w, b = params[name]
        out = [
            [sum(map(same, picture, kernel)) + bias for kernel, bias in zip(w, b, strict=True)]
            for picture in maps
        ]
        return np.maximum(out, 0)

    def same(plane, kernel):
        return signal.correlate2d(plane, kernel, mode="same")

    pooled = ndimage.maximum_filter(x, (1, 1, 3, 3), mode="constant", cval=-np.inf)
    branches = [
        layer(x, "1x1"),
        layer(layer(x, "3x3_reduce"), "3x3"),
        layer(layer(x, "5x5_reduce"), "5x5"),
        layer(pooled, "pool_proj"),
    ]
    return np.concatenate(branches, axis=1)


@st.composite
def modules(draw):
    """x and params of any sizes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, c, *filters = draw(st.lists(st.integers(1, 3), min_size=8, max_size=8))
    height, width = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    return rng.normal(size=(n, c, height, width)), drawn_params(rng, c, filters)


@given(modules())
def test_inception_forward_agrees_with_scipy(drawn):
    x, params = drawn
    got = inception_forward(x, params)
    np.testing.assert_allclose(got, by_scipy(x, params), rtol=1e-12, atol=1e-12)


@given(modules())
def test_inception_forward_agrees_with_pytorch(drawn):
    torch = pytest.importorskip("torch", reason="PyTorch, one more oracle, is not installed here")
    x, params = drawn

    def layer(maps, name):
        w, b = map(torch.from_numpy, params[name])
        return torch.nn.functional.conv2d(maps, w, b, padding="same").relu()

    maps = torch.from_numpy(x)
    pooled = torch.nn.functional.max_pool2d(maps, 3, 1, 1)
    chains = [("1x1",), ("3x3_reduce", "3x3"), ("5x5_reduce", "5x5")]
    outs = []
    for chain in chains:
        out = maps
        for name in chain:
            out = layer(out, name)
        outs.append(out)
    theirs = torch.cat([*outs, layer(pooled, "pool_proj")], dim=1)
    got = inception_forward(x, params)
    np.testing.assert_allclose(got, theirs.numpy(), rtol=1e-12, atol=1e-12)


@given(modules())
def test_counted_parameters_are_those_of_the_arrays(drawn):
    x, params = drawn
    spec = {name: len(w) for name, (w, _) in params.items()}
    counts = inception_params(x.shape[1], spec)
    assert counts == {
        **{name: w.size + b.size for name, (w, b) in params.items()},
        "total": sum(w.size + b.size for w, b in params.values()),
    }


@given(
    st.lists(st.one_of(st.integers(1, 5), st.just("M")), max_size=6),
    st.tuples(st.integers(1, 4), st.integers(8, 20), st.integers(8, 20)),
    st.lists(st.integers(1, 9), max_size=3),
)
def test_vgg_params_counts_what_pytorch_makes(config, size, dense):
    torch = pytest.importorskip("torch", reason="PyTorch, one more oracle, is not installed here")
    if config.count("M") > 3:
        return
    channels, layers = size[0], []
    for step in config:
        if step == "M":
            layers.append(torch.nn.MaxPool2d(2))
        else:
            layers.append(torch.nn.Conv2d(channels, step, 3, padding=1))
            channels = step
    conv = torch.nn.Sequential(*layers)
    inputs, full = conv(torch.zeros(1, *size)).numel(), []
    for outputs in dense:
        full.append(torch.nn.Linear(inputs, outputs))
        inputs = outputs

    def count(layers):
        return sum(p.numel() for layer in layers for p in layer.parameters())

    got = vgg_params(config, size, dense)
    assert (got["conv"], got["dense"]) == (count(layers), count(full))


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(1, 9))
def test_a_network_without_pooling_is_the_sum_of_its_layers(config, side):
    channels = [2, *config]
    parts = [
        vgg_params([after], (before, side, side), [])["conv"]
        for before, after in itertools.pairwise(channels)
    ]
    assert vgg_params(config, (2, side, side), [])["conv"] == sum(parts)


# -- residual blocks -------------------------------------------------------------------------------


@st.composite
def blocks(draw):
    """grad, x, w1, w2 and ws or None; nothing is close to the bend of a ReLU."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, c, m, f = (draw(st.integers(1, 4)) for _ in range(4))
    shape = (n, c, draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    own = draw(st.booleans())
    f = f if own else c
    x, w1, w2 = rng.normal(size=shape), rng.normal(size=(m, c)), rng.normal(size=(f, m))
    ws = rng.normal(size=(f, c)) if own else None
    return rng.normal(size=(n, f, *shape[2:])), x, w1, w2, ws


def at_one_pixel(x, w1, w2, ws):
    hidden = np.maximum(w1 @ x, 0)
    return np.maximum(w2 @ hidden + (x if ws is None else ws @ x), 0)


@given(blocks())
def test_residual_forward_is_the_same_map_at_every_pixel(block):
    _, x, w1, w2, ws = block
    got = residual_forward(x, w1, w2, ws)
    for n, i, j in np.ndindex(len(x), *x.shape[2:]):
        should = at_one_pixel(x[n, :, i, j], w1, w2, ws)
        np.testing.assert_allclose(got[n, :, i, j], should, rtol=1e-12, atol=1e-12)


@given(blocks())
def test_residual_backward_is_the_gradient(block):
    grad, *block = block
    names = ["x", "w1", "w2", "ws"][: 3 if block[3] is None else 4]
    got, step = residual_backward(grad, *block), 1e-6
    assert list(got) == names
    for k, name in enumerate(names):
        for place in np.ndindex(block[k].shape):
            slopes = []
            for sign in (1, -1):
                moved = [array if array is None else array.copy() for array in block]
                moved[k][place] += sign * step
                slopes.append((grad * residual_forward(*moved)).sum())
            slope = (slopes[0] - slopes[1]) / (2 * step)
            np.testing.assert_allclose(got[name][place], slope, rtol=1e-4, atol=1e-6)


@given(blocks())
def test_residual_backward_agrees_with_pytorch(block):
    torch = pytest.importorskip("torch", reason="PyTorch, one more oracle, is not installed here")
    grad, *arrays = block
    x, w1, w2, ws = (a if a is None else torch.from_numpy(a).requires_grad_() for a in arrays)
    hidden = torch.einsum("mc,nchw->nmhw", w1, x).relu()
    beside = x if ws is None else torch.einsum("fc,nchw->nfhw", ws, x)
    out = (torch.einsum("fm,nmhw->nfhw", w2, hidden) + beside).relu()
    out.backward(torch.from_numpy(grad))
    got = residual_backward(grad, *arrays)
    for name, theirs in {"x": x, "w1": w1, "w2": w2, "ws": ws}.items():
        if theirs is not None:
            np.testing.assert_allclose(got[name], theirs.grad.numpy(), rtol=1e-9, atol=1e-12)


@given(blocks())
def test_with_last_weights_of_zero_the_gradient_passes_where_x_is_positive(block):
    grad, x, w1, w2, ws = block
    if ws is not None:
        return
    got = residual_backward(grad, x, w1, np.zeros_like(w2))
    np.testing.assert_array_equal(got["x"], grad * (x > 0))
    assert not got["w1"].any()


# -- what the docstrings promise ------------------------------------------------------------------


def test_counts_are_plain_ints_and_specs_stay():
    spec = {name: np.int64(3) for name in NAMES}
    inception_params(np.int64(2), spec)
    assert spec == dict.fromkeys(NAMES, 3)
    config, dense = [2, "M"], [3]
    counts = vgg_params(config, (1, 4, 4), dense)
    assert (config, dense) == ([2, "M"], [3])
    assert {type(n) for n in [*counts.values(), *inception_params(*module("3a")).values()]} == {int}


@pytest.mark.parametrize(
    "function",
    [inception_forward, inception_params, vgg_params, residual_forward, residual_backward],
)
def test_docstrings_name_every_argument(function):
    text = inspect.getdoc(function)
    for name in inspect.signature(function).parameters:
        assert re.search(rf"^[\w, ]*\b{name}\b[\w, ]* : ", text, re.MULTILINE), name
