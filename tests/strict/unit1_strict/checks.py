"""The hidden checks: those of unit 1, and all else that a function can be asked for."""

import numpy as np

from autograder.checking.words import case, part, refused, signed
from autograder.units.unit1_convolution import checks as unit1

CHANNELS = ("channel", "x", "w")
DIMENSIONS = ("x", "w", "dimension", "ndim", "4-D", "4D")
KERNEL = ("kernel", "w", "x", "filter")


def check_conv2d_valid(rng):
    x, w, b = signed(rng, 2, 3, 6, 8), signed(rng, 4, 3, 2, 3), signed(rng, 4)
    bytes_x = rng.integers(0, 256, (2, 3, 5, 6), dtype=np.uint8)
    bytes_w = rng.integers(1, 5, (4, 3, 2, 3), dtype=np.uint8)
    return [
        *unit1.check_conv2d_valid(rng),
        part(
            "float32 stays float32, integers are computed in float64",
            0.25,
            case(x.astype(np.float32), w.astype(np.float32), b.astype(np.float32)),
            case(bytes_x, bytes_w),
            case(x, w),
            also={"dtype"},
        ),
        part(
            "leaves its inputs as they were, without warnings",
            0.25,
            case(x, w, b),
            case(bytes_x, bytes_w),
            also={"inputs", "fresh", "quiet"},
        ),
        part(
            "refuses bad input with a ValueError that names the argument",
            0.25,
            case(x, w, b),
            refused(x[0], w, about=DIMENSIONS),
            refused(x, w[0], about=DIMENSIONS),
            refused(x, w[:, :2], about=CHANNELS),
            refused(x, w[:, :1], about=CHANNELS),
            refused(x[:, :, :1], w, about=KERNEL),
            refused(x[:, :, :, :2], w, about=KERNEL),
            refused(x, w, b[:3], about=("b", "bias")),
        ),
    ]


def check_pad2d(rng):
    x = signed(rng, 2, 3, 4, 6)
    return [
        *unit1.check_pad2d(rng),
        part(
            "float32 stays float32, integers become float64",
            0.25,
            case(x.astype(np.float32), 1),
            case(rng.integers(0, 256, (2, 3, 4, 5), dtype=np.uint8), (1, 2), value=-0.5),
            case(x, 1),
            also={"dtype"},
        ),
        part(
            "returns a new array and leaves its input as it was",
            0.25,
            case(x, (1, 2), 1.5),
            case(x, 0),
            also={"inputs", "fresh", "quiet"},
        ),
        part(
            "refuses bad input with a ValueError that names the argument",
            0.25,
            case(x, 1),
            refused(x[0], 1, about=("x", "dimension", "ndim", "4-D", "4D")),
            refused(x, -1, about=("pad", "ph")),
            refused(x, (1, -2), about=("pad", "pw")),
            refused(x, (-1, 2), about=("pad", "ph")),
        ),
    ]


def check_dilate_kernel(rng):
    w = signed(rng, 4, 3, 2, 3)
    return [
        part(
            "the same weights, further apart",
            0.5,
            case(w, 2),
            case(w, 3),
            case(w, (2, 3)),
            case(w, (1, 2)),
            case(signed(rng, 2, 3, 1, 1), 4),
        ),
        part(
            "dilation 1 changes nothing; new array, dtype as asked, input as it was",
            0.25,
            case(w, 1),
            case(w.astype(np.float32), (1, 2)),
            case(rng.integers(-9, 9, (2, 3, 2, 3)), 1),
            also={"dtype", "inputs", "fresh", "quiet"},
        ),
        part(
            "refuses bad input with a ValueError that names the argument",
            0.25,
            case(w, (2, 3)),
            refused(w[0], 2, about=("w", "dimension", "ndim", "4-D", "4D")),
            refused(w, 0, about=("dilation", "dh")),
            refused(w, (2, 0), about=("dilation", "dw")),
            refused(w, (-1, 1), about=("dilation", "dh")),
        ),
    ]
