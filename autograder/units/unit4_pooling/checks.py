"""The hidden checks of unit 4. Their words are defined in `autograder.checking.words`.

Each part isolates one thing that can go wrong. Pixels are positive where the part is not about
signs, and no two are equal where it is not about ties.
"""

import numpy as np

from autograder.checking.contracts import anything
from autograder.checking.words import case, item, pairs, part, signed, unsigned, values
from autograder.units.unit4_pooling import contracts
from autograder.units.unit4_pooling.reference import pooling_claims


def _whole(rng, height, width):
    """One plane of different whole numbers, as on paper."""
    return 1.0 + rng.permutation(height * width).reshape(1, 1, height, width)


def _tied(rng, *shape):
    """Whole numbers from -1 to 1: most windows hold their maximum several times."""
    return rng.integers(-1, 2, shape).astype(float)


def check_pool2d(rng):
    x, positive = signed(rng, 2, 3, 7, 10), unsigned(rng, 2, 3, 7, 10)
    apart = contracts.picture(rng, (3, 3, 5, 6), "apart")
    gaps = signed(rng, 1, 2, 8, 11)  # pixels between the windows of 2 × 2 at stride 3 are huge
    gaps[:, :, 2::3], gaps[..., 2::3] = 1e17, -1e17
    return [
        part(
            "the largest pixel of each window, one picture with one plane",
            0.5,
            case(_whole(rng, 4, 4), 2),
            case(_whole(rng, 6, 6), 3),
            case(_whole(rng, 8, 8), 2),
        ),
        part(
            "negative pixels",
            0.5,
            case(-unsigned(rng, 1, 1, 4, 4), 2, 2),
            case(signed(rng, 1, 1, 6, 6), 2, 2),
            case(-unsigned(rng, 1, 2, 6, 6), 3, 3),
        ),
        part(
            "several pictures and planes, each on its own, and windows that are not square",
            0.5,
            case(unsigned(rng, 2, 3, 4, 6), 2),
            case(unsigned(rng, 3, 2, 6, 8), (3, 2)),
            case(unsigned(rng, 2, 3, 4, 9), (1, 3)),
            case(unsigned(rng, 2, 3, 3, 5), (3, 5)),
            case(positive, 1),
            case(unsigned(rng, 3, 3, 3, 3), (2, 3), 1),
            case(3e-9 * positive, 2),  # small is not 0
        ),
        part(
            "a stride of its own, and leftover rows and columns dropped",
            0.5,
            case(positive, 3, 2),
            case(positive, 3, 1),
            case(positive, (2, 3), (3, 2)),
            case(positive, 2, stride=3),
            case(positive, (3, 4)),
            case(positive, 4),
            case(gaps, 2, 3),
        ),
        part(
            "padding that is never the largest pixel",
            0.5,
            case(apart, 3, 2, 1),
            case(-positive, 3, 3, 1),
            case(x, (3, 7), (3, 7), (1, 2)),
            case(positive, (7, 4), (7, 4), pad=(0, 1)),
            case(-1e300 * positive, 3, 3, 1),
            case(-rng.integers(1, 9, (2, 2, 5, 6)), 3, 3, 1),  # no whole number is minus infinity
            case(values(rng, "bytes", 1, 2, 4, 5), (2, 3), 2, (1, 0)),
            case(x[:, :, :2, :4], 2, 2, 1),
            case(positive[:, :, :2], (3, 2), 2, 1),
            case(positive[:, :, :, :3], 4, 2, (0, 2)),
            # More than 2 rows or columns, not as many of both, and the last window needs them all.
            case(-positive, (7, 4), (3, 2), (3, 1)),
            case(-positive, (3, 7), 3, (1, 3)),
        ),
        part(
            "the mean of each window",
            0.5,
            case(unsigned(rng, 2, 3, 4, 6), 2, 2, mode="average"),
            case(positive, (7, 5), (7, 5), mode="average"),
            case(x, 1, 1, 0, "average"),
            case(x, (1, 3), 2, mode="average"),
            case(signed(rng, 2, 3, 6, 9), 3, 3, 0, "average"),
            case(gaps, 2, 3, mode="average"),
            case(values(rng, "whole", 2, 2, 5, 6), 2, mode="average"),
            case(values(rng, "bytes", 2, 2, 5, 6), 2, mode="average"),
        ),
        part(
            "a mean divides by the real pixels, not by those of the frame",
            0.5,
            case(positive, 3, 3, pad=1, mode="average"),
            case(x, (3, 7), (3, 7), (1, 2), "average"),
            case(x, 3, 2, 1, "average"),
            case(x, (7, 4), (3, 2), (3, 1), "average"),
            case(x, (3, 7), 3, (1, 3), "average"),
            # Windows that reach over both borders, of columns, and of rows.
            case(x[:, :, :, :1], 3, 1, 1, "average"),
            case(x[:, :, :2], (5, 3), 1, (2, 0), "average"),
            case(values(rng, "whole", 2, 2, 5, 6), 3, 2, 1, "average"),
            case(_tied(rng, 2, 3, 6, 8), 3, 2, 1, "average"),  # a pixel of 0 is a real one
        ),
        anything(0.5, contracts.contract_pool2d, rng, 24),
    ]


