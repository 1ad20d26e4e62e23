"""The hidden checks of unit 1. Their words are defined in `autograder.checking.words`.

Each part isolates one thing that can go wrong, so that a mistake costs the points of what it gets
wrong and no others. Data are signed and not whole; pictures, kernels, strides, paddings and
dilations are asymmetric wherever the part is not about something simpler.
"""

import numpy as np

from autograder.checking.contracts import anything
from autograder.checking.words import case, part, signed
from autograder.units.unit1_convolution import contracts


def check_conv2d_valid(rng):
    x, w, b = signed(rng, 2, 3, 6, 8), signed(rng, 4, 3, 2, 3), signed(rng, 4)
    sobel = np.array([[[[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]]])
    return [
        part(
            "one picture, one channel, one filter",
            1,
            case(signed(rng, 1, 1, 5, 5), signed(rng, 1, 1, 3, 3)),
            case(signed(rng, 1, 1, 4, 4), signed(rng, 1, 1, 2, 2)),
            case(signed(rng, 1, 1, 3, 5), sobel),  # its numbers add up to 0
        ),
        part(
            "several channels, each with its own kernel",
            1,
            case(signed(rng, 1, 3, 5, 5), signed(rng, 1, 3, 3, 3)),
            case(signed(rng, 1, 2, 4, 4), signed(rng, 1, 2, 1, 1)),
        ),
        part(
            "several pictures and several filters",
            0.75,
            case(signed(rng, 2, 3, 5, 5), signed(rng, 4, 3, 3, 3)),
            case(signed(rng, 3, 2, 4, 4), signed(rng, 1, 2, 3, 3)),
        ),
        part(
            "pictures and kernels that are not square, up to a kernel as large as the picture",
            0.75,
            case(x, w),
            case(signed(rng, 2, 3, 7, 4), signed(rng, 4, 3, 3, 2)),
            case(signed(rng, 2, 3, 3, 5), signed(rng, 4, 3, 3, 5)),
            case(x, signed(rng, 4, 3, 1, 1)),
        ),
        part(
            "a bias for each filter", 0.75, case(x, w, b), case(x, w, np.zeros(4)), case(x, w, b=b)
        ),
        anything(0.75, contracts.contract_conv2d_valid, rng),
    ]


def check_conv2d_valid_by_hand(mine):
    return [part("your output plane", 1, case(mine))]


def check_pad2d(rng):
    x = signed(rng, 2, 3, 4, 6)
    return [
        part(
            "a frame of zeros, equally wide on every side",
            1,
            case(x, 1),
            case(x, 2),
            case(x, 0),
        ),
        part(
            "a pair: rows first, then columns",
            0.75,
            case(x, (1, 2)),
            case(x, (0, 3)),
            case(x, (2, 0)),
        ),
        part(
            "a frame of any value",
            0.75,
            case(x, 1, 2.5),
            case(x, (2, 1), value=-0.75),
            case(rng.integers(-9, 10, (2, 3, 4, 5)), 1, 2.5),
            case(rng.integers(-9, 10, (2, 3, 4, 5)), (1, 2), -np.inf),
            case(x, 1, -3),  # a whole number makes no whole numbers of the picture
        ),
        anything(0.5, contracts.contract_pad2d, rng),
    ]


def check_pad2d_by_hand(mine):
    return [part("your output plane, of the padded picture", 1, case(mine))]


def check_dilate_kernel(rng):
    w, ending = signed(rng, 4, 3, 2, 3), signed(rng, 2, 3, 3, 3)
    ending[:, :, -1], ending[:, :, :, -1] = 0.0, 0.0  # a row and a column of zeros count as well
    return [
        part(
            "the same weights, further apart",
            0.625,
            case(w, 2),
            case(w, 3),
            case(w, (2, 3)),
            case(w, (1, 2)),
            case(signed(rng, 2, 3, 1, 1), 4),
            case(ending, (3, 2)),
        ),
        part("dilation 1 changes nothing", 0.25, case(w, 1), case(w, (1, 2))),
        anything(0.125, contracts.contract_dilate_kernel, rng),
    ]


def check_conv2d(rng):
    x, w, b = signed(rng, 2, 3, 9, 11), signed(rng, 4, 3, 2, 3), signed(rng, 4)
    return [
        part("nothing but filters and bias", 0.25, case(x, w), case(x, w, b)),
        part(
            "stride, with leftover rows and columns dropped",
            0.75,
            case(x, w, stride=2),
            case(x, w, None, (2, 3)),
            case(x, w, stride=(3, 1)),
            case(x, w, stride=4),
        ),
        part(
            "zero padding",
            0.5,
            case(x, w, pad=1),
            case(x, w, None, 1, (2, 1)),
            case(x, w, pad=(0, 2)),
        ),
        part(
            "dilation",
            0.5,
            case(x, w, dilation=2),
            case(x, w, dilation=3),
            case(x, w, dilation=(3, 2)),
            case(x, w, dilation=(1, 5)),
            case(x, signed(rng, 4, 3, 3, 4), dilation=(3, 2)),
        ),
        part(
            "all of them together",
            0.5,
            case(x, w, b, 2, 1, 2),
            case(x, w, b, (2, 3), (1, 2), (3, 2)),
            case(x[:, :, :3, :5], w, b, (1, 2), 0, (2, 2)),
            case(rng.integers(-9, 10, x.shape), w, b, 2, (1, 2), 2),
        ),
        anything(0.5, contracts.contract_conv2d, rng),
    ]


def check_conv2d_by_hand(mine):
    return [part("your output plane, at stride 3 and dilation 2", 1, case(mine))]
