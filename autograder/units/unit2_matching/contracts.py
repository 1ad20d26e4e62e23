"""The legal calls of unit 2's functions: see `autograder.checking.contracts`.

Whole numbers are legal: practice asks for them. A picture has a row and a column on every level.
"""

import numpy as np

from autograder.checking.contracts import contract
from autograder.checking.words import case, signed, values

PLANES = [(2, 2), (2, 3), (3, 2), (4, 4), (5, 4), (4, 7), (6, 9), (8, 11)]
MANY = (36, 35)  # so many windows that an answer that calls itself for each of them ends early
WINDOWS = [(1, 1), (1, 2), (2, 1), (1, 3), (2, 2), (2, 3), (3, 2), (3, 3), (3, 5), (4, 3)]
PIXELS = ["signed", "whole", "bytes", "single", "negative", "few", "flat", "stripes", "slope"]
PIXELS += ["shades"]


def plane(rng, kind, shape):
    """A grey plane that holds numbers of a certain kind; see `values` for those not found here."""
    rows, columns = np.indices(shape)
    if kind == "shades":  # from black to white
        return rng.random(shape)
    if kind == "few":  # many equal pixels
        return rng.choice([0.0, 0.1, 0.7], shape)
    if kind == "flat":
        return np.full(shape, rng.choice([0.0, 0.1, 0.7, -1.1]))
    if kind == "bands":  # flat windows, windows that are nearly so, and windows of equal rows
        image = np.where(columns < shape[1] // 2, 0.1, 0.7)
        image[-1, -1] = 1.1
        return image
    if kind == "rungs":  # the same with equal columns
        return plane(rng, "bands", shape[::-1]).T.copy()
    if kind == "opposite":  # a number and its negative: equal in size, and not flat
        return rng.choice([-1.5, 1.5], shape)
    if kind == "stripes":
        return rng.uniform(0.5, 4, (shape[0], 1)) * np.where(columns % 2, -1.0, 1.0)
    if kind == "slope":
        return rows + 0.7 * columns + rng.uniform(0, 0.3, shape)
    return values(rng, kind, *shape)


def contract_ncc():
    def make(rng, shape, window, pixels, looked_for, image_is, template_is):
        if window == "all":  # the template is as large as the picture
            window = shape
        # Of so many windows one of drawn pixels would be flat up to what rounding can tell.
        if shape == MANY and (window[0] * window[1] > 4 or pixels not in ("whole", "few")):
            return None
        if window[0] > shape[0] or window[1] > shape[1]:
            return None
        image = plane(rng, pixels, shape)
        if looked_for == "piece":
            row, col = (int(rng.integers(n - k + 1)) for n, k in zip(shape, window, strict=True))
            template = image[row : row + window[0], col : col + window[1]].copy()
        elif looked_for == "shuffled":  # the values of one window in another order
            template = rng.permutation(image[: window[0], : window[1]].ravel()).reshape(window)
        else:
            template = plane(rng, looked_for, window)
        return case(changed(image, image_is), changed(template, template_is))

    kinds = ["signed", "whole", "bytes", "few", "flat", "opposite", "stripes", "slope", "shades"]
    changes = ["itself", "brighter", "darker", "weaker", "stronger", "negative", "faint"]
    return contract(
        make,
        shape=[(1, 1), (1, 4), (5, 1), *PLANES, MANY],
        window=[*WINDOWS, "all"],
        pixels=[*kinds, "bands", "rungs"],
        looked_for=[*kinds, "piece", "shuffled"],
        image_is=[*changes, "high"],
        template_is=changes,
    )


def changed(array, how):
    """An array with another offset or factor, none of which NCC depends on but by the sign."""
    if how == "itself":
        return array
    if how == "high":  # as bright as 16 bits can be, in steps that rounding does not change much
        return 20_000 + 0.7 * np.rint(4.0 * array)
    if how == "faint":  # weak, and not flat
        return 3e-11 * np.rint(4.0 * array)
    factor, offset = {
        "brighter": (1, 4),
        "darker": (1, -3),
        "weaker": (0.01, 0.5),
        "stronger": (20, -4),
        "negative": (-1, 0),
    }[how]
    return factor * (1.0 * array) + offset


def contract_downsample():
    def make(rng, shape, pixels):
        return case(plane(rng, pixels, shape))

    return contract(make, shape=[*PLANES, (2, 9), (9, 2), (7, 5), (12, 8), (69, 68)], pixels=PIXELS)


def contract_pyramid():
    def make(rng, shape, levels, pixels):
        if 2 ** (levels - 1) > min(shape):
            return None
        return case(plane(rng, pixels, shape), levels)

    return contract(
        make,
        shape=[(1, 1), (1, 3), (5, 1), (2, 3), (4, 4), (6, 9), (13, 10), (19, 33), (32, 35)],
        levels=[1, 2, 3, 4, 5, 6],
        pixels=PIXELS,
    )


def contract_multiscale_match():
    def make(rng, window, rows, columns, levels, times, picture, noise):
        if picture == "worse between":
            return worse_between(rng, window, rows, columns, levels)
        slope = picture == "falling"  # then all scores are negative
        template = plane(rng, "slope" if slope else "signed", window)
        pattern = np.kron(template, np.ones((times, times)))  # every pixel times × times large
        # What is around the pattern: rows above and below, columns to the left and to the right.
        around = (rows[0] * times, rows[1]), (columns[0] * times, columns[1])
        image = np.pad(pattern, around, constant_values=np.inf)
        if 2 ** (levels - 1) > min(image.shape):
            return None
        # Which of several places is best if their scores are equal is not promised. Without noise
        # windows within the pattern are equal on every level where it is larger than the template.
        found = picture in ("itself", "bright") and 2 ** (levels - 1) >= times
        if not noise and times > 1 and not found and not slope:
            return None
        outside = np.isinf(image)
        if slope:
            image = -plane(rng, "slope", image.shape)
        else:
            image[outside] = signed(rng, *image.shape)[outside] / 4
            image += noise * signed(rng, *image.shape)
        if picture == "bright":
            image = 0.1 * image + 40
        return case(-image if picture == "negative" else image, template, levels)

    # Templates of two pixels match perfectly at many places; those of 2 × 2, enlarged, also where
    # four blocks meet.
    return contract(
        make,
        window=[(1, 3), (3, 1), (2, 3), (3, 2), (3, 3), (3, 4), (4, 3), (5, 2), (2, 6)],
        rows=[(0, 0), (0, 1), (1, 0), (1, 2), (2, 5)],
        columns=[(0, 0), (0, 1), (1, 0), (2, 1), (3, 6)],
        levels=[1, 2, 3, 4],
        times=[1, 2, 4],
        picture=["itself", "bright", "negative", "falling", "worse between"],
        noise=[0, 0.05, 0.3, 3],
    )


def worse_between(rng, window, rows, columns, levels):
    """A template that is nearly found on level 0, found on level 2, and not at all on level 1.

    Its pixels take turns in sign, so that hardly any of it is left where two are one.
    """
    h, w = window
    if levels < 3 or min(window) < 3:
        return None
    turns = 1.0 - 2 * (np.indices(window).sum(axis=0) % 2)
    template = rng.uniform(1, 2, window) * turns
    pattern = np.kron(template, np.ones((4, 4)))
    above = 4 * rows[0] + 4 * (h // 4 + 1)  # with room for what is nearly the template
    around = (above, 4 * rows[1]), (4 * columns[0], 4 * columns[1])
    image = np.pad(pattern, around, constant_values=np.inf)
    outside = np.isinf(image)
    image[outside] = plane(rng, "slope", image.shape)[outside] / 20
    image[:h, :w] = template * rng.uniform(0.8, 1.2, window)
    return None if 2 ** (levels - 1) > min(image.shape) else case(image, template, levels)


def contract_layer_cost():
    def make(rng, channels, filters, picture, kernel, stride, pad, by_name):
        kh, kw = both(kernel)
        if pad == "same":  # with odd kernels, at stride 1
            pad = ((kh - 1) // 2, (kw - 1) // 2)
        ph, pw = both(pad or 0)
        if kh > picture[0] + 2 * ph or kw > picture[1] + 2 * pw:
            return None
        options = {"kernel": kernel, "stride": stride, "pad": pad}
        given = {name: value for name, value in options.items() if value is not None}
        shape = (channels, *picture)
        if by_name or (stride is None and pad is not None):
            return case(shape, filters, **given)
        return case(shape, filters, *given.values())

    return contract(
        make,
        channels=[1, 2, 3, 8],
        filters=[1, 2, 3, 5],
        # Of the long ones more than a thousand windows are left at any of these strides.
        picture=[
            *[(1, 1), (2, 3), (5, 1), (5, 5), (7, 7), (8, 8), (5, 11), (12, 6), (3, 2)],
            *[(6000, 4), (5, 6000)],
        ],
        kernel=[1, 2, 3, (3, 3), (1, 3), (2, 1), (3, 2), (4, 5)],
        stride=[None, 1, 2, 3, 5, (1, 2), (3, 1), (2, 3)],
        pad=[None, 0, 1, 2, "same", (1, 2), (0, 1), (2, 0)],
        by_name=[False, True],
    )


def both(value):
    """A value for the rows and one for the columns."""
    return value if isinstance(value, tuple) else (value, value)
