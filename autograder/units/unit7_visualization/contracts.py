"""The legal calls of unit 7's functions: see `autograder.checking.contracts`.

Whole numbers are legal: the given lines make floats of them.
"""

import numpy as np

from autograder.checking.contracts import contract
from autograder.checking.words import by_columns, case, made, signed, unsigned, values

# What layers make of x, an array of any shape with two axes or more, (N, …). Some work in place,
# some hand on a view of what they get, or that itself; those that count have a list ``runs`` of
# their own; some write into one array, ``own``; a table has whole numbers for whole numbers.
LAYERS = {
    "new arrays": ["x + k", "np.maximum(x, 0)", "x**2 - k", "x * k", "0 * x"],
    "in place": [
        "np.subtract(x, k, out=x)",
        "np.maximum(x, 0, out=x)",
        "np.multiply(x, 2, out=x)",
        "np.add(x, k, out=x)",
        "np.negative(x, out=x)",
    ],
    "views": ["x", "x[:, ::-1]", "np.add(x, k, out=x)", "x.reshape(len(x), -1)", "x[::-1]"],
    "counting": ["(runs.append(0), x * k + len(runs))[1]"] * 5,
    "one array": [
        "np.multiply(x, k, out=own)",
        "np.add(x, k, out=own)",
        "np.maximum(x, 0, out=own)",
        "np.subtract(x, 2, out=own)",
        "np.multiply(x, -1, out=own)",
    ],
    "tables": ["table[x]", "x + 2**40", "x // 2", "x - 3", "x * 2"],
}
NAMES = {
    "prefixes": ["conv1", "conv10", "conv", "conv1_relu", "c"],
    "backwards": ["relu", "pool", "mean", "conv", "bias"],
    "parts": ["head", "overhead", "ahead", "he", "a"],
}


def contract_forward_with_taps():
    def make(rng, shape, number, layers, shared, names, taps, kind, numbers):
        bodies, known = LAYERS[layers][:number], NAMES[names][:number]
        x = values(rng, numbers, *shape)
        if layers == "tables":
            x = rng.integers(0, 4, shape)
        if shared:  # one layer, under all names
            bodies = bodies[:1] * number
            if layers == "tables":  # numbers of the table are no places in it
                return None
        forward = [f"SimpleNamespace(forward=lambda x, runs=[]: {body})" for body in bodies]
        each = ["one"] * number if shared else forward
        entries = ", ".join(f"{n!r}: {layer}" for n, layer in zip(known, each, strict=True))
        network = made(
            f"(lambda one: {{{entries}}})({forward[0]})",
            k=float(0.5 + rng.random()),
            own=np.zeros(shape),
            table=rng.integers(-100, 100, 4),
        )
        wanted = {
            "none": [],
            "first": known[:1],
            "last": known[-1:],
            "middle": known[1:-1],
            "all": known,
            "every second, backwards": known[::-2],
        }[taps]
        given = {
            "list": wanted,
            "tuple": tuple(wanted),
            "set": made("set(wanted)", wanted=wanted),
        }
        return case(x, network, given[kind])

    return contract(
        make,
        shape=[(1, 1), (2, 3), (1, 2, 3, 4), (3, 2, 5, 3)],
        number=[1, 2, 3, 4, 5],
        layers=list(LAYERS),
        shared=[False, False, True],
        names=list(NAMES),
        taps=["none", "first", "last", "middle", "all", "every second, backwards"],
        kind=["list", "tuple", "set"],
        numbers=["signed", "single"],
    )


