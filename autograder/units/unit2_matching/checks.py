"""The hidden checks of unit 2. Their words are defined in `autograder.checking.words`.

Each part isolates one thing that can go wrong, so that a mistake costs the points of what it gets
wrong and no others. Data are signed and not whole; pictures, templates and kernels are not square
wherever the part is not about something simpler.
"""

import numpy as np

from autograder.checking.contracts import anything
from autograder.checking.words import case, item, part, signed, values
from autograder.units.unit2_matching import contracts


def check_ncc(rng):
    image, template = signed(rng, 6, 8), signed(rng, 3, 4)
    patch = np.zeros((4, 6))  # of the worked example, and one pixel that is not flat with it
    patch[1, 2] = patch[2, 1] = 1
    patch[0:2, 4:6] = 9
    grey = np.repeat([0.1, 0.7, 1.1], 4) * np.ones((4, 1))  # a mean of these is off by rounding
    grey[3:, :2] = signed(rng, 1, 2)
    spot = np.full((4, 6), 0.3)
    spot[1, 2] = 0.5
    return [
        part(
            "windows of mean 0, with less and with more contrast than the template",
            1,
            case(_alternating(rng, 5, 7), _alternating(rng, 3, 4)),
            case(_alternating(rng, 4, 6), _alternating(rng, 2, 2)),
            case(rng.choice([-1.5, 1.5], (4, 7)), signed(rng, 2, 3)),  # equal but for the sign
        ),
        part(
            "one window with the contrast of the template, but brighter or darker",
            1,
            case(_shuffled(rng, template) + 5, template),
            case(_shuffled(rng, template) - 3, template + 1),
        ),
        part(
            "any picture and template, up to a template as large as the picture",
            1.25,
            case(image, template),
            case(signed(rng, 6, 7), signed(rng, 2, 5)),
            case(signed(rng, 7, 5) + 2, signed(rng, 5, 2) + 1),
            case(signed(rng, 3, 5), signed(rng, 3, 5)),
            case(signed(rng, 1, 7), signed(rng, 1, 3)),
            case(signed(rng, 7, 1), signed(rng, 3, 1)),
            case(image, template[:1]),
            case(image, template[:, :1]),
            case(values(rng, "whole", 6, 8), values(rng, "whole", 3, 4)),
            case(values(rng, "bytes", 6, 8), values(rng, "bytes", 3, 4)),
        ),
        part(
            "the same for a picture that is brighter, darker, weaker or a negative",
            1,
            case(2 * image + 3, template),
            case(0.001 * image + 0.5, template),
            case(image, 0.001 * template - 2),
            case(-image, template),
            case(contracts.changed(image, "faint"), contracts.changed(template, "faint")),
        ),
        part(
            "flat windows and flat templates give 0, not NaN",
            1,
            case(patch, np.array([[0.0, 1.0], [1.0, 0.0]])),
            case(grey, signed(rng, 3, 4)),
            case(20_000 + grey, signed(rng, 3, 4)),
            case(spot, signed(rng, 3, 4)),  # all but one of the pixels are equal
            case(image, np.full((1, 3), 0.1)),
            case(image, np.array([[2.0]])),
            case(image, np.full((2, 2), 0.5)),  # its mean is exact, and so is its length of 0
            # Both flat: what rounding leaves of each is alike, or opposite.
            case(np.full((5, 6), 0.1), np.full((3, 4), 0.7)),
            case(np.full((3, 4), 0.7), np.full((3, 4), 0.7)),  # the same picture
            # The mean of this one is not exact, and bright windows show what is left of it.
            case(1000 + 1e-6 * image, np.full((2, 3), 0.7)),
        ),
        anything(0.75, contracts.contract_ncc, rng, 24),
    ]


def check_downsample(rng):
    return [
        part(
            "the mean of each block of 2 × 2 pixels",
            0.5,
            case(signed(rng, 6, 8)),
            case(np.tile([0.0, 1.0], (4, 3))),
            case(signed(rng, 2, 2)),
            case(1000 * signed(rng, 4, 10)),
        ),
        part(
            "an odd last row or column is left out",
            0.375,
            case(signed(rng, 7, 8)),
            case(signed(rng, 4, 9)),
            case(signed(rng, 5, 3)),
        ),
        anything(0.125, contracts.contract_downsample, rng),
    ]


