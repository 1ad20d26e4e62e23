"""The experiments of unit 2: what scores find in worse copies, and what pooling cannot undo."""

import numpy as np

from course.plots.unit2_matching import SIDE, correlation, grey_portrait, sampled

TEXTURED = 0.08  # standard deviation from which a place counts as textured


def twenty_places(ncc, seed, textured=True):
    """Look for 20 pieces of a photograph, each in a worse copy with other contrast and offset.

    ncc : function (image, template) → map of scores
    seed : chooses the places, contrast (0.3 to 0.7), offset (0 to 0.3) and noise
    textured : take places with a standard deviation of `TEXTURED` or more, or else the others

    Returns (places, found): rows and columns, and by the name of a score how many it finds to the
    pixel.
    """
    picture, rng = grey_portrait(96), np.random.default_rng(seed)
    places = []
    found = {"raw correlation": 0, "template minus its mean": 0, "NCC": 0}
    while len(places) < 20:
        row, col = (int(i) for i in rng.integers(6, 79, 2))  # 6 pixels from the border, or more
        template = picture[row : row + SIDE, col : col + SIDE]
        if (template.std() >= TEXTURED) != textured:
            continue
        places.append((row, col))
        contrast, offset = rng.uniform(0.3, 0.7), rng.uniform(0, 0.3)
        worse = contrast * picture + offset + rng.normal(0, 0.02, picture.shape)
        maps = {
            "raw correlation": correlation(worse, template),
            "template minus its mean": correlation(worse, template - template.mean()),
            "NCC": ncc(worse, template),
        }
        for name, scores in maps.items():
            found[name] += np.unravel_index(scores.argmax(), scores.shape) == (row, col)
    return places, found


def at_the_right_place(ncc, places, **change):
    """The score of each place with its own template, turned or scaled.

    change : ``degrees`` or ``scale``, as for `plots.sampled`

    Returns (scores, largest): one number for each place, and how many of them are larger than the
    score of any other place up to 6 pixels away.
    """
    picture = grey_portrait(96)
    scores, largest = [], 0
    for row, col in places:
        around = picture[row - 6 : row + SIDE + 6, col - 6 : col + SIDE + 6]
        found = ncc(around, sampled(picture, row, col, **change))
        scores.append(found[6, 6])
        largest += np.unravel_index(found.argmax(), found.shape) == (6, 6)
    return scores, largest


def moved_by_a_pixel(ncc, pyramid):
    """Look on level 1 for what is hidden at double size, as it is and moved by one pixel.

    Returns (random, scores). ``random``: for a random pattern, as it is and moved, its largest
    score on level 0 and on level 1. ``scores``: for every textured place of a photograph, the best
    of the four nearest places after the photograph was moved.
    """
    pattern = np.random.default_rng(0).random((6, 6))
    random = []
    for shift in [0, 1]:
        hidden = np.zeros((40, 40))
        hidden[10 + shift : 22 + shift, 12 + shift : 24 + shift] = np.kron(pattern, np.ones((2, 2)))
        random.append([ncc(plane, pattern).max() for plane in pyramid(hidden, 2)])

    picture = grey_portrait(96)
    small = pyramid(picture, 2)[1]
    moved = pyramid(picture[1:, 1:], 2)[1]  # its blocks begin one pixel later
    scores = []
    for row, col in np.ndindex(35, 35):
        template = small[row + 1 : row + 1 + SIDE, col + 1 : col + 1 + SIDE]
        if template.std() >= TEXTURED:
            near = moved[row : row + SIDE + 1, col : col + SIDE + 1]
            scores.append(ncc(near, template).max())
    return random, scores


def pooled(x):
    """The means of blocks of 4 × 4; what is left over is left out."""
    rows, cols = len(x) // 4, x.shape[1] // 4
    return x[: 4 * rows, : 4 * cols].reshape(rows, 4, cols, 4).mean(axis=(1, 3))


def twins():
    """Two pictures that are one after pooling, and what filters before and after it make of them.

    The second has the pixels of each 4 × 4 block of the first in another order. Values are whole
    numbers / 256, so that means are exact. The channels are those of 64 random filters of 3 × 3.

    Returns (one, other, numbers): two pictures, and a dict from what was measured to the number.
    """
    rng = np.random.default_rng(0)
    one = np.round(grey_portrait(96) * 256) / 256
    blocks = one.reshape(24, 4, 24, 4).transpose(0, 2, 1, 3).reshape(24 * 24, 16)
    other = rng.permuted(blocks, axis=1).reshape(24, 24, 4, 4).transpose(0, 2, 1, 3)
    other = other.reshape(96, 96)
    filters = np.random.default_rng(1).normal(size=(64, 3, 3))

    def channels(x):
        windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3))
        return np.einsum("ijuv,fuv->fij", windows, filters)

    late = [channels(pooled(x)) for x in (one, other)]
    early = [np.array([pooled(c) for c in channels(x)]) for x in (one, other)]
    return (
        one,
        other,
        {
            "share of pixels that differ": np.mean(one != other),
            "largest difference of the two pictures": np.abs(one - other).max(),
            "of the two after pooling": np.abs(pooled(one) - pooled(other)).max(),
            "of 64 channels made after pooling": np.abs(late[0] - late[1]).max(),
            "of 64 channels made before, then pooled": np.abs(early[0] - early[1]).max(),
            "  (size of these numbers: root mean square)": np.sqrt(np.mean(early[0] ** 2)),
        },
    )