def contract_activation_grid():
    def make(rng, count, shape, kind, size, flat, pad):
        # From -2 to 3, both in it: a range of 5 leaves nothing halfway between whole numbers.
        few = rng.integers(-2, 4, (count, *shape))
        few[:, 0, 0], few[:, -1, -1] = -2, 3
        grey = rng.integers(0, 256, few.shape, dtype=np.uint8)
        grey[:, 0, 0], grey[:, -1, -1] = 0, 255
        maps = {
            "signed": signed(rng, *few.shape),
            "positive": 0.5 + unsigned(rng, *few.shape),
            "negative": -0.5 - unsigned(rng, *few.shape),
            "few": few.astype(float),
            "single": few.astype(np.float32),
            "whole": few,
            "large": few * 2**56,
            "bytes": grey,
            "shades": rng.uniform(0.1, 0.9, few.shape),  # neither black, 0, nor white, 1
        }[kind]
        if flat == "all":
            maps[:] = maps[:, :1, :1]
        elif flat != "none":
            maps[0 if flat == "first" else -1] = rng.choice([0.0, 0.3, 1.75])
        if maps.dtype == np.float64 and kind != "shades":
            if size == "bright":
                maps = 1000 + 1e-7 * maps
            elif size == "huge":  # 255 times that is infinite
                maps *= 1e307 / np.abs(maps).max() if maps.any() else 1
            elif size == "each its own":
                maps *= 10.0 ** rng.integers(-9, 4, (count, 1, 1))
            else:
                maps *= size
        return case(maps, **pad)

    return contract(
        make,
        count=[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 17],
        shape=[(1, 1), (1, 4), (3, 1), (2, 3), (3, 2), (4, 4)],
        kind=[
            *["signed", "positive", "negative", "few", "single", "whole", "large", "bytes"],
            "shades",
        ],
        size=[1, 1e-9, 1e-200, "huge", "bright", "each its own"],  # of floats
        flat=["none", "none", "first", "last", "all"],
        pad=[{}, {"pad": 0}, {"pad": 1}, {"pad": 2}, {"pad": 3}],
    )


def contract_response_grad():
    def make(rng, pictures, kernel, kind, signs, silent, order):
        if kernel[0] > pictures[2] or kernel[1] > pictures[3]:
            return None
        shape = pictures[1], *kernel
        # Of small whole numbers sums are exact, in any order, and many of them are 0.
        x, w = (rng.integers(-2, 3, size) for size in (pictures, shape))
        if kind == "even":  # and the weights add up to 0
            x[:] = 3
            w.flat[-1] -= w.sum()
            signs = "both"
        elif kind == "large":
            x, w = x * 2**40, w * 2**30
        elif kind == "shades":  # from black, 0, to white, 1
            x, w = rng.random(pictures), signed(rng, *shape)
        elif kind not in ("whole", "whole floats"):
            x, w = values(rng, kind, *pictures), signed(rng, *shape)
            w = w.astype(np.float32) if kind == "single" else w
        if kind == "whole floats":
            x, w = x.astype(float), w.astype(float)
        if kind == "tiny":
            x *= 1e-100
        x[: {"none": 0, "first": 1, "all": len(x)}[silent]] = 0
        w = {"both": w, "positive": np.abs(w), "negative": -np.abs(w)}[signs]
        return case(by_columns(x) if order == "columns" else x, w)

    return contract(
        make,
        # The last has so many places that an answer that calls itself for each of them ends early.
        pictures=[
            *[(1, 1, 1, 1), (1, 2, 3, 5), (2, 1, 5, 3), (3, 2, 4, 4), (2, 5, 6, 8)],
            (1, 1, 38, 39),
        ],
        kernel=[(1, 1), (1, 3), (2, 1), (2, 3), (3, 2), (3, 3), (3, 5), (5, 3)],
        kind=[
            *["signed", "whole floats", "whole", "even", "bytes", "single", "large", "tiny"],
            "shades",
        ],
        signs=["both", "both", "positive", "negative"],
        silent=["none", "none", "first", "all"],  # pictures that are 0
        order=["rows", "columns"],  # in memory
    )


GRADIENTS = {
    "to a target": "lambda x: s * (t - x)",
    "the same everywhere": "lambda x: s * t",
    "of a wave": "lambda x: s * (np.cos(x) + t)",
    "itself": "lambda x: x",  # where x is: the array that it gets
}


def contract_gradient_ascent():
    def make(rng, shape, kind, gradient, size, silent, steps, lr):
        sizes = np.full((shape[0], *[1] * (len(shape) - 1)), 1.0)
        if size == "each its own":
            sizes[:, ...] = 10.0 ** rng.integers(-9, 3, sizes.shape)
        else:
            sizes *= size
        x = rng.random(shape) if kind == "shades" else values(rng, kind, *shape)
        without = {"none": [], "first": [0], "last": [-1], "all": slice(None)}[silent]
        sizes[without] = 0
        if gradient == "itself":
            x[without] = 0
        grad = made(GRADIENTS[gradient], t=signed(rng, *shape), s=sizes)
        return case(x, grad, steps, lr)

    return contract(
        make,
        shape=[(1, 1), (1, 2), (2, 3), (3, 2, 4), (1, 1, 2, 3), (3, 2, 4, 5), (2, 2, 1, 3, 2)],
        kind=["signed", "whole", "bytes", "shades"],
        gradient=list(GRADIENTS),
        size=[1, 300.0, 1e-9, 1e-100, 1e100, "each its own"],
        silent=["none", "none", "first", "last", "all"],  # pictures without a gradient
        steps=[0, 1, 2, 5],
        lr=[0.1, 1, 2.5],
    )


