"""The hidden checks of unit 3. Their words are defined in `autograder.checking.words`.

Each part isolates one thing that can go wrong. Sizes are chosen so that rounding up, down and to
the nearest differ, and so that no two ways to miscount give the same number throughout. Next to
the fixed sizes stand drawn ones, others for every student.
"""

import itertools

import numpy as np

from autograder.checking.contracts import anything
from autograder.checking.words import case, item, part, refused, signed
from autograder.units.unit3_shapes import contracts
from autograder.units.unit3_shapes.contracts import FITS

# (n, kernel, stride, pad) of lines on which a short cut, or a rule for another case, goes wrong.
SHORT_CUTS = [
    (7, 3, 2, 1),  # at stride 1 the size would stay
    (8, 5, 3, 2),
    (6, 1, 2, 1),  # one tap
    (9, 4, 4, 0),  # windows side by side
    (10, 4, 4, 1),
    (11, 2, 5, 0),  # windows with gaps
    (4, 3, 9, 0),  # a stride longer than the line
    (4, 2, 4, 3),  # or as long
    (5, 5, 1, 1),  # a kernel as long as the line, but for its padding
    (1, 2, 2, 3),  # a single pixel
    (3, 2, 5, 4),  # more padding than picture
    (2, 1, 9, 3),
]


def _lines(rng, count, **options):
    """(n, kernel, stride, pad, dilation) that fit; an option given is drawn from its list."""
    lists = {"stride": [1], "pad": [0], "dilation": [1]} | options
    lines = []
    for _ in range(count):
        stride, pad, dilation = (int(rng.choice(values)) for values in lists.values())
        kernel = int(rng.integers(2, 8))
        lines.append((int(rng.integers(40, 300)), kernel, stride, pad, dilation))
    return lines


def check_conv_output_size(rng):
    return [
        part(
            "no padding, stride 1, dilation 1",
            0.375,
            case(7, 3),
            case(40_000, 4),
            case(6, 1),
            case(5, 2, 1, 0, 1),
            *(case(*line) for line in _lines(rng, 2)),
        ),
        part(
            "padding at both ends, stride with the rest left out",
            0.5,
            case(6, 3),  # then with one option alone
            case(6, 3, pad=1),
            case(9, 4, 1, 3),
            case(6, 4, pad=2),  # half of an even kernel: one more than went in
            case(12, 3, 2),
            case(11, 3, stride=2),
            case(17, 4, stride=4),
            case(227, 11, 4),
            case(33, 5, 3, 2),
            case(32, 2, 5, 1),
            *(case(*line) for line in SHORT_CUTS),
            *(case(*line) for line in _lines(rng, 3, stride=[2, 3, 4, 5], pad=[1, 2, 3])),
        ),
        part(
            "dilation",
            0.375,
            case(12, 3),
            case(12, 3, dilation=2),
            case(20, 4, 1, 0, 3),
            case(9, 1, dilation=5),
            case(30, 3, 2, 1, 5),
            case(31, 4, 3, 2, 4),
            case(14, 2, 5, 0, 5),  # taps as far apart as windows
            case(3, 2, 1, 4, 5),  # taps further apart than the line is long
            *(case(*line) for line in _lines(rng, 3, stride=[1, 2, 3], dilation=[2, 3, 4])),
        ),
        part(
            "counts 1 for a kernel that just fits, refuses one that does not",
            0.5,
            case(9, 9),
            case(2, 5, pad=2),
            case(9, 3, dilation=4),
            case(6, 4, 3, 0, 1),
            refused(4, 5, about=FITS),
            refused(3, 6, 1, 1, about=FITS),
            refused(4, 3, dilation=2, about=FITS),
            refused(9, 3, 4, 1, 6, about=FITS),
            refused(1, 9, 2, about=FITS),
        ),
        anything(0.25, contracts.contract_conv_output_size, rng, 24),
    ]


