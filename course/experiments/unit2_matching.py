"""The experiments of unit 2: what three scores find in worse copies of a photograph."""

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
