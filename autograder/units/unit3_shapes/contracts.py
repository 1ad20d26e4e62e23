"""The legal calls of unit 3's functions: see `autograder.checking.contracts`.

Pictures of whole numbers are legal, as in unit 1.
"""

import numpy as np

from autograder.checking.contracts import contract
from autograder.checking.words import case, refused, signed, values

LONG = 23  # a stride; that one pixel is missing for a step is little beside it
FITS = ("kernel", "filter", "window", "reach", "fit", "line", "n", "dilation")
MANY = (1, 2, 36, 35)  # so many pixels that an answer that calls itself for each of them ends early
LINES = {
    "kernel": [1, 2, 3, 4, 5, 8],
    "stride": [None, 1, 2, 3, 4, "kernel", "reach", "gap"],
    "pad": [None, 0, 1, 2, "same", "window", "nearly all"],
    "dilation": [None, 1, 2, 3, 6],
    # The most steps are more than an answer survives that calls itself for each of them.
    "steps": [0, 1, 2, 5, 20, 1200],
    "left": [0, 1, "most", "some", "one short"],
    "by_name": [True, False],
}


def options(by_name, **values):
    """Options as arguments by name, or by place: then one is left out only if none follows it."""
    defaults = {"stride": 1, "pad": 0, "dilation": 1}
    if by_name:
        return (), {name: value for name, value in values.items() if value is not None}
    last = max((i for i, value in enumerate(values.values()) if value is not None), default=-1)
    filled = [defaults[name] if value is None else value for name, value in values.items()]
    return filled[: last + 1], {}


