"""The legal calls of unit 6's functions: see `autograder.checking.contracts`."""

import numpy as np

from autograder.checking.contracts import contract
from autograder.checking.words import case, signed, values

LAYERS = {  # kernel size, and which convolution comes before
    "1x1": (1, None),
    "3x3_reduce": (1, None),
    "3x3": (3, "3x3_reduce"),
    "5x5_reduce": (1, None),
    "5x5": (5, "5x5_reduce"),
    "pool_proj": (1, None),
}
PICTURES = [(1, 1, 1, 1), (1, 2, 3, 5), (2, 1, 5, 3), (3, 2, 4, 4), (2, 3, 6, 2)]
MANY = (1, 1, 36, 35)  # so many pixels that an answer that calls itself for each of them ends early
NUMBERS = [1, 2, 4]  # of filters, or of channels in the middle
WEIGHTS = ["signed", "positive", "negative", "sparse", "zero", "even", "whole", "quarters"]
PIXELS = [*WEIGHTS, "faint", "large", "single", "shades"]
ORDERS = ["course", "reversed", "drawn"]


def drawn(rng, kind, *shape):
    """Numbers of a kind of `values`, or another.

    "whole" and "quarters": small, so that sums of 0 are frequent; "faint": near 0, where only 0
    counts as 0; "large"; "shades": from black, 0, to white, 1
    """
    match kind:
        case "whole":
            return rng.integers(-2, 3, shape)
        case "quarters":
            return rng.integers(-8, 9, shape) / 4
        case "faint":
            return 1e-7 * signed(rng, *shape)
        case "large":
            return 1e7 * signed(rng, *shape)
        case "shades":
            return rng.random(shape)
    return values(rng, kind, *shape)


def ordered(rng, names, order):
    """The names, in this order."""
    names = list(names)
    if order == "drawn":
        return [names[i] for i in rng.permutation(len(names))]
    return names[::-1] if order == "reversed" else names


def contract_inception_forward():
    def make(rng, pictures, one, three, five, pooled, reduced, pixels, weights, bias, order):
        filters = dict(zip(LAYERS, (one, reduced[0], three, reduced[1], five, pooled), strict=True))
        params = {}
        for name in ordered(rng, LAYERS, order):
            kernel, before = LAYERS[name]
            sees = filters[before] if before else pictures[1]
            w = drawn(rng, weights, filters[name], sees, kernel, kernel)
            params[name] = (w, drawn(rng, bias, filters[name]))
        return case(drawn(rng, pixels, *pictures), params)

    return contract(
        make,
        # The last has more channels than all filters together.
        pictures=[*PICTURES, (4, 4, 4, 4), (1, 17, 2, 3)],
        one=NUMBERS,
        three=NUMBERS,
        five=NUMBERS,
        pooled=NUMBERS,
        reduced=[(1, 1), (2, 3), (3, 2), (4, 4)],
        pixels=PIXELS,
        weights=[kind for kind in WEIGHTS if kind != "zero"],
        bias=[*WEIGHTS, "faint"],
        order=ORDERS,
    )


def whole(number, kind):
    """A whole number as Python's int or, if the kind is "numpy", as NumPy's."""
    return np.int64(number) if kind == "numpy" else number


def contract_inception_params():
    def make(rng, c_in, one, three, five, pooled, reduced, order, kind):
        filters = dict(zip(LAYERS, (one, reduced[0], three, reduced[1], five, pooled), strict=True))
        spec = {name: whole(filters[name], kind) for name in ordered(rng, LAYERS, order)}
        return case(whole(c_in, kind), spec)

    return contract(
        make,
        c_in=[1, 2, 3, 192, 100_000],
        one=[1, 2, 64, 50_000],
        three=[1, 2, 128, 40_000],
        five=[1, 2, 32, 30_000],
        pooled=[1, 2, 32, 60_000],
        reduced=[(1, 1), (1, 2), (2, 1), (4, 4), (96, 16), (20_000, 10_000)],
        order=ORDERS,
        kind=["python", "numpy"],
    )


