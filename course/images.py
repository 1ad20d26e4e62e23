"""The pictures of the course, as NCHW arrays.

Every call returns a copy of its own, to be changed freely. ``data/LICENSES.md`` names the sources
and licences of the files in ``data/``.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]

FASHION_CLASSES = (
    "T-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)


def picture() -> Array:
    """The picture of the worked examples, float64 (1, 3, 4, 4).

    Red is 1 everywhere, green is 2 everywhere, and the rows of blue are 1, 2, 3, 4.
    """
    rows = np.repeat([[1.0], [2.0], [3.0], [4.0]], 4, axis=1)
    return np.stack([np.full((4, 4), 1.0), np.full((4, 4), 2.0), rows])[None]


def second() -> tuple[Array, Array]:
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


def photo() -> Array:
    """A photograph of a cup of coffee, float64 (1, 3, 160, 240), values from 0 to 1."""
    return _load("photo")["photo"].transpose(2, 0, 1)[None] / 255.0


def photo_answers() -> dict[str, Array]:
    """What the filters of the unit 1 figures give on the photograph, made with SciPy.

    Returns a dict from the name of a figure's panel to a float64 (H, W), rounded to 1/254: good
    enough to look at and to tell a wrong answer from a right one.
    """
    return {name: values / 254.0 for name, values in _load("photo_answers").items()}


def portrait() -> Array:
    """Eileen Collins, an astronaut: float64 (1, 3, 384, 384), values from 0 to 1: one face."""
    return _load("portrait")["portrait"].transpose(2, 0, 1)[None] / 255.0


def fashion(split: str) -> tuple[Array, Array]:
    """Clothes, shoes and bags: a part of Fashion-MNIST, equally many pictures of each class.

    split : "train" (300 of each class) or "test" (250 of each class)

    Returns (x, labels): x uint8 (N, 1, 28, 28), light on black; labels int64 (N,), indices into
    ``FASHION_CLASSES``. Raises ValueError for another split.
    """
    if split not in ("train", "test"):
        raise ValueError(f'split must be "train" or "test", got {split!r}')
    arrays = _load("fashion")
    return arrays[f"{split}_x"][:, None].copy(), arrays[f"{split}_labels"].astype(np.int64)


def normalise(x: ArrayLike) -> Array:
    """Standardise grey values from 0 to 255: about mean 0 and standard deviation 1.

    Returns float32 of the same shape, (x / 255 - 0.25) / 0.33; black becomes -0.76.
    """
    standardised: Array = (np.asarray(x) / 255 - 0.25) / 0.33
    return standardised.astype(np.float32)


def scenes(
    x: Array, rng: np.random.Generator, others: Array | None = None, scraps: int = 6
) -> tuple[Array, Array]:
    """Put each picture, at 20 × 20, somewhere on a 32 × 32 canvas littered with scraps of others.

    x : uint8 (N, 1, 28, 28), as ``fashion`` returns them
    rng : np.random.Generator for the places, and for what is cut from where
    others : the pictures that the scraps of 6 × 6 are cut from, x itself by default
    scraps : how many scraps lie on each canvas, under the object

    Returns (scenes, boxes): scenes float32 (N, 1, 32, 32), normalised as by ``normalise``; boxes
    int64 (N, 4), the left, top, right and bottom edge of each object in pixels, of which right
    and bottom lie just outside.
    """
    from course.resampling import resize  # not there while submissions are graded

    others = x if others is None else others
    n = len(x)
    canvas = np.zeros((n, 32, 32))

    def squares(which: Array, corners: Array, size: int) -> tuple[Array, Array, Array]:
        """The index of one size × size square in each of the pictures ``which``."""
        steps = np.arange(size)
        rows, columns = corners[:, :1] + steps, corners[:, 1:] + steps  # (N, size) both
        return which[:, None, None], rows[:, :, None], columns[:, None, :]

    for _ in range(scraps):
        donors = rng.integers(len(others), size=n)
        cut = squares(
            donors, rng.integers(4, 18, size=(n, 2)), 6
        )  # margins of clothes are mostly black
        glue = squares(np.arange(n), rng.integers(0, 27, size=(n, 2)), 6)
        canvas[glue] = others[:, 0][cut]

    objects = resize(x, 20, 20)[:, 0]
    corners = rng.integers(0, 13, size=(n, 2))  # (row, column)
    place = squares(np.arange(n), corners, 20)
    canvas[place] = np.where(objects > 13, objects, canvas[place])  # dark pixels are transparent
    boxes = np.concatenate([corners[:, ::-1], corners[:, ::-1] + 20], axis=1)
    return normalise(canvas)[:, None], boxes


def mosaics(
    x: Array,
    labels: Array,
    rng: np.random.Generator,
    count: int,
    chosen: ArrayLike | None = None,
) -> tuple[Array, Array, Array]:
    """Four objects of four different classes on one black canvas, one in each quadrant.

    x : uint8 (N, 1, 28, 28), as ``fashion`` returns them
    labels : (N,) ints; at least four different ones
    rng : np.random.Generator that chooses the objects and their places
    count : how many mosaics
    chosen : (count, 4), the labels of the quadrants row by row; drawn by default

    Returns (mosaics, labels, boxes): mosaics float32 (count, 1, 64, 64), normalised as by
    ``normalise``; labels (count, 4), those of the quadrants row by row; boxes int64 (count, 4, 4),
    the left, top, right and bottom edge of each 20 × 20 object, as of ``scenes``.

    Raises ValueError if there are fewer than four classes.
    """
    from course.resampling import resize  # not there while submissions are graded

    classes = np.unique(labels)
    if len(classes) < 4:
        raise ValueError(f"a mosaic takes labels of at least 4 classes, got {len(classes)}")
    if chosen is None:
        chosen = [rng.permutation(classes)[:4] for _ in range(count)]
    chosen = np.reshape(chosen, (count, 4))
    which = [[rng.choice(np.flatnonzero(labels == c)) for c in four] for four in chosen]
    corners = rng.integers(2, 11, size=(count, 4, 2))  # (row, column), 2 pixels from the edges
    corners += 32 * np.array([(0, 0), (0, 1), (1, 0), (1, 1)])
    canvas = np.zeros((count, 64, 64))
    for picture, objects, places in zip(canvas, which, corners, strict=True):
        for thing, (row, col) in zip(resize(x[objects], 20, 20)[:, 0], places, strict=True):
            picture[row : row + 20, col : col + 20] = thing
    boxes = np.concatenate([corners[..., ::-1], corners[..., ::-1] + 20], axis=-1)
    return normalise(canvas)[:, None], chosen, boxes


@lru_cache
def _load(name: str) -> dict[str, Array]:
    """The arrays of one file in data/, read once; callers return copies of them."""
    path = Path(__file__).parent / "data" / f"{name}.npz"
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)
