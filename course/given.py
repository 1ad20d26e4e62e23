"""What every function has to do before its idea begins, done once.

A function that you write starts with a line or two of `given`. They refuse input that makes no
sense, with a ValueError that names the argument, and hand back arrays and pairs that are easy to
work with:

    x, w, b = given.floats("x: N C H W, w: F C kh kw, b?: F", x, w, b)
    sh, sw = given.pair("stride", stride, least=1)

After these, x, w and b are copies that hold floats, and their sizes fit together; sh and sw are
whole numbers. Nothing of this is graded. Who prefers to write it otherwise deletes the line.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]


def floats(axes: str, *values: ArrayLike | None) -> Any:
    """Arrays as copies that hold floats and fit together.

    axes : for each array its name and the letters of its axes, such as "x: N C H W, b?: F".
        The same letter stands for the same size wherever it occurs. A name with a question mark
        may be None, and stays None.
    values : the arrays, or nested lists of numbers, in the same order

    Returns the copies: one alone, several as a list. If the first array holds floats, all get its
    dtype; otherwise float64.

    Raises ValueError if an array has another number of dimensions, no elements, or a size that
    differs from that of an earlier array; TypeError if it does not hold real numbers.
    """
    sizes: dict[str, tuple[int, str]] = {}  # by letter: the size, and the array that had it first
    found: list[Array | None] = []
    dtype: Any = None
    for entry, value in zip(axes.split(","), values, strict=True):
        name, letters = (part.strip() for part in entry.split(":"))
        if value is None and name.endswith("?"):
            found.append(None)
            continue
        name, array = name.rstrip("?"), np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"{name} must be an array of real numbers, got {array.dtype}")
        if array.ndim != len(letters.split()):
            form = f"{len(letters.split())} dimensions ({letters.replace(' ', ', ')})"
            raise ValueError(f"{name} must have {form}, got shape {array.shape}")
        if array.size == 0:
            raise ValueError(f"{name} is empty, it has shape {array.shape}")
        for letter, size in zip(letters.split(), array.shape, strict=True):
            other, first = sizes.setdefault(letter, (size, name))
            if size != other:
                raise ValueError(
                    f"{name} has {letter} = {size}, but {first} has {letter} = {other}"
                )
        if dtype is None:
            dtype = array.dtype if array.dtype.kind == "f" else np.float64
        found.append(array.astype(dtype))  # astype copies
    return found[0] if len(found) == 1 else found


def whole(name: str, value: Any, least: int = 0, most: int | None = None) -> int:
    """A whole number from ``least`` to ``most``, both included, as an int.

    Raises ValueError if it is smaller or larger, or not whole.
    """
    if not isinstance(value, int | float | np.integer | np.floating) or value % 1 != 0:
        raise ValueError(f"{name} must be a whole number, got {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")
    if most is not None and value > most:
        raise ValueError(f"{name} must be at most {most}, got {value}")
    return int(value)


def pair(name: str, value: Any, least: int = 0) -> tuple[int, int]:
    """Two whole numbers, for the rows and for the columns; a single number stands for both.

    Raises ValueError if there are not one or two of them, or if one is smaller than ``least``.
    """
    if np.shape(value) not in ((), (2,)):
        raise ValueError(f"{name} must be a number, or a pair for rows and columns, got {value}")
    rows, columns = (value, value) if np.ndim(value) == 0 else value
    return whole(name, rows, least), whole(name, columns, least)


def fits(name: str, window: Sequence[int], picture: Sequence[int]) -> None:
    """Refuse a window that is larger than the picture, in rows or in columns.

    window, picture : their sizes, (h, w) and (H, W)

    Raises ValueError, naming ``name``.
    """
    if window[0] > picture[0] or window[1] > picture[1]:
        raise ValueError(f"{name} of {tuple(window)} does not fit into {tuple(picture)}")


def convolution(
    x: ArrayLike, w: ArrayLike, b: ArrayLike | None = None
) -> tuple[Array, Array, Array]:
    """Pictures x (N, C, H, W), filters w (F, C, kh, kw) and biases b (F,): copies as floats.

    A b of None becomes zeros. Raises ValueError if they do not fit together, or if the kernel is
    larger than the picture.
    """
    pictures, filters, biases = floats("x: N C H W, w: F C kh kw, b?: F", x, w, b)
    fits("w: a kernel", filters.shape[2:], pictures.shape[2:])
    return pictures, filters, np.zeros(len(filters), pictures.dtype) if biases is None else biases


def pairs(
    in_shape: Sequence[int], kernel: Any, stride: Any = 1, pad: Any = 0
) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    """Kernel, stride and pad of a layer on pictures of in_shape (C, H, W), as three pairs.

    Raises ValueError if one of them is too small, or if the kernel is larger than the padded
    picture.
    """
    size, step, frame = pair("kernel", kernel, 1), pair("stride", stride, 1), pair("pad", pad)
    _, height, width = in_shape
    fits("kernel", size, (height + 2 * frame[0], width + 2 * frame[1]))
    return size, step, frame


def windows(
    x: Array, kernel: Any, stride: Any = None, pad: Any = 0
) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    """Kernel, stride and pad of a pooling of pictures x (N, C, H, W), as three pairs.

    A stride of None becomes the kernel. Raises ValueError as `pairs` does, and if pad is more than
    half the kernel: a window could then miss the picture.
    """
    size, step, frame = pairs(x.shape[1:], kernel, kernel if stride is None else stride, pad)
    if 2 * frame[0] > size[0] or 2 * frame[1] > size[1]:
        raise ValueError(f"pad must be at most half the kernel of {size}, got {frame}")
    return size, step, frame


def block(x: ArrayLike, w1: ArrayLike, w2: ArrayLike, ws: ArrayLike | None = None) -> list[Any]:
    """Pictures x (N, C, H, W) and the maps of a residual block: w1 (M, C), w2 (F, M), ws (F, C).

    Returns copies as floats. A ws of None stays None; then F must be C, or nothing could be added.
    Raises ValueError if they do not fit together.
    """
    last = "w2: C M" if ws is None else "w2: F M"
    copies: list[Any] = floats(f"x: N C H W, w1: M C, {last}, ws?: F C", x, w1, w2, ws)
    return copies


def crop(x: ArrayLike, size: Any, pad: Any) -> tuple[Array, tuple[int, int], tuple[int, int]]:
    """Pictures x (N, C, H, W) as floats, and two pairs: the size of a window, and the padding.

    Raises ValueError if the window is larger than a picture with ``pad`` rows and columns on each
    side.
    """
    pictures: Array = floats("x: N C H W", x)
    (h, w), (ph, pw) = pair("size", size, least=1), pair("pad", pad)
    height, width = pictures.shape[2:]
    fits("size: a window", (h, w), (height + 2 * ph, width + 2 * pw))
    return pictures, (h, w), (ph, pw)


def layers(name: str, wanted: Iterable[str], names: Iterable[str]) -> set[str]:
    """The names of some layers, as a set.

    wanted : names of layers, a tuple or a list
    names : of all layers, or of their parameters, such as "conv1.w"

    Raises ValueError, naming ``name``, if there is no such layer.
    """
    known = {full.split(".")[0] for full in names}
    for layer in wanted:
        if layer not in known:
            raise ValueError(
                f"{name}: there is no layer {layer!r}, only {', '.join(sorted(known))}"
            )
    return set(wanted)