def check_conv_output_shape(rng):
    n, f, c, height, width = (int(v) for v in rng.permutation(np.arange(2, 30))[:5])
    plain = case((n, c, 20 + height, 20 + width), (f, c, 3, 3))
    (h, kh, *down), (w, kw, *across) = _lines(
        rng, 2, stride=[1, 2, 3], pad=[0, 1, 2], dilation=[1, 2, 3]
    )
    pairs = case((n, c, h, w), (f, c, kh, kw), *zip(down, across, strict=True))
    return [
        part(
            "as many pictures as went in, one plane per filter",
            0.375,
            case((1, 3, 8, 8), (5, 3, 3, 3)),
            case((2, 3, 8, 8), (5, 3, 2, 2)),
            case((7, 1, 6, 6), (1, 1, 3, 3)),
            case((3, 6, 9, 9), (4, 6, 9, 9)),
            case((n, c, height, height), (f, c, 1, 1)),
        ),
        part(
            "rows and columns each with their own size and kernel",
            0.25,
            case((2, 3, 8, 13), (5, 3, 3, 3)),
            case((2, 3, 13, 8), (5, 3, 2, 4)),
            case((2, 3, 12, 17), (4, 3, 3, 5), 2, 1),
            case((2, 3, 8, 11), (4, 3, 4, 6), pad=(2, 3)),  # half of an even kernel
            case((2, 3, 21, 16), (4, 3, 3, 2), stride=3, pad=2, dilation=4),
            case((2, 5, 8, 3), (4, 5, 1, 3)),  # as many columns as a picture has colours
            case((2, 3, 9, 9), (4, 3, 2, 5)),
            plain,
        ),
        part(
            "a pair: rows first, then columns",
            0.25,
            # Of the next ones each differs from the first in one option alone.
            case((2, 3, 12, 17), (5, 3, 3, 2)),
            case((2, 3, 12, 17), (5, 3, 3, 2), (2, 3)),
            case((2, 3, 12, 17), (5, 3, 3, 2), stride=(4, 1)),
            case((2, 3, 9, 9), (5, 3, 3, 3), (2, 1)),  # rows and columns differ in this alone
            case((2, 3, 9, 9), (5, 3, 3, 3), 1, (0, 2)),
            case((2, 3, 9, 9), (5, 3, 3, 3), 2, 1, (1, 3)),
            case((2, 3, 12, 17), (5, 3, 3, 2), pad=(3, 1)),
            case((2, 3, 12, 17), (5, 3, 3, 2), dilation=(2, 5)),
            case((2, 3, 20, 17), (5, 3, 3, 4), (3, 2), (1, 4), (5, 2)),
            case((2, 3, 20, 17), (5, 3, 3, 4), 2, (0, 3), (1, 3)),
            *(
                case((2, 3, h, w), (5, 3, kh, kw), (sh, sw), (ph, pw))
                for (h, kh, sh, ph), (w, kw, sw, pw) in itertools.pairwise(SHORT_CUTS)
            ),
            case((2, 3, 14, 3), (5, 3, 2, 2), (5, 1), (0, 4), (5, 5)),
            pairs,
        ),
        anything(0.125, contracts.contract_conv_output_shape, rng, 24),
    ]


def check_conv_output_shape_by_hand(mine):
    return [
        part(
            "the output: its channels, rows and columns",
            0.5,
            item("channels", mine),
            item("rows", mine),
            item("columns", mine),
        ),
        part("parameters: weights and biases", 0.25, item("params", mine)),
        part("multiply-accumulates", 0.25, item("macs", mine)),
    ]


def check_fit_report(rng):
    kernel, stride, windows = (int(v) for v in rng.integers((3, 2, 5), (8, 6, 40)))
    return [
        part(
            "everything is used",
            0.25,
            case(8, 3),
            case(9, 3, 2),
            case(20, 4, stride=4),
            case(5, 5),
            case(6, 1),  # a window starts and ends with its only pixel
            case(40_000, 3),
            case(stride * windows + kernel, kernel, stride),
        ),
        part(
            "a stride that leaves pixels over",
            0.5,
            case(128, 3, 2),
            case(10, 3, stride=2),
            case(21, 4, 4),
            case(24, 5, 4),
            case(30, 2, 5),
            case(6, 3, 4),
            case(27, 2, 7),
            *(case(*line) for line in _lines(rng, 2, stride=[2, 3, 4, 5, 6])),
        ),
        part(
            "with padding at both ends",
            0.5,
            case(8, 3, pad=1),
            case(64, 5, 3, 1),
            case(10, 3, 4, 1),
            case(30, 4, stride=5, pad=3),
            case(17, 2, 4, 2),
            *(case(*line) for line in SHORT_CUTS),
            *(case(*line) for line in _lines(rng, 2, stride=[2, 3, 4, 5], pad=[1, 2, 3])),
        ),
        part(
            "with dilation",
            0.5,
            case(9, 3),
            case(9, 3, dilation=2),
            case(20, 3, 4, 0, 3),
            case(31, 4, 5, 2, 2),
            case(14, 2, 5, 0, 5),  # taps as far apart as windows
            case(3, 2, 1, 4, 5),  # taps further apart than the line is long
            case(29, 2, 6, 1, 4),
            *(case(*line) for line in _lines(rng, 2, stride=[3, 4, 5], dilation=[2, 3, 4])),
        ),
        anything(0.25, contracts.contract_fit_report, rng, 24),
    ]