def contract_vgg_params():
    def make(rng, channels, rows, columns, left_over, steps, filters, dense):
        # A pooling needs two rows and columns: sizes are chosen by how many are left in the end.
        times = 2 ** steps.count("M")
        height = rows * times + (times - 1 if left_over in ("rows", "both") else 0)
        width = columns * times + (times - 1 if left_over in ("columns", "both") else 0)
        numbers = {
            "equal": lambda: channels,
            "large": lambda: int(rng.integers(30_000, 40_000)),
            "numpy": lambda: np.int64(rng.integers(1, 9)),
        }
        number = numbers.get(filters, lambda: int(rng.integers(1, 9)))
        config = [step if step == "M" else number() for step in steps]
        outputs = [whole(n, filters) for n in dense]
        return case(config, (channels, height, width), outputs)

    return contract(
        make,
        channels=[1, 2, 3, 5],
        rows=[1, 2, 3, 7],
        columns=[1, 2, 3, 5],
        left_over=["none", "rows", "columns", "both"],
        steps=["", "c", "M", "cc", "cM", "Mc", "MM", "cMc", "cMMc", "MMcc", "cMcM", "ccMcMcM"],
        filters=["drawn", "equal", "large", "numpy"],
        dense=[
            *[[], [1], [5], [4, 3], [6, 6], [3, 7, 2], [2, 9, 2, 4], [70_000, 50_000]],
            *[[5, 5, 5], [3, 8, 3, 8]],  # the same layer more than once
        ],
    )


def block(rng, pictures, middle, shortcut, pixels, weights, last, own):
    """x, w1, w2, and ws if there is a shortcut of its own.

    shortcut : the filters of ws; "same": as many as x has channels; None: no ws, "None": a ws of
        None
    last : "zero" for a w2 of zeros, else like w1
    own : "zero" or "identity" for such a ws, else like w1
    """
    channels = pictures[1]
    filters = shortcut if isinstance(shortcut, int) else channels
    if pixels == "single" or weights in ("whole", "quarters"):
        # Sums that are 0 have to be exactly 0, in whatever order and precision one adds.
        x = drawn(rng, "whole" if pixels == "whole" else "quarters", *pictures)
        x = x.astype(np.float32) if pixels == "single" else x
        weights = weights if weights == "whole" else "quarters"
    else:
        x = drawn(rng, pixels, *pictures)
    w1, w2 = drawn(rng, weights, middle, channels), drawn(rng, weights, filters, middle)
    if last == "zero":
        w2 = np.zeros(w2.shape)
    if shortcut in (None, "None"):
        return [x, w1, w2, *([None] if shortcut else [])]
    ws = drawn(rng, weights, filters, channels)
    return [x, w1, w2, {"zero": np.zeros(ws.shape), "identity": np.eye(*ws.shape)}.get(own, ws)]


BLOCK = {
    "pictures": [*PICTURES, (1, 4, 2, 3), (2, 2, 2, 2), (3, 3, 3, 3), MANY],
    "middle": [1, 2, 3, 4],
    "shortcut": [None, "None", "same", 1, 2, 3, 4],
    "pixels": PIXELS,
    "weights": WEIGHTS,
    "last": ["drawn", "drawn too", "zero"],
    "own": ["drawn", "zero", "identity"],
    "named": [False, True],
}


def contract_residual_forward():
    def make(rng, pictures, middle, shortcut, pixels, weights, last, own, named):
        x, *maps = block(rng, pictures, middle, shortcut, pixels, weights, last, own)
        return called([x], maps, named)

    return contract(make, **BLOCK)


def contract_residual_backward():
    def make(rng, pictures, middle, shortcut, pixels, weights, last, own, named, gradient):
        x, *maps = block(rng, pictures, middle, shortcut, pixels, weights, last, own)
        grad = drawn(rng, gradient, len(x), len(maps[1]), *x.shape[2:])
        return called([grad, x], maps, named)

    return contract(make, **BLOCK, gradient=[*WEIGHTS, "faint"])


def called(arrays, maps, named):
    """A call with w1, w2 and, if there are three maps, ws; by name or not."""
    if named:
        return case(*arrays, **dict(zip(("w1", "w2", "ws"), maps, strict=False)))
    return case(*arrays, *maps)
