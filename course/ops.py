"""Convolutions and max pooling as plain functions, for unit 6: pictures keep their size.

Hidden while the submissions of other units are graded.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def conv2d(x: Array, w: Array, b: Array | None = None) -> Array:
    """Convolution with stride 1 and zero padding that keeps the size ("same" padding).

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
    out: Array = np.einsum("nchwij,fcij->nfhw", _windows(x, w.shape[2:], 0.0), w, optimize=True)
    return out if b is None else out + np.reshape(b, (-1, 1, 1))


def conv1x1(x: Array, w: Array) -> Array:
    """Multiply the channels of every pixel by a matrix: exercise 9, without a bias.

    x : (N, C, H, W)
    w : (F, C)

    Returns a new array (N, F, H, W). Raises ValueError if x and w do not fit together.
    """
    return conv2d(x, np.reshape(w, (*np.shape(w), 1, 1)))


def conv1x1_grad(g: Array, x: Array) -> Array:
    """The gradient with respect to w of conv1x1(x, w): g[i] · x[j] of every pixel, added up.

    g : (N, F, H, W) gradient with respect to what conv1x1 returned
    x : (N, C, H, W) what it got

    Returns a new array (F, C), summed over pixels and pictures. Raises ValueError if g and x are
    not of the same pictures and pixels.
    """
    g, x = np.asarray(g), np.asarray(x)
    if g.ndim != 4 or x.ndim != 4 or len(g) != len(x) or g.shape[2:] != x.shape[2:]:
        raise ValueError(f"g and x must be (N, F, H, W) and (N, C, H, W): {g.shape}, {x.shape}")
    out: Array = np.einsum("nfhw,nchw->fc", g, x, optimize=True)
    return out


def max_pool(x: Array, kernel: int = 3) -> Array:
    """Max pooling with stride 1 and "same" padding: the largest pixel around each pixel.

    x : (N, C, H, W)
    kernel : odd size of the window

    Returns a new array (N, C, H, W). The padding is never the largest. Raises ValueError
    if x does not have 4 dimensions or kernel is not odd.
    """
    x = np.asarray(x)
    if x.ndim != 4:
        raise ValueError(f"x must be (N, C, H, W), got {x.shape}")
    if kernel < 1 or kernel % 2 == 0:
        raise ValueError(f"kernel must be odd, got {kernel}")
    out: Array = _windows(x, (kernel, kernel), -np.inf).max(axis=(4, 5))
    return out


def _windows(x: Array, kernel: tuple[int, ...], outside: float) -> Array:
    """The window around every pixel, (N, C, H, W, kh, kw); ``outside`` is the value of padding."""
    dtype = x.dtype if np.issubdtype(x.dtype, np.floating) else np.float64
    (ph, pw) = (size // 2 for size in kernel)
    frame = ((0, 0), (0, 0), (ph, ph), (pw, pw))
    framed = np.pad(x.astype(dtype), frame, constant_values=outside)
    windows: Array = np.lib.stride_tricks.sliding_window_view(framed, kernel, axis=(2, 3))
    return windows
