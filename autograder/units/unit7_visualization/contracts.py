"""The legal calls of unit 7's functions: see `autograder.checking.contracts`."""

import numpy as np

from autograder.checking.contracts import contract
from autograder.checking.words import case, made, signed, unsigned

# What layers make of x, an array of any shape with two axes or more, (N, …). Some work in place,
# some hand on a view of what they get; those that count have a list ``runs`` of their own.
LAYERS = {
    "new arrays": ["x + k", "np.maximum(x, 0)", "x**2 - k", "x * k", "1 - x"],
    "in place": [
        "np.subtract(x, k, out=x)",
        "np.maximum(x, 0, out=x)",
        "np.multiply(x, 2, out=x)",
        "np.add(x, k, out=x)",
        "np.negative(x, out=x)",
    ],
    "views": ["x[:, ::-1]", "np.add(x, k, out=x)", "x.reshape(len(x), -1)", "x[::-1]", "x[:, :1]"],
    "counting": ["(runs.append(0), x * k + len(runs))[1]"] * 5,
}
NAMES = {
    "prefixes": ["conv1", "conv10", "conv", "conv1_relu", "c"],
    "backwards": ["relu", "pool", "mean", "conv", "bias"],
}


def contract_forward_with_taps():
    def make(rng, shape, number, layers, names, taps, kind):
        bodies, known = LAYERS[layers][:number], NAMES[names][:number]
        entries = ", ".join(
            f"{name!r}: SimpleNamespace(forward=lambda x, runs=[]: {body})"
            for name, body in zip(known, bodies, strict=True)
        )
        wanted = {
            "none": [],
            "first": known[:1],
            "last": known[-1:],
            "middle": known[1:-1],
            "all": known,
            "every second, backwards": known[::-2],
        }[taps]
        k = float(0.5 + rng.random())
        network = made(f"{{{entries}}}", k=k)
        given = {
            "list": wanted,
            "tuple": tuple(wanted),
            "set": made("set(wanted)", wanted=wanted),
        }
        return case(signed(rng, *shape), network, given[kind])

    return contract(
        make,
        shape=[(1, 1), (2, 3), (1, 2, 3, 4), (3, 2, 5, 3)],
        number=[1, 2, 3, 4, 5],
        layers=list(LAYERS),
        names=list(NAMES),
        taps=["none", "first", "last", "middle", "all", "every second, backwards"],
        kind=["list", "tuple", "set"],
    )


def contract_activation_grid():
    def make(rng, count, shape, values, flat, pad):
        maps = signed(rng, count, *shape)
        if values == "few":
            # From -2 to 3, both in it: a range of 5 leaves nothing halfway between whole numbers.
            maps = rng.integers(-2, 4, maps.shape).astype(float)
            maps[:, 0, 0] = -2
            maps[:, -1, -1] = 3
        elif values == "positive":
            maps = np.abs(maps) + 0.5
        elif values == "negative":
            maps = -np.abs(maps) - 0.5
        elif values == "each of its own size":
            maps *= 10.0 ** rng.integers(-9, 4, (count, 1, 1))
        if flat == "all":
            maps[:] = signed(rng, count, 1, 1)
        elif flat != "none":
            maps[0 if flat == "first" else -1] = rng.choice([0.0, 0.3, -1.75])
        return case(maps, **pad)

    return contract(
        make,
        count=[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13],
        shape=[(1, 1), (1, 4), (3, 1), (2, 3), (3, 2), (4, 4)],
        values=["signed", "positive", "negative", "few", "each of its own size"],
        flat=["none", "first", "last", "all"],
        pad=[{}, {"pad": 0}, {"pad": 1}, {"pad": 2}, {"pad": 3}],
    )