def check_pool2d_by_hand(mine):
    return [part("your output plane, of the padded picture", 1, case(mine))]


def check_maxpool_backward(rng):
    x, negative = unsigned(rng, 2, 3, 7, 10), -unsigned(rng, 2, 3, 6, 10)
    return [
        part(
            "windows side by side: each gradient to the pixel that won",
            0.5,
            case(signed(rng, 2, 3, 2, 3), unsigned(rng, 2, 3, 4, 6), 2, 2),
            case(signed(rng, 1, 2, 2, 5), unsigned(rng, 1, 2, 6, 11), (3, 2), (3, 2)),
            case(signed(rng, 2, 3, 2, 3), x, 3, 3),
            case(negative[:, :, :2, :3], x[:, :, :2, :3], 1, 1),  # every pixel wins its window
        ),
        part(
            "negative pixels",
            0.25,
            case(signed(rng, 2, 3, 3, 5), negative, 2, 2),
            case(signed(rng, 2, 3, 2, 4), negative, 3, 2),
            case(signed(rng, 2, 3, 3, 4), signed(rng, 2, 3, 6, 8), 2, 2),
            case(signed(rng, 2, 3, 2, 4), 1e300 * negative, 3, 2),
        ),
        part(
            "windows that overlap, or leave gaps",
            0.5,
            case(signed(rng, 2, 3, 3, 4), x, 3, 2),
            case(signed(rng, 2, 3, 5, 8), x, 3, 1),
            case(values(rng, "sparse", 2, 3, 5, 8), x, 3, 1),  # a gradient of 0 takes none away
            case(signed(rng, 2, 3, 2, 9), x, (4, 2), (3, 1)),
            case(signed(rng, 2, 3, 2, 3), x, 2, (4, 3)),
        ),
        part(
            "ties: the first of the largest pixels, row by row",
            0.5,
            case(signed(rng, 2, 3, 3, 4), 1 + _tied(rng, 2, 3, 6, 8), 2, 2),
            case(signed(rng, 2, 3, 3, 4), 1 + _tied(rng, 2, 3, 7, 9), 3, 2),
            case(signed(rng, 2, 3, 2, 3), np.zeros((2, 3, 4, 6)), 2, 2),
            case(signed(rng, 2, 3, 3, 4), contracts.picture(rng, (2, 3, 6, 8), "close"), 2, 2),
        ),
        anything(0.25, contracts.contract_maxpool_backward, rng, 20),
    ]


def check_shift_agreement(rng):
    flat = np.kron(rng.integers(1, 4, (2, 3, 2, 2)), np.ones((4, 7)))
    return [
        part(
            "an impulse, in an even and in an odd column, and no shift at all",
            0.125,
            *[case(_impulse(1, 1, 4, 8, 1, column), 2, 2, 1) for column in (2, 3)],
            case(_impulse(1, 1, 6, 8, 2, 4), 2, 1, 1),
            case(_impulse(1, 1, 6, 9, 2, 4), 3, 2, 2),
            case(-_impulse(1, 1, 4, 8, 1, 3), 2, 2, 1),
            case(unsigned(rng, 2, 3, 6, 9), 2, 2, 0),
        ),
        part(
            "what moves in at the left, and what is lost at the right",
            0.125,
            case(_impulse(1, 1, 4, 8, 2, 7), 2, 2, 1),
            case(_impulse(1, 1, 4, 8, 2, 6), 2, 2, 3),
            case(np.ones((1, 1, 4, 8)), 2, 2, 1),
            case(np.full((1, 1, 4, 8), -2.5), 2, 2, 5),
        ),
        part(
            "several pictures and planes, the pooling that is asked for, and exact equality",
            0.125,
            case(contracts.picture(rng, (2, 3, 4, 8), "close"), 2, 2, 1),
            case(flat, 2, 2, 1),
            case(flat, 3, 2, 2),
            case(flat, 2, 3, 3),
            case(_tied(rng, 2, 3, 9, 12), 3, 1, 1),
            case(_tied(rng, 2, 2, 4, 5), 1, 1, 2),
            case(_impulse(1, 1, 4, 8, 1, 3), 2, None, 1),  # at stride 2
            case(1 + _tied(rng, 2, 3, 6, 8), 2, 2, 2),
            case(_impulse(2, 1, 5, 9, 2, 4), (2, 3), (1, 2), 2),
            case(contracts.picture(rng, (3, 3, 4, 8), "dark"), 2, 2, 1),
        ),
        anything(0.125, contracts.contract_shift_agreement, rng, 20),
    ]


def _impulse(n, c, height, width, row, column):
    x = np.zeros((n, c, height, width))
    x[..., row, column] = 1
    return x


def check_pooling_claims():
    # A true claim counts together with a false one: the same word everywhere earns nothing.
    claims = pairs(pooling_claims())
    return [
        part(f"pooling … {one}; … {other}", 0.125, item(one), item(other)) for one, other in claims
    ]
