"""The hidden checks of unit 7. Their words are defined in `autograder.checking.words`.

Each part isolates one thing that can go wrong. Layers and gradients are made on the student's side:
small ones, of NumPy alone.
"""

import numpy as np

from autograder.checking.contracts import anything
from autograder.checking.words import case, made, part, signed, unsigned
from autograder.units.unit7_visualization import contracts

# The names of the layers are in no alphabetical order, and each layer undoes none before it.
NETWORK = """{
    'shift': SimpleNamespace(forward=lambda x: x + k),
    'gate': SimpleNamespace(forward=lambda x: np.maximum(x, 0)),
    'cut': SimpleNamespace(forward=lambda x: x[:, :, ::2, ::2]),
    'square': SimpleNamespace(forward=lambda x: x**2 - k),
    'mean': SimpleNamespace(forward=lambda x: x.mean(axis=(2, 3))),
}"""
IN_PLACE = """{
    'shift': SimpleNamespace(forward=lambda x: np.add(x, k, out=x)),
    'gate': SimpleNamespace(forward=lambda x: np.maximum(x, 0, out=x)),
    'double': SimpleNamespace(forward=lambda x: np.multiply(x, 2, out=x)),
}"""
SILENT = """{
    'gate': SimpleNamespace(forward=lambda x: np.maximum(x, 0)),
    'shift': SimpleNamespace(forward=lambda x: x + k),
}"""
# Whole numbers, which float32 cannot hold.
TABLE = """{
    'look up': SimpleNamespace(forward=lambda x: numbers[x]),
    'lower': SimpleNamespace(forward=lambda x: x - 1),
}"""
# Names that begin with, end with or contain those of others.
PREFIXES = """{
    'conv1': SimpleNamespace(forward=lambda x: x + k),
    'conv1_relu': SimpleNamespace(forward=lambda x: np.maximum(x, 0)),
    'conv10': SimpleNamespace(forward=lambda x: x * k - 1),
    'conv': SimpleNamespace(forward=lambda x: 1 - x),
    'preconv': SimpleNamespace(forward=lambda x: x * x),
}"""
# A layer that adds k, and the number of times it has run.
COUNTS = "SimpleNamespace(forward=lambda x, runs=[]: (runs.append(0), x * k + len(runs))[1])"
COUNTING = f"{{'first': {COUNTS}, 'second': {COUNTS}, 'third': {COUNTS}}}"


def check_forward_with_taps(rng):
    x, k = signed(rng, 2, 3, 4, 6), float(0.5 + rng.random())
    network, in_place = made(NETWORK, k=k), made(IN_PLACE, k=k)
    numbers = rng.integers(2**40, 2**41, 4)
    return [
        part(
            "the output of the last layer, with nothing to keep",
            0.375,
            case(x, network, ()),
            case(signed(rng, 3, 2, 5, 7), network, []),
            case(x, made("{'only': SimpleNamespace(forward=lambda x: k * x)}", k=k), ()),
        ),
        part(
            "what the tapped layers hand on",
            0.625,
            case(x, network, ("gate",)),
            case(x, network, ["square", "shift"]),
            case(x, network, ("mean",)),
            case(x, network, made("{'cut', 'shift', 'gate'}")),
            case(x, network, ["shift", "gate", "cut", "square", "mean"]),
            case(-np.abs(x), made(SILENT, k=k), ("gate",)),
            case(rng.integers(0, 4, (2, 3)), made(TABLE, numbers=numbers), ["lower", "look up"]),
            case(x, made(PREFIXES, k=k), ("conv1",)),
            case(x, made(PREFIXES, k=k), ["conv1_relu"]),
            case(x, made(PREFIXES, k=k), ["conv"]),
        ),
        part(
            "layers that work in place: x stays, and so does what is kept",
            0.5,
            case(x, in_place, ("shift",)),
            case(x, in_place, ("gate", "shift", "double")),
            case(x, in_place, ()),
            also={"inputs", "fresh", "apart"},
        ),
        part(
            "every layer runs once",
            0.25,
            case(x, made(COUNTING, k=k), ("first", "third")),
            case(x, made(COUNTING, k=k), ("second",)),
            case(x, made(COUNTING, k=k), ("third", "second", "first")),
        ),
        anything(
            0.25,
            contracts.contract_forward_with_taps,
            rng,
            20,
            also={"inputs", "fresh", "apart"},
        ),
    ]


def _scaled(rng, *shape):
    """Whole numbers from 0 to 255, both of them in every channel: nothing is left to scale."""
    maps = rng.integers(1, 255, shape).astype(float)
    for plane in maps:
        low, high = rng.permutation(plane.size)[:2]
        plane.flat[low], plane.flat[high] = 0, 255
    return maps


