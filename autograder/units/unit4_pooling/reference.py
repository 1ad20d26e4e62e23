"""The right answers to unit 4: pooling, its gradient, and what it buys.

Conventions are those of the course's notation box. ``autograder sync`` copies each function into
the source notebook, so a body uses only ``np``, ``given``, its arguments and the functions above
it. Students see what stands above the mark.
"""

import numpy as np

from course import given


def pool2d(x, kernel, stride=None, pad=0, mode="max"):
    """Replace every window of every plane by its largest pixel, or by the mean of its pixels.

    x : (N, C, H, W) pictures, of floats or whole numbers
    kernel : size of the window, an int or a pair (kh, kw)
    stride : how far the window moves, an int or a pair (sh, sw); None means the size of the window
    pad : rows and columns added on EACH side, an int or a pair (ph, pw); at most half the kernel
    mode : "max" or "average"

    Returns an array (N, C, out_h, out_w) with out_h = floor((H + 2 * ph - kh) / sh) + 1, and
    out_w likewise. What is added by pad is never the largest pixel (it counts as minus infinity),
    and a mean is that of the real pixels in the window.
    """
    x = given.floats("x: N C H W", x)
    (kh, kw), (sh, sw), (ph, pw) = given.windows(x, kernel, stride, pad)  # no stride: the kernel
    n, c, height, width = x.shape
    out_h, out_w = (height + 2 * ph - kh) // sh + 1, (width + 2 * pw - kw) // sw + 1
    out = np.zeros((n, c, out_h, out_w))
    ### BEGIN SOLUTION
    for i, j in np.ndindex(out_h, out_w):
        top, left = i * sh - ph, j * sw - pw  # negative where the window begins on the frame
        window = x[:, :, max(top, 0) : top + kh, max(left, 0) : left + kw]  # real pixels only
        out[:, :, i, j] = window.max((2, 3)) if mode == "max" else window.mean((2, 3))
    return out


def pool2d_by_hand(mine):
    """``mine.x`` (1, 1, 4, 5) max-pooled with ``mine.kernel``, ``mine.stride`` and ``mine.pad``."""
    return pool2d(mine.x, mine.kernel, mine.stride, mine.pad)[0, 0]


def maxpool_backward(grad, x, kernel, stride):
    """Send the gradient of a max pooling back to the pixels that won.

    grad : (N, C, out_h, out_w) gradient of the loss with respect to every output of the pooling
    x : (N, C, H, W) the pictures that were pooled, of floats or whole numbers, without padding
    kernel, stride : those of the pooling, an int or a pair (for rows, for columns)

    Returns an array (N, C, H, W), the gradient of the loss with respect to x. Each window hands
    its gradient to its largest pixel; where several are equally large, to the first of them, read
    row by row. A pixel that wins several windows gets the sum.
    """
    x, grad = given.floats("x: N C H W, grad: N C out_h out_w", x, grad)
    (kh, kw), (sh, sw), _ = given.windows(x, kernel, stride)
    out = np.zeros_like(x)
    ### BEGIN SOLUTION
    for n, c, i, j in np.ndindex(grad.shape):
        place = n, c, slice(i * sh, i * sh + kh), slice(j * sw, j * sw + kw)
        winner = x[place].argmax()  # the first of the largest, counted row by row
        out[place].flat[winner] += grad[n, c, i, j]
    return out


def shift_agreement(x, kernel, stride, shift):
    """How much of a max pooling stays as it was when the pictures move to the right.

    x : (N, C, H, W) pictures, of floats or whole numbers
    kernel, stride : those of a max pooling as in pool2d, without padding
    shift : by how many columns the pictures move to the right, from 0 to W - 1

    Zeros move in at the left, what leaves at the right is lost. Returns the share of the pooled
    values, over all pictures and channels, that are exactly equal before and after the shift: a
    number from 0 to 1. You may call your pool2d.
    """
    x = given.floats("x: N C H W", x)
    shift = given.whole("shift", shift, most=x.shape[3] - 1)
    shifted = np.zeros_like(x)
    ### BEGIN SOLUTION
    shifted[..., shift:] = x[..., : x.shape[3] - shift]
    return np.mean(pool2d(x, kernel, stride) == pool2d(shifted, kernel, stride))


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
