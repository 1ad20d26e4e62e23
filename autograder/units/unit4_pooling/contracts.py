"""The legal calls of unit 4's functions: see `autograder.checking.contracts`.

Sizes are chosen by how many rows and columns are left over, so that every window fits.
"""

import numpy as np

from autograder.checking.contracts import contract
from autograder.checking.words import case, signed, unsigned, values

PLANES = [(1, 1), (1, 3), (2, 1), (2, 2), (3, 2)]
MANY = "many windows"  # of one plane: too many for an answer that calls itself for each of them
KERNELS = [1, 2, 3, (2, 2), (1, 2), (3, 1), (2, 3), (4, 3), (2, 5), (7, 2), (3, 6), 6]
LARGE = 17  # a kernel
STRIDES = [1, 2, 3, (2, 2), (1, 2), (3, 1), (2, 3), (4, 2), 9]
MORE = [0, 1, 2, 3, 6]  # rows or columns beyond the first window
PIXELS = ["signed", "positive", "negative", "sparse", "zero", "even", "tied", "tiny", "bright"]
PIXELS += ["single", "whole", "bytes", "large and negative", "close", "minute", "apart", "shades"]


def both(value):
    """A number or a pair, as a pair."""
    return value if isinstance(value, tuple) else (value, value)


def picture(rng, shape, pixels):
    """Pictures (N, C, H, W) of this kind.

    pixels : a kind of `values`; "large and negative"; "close": different, but hardly more than
        rounding apart; "minute": smaller than any tolerance; "shades": from black, 0, to white, 1;
        "apart": planes of different brightness, "dark": some planes black, both neither the first
        nor the last; "impulse": one bright pixel; "wide": columns that repeat, so that some maxima
        stay and others do not
    """
    n, c, height, width = shape
    between = np.arange(n)[:, None] % 2 + np.arange(c) % 2  # by plane; 0 at the first
    match pixels:
        case "bytes":  # many of them black, as in photographs
            return values(rng, "bytes", *shape) * rng.integers(0, 2, shape, dtype=np.uint8)
        case "large and negative":
            return -1e300 * unsigned(rng, *shape)
        case "close":
            steps = rng.permutation(n * c * height * width).reshape(shape)
            return 1 + np.finfo(float).eps * steps
        case "minute":
            return 1e-200 * signed(rng, *shape)
        case "apart":
            return signed(rng, *shape) - 100 * between[:, :, None, None]
        case "shades":
            return rng.random(shape)
        case "dark":
            return rng.integers(0, 3, shape) * (between == 0)[:, :, None, None] * 1.0
        case "impulse":
            x = np.zeros(shape)
            x[..., rng.integers(height), rng.integers(width)] = 1
            return x
        case "wide":
            return np.repeat(rng.integers(-2, 3, shape), 3, axis=3)[..., :width] * 1.0
    return values(rng, pixels, *shape)


def enough(kernel, stride):
    """Planes, and rows and columns beyond the first window, for a level of MANY; None if too large.

    Windows are small and close together, or a loop over them would take long.
    """
    (kh, kw), (sh, sw) = both(kernel), both(stride)
    return None if kh * kw > 9 or sh * sw > 4 else ((1, 1), 36 * sh, 35 * sw)


def frame(kernel, pad):
    """The pad argument of a level; never more than half the kernel."""
    kh, kw = both(kernel)
    most = min(kh, kw) // 2
    if pad == "number":
        return most
    return {"rows": (kh // 2, 0), "columns": (0, kw // 2), "pair": (kh // 2, kw // 2)}.get(pad, pad)


def contract_pool2d():
    def make(rng, planes, kernel, rows, columns, stride, pad, mode, pixels):
        if planes == MANY:
            found = enough(kernel, kernel if stride in (None, "None") else stride)
            if found is None:
                return None
            planes, rows, columns = found
        pad = frame(kernel, pad)
        (kh, kw), (ph, pw) = both(kernel), both(pad or 0)
        # "fewest" is a picture that is smaller than its window, if there is a frame.
        height = max(kh - 2 * ph, 1) if rows == "fewest" else kh + rows
        width = max(kw - 2 * pw, 1) if columns == "fewest" else kw + columns
        options = {"stride": stride, "pad": pad, "mode": mode}
        given = {name: value for name, value in options.items() if value is not None}
        if stride == "None":
            given["stride"] = None
        return case(picture(rng, (*planes, height, width), pixels), kernel, **given)

    return contract(
        make,
        planes=[*PLANES, MANY],
        kernel=KERNELS,
        rows=["fewest", *MORE],
        columns=["fewest", *MORE],
        stride=[None, "None", *STRIDES],
        pad=[None, 0, "number", "rows", "columns", "pair"],
        mode=[None, "max", "average"],
        pixels=PIXELS,
    )


def contract_maxpool_backward():
    def make(rng, planes, kernel, rows, columns, stride, pixels, gradient):
        if planes == MANY:
            found = enough(kernel, stride)
            if found is None:
                return None
            planes, rows, columns = found
        if kernel == LARGE:  # with more equal pixels than 8 bits can count
            pixels = "even"
        (kh, kw), (sh, sw) = both(kernel), both(stride)
        grad = values(rng, gradient, *planes, rows // sh + 1, columns // sw + 1)
        x = picture(rng, (*planes, kh + rows, kw + columns), pixels)
        return case(grad, x, kernel, stride)

    return contract(
        make,
        planes=[*PLANES, MANY],
        kernel=[*KERNELS, LARGE],
        rows=MORE,
        columns=MORE,
        stride=STRIDES,
        pixels=PIXELS,
        gradient=["signed", "negative", "sparse", "even", "tiny", "whole", "single"],
    )


def contract_shift_agreement():
    def make(rng, planes, kernel, rows, columns, stride, shift, pixels):
        if planes == MANY:
            found = enough(kernel, kernel if stride is None else stride)
            if found is None:
                return None
            planes, rows, columns = found
        kh, kw = both(kernel)
        height, width = kh + rows, kw + columns
        by = width - 1 if shift == "most" else min(shift, width - 1)
        return case(picture(rng, (*planes, height, width), pixels), kernel, stride, by)

    return contract(
        make,
        planes=[*PLANES, MANY],
        kernel=KERNELS,
        rows=MORE,
        columns=MORE,
        stride=[None, *STRIDES],
        shift=[0, 1, 2, 3, "most"],
        pixels=[*PIXELS, "dark", "impulse", "wide"],
    )
