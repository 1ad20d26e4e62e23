"""The legal calls of unit 4's functions: see `autograder.checking.contracts`.

Sizes are chosen by how many rows and columns are left over, so that every window fits.
"""

import numpy as np

from autograder.checking.contracts import contract
from autograder.checking.words import case, signed, unsigned

PLANES = [(1, 1), (1, 3), (2, 1), (3, 2)]
KERNELS = [1, 2, 3, (1, 2), (3, 1), (2, 3), (4, 3), (2, 5), (7, 2), (3, 6), 6]
STRIDES = [1, 2, 3, (1, 2), (3, 1), (2, 3), (4, 2)]
MORE = [0, 1, 2, 3, 6]  # rows or columns beyond the first window
VALUES = ["signed", "positive", "negative", "large and negative", "tied", "close", "zero", "flat"]


def both(value):
    """A number or a pair, as a pair."""
    return value if isinstance(value, tuple) else (value, value)


def picture(rng, shape, values):
    """Pictures with values of this kind."""
    if values == "zero":
        return np.zeros(shape)
    if values == "flat":
        return np.full(shape, float(rng.choice([-2.5, 1.0])))
    if values == "tied":
        return rng.integers(-1, 2, shape).astype(float)
    if values == "close":
        return 1 + 1e-9 * rng.permutation(np.prod(shape)).reshape(shape)
    if values == "signed":
        return signed(rng, *shape)
    positive = unsigned(rng, *shape)
    return {"positive": positive, "negative": -positive}.get(values, -1e300 * positive)


def frame(kernel, pad):
    """The pad argument of a level; never more than half the kernel."""
    kh, kw = both(kernel)
    most = min(kh, kw) // 2
    if pad == "number":
        return most
    return {"rows": (kh // 2, 0), "columns": (0, kw // 2), "pair": (kh // 2, kw // 2)}.get(pad, pad)


def contract_pool2d():
    def make(rng, planes, kernel, rows, columns, stride, pad, mode, values):
        pad = frame(kernel, pad)
        (kh, kw), (ph, pw) = both(kernel), both(pad or 0)
        # "fewest" is a picture that is smaller than its window, if there is a frame.
        height = max(kh - 2 * ph, 1) if rows == "fewest" else kh + rows
        width = max(kw - 2 * pw, 1) if columns == "fewest" else kw + columns
        options = {"stride": stride, "pad": pad, "mode": mode}
        given = {name: value for name, value in options.items() if value is not None}
        if stride == "None":
            given["stride"] = None
        return case(picture(rng, (*planes, height, width), values), kernel, **given)

    return contract(
        make,
        planes=PLANES,
        kernel=KERNELS,
        rows=["fewest", *MORE],
        columns=["fewest", *MORE],
        stride=[None, "None", *STRIDES],
        pad=[None, 0, "number", "rows", "columns", "pair"],
        mode=[None, "max", "average"],
        values=VALUES,
    )


def contract_maxpool_backward():
    def make(rng, planes, kernel, rows, columns, stride, values):
        (kh, kw), (sh, sw) = both(kernel), both(stride)
        grad = signed(rng, *planes, rows // sh + 1, columns // sw + 1)
        x = picture(rng, (*planes, kh + rows, kw + columns), values)
        return case(grad, x, kernel, stride)

    return contract(
        make,
        planes=PLANES,
        kernel=KERNELS,
        rows=MORE,
        columns=MORE,
        stride=STRIDES,
        values=VALUES,
    )


def contract_shift_agreement():
    def make(rng, planes, kernel, rows, columns, stride, shift, values):
        kh, kw = both(kernel)
        height, width = kh + rows, kw + columns
        if values == "impulse":
            x = np.zeros((*planes, height, width))
            x[..., rng.integers(height), rng.integers(width)] = 1
        elif values == "wide":  # equal in places, so that some maxima stay and others do not
            x = np.repeat(rng.integers(-2, 3, (*planes, height, width)), 3, axis=3)[..., :width]
            x = x.astype(float)
        else:
            x = picture(rng, (*planes, height, width), values)
        by = width - 1 if shift == "most" else min(shift, width - 1)
        return case(x, kernel, stride, by)

    return contract(
        make,
        planes=PLANES,
        kernel=KERNELS,
        rows=MORE,
        columns=MORE,
        stride=[None, *STRIDES],
        shift=[0, 1, 2, 3, "most"],
        values=[*VALUES, "impulse", "wide"],
    )