def contract_response_grad():
    def make(rng, pictures, kernel, values, signs):
        if kernel[0] > pictures[2] or kernel[1] > pictures[3]:
            return None
        shape = pictures[1], *kernel
        if values == "whole":  # sums are exact, and many of them are 0
            x, w = (rng.integers(-2, 3, size).astype(float) for size in (pictures, shape))
        else:
            x, w = signed(rng, *pictures), signed(rng, *shape)
        if values == "zeros":
            x[:] = 0
        w = {"both": w, "positive": np.abs(w), "negative": -np.abs(w)}[signs]
        return case(x, w)

    return contract(
        make,
        pictures=[(1, 1, 1, 1), (1, 2, 3, 5), (2, 1, 5, 3), (3, 2, 4, 4), (2, 3, 6, 8)],
        kernel=[(1, 1), (1, 3), (2, 1), (2, 3), (3, 2), (3, 3), (3, 5), (5, 3)],
        values=["signed", "whole", "zeros"],
        signs=["both", "positive", "negative"],
    )


GRADIENTS = {
    "to a target": "lambda x: s * (t - x)",
    "the same everywhere": "lambda x: s * t",
    "of a wave": "lambda x: s * (np.cos(x) + t)",
}


def contract_gradient_ascent():
    def make(rng, shape, gradient, size, steps, lr):
        sizes = np.full((shape[0], *[1] * (len(shape) - 1)), float(size or 1))
        if size is None:  # one picture has none, the others one each
            sizes[:, ...] = unsigned(rng, *sizes.shape)
            sizes[-1] = 0
        grad = made(GRADIENTS[gradient], t=signed(rng, *shape), s=sizes)
        return case(signed(rng, *shape), grad, steps, lr)

    return contract(
        make,
        shape=[(1, 1), (1, 2), (2, 3), (3, 2, 4), (1, 1, 2, 3), (3, 2, 4, 5)],
        gradient=list(GRADIENTS),
        size=[1, 300.0, 1e-9, None],
        steps=[0, 1, 2, 5],
        lr=[0.25, 1, 2.5],
    )


def contract_grad_cam():
    def make(rng, shape, values, activations, grads, size):
        _, height, width = shape
        a, g = signed(rng, *shape), signed(rng, *shape)
        if values == "whole":
            # Means are whole, so all sums are exact, and some of them are 0. The sum of a gradient
            # is as good a weight as its mean, and so is any multiple: by a power of 2 it is exact.
            if height * width not in (1, 2, 4, 8):
                return None
            a = rng.integers(-2, 3, shape).astype(float)
            g = height * width * rng.integers(-2, 3, shape).astype(float)
        a, g = with_signs(a, activations), with_signs(g, grads)
        return case(a * size, g)

    return contract(
        make,
        shape=[(1, 1, 1), (1, 2, 3), (2, 1, 4), (3, 4, 2), (4, 3, 5), (5, 2, 2)],
        values=["signed", "whole"],
        activations=["both", "positive", "negative", "zero"],
        grads=["both", "positive", "negative", "zero"],
        size=[1, 1000, 1e-9],
    )


def with_signs(array, signs):
    """An array with these signs: both, as it is; or zeros."""
    size = np.abs(array)
    return {"both": array, "positive": size, "negative": -size, "zero": 0 * size}[signs]


def contract_upsample_bilinear():
    def make(rng, shape, values, size):
        map = signed(rng, *shape)
        if values == "two":
            map = np.sign(map)
        return case(map * (1000 if values == "large" else 1), size)

    return contract(
        make,
        shape=[(1, 1), (1, 3), (4, 1), (2, 2), (3, 2), (2, 5), (4, 7)],
        values=["signed", "two", "large"],
        size=[1, 2, 3, 6, 7, 12, (1, 4), (5, 1), (2, 3), (3, 2), (4, 7), (8, 21), (9, 5), (6, 13)],
    )


def contract_overlay():
    def make(rng, shape, picture, map, alpha):
        return case(shade(rng, shape, picture), shade(rng, shape, map), alpha)

    kinds = ["drawn", "zeros", "ones", "zeros and ones"]
    return contract(
        make,
        shape=[(1, 1), (1, 4), (3, 1), (3, 3), (2, 3), (4, 6)],
        picture=kinds,
        map=kinds,
        alpha=[0, 0.25, 0.5, 0.8, 1],
    )


def shade(rng, shape, kind):
    """Numbers from 0 to 1."""
    drawn = rng.random(shape)
    return {
        "drawn": drawn,
        "zeros": np.zeros(shape),
        "ones": np.ones(shape),
        "zeros and ones": np.round(drawn),
    }[kind]
