"""The pictures of the course, as NCHW arrays.

Every call returns a fresh copy, so writing into a picture spoils nothing. Sources and licences
of what is in ``data/`` stand in ``data/LICENSES.md``.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np


def picture():
    """The picture of the worked examples, float64 (1, 3, 4, 4).

    Red is 1 everywhere, green is 2 everywhere, and the rows of blue are 1, 2, 3, 4.
    """
    rows = np.repeat([[1.0], [2.0], [3.0], [4.0]], 4, axis=1)
    return np.stack([np.full((4, 4), 1.0), np.full((4, 4), 2.0), rows])[None]


def second():
    """A picture and a filter on which mistakes show, float64 (1, 3, 4, 4) and (1, 3, 3, 3).

    The planes of the picture are columns 1, 2, 3, 4, a checkerboard with 0 in the corner, and
    ones on the diagonal. The kernels are a difference of columns, ones, and one without any
    symmetry.
    """
    columns = np.repeat([[1.0, 2.0, 3.0, 4.0]], 4, axis=0)
    checkerboard = np.indices((4, 4)).sum(axis=0) % 2.0
    x = np.stack([columns, checkerboard, np.eye(4)])[None]
    difference = np.repeat([[-1.0, 0.0, 1.0]], 3, axis=0)
    lopsided = np.array([[0.0, 0.0, 0.0], [0.0, 2.0, 0.0], [1.0, 0.0, 0.0]])
    w = np.stack([difference, np.ones((3, 3)), lopsided])[None]
    return x, w


def photo():
    """A photograph of a cup of coffee, float64 (1, 3, 160, 240), values from 0 to 1."""
    return _load("photo")["photo"].transpose(2, 0, 1)[None] / 255.0


def photo_answers():
    """What the filters of the unit 1 figures give on the photograph, made with SciPy.

    Returns a dict from the name of a figure's panel to a float64 (H, W), rounded to 1/254: good
    enough to look at and to tell a wrong answer from a right one.
    """
    return {name: values / 254.0 for name, values in _load("photo_answers").items()}


@lru_cache
def _load(name):
    """The arrays of one file in data/, read once and never handed out as they are."""
    path = Path(__file__).parent / "data" / f"{name}.npz"
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)
