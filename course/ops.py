"""Convolution and max pooling as plain functions, for unit 6: pictures keep their size.

Hidden while the submissions of other units are graded.
"""

import numpy as np


def conv2d(x, w, b=None):
    """Convolution with stride 1 and a frame of zeros such that the size stays.

    x : (N, C, H, W)
    w : (F, C, kh, kw) filters, kh and kw odd
    b : (F,), or None for no bias

    Returns a new array (N, F, H, W). Raises ValueError if x and w do not fit together.
    """
    x, w = np.asarray(x), np.asarray(w)
    if x.ndim != 4 or w.ndim != 4 or x.shape[1] != w.shape[1]:
        raise ValueError(f"x (N, C, H, W) and w (F, C, kh, kw) do not fit: {x.shape}, {w.shape}")
    if w.shape[2] % 2 == 0 or w.shape[3] % 2 == 0:
        raise ValueError(f"w must have kernels of odd sizes, got {w.shape[2:]}")
    out = np.einsum("nchwij,fcij->nfhw", _windows(x, w.shape[2:], 0.0), w, optimize=True)
    return out if b is None else out + np.reshape(b, (-1, 1, 1))


def max_pool(x, kernel=3):
    """The largest pixel of each window, with stride 1: windows reach over the border.

    x : (N, C, H, W)
    kernel : odd size of the window

    Returns a new array (N, C, H, W). What lies outside x is never the largest. Raises ValueError
    if x does not have 4 dimensions or kernel is not odd.
    """
    x = np.asarray(x)
    if x.ndim != 4:
        raise ValueError(f"x must be (N, C, H, W), got {x.shape}")
    if kernel < 1 or kernel % 2 == 0:
        raise ValueError(f"kernel must be odd, got {kernel}")
    return _windows(x, (kernel, kernel), -np.inf).max(axis=(4, 5))


def _windows(x, kernel, outside):
    """The window around every pixel, (N, C, H, W, kh, kw); beyond the border is ``outside``."""
    dtype = x.dtype if np.issubdtype(x.dtype, np.floating) else np.float64
    (ph, pw) = (size // 2 for size in kernel)
    frame = ((0, 0), (0, 0), (ph, ph), (pw, pw))
    framed = np.pad(x.astype(dtype), frame, constant_values=outside)
    return np.lib.stride_tricks.sliding_window_view(framed, kernel, axis=(2, 3))
