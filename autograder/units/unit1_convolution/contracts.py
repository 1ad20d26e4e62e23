"""The legal calls of unit 1's functions: see `autograder.checking.contracts`.

Whole numbers are legal: pictures are made of them, and practice asks for them.
"""

import numpy as np

from autograder.checking.contracts import contract
from autograder.checking.words import case, signed, values

PICTURES = [(1, 1, 1, 1), (1, 2, 3, 5), (2, 1, 5, 3), (3, 2, 4, 4), (2, 3, 6, 8), (1, 5, 3, 3)]
MANY = (1, 1, 36, 37)  # so many places that an answer that calls itself for each of them ends early
KERNELS = [(1, 1), (1, 3), (2, 1), (2, 3), (3, 2), (3, 3)]
PIXELS = ["signed", "sparse", "zero", "whole", "bytes", "single", "shades"]
WEIGHTS = ["signed", "whole", "sparse", "nearly a mean", "sum 0"]
BIASES = ["none", "zero", "drawn", "opposite", "whole"]


def pixels_of(rng, kind, shape):
    """Pictures of a kind of `values`, or of "shades": from black, 0, to white, 1."""
    return rng.random(shape) if kind == "shades" else values(rng, kind, *shape)


def filters(rng, x, number, kernel, weights="signed"):
    """Filters that fit the channels of a picture of shape ``x``."""
    if weights == "nearly a mean":  # each adds up to a little more or less than 1
        shares = rng.uniform(0.5, 1, (number, x[1], *kernel))
        return rng.choice([0.97, 1.03]) * shares / shares.sum(axis=(1, 2, 3), keepdims=True)
    if weights == "sum 0":
        made = values(rng, "whole", number, x[1], *kernel)
        made[:, -1, -1, -1] -= made.sum(axis=(1, 2, 3))
        return made
    return values(rng, weights, number, x[1], *kernel)


def biases(rng, number, bias):
    """No bias, one of zeros, drawn ones, or ones whose sum is 0, as arguments by name."""
    made = {
        "zero": np.zeros(number),
        "drawn": signed(rng, number),
        "opposite": np.resize([1.5, -1.5], number),
        "whole": rng.integers(-3, 4, number),
    }
    return {"b": made[bias]} if bias in made else {}


def contract_conv2d_valid():
    def make(rng, pictures, number, kernel, bias, pixels, weights):
        if kernel[0] > pictures[2] or kernel[1] > pictures[3]:
            return None
        w = filters(rng, pictures, number, kernel, weights)
        return case(pixels_of(rng, pixels, pictures), w, **biases(rng, number, bias))

    return contract(
        make,
        pictures=[*PICTURES, MANY],
        number=[1, 2, 4],
        kernel=KERNELS,
        bias=BIASES,
        pixels=PIXELS,
        weights=WEIGHTS,
    )


def contract_pad2d():
    def make(rng, pictures, pad, value, pixels):
        given = {} if value is None else {"value": value}
        return case(pixels_of(rng, pixels, pictures), pad, **given)

    return contract(
        make,
        pictures=[*PICTURES, MANY],
        pad=[0, 1, 2, (1, 2), (0, 3), (2, 0), (3, 1)],
        value=[None, 0.0, 2.5, -0.75, 3, -np.inf],
        pixels=PIXELS,
    )


def contract_dilate_kernel():
    def make(rng, pictures, number, kernel, dilation, weights):
        return case(filters(rng, pictures, number, kernel, weights), dilation)

    return contract(
        make,
        pictures=PICTURES,
        number=[1, 2, 4],
        kernel=KERNELS,
        dilation=[1, 2, 3, (1, 2), (2, 1), (3, 2), (2, 5)],
        weights=WEIGHTS,
    )


def contract_conv2d():
    def make(rng, pictures, number, kernel, bias, stride, pad, dilation, pixels):
        _, _, height, width = pictures
        ph, pw = pad if isinstance(pad, tuple) else (pad, pad)
        dh, dw = dilation if isinstance(dilation, tuple) else (dilation, dilation)
        reach = (kernel[0] - 1) * dh + 1, (kernel[1] - 1) * dw + 1
        if reach[0] > height + 2 * ph or reach[1] > width + 2 * pw:
            return None
        options = {"stride": stride, "pad": pad, "dilation": dilation}
        w = filters(rng, pictures, number, kernel)
        return case(pixels_of(rng, pixels, pictures), w, **biases(rng, number, bias), **options)

    return contract(
        make,
        pictures=[*PICTURES[1:], (2, 3, 9, 11), MANY],
        number=[1, 2, 4],
        kernel=KERNELS,
        bias=BIASES,
        stride=[1, 2, 3, (1, 2), (3, 1), (2, 3)],
        pad=[0, 1, 2, (1, 2), (0, 2), (2, 1)],
        dilation=[1, 2, 3, (1, 2), (3, 1), (2, 3)],
        pixels=PIXELS,
    )