def check_activation_grid(rng):
    own = signed(rng, 4, 3, 5) * np.array([1, 20, 0.1, 5])[:, None, None]
    dead = signed(rng, 4, 3, 4)
    dead[1], dead[2] = 0, -1.75
    return [
        part(
            "one channel: its smallest value is 0, its largest 255, the others rounded",
            0.125,
            case(0.5 + np.abs(signed(rng, 1, 4, 6))),
            case(signed(rng, 1, 5, 3)),
            case(-0.5 - np.abs(signed(rng, 1, 3, 4)), 2),
        ),
        part(
            "the channels in their places, row by row, with white between them",
            0.25,
            case(_scaled(rng, 4, 2, 3)),
            case(_scaled(rng, 6, 3, 2), 2),
            case(_scaled(rng, 9, 2, 3), 0),
            case(_scaled(rng, 2, 3, 4), pad=1),
            case(_scaled(rng, 7, 2, 3), 1),
            case(_scaled(rng, 3, 4, 2), 3),
        ),
        part(
            "every channel on a scale of its own",
            0.25,
            case(own),
            case(own - 3),
            case(np.abs(own[:2]), 1),
            case(own * np.array([1, 1e-9, 1, 1e-8])[:, None, None], 1),
            case(own * np.array([1e-13, 1, 1e-15, 1])[:, None, None], 1),
        ),
        part(
            "a channel of equal values is black, and nothing is divided by 0",
            0.125,
            case(dead),
            case(np.zeros((1, 3, 4))),
            case(np.full((2, 2, 3), 0.3)),
            also={"quiet"},
        ),
        part("uint8, the type of a picture", 0.125, case(own), also={"dtype"}),
        anything(0.125, contracts.contract_activation_grid, rng, 24),
    ]


def _lopsided(rng, *shape):
    """A filter of both signs; of its answers to what `unsigned` gives, all are positive."""
    w = unsigned(rng, *shape)
    w.flat[-1] = -0.01
    return w


def check_response_grad(rng):
    one = unsigned(rng, 1, 1, 3, 4)
    corner = np.array([[[1.0, -2, 1], [2, -3, 1]]])
    return [
        part(
            "one place: the gradient is the filter if it answers, and 0 if it does not",
            0.75,
            case(one, _lopsided(rng, 1, 3, 4)),
            case(unsigned(rng, 1, 1, 2, 5), _lopsided(rng, 1, 2, 5)),
            case(one, -unsigned(rng, 1, 3, 4)),
        ),
        part(
            "many places that overlap, and their mean",
            1,
            case(unsigned(rng, 1, 1, 5, 6), _lopsided(rng, 1, 2, 3)),
            case(unsigned(rng, 1, 1, 4, 7), _lopsided(rng, 1, 3, 1)),
            case(unsigned(rng, 1, 1, 3, 5), unsigned(rng, 1, 1, 1)),
        ),
        part(
            "ReLU: places that do not answer pass nothing on",
            1,
            case(signed(rng, 1, 1, 6, 7), signed(rng, 1, 2, 3)),
            case(signed(rng, 1, 1, 5, 8), signed(rng, 1, 3, 2)),
            case(np.zeros((1, 1, 4, 5)), signed(rng, 1, 2, 2)),
            case(np.full((1, 1, 3, 11), 3.0), corner),  # every answer is 0, to the last digit
        ),
        part(
            "several channels and pictures, each on its own",
            0.75,
            case(unsigned(rng, 1, 3, 4, 5), _lopsided(rng, 3, 2, 3)),
            case(signed(rng, 2, 3, 6, 8), signed(rng, 3, 2, 3)),
            case(signed(rng, 3, 2, 5, 4), signed(rng, 2, 3, 2)),
        ),
        anything(0.5, contracts.contract_response_grad, rng, 24),
    ]


def check_gradient_ascent(rng):
    # Gradients are long, so that 1e-8 beside their length does not matter, but where it should.
    target, start = signed(rng, 3, 2, 4, 5), signed(rng, 3, 2, 4, 5)
    own = made(
        "lambda x: s * (t - x)", t=target, s=np.array([30.0, 500.0, 80.0])[:, None, None, None]
    )
    bowl = made("lambda x: 100 * (t - x)", t=signed(rng, 1, 6))
    uphill = made("lambda x: np.tile(g, (len(x), 1))", g=np.array([300.0, -400.0]))
    noisy = made(
        "lambda x, rng=np.random.default_rng(seed): rng.normal(0, 300, x.shape)",
        seed=int(rng.integers(1_000_000_000)),
    )
    wavy = made("lambda x: 200 * np.cos(3 * x) + 50 * x[:, ::-1]")
    tiny = made("lambda x: 1e-9 * (t - x)", t=target)
    still = made(
        "lambda x: (t - x) * m", t=target, m=np.array([90.0, 0.0, 70.0])[:, None, None, None]
    )
    return [
        part(
            "one picture on a slope: steps of length lr, uphill",
            0.375,
            case(np.zeros((1, 2)), uphill, 10, 0.1),
            case(signed(rng, 1, 2), uphill, 4, 0.75),
            case(signed(rng, 1, 2), uphill, 1, 2.5),
        ),
        part(
            "the gradient is asked for anew at every step",
            0.5,
            case(signed(rng, 1, 6), bowl, 5, 0.6),
            case(signed(rng, 1, 6), wavy, 4, 0.4),
            case(signed(rng, 1, 8), wavy, steps=7, lr=0.2),
            case(signed(rng, 1, 6), noisy, 4, 0.4),  # once, since it may come out differently
        ),
        part(
            "several pictures, each with a length of its own",
            0.375,
            case(start, own, 3, 0.5),
            case(signed(rng, 4, 2), uphill, 3, 0.5),
            case(signed(rng, 3, 6), wavy, 3, 0.3),
        ),
        part(
            "a gradient of 0 moves nothing, a tiny one as far as any",
            0.5,
            case(start, still, 4, 0.5),
            case(start, made("lambda x: 0 * x"), 3, 0.5),
            case(start, tiny, 2, 0.5),
        ),
        anything(0.25, contracts.contract_gradient_ascent, rng, 24),
    ]


