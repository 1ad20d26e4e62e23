"""The right answers."""

import numpy as np


def conv2d_valid(x, w, b=None):
    """Slide every filter over every picture: no padding, stride 1, no flip.

    x : (N, C, H, W) pictures
    w : (F, C, kh, kw) filters
    b : (F,) one bias per filter, or None

    Returns an array (N, F, H - kh + 1, W - kw + 1). Each of its numbers is one dot product over
    the C * kh * kw values under the window, plus the bias of its filter.
    Its dtype is that of x if x is float, whatever w and b are; integers are computed in float64.
    x, w and b are left as they were.

    Raises ValueError, naming the argument, if x or w does not have 4 dimensions, if they differ
    in channels, if the kernel is larger than the picture, or if b is not of shape (F,).
    """
    x, w = np.asarray(x), np.asarray(w)
    if x.ndim != 4 or w.ndim != 4:
        raise ValueError(f"x and w must have 4 dimensions, got {x.shape} and {w.shape}")
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels but w has {w.shape[1]}")
    if w.shape[2] > x.shape[2] or w.shape[3] > x.shape[3]:
        raise ValueError(f"w: kernel {w.shape[2:]} is larger than the picture {x.shape[2:]}")
    if b is not None and np.shape(b) != (len(w),):
        raise ValueError(f"b must have shape ({len(w)},), got {np.shape(b)}")

    dtype = x.dtype if np.issubdtype(x.dtype, np.floating) else np.float64
    windows = np.lib.stride_tricks.sliding_window_view(
        x.astype(dtype), w.shape[2:], axis=(2, 3)
    )  # (N, C, out_h, out_w, kh, kw)
    out = np.einsum("ncijuv,fcuv->nfij", windows, w.astype(dtype))
    if b is not None:
        out += np.asarray(b, dtype)[:, None, None]
    return out


def pad2d(x, pad, value=0.0):
    """Put a frame of ``value`` around every plane of every picture.

    x : (N, C, H, W) pictures
    pad : rows and columns added on EACH side, an int or a pair (ph, pw)
    value : what the frame is filled with

    Returns a new array (N, C, H + 2 * ph, W + 2 * pw). Its dtype is that of x if x is float,
    whatever value is; integers become float64. x is left as it was.

    Raises ValueError, naming the argument, if x does not have 4 dimensions or pad is negative.
    """
    x = np.asarray(x)
    ph, pw = (pad, pad) if np.ndim(pad) == 0 else pad
    if x.ndim != 4:
        raise ValueError(f"x must have 4 dimensions (N, C, H, W), got shape {x.shape}")
    if ph < 0 or pw < 0:
        raise ValueError(f"pad must not be negative, got {pad}")

    n, c, height, width = x.shape
    dtype = x.dtype if np.issubdtype(x.dtype, np.floating) else np.float64
    out = np.full((n, c, height + 2 * ph, width + 2 * pw), value, dtype)
    out[:, :, ph : ph + height, pw : pw + width] = x
    return out


def dilate_kernel(w, dilation):
    """Spread the weights of a kernel apart, with zeros between them.

    w : (F, C, kh, kw) filters
    dilation : distance between neighbouring taps, an int or a pair (dh, dw); 1 means none

    Returns a new array (F, C, (kh - 1) * dh + 1, (kw - 1) * dw + 1) with the same weights: more
    reach, not more weights. Its dtype is that of w if w is float; integers become float64.
    w is left as it was.

    Raises ValueError, naming the argument, if w does not have 4 dimensions or dilation is below 1.
    """
    w = np.asarray(w)
    dh, dw = (dilation, dilation) if np.ndim(dilation) == 0 else dilation
    if w.ndim != 4:
        raise ValueError(f"w must have 4 dimensions (F, C, kh, kw), got shape {w.shape}")
    if dh < 1 or dw < 1:
        raise ValueError(f"dilation must be at least 1, got {dilation}")

    f, c, kh, kw = w.shape
    dtype = w.dtype if np.issubdtype(w.dtype, np.floating) else np.float64
    out = np.zeros((f, c, (kh - 1) * dh + 1, (kw - 1) * dw + 1), dtype)
    out[:, :, ::dh, ::dw] = w
    return out
