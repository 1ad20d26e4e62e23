"""The right answers to unit 1: convolution, padding, stride and dilation.

Conventions are those of the course's notation box: NCHW, cross-correlation (no flip), ``pad``
counts per side, ``dilation=1`` means none, output sizes are floored. ``autograder sync`` copies
each function into the source notebook, so a body uses only ``np``, ``given``, its arguments and
the functions above it. Students see what stands above the mark.
"""

import numpy as np

from course import given


def conv2d_valid(x, w, b=None):
    """Slide every filter over every picture: no padding, stride 1, no flip.

    x : (N, C, H, W) pictures
    w : (F, C, kh, kw) filters
    b : (F,) one bias per filter, or None

    Returns an array (N, F, H - kh + 1, W - kw + 1). Each of its numbers is one dot product over
    the C * kh * kw values under the window, plus the bias of its filter.
    """
    x, w, b = given.convolution(x, w, b)  # floats that fit together; a b of None becomes zeros
    N, _, H, W = x.shape
    F, _, kh, kw = w.shape
    ### BEGIN SOLUTION
    out = np.zeros((N, F, H - kh + 1, W - kw + 1), x.dtype)
    # The windows are (N, C, out_h, out_w, kh, kw).
    windows = np.lib.stride_tricks.sliding_window_view(x, (kh, kw), axis=(2, 3))
    np.einsum("ncijuv,fcuv->nfij", windows, w, out=out)
    return out + b[:, None, None]


def conv2d_valid_by_hand(mine):
    """``mine.x`` (1, 2, 3, 4) convolved with ``mine.w`` (1, 2, 2, 3): the one output plane."""
    return conv2d_valid(mine.x, mine.w)[0, 0]


def pad2d(x, pad, value=0.0):
    """Put a frame of ``value`` around every plane of every picture.

    x : (N, C, H, W) pictures
    pad : rows and columns added on EACH side, an int or a pair (ph, pw)
    value : what the frame is filled with

    Returns an array (N, C, H + 2 * ph, W + 2 * pw).
    """
    x = given.floats("x: N C H W", x)
    ph, pw = given.pair("pad", pad)
    N, C, H, W = x.shape
    ### BEGIN SOLUTION
    out = np.full((N, C, H + 2 * ph, W + 2 * pw), value, x.dtype)
    out[:, :, ph : ph + H, pw : pw + W] = x
    return out


def pad2d_by_hand(mine):
    """``mine.x`` (1, 1, 2, 3), padded by 1, convolved with ``mine.w`` (1, 1, 3, 3)."""
    return conv2d_valid(pad2d(mine.x, 1), mine.w)[0, 0]


def dilate_kernel(w, dilation):
    """Spread the weights of a kernel apart, with zeros between them.

    w : (F, C, kh, kw) filters
    dilation : distance between neighbouring taps, an int or a pair (dh, dw); 1 means none

    Returns an array (F, C, (kh - 1) * dh + 1, (kw - 1) * dw + 1) with the same weights: more
    reach, not more weights.
    """
    w = given.floats("w: F C kh kw", w)
    dh, dw = given.pair("dilation", dilation, least=1)
    F, C, kh, kw = w.shape
    ### BEGIN SOLUTION
    out = np.zeros((F, C, (kh - 1) * dh + 1, (kw - 1) * dw + 1), w.dtype)
    out[:, :, ::dh, ::dw] = w
    return out


def conv2d(x, w, b=None, stride=1, pad=0, dilation=1):
    """Convolution as frameworks offer it: zero padding, stride and dilation.

    x : (N, C, H, W) pictures
    w : (F, C, kh, kw) filters
    b : (F,) one bias per filter, or None
    stride, pad, dilation : an int, or a pair (for rows, for columns)

    Returns an array (N, F, out_h, out_w) with, for the rows (the columns likewise),
    out_h = floor((H + 2 * pad - dilation * (kh - 1) - 1) / stride) + 1.
    """
    sh, sw = given.pair("stride", stride, least=1)  # your other functions look after the rest
    ### BEGIN SOLUTION
    out = conv2d_valid(pad2d(x, pad), dilate_kernel(w, dilation), b)
    return out[:, :, ::sh, ::sw]


def conv2d_by_hand(mine):
    """``mine.x`` (1, 1, 6, 7) convolved with ``mine.w`` (1, 1, 2, 2): stride 3, dilation 2."""
    return conv2d(mine.x, mine.w, stride=3, dilation=2)[0, 0]
