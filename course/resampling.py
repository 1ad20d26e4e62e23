"""Resampling: pictures at another size.

Hidden while submissions are graded: it would answer exercises 5 and 21.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def resize(x: Array, height: int, width: int) -> Array:
    """Resample pictures: each new pixel is the mean of the area that it covers in the old picture.

    x : (N, C, H, W); a side that grows is interpolated linearly instead

    Returns float64 (N, C, height, width). Raises ValueError if height or width is below 1.
    """
    if height < 1 or width < 1:
        raise ValueError(f"height and width must be at least 1, got {height} and {width}")
    rows, columns = _resampling(np.shape(x)[2], height), _resampling(np.shape(x)[3], width)
    # One axis after the other: (height, H) @ (H, W) @ (W, width).
    return np.asarray(rows @ x @ columns.T)


def _resampling(n: int, m: int) -> Array:
    """The (m, n) matrix that makes m pixels of n in a row; each of its rows sums to 1."""
    old = np.arange(n)
    if m < n:
        edges = np.linspace(0, n, m + 1)
        overlap = np.minimum(edges[1:, None], old + 1) - np.maximum(edges[:-1, None], old)
        return np.asarray(np.clip(overlap, 0, None) * (m / n))
    centres = np.clip((np.arange(m) + 0.5) * n / m - 0.5, 0, n - 1)
    return np.asarray(np.clip(1 - np.abs(centres[:, None] - old), 0, None))
