"""The right answers to unit 4: pooling, its gradient, and what it buys.

Conventions are those of the course's notation box. ``autograder sync`` copies each function into
the source notebook, so a body uses only ``np``, its arguments and the functions above it.
"""

import numpy as np


def pool2d(x, kernel, stride=None, pad=0, mode="max"):
    """Replace every window of every plane by its largest pixel, or by the mean of its pixels.

    x : (N, C, H, W) pictures
    kernel : size of the window, an int or a pair (kh, kw)
    stride : how far the window moves, an int or a pair (sh, sw); None means the size of the window
    pad : rows and columns added on EACH side, an int or a pair (ph, pw)
    mode : "max" or "average"

    Returns a new array (N, C, out_h, out_w) with out_h = floor((H + 2 * ph - kh) / sh) + 1, and
    out_w likewise. What is added by pad is never the largest pixel (it counts as minus infinity),
    and a mean is that of the real pixels in the window.
    Its dtype is that of x if x is float; integers are computed in float64. x is left as it was.

    Raises ValueError, naming the argument, if x does not have 4 dimensions, if kernel or stride is
    below 1, if pad is negative or more than half the kernel, if the kernel is larger than the
    padded picture, or if mode is another word.
    """
    x = np.asarray(x)
    kh, kw = (kernel, kernel) if np.ndim(kernel) == 0 else kernel
    stride = (kh, kw) if stride is None else stride
    sh, sw = (stride, stride) if np.ndim(stride) == 0 else stride
    ph, pw = (pad, pad) if np.ndim(pad) == 0 else pad
    if x.ndim != 4:
        raise ValueError(f"x must have 4 dimensions (N, C, H, W), got shape {x.shape}")
    if mode not in ("max", "average"):
        raise ValueError(f'mode must be "max" or "average", got {mode!r}')
    if kh < 1 or kw < 1:
        raise ValueError(f"kernel must be at least 1, got {kernel}")
    if sh < 1 or sw < 1:
        raise ValueError(f"stride must be at least 1, got {stride}")
    if ph < 0 or pw < 0 or 2 * ph > kh or 2 * pw > kw:
        raise ValueError(f"pad must be from 0 to half the kernel {kh, kw}, got {pad}")
    n, c, height, width = x.shape
    if kh > height + 2 * ph or kw > width + 2 * pw:
        raise ValueError(f"kernel {kh, kw} is larger than the padded picture")

    dtype = x.dtype if np.issubdtype(x.dtype, np.floating) else np.float64
    nothing = -np.inf if mode == "max" else 0.0
    framed = np.full((n, c, height + 2 * ph, width + 2 * pw), nothing, dtype)
    framed[:, :, ph : ph + height, pw : pw + width] = x
    view = np.lib.stride_tricks.sliding_window_view
    windows = view(framed, (kh, kw), axis=(2, 3))[:, :, ::sh, ::sw]  # (N, C, out_h, out_w, kh, kw)
    if mode == "max":
        return windows.max(axis=(4, 5))
    real = np.zeros(framed.shape[2:], dtype)
    real[ph : ph + height, pw : pw + width] = 1
    return windows.sum(axis=(4, 5)) / view(real, (kh, kw))[::sh, ::sw].sum(axis=(2, 3))


def pool2d_by_hand(mine):
    """``mine.x`` (1, 1, 4, 5) max-pooled with ``mine.kernel``, ``mine.stride`` and ``mine.pad``."""
    return pool2d(mine.x, mine.kernel, mine.stride, mine.pad)[0, 0]


def maxpool_backward(grad, x, kernel, stride):
    """Send the gradient of a max pooling back to the pixels that won.

    grad : (N, C, out_h, out_w) gradient of the loss with respect to every output of the pooling
    x : (N, C, H, W) the pictures that were pooled, without padding
    kernel, stride : those of the pooling, an int or a pair (for rows, for columns); neither is None

    Returns a new array (N, C, H, W), the gradient of the loss with respect to x. Each window hands
    its gradient to its largest pixel; where several are equally large, to the first of them, read
    row by row. A pixel that wins several windows gets the sum.
    Its dtype is that of x if x is float, whatever grad is; integers are computed in float64.
    grad and x are left as they were.

    Raises ValueError, naming the argument, if x does not have 4 dimensions, if kernel or stride is
    below 1, if the kernel is larger than the picture, or if grad does not have the shape of the
    pooled x.
    """
    grad, x = np.asarray(grad), np.asarray(x)
    kh, kw = (kernel, kernel) if np.ndim(kernel) == 0 else kernel
    sh, sw = (stride, stride) if np.ndim(stride) == 0 else stride
    if x.ndim != 4:
        raise ValueError(f"x must have 4 dimensions (N, C, H, W), got shape {x.shape}")
    if kh < 1 or kw < 1 or kh > x.shape[2] or kw > x.shape[3]:
        raise ValueError(f"kernel must be from 1 to the size of x, {x.shape[2:]}, got {kernel}")
    if sh < 1 or sw < 1:
        raise ValueError(f"stride must be at least 1, got {stride}")
    shape = (*x.shape[:2], (x.shape[2] - kh) // sh + 1, (x.shape[3] - kw) // sw + 1)
    if grad.shape != shape:
        raise ValueError(f"grad must have the shape of the pooled x, {shape}, got {grad.shape}")

    out = np.zeros(x.shape, x.dtype if np.issubdtype(x.dtype, np.floating) else np.float64)
    for n, c, i, j in np.ndindex(shape):
        top, left = i * sh, j * sw
        first = x[n, c, top : top + kh, left : left + kw].argmax()  # counts row by row
        out[n, c, top + first // kw, left + first % kw] += grad[n, c, i, j]
    return out


def shift_agreement(x, kernel, stride, shift):
    """How much of a max pooling stays as it was when the pictures move to the right.

    x : (N, C, H, W) pictures
    kernel, stride : those of a max pooling as in pool2d, without padding; ints
    shift : by how many columns the pictures move to the right; an int

    Zeros move in at the left, what leaves at the right is lost. Returns the share of the pooled
    values, over all pictures and channels, that are exactly equal before and after the shift: a
    float from 0 to 1. x is left as it was. You may call your pool2d.

    Raises ValueError, naming the argument, if x does not have 4 dimensions, or if shift is
    negative or not smaller than W.
    """
    x = np.asarray(x)
    if x.ndim != 4:
        raise ValueError(f"x must have 4 dimensions (N, C, H, W), got shape {x.shape}")
    width = x.shape[3]
    if not 0 <= shift < width:
        raise ValueError(f"shift must be from 0 to {width - 1}, got {shift}")
    shifted = np.zeros_like(x)
    shifted[..., shift:] = x[..., : width - shift]
    return float(np.mean(pool2d(x, kernel, stride) == pool2d(shifted, kernel, stride)))


def pooling_claims():
    """What is true of 2 × 2 pooling at stride 2."""
    return {
        "lowers the cost of later layers": True,
        "enlarges the receptive field of later layers": True,
        "gives the same output after any shift by one pixel": False,
        "keeps the number of channels": True,
        "has weights to train": False,
        "is needed after every convolution": False,
        "prevents overfitting by itself": False,
        "as pool5, saves VGG16's first dense layer over 300 million parameters": True,
    }