def check_pyramid(rng):
    image = signed(rng, 8, 12)
    return [
        part(
            "level 0 is the picture, level 1 half of it",
            0.375,
            case(image, 1),
            case(signed(rng, 5, 3), 1),
            case(image, 2),
        ),
        part(
            "each level is the one before it, downsampled",
            0.5,
            case(image, 3),
            case(image, 4),
            case(values(rng, "whole", 8, 12), 3),  # another picture of the same size
            case(signed(rng, 11, 9), 2),
            case(signed(rng, 19, 13), 4),
        ),
        anything(0.125, contracts.contract_pyramid, rng),
    ]


def check_multiscale_match(rng):
    # Searching window by window takes long, so a picture is no larger than what it shows needs.
    template = signed(rng, 3, 4)
    small = _pasted(rng, template, (8, 11), 1, 6)
    double = _pasted(rng, _enlarged(template, 2), (12, 16), 4, 6)
    corner = template[:2, :3]
    fourfold = _pasted(rng, _enlarged(corner, 4), (13, 21), 4, 8)
    eightfold = _pasted(rng, _enlarged(corner, 8), (25, 24), 8, 0)
    # Of 15 rows 3 are left on level 2, and of 15 columns 3: a fifth, not a fourth.
    tall = _pasted(rng, _enlarged(corner, 4), (15, 19), 4, 4)
    wide = _pasted(rng, _enlarged(corner.T, 4), (19, 15), 4, 4)
    # A copy that is nearly perfect, on another level than the perfect one.
    first, later = fourfold.copy(), double + signed(rng, 12, 16) / 1000
    first[1:3, 2:5] = corner + signed(rng, 2, 3) / 1000
    later[0:3, 1:5] = template
    square = _pasted(rng, _enlarged(template[:3, :3], 2), (13, 13), 2, 6)
    bright = 0.1 * small
    bright[4:8, 0:5] += 40
    rising, falling = _slope(rng, 1, 3, 4), _slope(rng, -1, 6, 8)
    whole, grey = (np.rint(20 * array) for array in (template, double + signed(rng, 12, 16) / 9))
    whole, grey = whole.astype(int), (grey + 128).clip(0, 255).astype(np.uint8)
    level = np.add.outer([9.0, 7, 4, 4, 3, 1], [8.0, 6, 5, 2, 2, -1, -2])  # flat at (2, 3) alone
    return [
        part(
            "a pattern as large as the template",
            0.5,
            case(small, template, 1),
            case(small, template, 2),
            case(-small, -template, 2),
            case(np.rint(20 * small).astype(int), whole, 2),
        ),
        part(
            "a pattern that is larger: its level, and its place in pixels of level 0",
            0.75,
            case(double, template, 2),
            case(double, template, 3),
            case(fourfold, corner, 3),
            case(square, template[:3, :3], 2),
            case(eightfold, corner, 4),
            case(tall, corner, 3),
            case(wide, corner.T, 3),
            case(first, corner, 3),
            case(later, template, 2),
        ),
        part(
            "a larger pattern under noise: each level is a mean of the one before",
            0.25,
            case(double + signed(rng, 12, 16) / 2, template, 2),
            case(double + signed(rng, 12, 16) / 2, template, 1),
            case(grey, whole, 2),
            case(fourfold + signed(rng, 13, 21) / 4, corner, 3),
        ),
        part(
            "levels that are smaller than the template are passed over",
            0.625,
            case(small, template, 4),
            case(double, template, 4),
            case(double, signed(rng, 9, 5), 3),
            case(small, signed(rng, 8, 11), 2),
            case(signed(rng, 4, 20), signed(rng, 3, 2), 3),
            case(signed(rng, 20, 4), signed(rng, 2, 4), 3),
        ),
        part(
            "brightness and contrast do not count; the opposite of the template is no match",
            0.5,
            case(bright, template, 2),
            case(3 * double - 40, template, 3),
            case(-small, template, 2),
            case(falling, rising, 2),  # all scores are negative
            case(np.array([[3.0, 7], [7, 3]]), np.array([[1.0, 0], [0, 1]]), 2),  # -1, and no other
            case(level, np.array([[0.0, 1], [1, 2]]), 2),  # one is 0, all others are negative
        ),
        anything(0.375, contracts.contract_multiscale_match, rng),
    ]


