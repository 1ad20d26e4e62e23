"""The legal calls of unit 6's functions: see `autograder.checking.contracts`."""

import numpy as np

from autograder.checking.contracts import contract
from autograder.checking.words import case, signed
from autograder.units.unit6_architectures.checks import LAYERS

PICTURES = [(1, 1, 1, 1), (1, 2, 3, 5), (2, 1, 5, 3), (3, 2, 4, 4), (2, 3, 6, 2)]
NUMBERS = [1, 2, 4]  # of filters, or of channels in the middle
VALUES = ["signed", "positive", "negative", "whole", "zero"]
ORDERS = ["course", "reversed", "drawn"]


def drawn(rng, kind, *shape):
    """Numbers of this kind; whole ones are small, so that ties and sums of 0 are frequent."""
    numbers = signed(rng, *shape)
    match kind:
        case "positive":
            return np.abs(numbers)
        case "negative":
            return -np.abs(numbers)
        case "whole":
            return np.rint(numbers / 2)
        case "zero":
            return np.zeros(shape)
    return numbers


def ordered(rng, names, order):
    """The names, in this order."""
    names = list(names)
    if order == "drawn":
        return [names[i] for i in rng.permutation(len(names))]
    return names[::-1] if order == "reversed" else names


def contract_inception_forward():
    def make(rng, pictures, one, three, five, pooled, reduced, values, weights, bias, order):
        filters = dict(zip(LAYERS, (one, reduced[0], three, reduced[1], five, pooled), strict=True))
        params = {}
        for name in ordered(rng, LAYERS, order):
            kernel, before = LAYERS[name]
            sees = filters[before] if before else pictures[1]
            w = drawn(rng, weights, filters[name], sees, kernel, kernel)
            params[name] = (w, drawn(rng, bias, filters[name]))
        return case(drawn(rng, values, *pictures), params)

    return contract(
        make,
        pictures=PICTURES,
        one=NUMBERS,
        three=NUMBERS,
        five=NUMBERS,
        pooled=NUMBERS,
        reduced=[(1, 1), (2, 3), (3, 2), (4, 4)],
        values=VALUES,
        weights=VALUES[:-1],
        bias=VALUES,
        order=ORDERS,
    )


def contract_inception_params():
    def make(rng, c_in, one, three, five, pooled, reduced, order):
        filters = dict(zip(LAYERS, (one, reduced[0], three, reduced[1], five, pooled), strict=True))
        return case(c_in, {name: filters[name] for name in ordered(rng, LAYERS, order)})

    return contract(
        make,
        c_in=[1, 2, 3, 192],
        one=[1, 2, 64],
        three=[1, 2, 128],
        five=[1, 2, 32],
        pooled=[1, 2, 32],
        reduced=[(1, 1), (1, 2), (2, 1), (4, 4), (96, 16)],
        order=ORDERS,
    )


def contract_vgg_params():
    def make(rng, channels, height, width, steps, dense):
        poolings = steps.count("M")
        if min(height, width) < 2**poolings:
            return None  # a pooling needs two rows and columns
        config = [step if step == "M" else int(rng.integers(1, 9)) for step in steps]
        return case(config, (channels, height, width), dense)

    return contract(
        make,
        channels=[1, 2, 3],
        height=[1, 2, 3, 7, 8, 14, 31],
        width=[1, 2, 3, 5, 8, 12, 27],
        steps=["", "c", "M", "cc", "cM", "Mc", "MM", "cMc", "cMcM", "MMM", "ccMcMcM"],
        dense=[[], [1], [5], [4, 3], [3, 7, 2]],
    )


def block(rng, pictures, middle, filters, values, weights):
    """x, w1, w2, and ws if there are ``filters``."""
    n, channels, height, width = pictures
    x = drawn(rng, values, n, channels, height, width)
    if weights == "whole":  # then sums of 0 are exactly 0, in whatever order one adds
        x = np.rint(x)
    w1 = drawn(rng, weights, middle, channels)
    w2 = drawn(rng, weights, filters or channels, middle)
    return [x, w1, w2, *([drawn(rng, weights, filters, channels)] if filters else [])]


BLOCK = {
    "pictures": [*PICTURES, (1, 4, 2, 3), (2, 2, 2, 2)],
    "middle": [1, 2, 3, 4],
    "filters": [None, 1, 2, 3, 4],
    "values": VALUES,
    "weights": VALUES,
}


def contract_residual_forward():
    def make(rng, pictures, middle, filters, values, weights):
        return case(*block(rng, pictures, middle, filters, values, weights))

    return contract(make, **BLOCK)


def contract_residual_backward():
    def make(rng, pictures, middle, filters, values, weights, gradient):
        x, w1, w2, *ws = block(rng, pictures, middle, filters, values, weights)
        grad = drawn(rng, gradient, len(x), len(w2), *x.shape[2:])
        return case(grad, x, w1, w2, *ws)

    return contract(make, **BLOCK, gradient=VALUES)