def check_grad_cam(rng):
    # Sums are large, so that 1e-8 beside them does not matter, but where it should.
    positive, pull = 1000 * unsigned(rng, 4, 5, 7), unsigned(rng, 4, 5, 7)
    activations, grads = 1000 * unsigned(rng, 3, 4, 6), signed(rng, 3, 4, 6)
    signs = np.array([2.0, -3.0, 1.0])[:, None, None]  # the mean of a channel has its sign
    mixed, nothing = grads + signs, np.zeros((3, 4, 6))
    barely = 1000 * unsigned(rng, 1, 3, 5)
    barely[0, 1] *= -1e-5  # beside large sums, some between -1 and 0
    return [
        part(
            "channels and weights that are all positive: weights, sum, largest value 1",
            0.75,
            case(positive, pull),
            case(unsigned(rng, 2, 3, 5), 1000 * unsigned(rng, 2, 3, 5)),
            case(positive[:1], pull[:1]),
            case(np.ones((2, 3, 4)) * unsigned(rng, 2, 1, 1), unsigned(rng, 2, 3, 4)),
            case(unsigned(rng, 2, 1, 1), unsigned(rng, 2, 1, 1)),
            case(unsigned(rng, 3, 3, 3), unsigned(rng, 3, 3, 3)),
            case(*(2**40 * rng.integers(1, 10, (2, 2, 2, 4)))),  # more than 64 bits, multiplied
            case(positive * 10.0 ** -np.arange(7), pull),  # faint, column by column
        ),
        part(
            "weights and activations of both signs, and ReLU at the end",
            1,
            case(activations, mixed),
            case(1000 * signed(rng, 5, 4, 3), signed(rng, 5, 4, 3)),
            case(activations, -mixed),
            case(1000 * signed(rng, 2, 3, 6), -unsigned(rng, 2, 3, 6)),
            case(barely, unsigned(rng, 1, 3, 5)),
            case(activations, mixed * np.array([1, 0.003, 0.1])[:, None, None]),
        ),
        part(
            "a map without a positive value is 0; a tiny one goes up to 1",
            0.75,
            case(activations, -unsigned(rng, 3, 4, 6)),
            case(nothing, mixed),
            case(activations, nothing),
            case(1e-12 * positive, pull),
            case(1e-100 * positive, 1e-100 * pull),
        ),
        anything(0.5, contracts.contract_grad_cam, rng, 24),
    ]


def check_grad_cam_by_hand(mine):
    return [part("your map, its largest value 1", 1, case(mine))]


def check_upsample_bilinear(rng):
    x = signed(rng, 4, 7)
    return [
        part(
            "two and three times as large, in both directions",
            0.625,
            case(signed(rng, 3, 3), 6),
            case(signed(rng, 4, 4), 12),
            case(signed(rng, 1, 1), 3),
        ),
        part(
            "rows and columns of their own, and sizes that do not divide",
            0.625,
            case(x, (8, 21)),
            case(x, (9, 10)),
            case(signed(rng, 2, 5), (7, 5)),
            case(signed(rng, 1, 3), (4, 8)),
            case(x, (4, 7)),
            case(x, (3, 2)),
            case(signed(rng, 3, 3), 1),  # the one in the middle
            case(signed(rng, 1, 2), (1, 49)),
            case(signed(rng, 5, 2), (7, 3)),
        ),
        anything(0.25, contracts.contract_upsample_bilinear, rng, 20),
    ]


def check_overlay(rng):
    grey, heat = rng.random((4, 6)), rng.random((4, 6))
    dark, bright = np.zeros((3, 5)), np.ones((3, 5))
    return [
        part(
            "grey and orange in the right shares",
            0.375,
            case(grey, heat, 0.75),
            case(dark, rng.random((3, 5)), 1),
            case(grey[:3, :5], dark, 0.5),
            case(grey[:3, :5], bright, 0.25),
            case(bright, rng.random((3, 5)) / 2, 0.5),
        ),
        anything(0.125, contracts.contract_overlay, rng, 20),
    ]