def line(rng, kernel, stride, pad, dilation, steps, left):
    """The pixels of a line, stride and pad, so that a window takes these steps; None if too few.

    stride : "kernel" and "reach": as large as these; "gap": pixels lie between windows, and so many
        may be left over that another window would fit if it could begin there
    pad : "same": keeps an odd reach's size at stride 1; "window": the first window sees only
        padding; "nearly all": all but a pixel or two are padding
    left : pixels that are left over, "most": one less than a step; "short" and "far": so many are
        missing that no window fits, one or more than a step; "one short": a stride of LONG, and one
        pixel is missing for another window
    """
    reach = (dilation or 1) * (kernel - 1) + 1
    if left == "one short":
        stride, left = LONG, "most"
    stride = {"kernel": kernel, "reach": reach, "gap": 2 * reach + 2}.get(stride, stride)
    step = stride or 1
    behind = {"most": step - 1, "some": int(rng.integers(step)), "short": -1, "far": -step - 1}
    walked = 0 if left in ("short", "far") else steps * step
    length = reach + walked + behind.get(left, left)
    half = (length - 1) // 2
    pad = {"same": (reach - 1) // 2, "window": reach + 1, "nearly all": half}.get(pad, pad)
    n = length - 2 * (pad or 0)
    return None if n < 1 or (pad or 0) < 0 or left == 1 == step else (n, stride, pad)


def contract_conv_output_size():
    def make(rng, kernel, stride, pad, dilation, steps, left, by_name):
        found = line(rng, kernel, stride, pad, dilation, steps, left)
        if found is None:
            return None
        n, stride, pad = found
        args, kwargs = options(by_name, stride=stride, pad=pad, dilation=dilation)
        if left in ("short", "far"):
            return refused(n, kernel, *args, **kwargs, about=FITS)
        return case(n, kernel, *args, **kwargs)

    return contract(make, **LINES | {"left": [*LINES["left"], "short", "far"]})


def contract_conv_output_shape():
    def make(rng, pictures, number, kernel, stride, pad, dilation, by_name):
        dh, dw = both(dilation or 1)
        reach = dh * (kernel[0] - 1) + 1, dw * (kernel[1] - 1) + 1
        if pad == "same":  # with odd reaches, at stride 1
            pad = ((reach[0] - 1) // 2, (reach[1] - 1) // 2)
        ph, pw = both(pad or 0)
        if reach[0] > pictures[2] + 2 * ph or reach[1] > pictures[3] + 2 * pw:
            return None
        if stride == "one short":  # one row and one column are missing for another window
            room = pictures[2] + 2 * ph - reach[0], pictures[3] + 2 * pw - reach[1]
            if min(room) < 12:
                return None
            stride = room[0] + 1, room[1] // 2 + 1
            pictures = (*pictures[:3], pictures[3] + 1 - room[1] % 2)
        args, kwargs = options(by_name, stride=stride, pad=pad, dilation=dilation)
        return case(pictures, (number, pictures[1], *kernel), *args, **kwargs)

    return contract(
        make,
        # One row, one column, square ones, and axes as long as others are by chance.
        pictures=[
            (1, 1, 1, 1),
            (1, 3, 2, 7),
            (2, 1, 9, 1),
            (4, 2, 12, 12),
            (3, 5, 17, 26),
            (2, 5, 7, 3),
            (3, 3, 11, 11),
            (5, 4, 5, 14),
            (1, 8, 3, 8),
            (30, 64, 13, 9),
            (1, 2, 40, 61),
            (2, 1, 6000, 5),  # more than a thousand rows or columns come out at any stride
            (1, 3, 6, 6000),
        ],
        number=[1, 2, 3, 5, 64],
        kernel=[(1, 1), (1, 3), (2, 1), (3, 3), (4, 2), (3, 5), (2, 2)],
        stride=[None, 1, 2, 3, (2, 2), (1, 2), (3, 1), (5, 4), "one short"],
        pad=[None, 0, 1, 2, "same", (1, 1), (0, 3), (2, 0), (4, 1)],
        dilation=[None, 1, 2, 3, (2, 2), (1, 2), (3, 1), (2, 5)],
        by_name=[True, False],
    )


def both(value):
    """A value for the rows and one for the columns."""
    return value if isinstance(value, tuple) else (value, value)


def contract_fit_report():
    def make(rng, kernel, stride, pad, dilation, steps, left, by_name):
        found = line(rng, kernel, stride, pad, dilation, steps, left)
        if found is None:
            return None
        n, stride, pad = found
        args, kwargs = options(by_name, stride=stride, pad=pad, dilation=dilation)
        return case(n, kernel, *args, **kwargs)

    return contract(make, **LINES)


def contract_conv1x1():
    def make(rng, pictures, number, pixels, weights, bias, by_name):
        if pictures == MANY and number > 3:
            return None
        w = weighing(rng, weights, number, pictures[1])
        x = rng.random(pictures) if pixels == "shades" else values(rng, pixels, *pictures)
        opposite = np.resize([1.5, -1.5], number)
        opposite[-1] -= opposite.sum()
        made = {
            "None": None,
            "zero": np.zeros(number),
            "signed": signed(rng, number),
            "opposite": opposite,
            "first is 0": signed(rng, number) * (np.arange(number) > 0),
            "whole": rng.integers(-3, 4, number),
        }
        if bias == "left out":
            return case(x, w)
        return case(x, w, b=made[bias]) if by_name else case(x, w, made[bias])

    return contract(
        make,
        pictures=[
            (1, 1, 1, 1),
            (1, 3, 1, 1),
            (1, 2, 3, 5),
            (2, 1, 5, 3),
            (2, 2, 2, 2),
            (3, 2, 1, 4),
            (2, 4, 3, 1),
            (4, 3, 2, 6),
            (3, 3, 3, 3),
            (1, 7, 4, 4),
            (5, 5, 2, 3),
            MANY,
        ],
        number=[1, 2, 3, 4, 5, 7],
        pixels=[
            *["signed", "sparse", "zero", "even", "negative", "whole", "bytes", "single"],
            "shades",  # from black, 0, to white, 1
        ],
        weights=[
            *["signed", "whole", "sparse", "zero", "one of each", "differences", "equal rows"],
            "nearly a mean",
        ],
        bias=["left out", "None", "zero", "signed", "opposite", "first is 0", "whole"],
        by_name=[True, False],
    )


def weighing(rng, kind, filters, channels):
    """Weights (F, C) of a kind; see `values` for those not found here."""
    if kind == "one of each":  # picks a channel
        return np.eye(channels)[rng.integers(channels, size=filters)]
    if kind == "differences":  # each row adds up to 0, as if a channel were taken from another
        return np.tile(np.resize([1.0, -1.0, 0.0], channels), (filters, 1))
    if kind == "nearly a mean":  # each row adds up to a little more or less than 1
        shares = rng.uniform(0.5, 1, (filters, channels))
        return rng.choice([0.97, 0.98, 1.02, 1.03]) * shares / shares.sum(axis=1, keepdims=True)
    if kind == "equal rows":
        return np.tile(signed(rng, channels), (filters, 1))
    return values(rng, kind, filters, channels)


def contract_receptive_field():
    def make(rng, depth, kernels, strides, dilations, repeated):
        few = min(depth, 12)  # what some mistakes give after more needs more than 64 bits
        if few > 7 and max(kernels) > 3:
            return None
        lists = kernels, strides, dilations
        layers = [tuple(int(rng.choice(values)) for values in lists) for _ in range(few)]
        layers = [layers[0]] * few if repeated else layers
        return case(layers + [(1, 1, 1)] * (depth - few))

    return contract(
        make,
        depth=[1, 2, 3, 4, 7, 12, 200],
        kernels=[(1,), (2,), (3,), (1, 2), (1, 3), (1, 2, 3, 4, 5, 7), (11,)],
        strides=[(1,), (2,), (1, 2), (3,), (1, 2, 3, 4), (7,)],
        dilations=[(1,), (2,), (3,), (1, 3), (1, 2, 4, 5)],
        repeated=[False, True],
    )