def check_layer_cost(rng):
    layers = [
        ((2, 6, 9), 5, 3),
        ((64, 56, 48), 96, 3, 1, 1),
        ((4, 11, 17), 6, 3, 2),
        ((6, 9, 11), 4, 3, 2, (0, 3)),
        ((3, 15, 22), 7, (5, 2), (3, 2), (1, 2)),
        ((8, 5, 12), 3, (2, 5), (1, 4)),
        ((5, 4, 7), 3, (4, 7)),
        ((7, 13, 10), 5, 1),
        ((3, 12, 9), 2, 3, 2),  # something is left over in the rows alone, then in the columns
        ((2, 9, 12), 4, 3, 2),
        ((3, 7, 8), 4, 3, 2, 1),  # at stride 1 it would keep the size
        ((3, 6, 5), 2, 1, 2, 1),
        ((2, 8, 8), 3, (3, 1)),  # rows and columns differ in one number
        ((2, 9, 9), 3, 3, (2, 1)),
        ((2, 9, 9), 3, 3, 1, (0, 2)),
        ((2, 4, 3), 3, (3, 2), (9, 5), (0, 4)),  # a stride longer than the rows, or the columns
        ((6001, 5, 7), 40_009, 3),  # more parameters and MACs than 32 bits hold
        _layer(rng),
        _layer(rng),
    ]
    return [
        part(
            "out_shape",
            0.5,
            *(item("out_shape", *layer) for layer in layers),
            item("out_shape", (3, 10, 17), 5, kernel=(4, 2), pad=(1, 2)),
            item("out_shape", (2, 9, 13), 4, (2, 3), stride=(2, 3)),
        ),
        part("params", 0.5, *(item("params", *layer) for layer in layers)),
        part("macs", 0.5, *(item("macs", *layer) for layer in layers)),
        part("activations", 0.25, *(item("activations", *layer) for layer in layers)),
        anything(0.25, contracts.contract_layer_cost, rng, 24),
    ]


# -- layers ---------------------------------------------------------------------------------------


def _layer(rng):
    """What goes in, filters, kernel, stride and pad: the two numbers of a pair always differ."""
    channels, filters = (int(n) for n in rng.choice(np.arange(2, 10), 2, replace=False))
    height, width = (int(n) for n in rng.choice(np.arange(11, 25), 2, replace=False))
    pairs = (rng.choice(numbers, 2, replace=False) for numbers in ([2, 3, 4, 5], [1, 2, 3], 3))
    kernel, stride, pad = ((int(rows), int(columns)) for rows, columns in pairs)
    return (channels, height, width), filters, kernel, stride, pad


# -- pictures -------------------------------------------------------------------------------------


def _alternating(rng, height, width):
    """Columns of opposite signs: every window of an even width has mean 0."""
    return rng.uniform(0.5, 4, (height, 1)) * np.resize([1.0, -1.0], width)


def _shuffled(rng, template):
    """The same values in another order: the same mean and the same contrast."""
    return rng.permutation(template.ravel()).reshape(template.shape)


def _slope(rng, sign, height, width):
    """Pixels that grow, or fall, downwards and to the right."""
    rows, columns = np.mgrid[:height, :width]
    return sign * (rows + 0.7 * columns) + rng.uniform(0, 0.3, (height, width))


def _enlarged(template, times):
    """Every pixel as a block of ``times`` × ``times``."""
    return np.kron(template, np.ones((times, times)))


def _pasted(rng, pattern, shape, row, col):
    """A picture of weak noise with the pattern at this place."""
    image = signed(rng, *shape) / 4
    image[row : row + pattern.shape[0], col : col + pattern.shape[1]] = pattern
    return image