def contract_grad_cam():
    def make(rng, shape, kind, signs, size, steep):
        channels, height, width = shape
        a, g = signed(rng, *shape), signed(rng, *shape)
        if kind in ("whole", "whole floats", "large"):
            # Means are whole, so all sums are exact, and some of them are 0. The sum of a gradient
            # is as good a weight as its mean, and so is any multiple: by a power of 2 it is exact.
            if height * width not in (1, 2, 4, 8):
                return None
            a = rng.integers(-2, 3, shape)
            g = height * width * rng.integers(-2, 3, shape)
            if kind == "large":
                a, g = a * 2**33, g * 2**33
        elif kind == "even":  # so is the map
            a[:] = signed(rng, channels, 1, 1)
        elif kind == "shades":
            a = rng.random(shape)
        elif kind == "bytes":
            a, g = values(rng, "bytes", *shape), rng.integers(1, 10, shape)
        elif kind == "single":
            a, g = a.astype(np.float32), g.astype(np.float32)
        if kind == "whole floats":
            a, g = a.astype(float), g.astype(float)
        a = a if kind == "bytes" else with_signs(a, signs[0])
        g = with_signs(g, signs[1])
        if a.dtype == g.dtype == np.float64:
            if steep == "each its own":
                steep = 10.0 ** rng.integers(-4, 1, (channels, 1, 1))
            a, g = a * size, g * steep
        return case(a, g)

    return contract(
        make,
        shape=[(1, 1, 1), (1, 2, 3), (2, 1, 4), (3, 4, 2), (4, 3, 5), (5, 2, 2), (3, 3, 3)],
        kind=["signed", "whole floats", "whole", "large", "bytes", "single", "even", "shades"],
        signs=[  # of the activations, and of the gradients
            *[("both", "both"), ("both", "both"), ("positive", "both"), ("both", "positive")],
            *[("positive", "positive"), ("negative", "negative"), ("positive", "negative")],
            *[("zero", "both"), ("both", "zero")],
        ],
        size=[1, 1000, 1e-9, 1e-100],  # of the activations
        steep=[1, 1000, 1e-9, 1e-100, "each its own"],  # the gradients
    )


def with_signs(array, signs):
    """An array with these signs: both, as it is; or zeros."""
    size = np.abs(array)
    return {"both": array, "positive": size, "negative": -size, "zero": 0 * size}[signs]


def contract_upsample_bilinear():
    def make(rng, shape, kind, size, order):
        if kind == "two":
            map = np.sign(signed(rng, *shape))
        else:
            map = rng.random(shape) if kind == "shades" else values(rng, kind, *shape)
        return case(by_columns(map) if order == "columns" else map, size)

    return contract(
        make,
        shape=[(1, 1), (1, 3), (4, 1), (2, 2), (3, 2), (2, 5), (4, 7), (3, 3)],
        kind=["signed", "two", "whole", "large", "bytes", "even", "shades"],
        size=[
            *[1, 2, 3, 6, 7, 12, 31],
            *[(1, 4), (5, 1), (2, 3), (3, 2), (4, 7), (8, 21), (9, 5), (6, 13), (2, 40)],
            (36, 35),  # ends an answer that calls itself for each pixel
        ],
        order=["rows", "columns"],  # in memory
    )


def contract_overlay():
    def make(rng, shape, picture, map, alpha):
        return case(shade(rng, shape, picture), shade(rng, shape, map), alpha)

    kinds = ["drawn", "faint", "zeros", "ones", "zeros and ones", "whole"]
    return contract(
        make,
        shape=[(1, 1), (1, 4), (3, 1), (3, 3), (2, 3), (4, 6), (36, 35)],
        picture=kinds,
        map=kinds,
        alpha=[0, 0.02, 0.5, 0.8, 1],
    )


def shade(rng, shape, kind):
    """Numbers from 0 to 1."""
    drawn = rng.random(shape)
    return {
        "drawn": drawn,
        "faint": drawn / 50,
        "zeros": np.zeros(shape),
        "ones": np.ones(shape),
        "zeros and ones": np.round(drawn),
        "whole": rng.integers(0, 2, shape),
    }[kind]