def check_fit_report_by_hand(mine):
    return [part("windows that fit, pixels left over", 1, case(mine))]


def check_conv1x1(rng):
    x, w, b = signed(rng, 2, 3, 4, 5), signed(rng, 4, 3), signed(rng, 4)
    return [
        part(
            "one picture: every pixel's channels, each with its weight",
            0.75,
            case(signed(rng, 1, 3, 4, 5), signed(rng, 4, 3)),
            case(signed(rng, 1, 3, 4, 5), signed(rng, 4, 3)),  # other numbers, of the same sizes
            case(signed(rng, 1, 4, 3, 2), signed(rng, 2, 4)),
            case(signed(rng, 1, 3, 1, 1), signed(rng, 2, 3)),
        ),
        part(
            "as many filters as channels: which index is which",
            0.5,
            case(signed(rng, 1, 3, 4, 5), signed(rng, 3, 3)),
            case(signed(rng, 2, 2, 3, 3), signed(rng, 2, 2)),
        ),
        part(
            "several pictures, not square; one filter, one channel",
            0.75,
            case(x, w),
            case(signed(rng, 3, 2, 5, 2), signed(rng, 1, 2)),
            case(signed(rng, 2, 1, 3, 4), signed(rng, 3, 1)),
            case(signed(rng, 2, 3, 4, 5), signed(rng, 2, 3)),
        ),
        part(
            "a bias for each filter",
            0.625,
            case(x, w, b),
            case(x, w, np.zeros(4)),
            case(x, w[:1], b[:1]),
            case(signed(rng, 2, 3, 4, 4), w, b=b),
            case(signed(rng, 2, 3, 5, 3), w[:3], b[:3]),
        ),
        anything(0.375, contracts.contract_conv1x1, rng, 20),
    ]


def _layers(rng, count, strides=(1,), dilations=(1,)):
    """A stack of layers, with a stride and a dilation drawn for each."""
    return [
        (int(rng.integers(2, 7)), int(rng.choice(strides)), int(rng.choice(dilations)))
        for _ in range(count)
    ]


def check_receptive_field(rng):
    return [
        part(
            "stride 1, dilation 1: what every layer adds",
            0.75,
            case([(3, 1, 1)]),
            case([(3, 1, 1), (3, 1, 1), (3, 1, 1)]),
            case([(5, 1, 1), (1, 1, 1), (2, 1, 1), (7, 1, 1)]),
            case(_layers(rng, 4)),
        ),
        part(
            "strides of the layers before",
            1,
            case([(4, 2, 1), (3, 1, 1)]),
            case([(7, 2, 1), (3, 2, 1), (3, 1, 1)]),
            case([(3, 1, 1), (2, 2, 1), (5, 3, 1), (2, 2, 1), (3, 1, 1)]),
            case([(1, 4, 1), (3, 1, 1), (2, 3, 1)]),
            case([(3, 3, 1)] * 22),  # more than 32 bits hold
            case(_layers(rng, 4, strides=(1, 2, 3))),
        ),
        part(
            "dilation",
            0.75,
            case([(3, 1, 2)]),
            case([(3, 1, 1), (3, 1, 2), (3, 1, 4)]),
            case([(2, 1, 5), (4, 1, 3), (3, 1, 1)]),
            case(_layers(rng, 3, dilations=(1, 2, 3))),
        ),
        part(
            "strides and dilations together",
            1,
            case([(7, 2, 1), (3, 2, 1), (3, 1, 2), (3, 1, 4)]),
            case([(5, 3, 2), (2, 2, 3), (4, 1, 5), (3, 2, 1), (3, 1, 1)]),
            case(_layers(rng, 5, strides=(1, 2, 3), dilations=(1, 2, 3))),
        ),
        anything(0.5, contracts.contract_receptive_field, rng),
    ]
