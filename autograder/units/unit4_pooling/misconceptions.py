"""Plausible wrong solutions to unit 4. The docstring is the sentence that the student reads.

A misconception keeps everything else right, so that it is told from the others.
"""

import numpy as np

from autograder.units.unit4_pooling import reference as right


def _pair(value):
    return (value, value) if np.ndim(value) == 0 else tuple(value)


def _steps(kernel, stride):
    return _pair(kernel if stride is None else stride)


def _framed(x, pad, value):
    ph, pw = _pair(pad)
    frame = (0, 0), (0, 0), (ph, ph), (pw, pw)
    return np.pad(1.0 * x, frame, constant_values=value)


def _windows(x, kernel, stride):
    """(N, C, out_h, out_w, kh, kw)."""
    sh, sw = _steps(kernel, stride)
    view = np.lib.stride_tricks.sliding_window_view(x, _pair(kernel), axis=(2, 3))
    return view[:, :, ::sh, ::sw]


# -- pool2d ---------------------------------------------------------------------------------------


def pool2d__averages(x, kernel, stride=None, pad=0, mode="max"):
    """You took the mean of the window where the largest pixel was asked for."""
    return right.pool2d(x, kernel, stride, pad, "average")


def pool2d__ignores_mode(x, kernel, stride=None, pad=0, mode="max"):
    """You took the largest pixel although the mean was asked for: ``mode`` decides."""
    return right.pool2d(x, kernel, stride, pad)


def pool2d__exchanges_modes(x, kernel, stride=None, pad=0, mode="max"):
    """You exchanged the two modes: "max" is the largest pixel of a window, "average" its mean."""
    other = {"max": "average", "average": "max"}.get(mode, mode)
    return right.pool2d(x, kernel, stride, pad, other)


def pool2d__takes_the_smallest(x, kernel, stride=None, pad=0, mode="max"):
    """You took the smallest pixel of each window: the largest was asked for."""
    if mode == "average":
        return right.pool2d(x, kernel, stride, pad, mode)
    return -right.pool2d(-1.0 * x, kernel, stride, pad, mode)


def pool2d__sums(x, kernel, stride=None, pad=0, mode="max"):
    """You added up the pixels of the window, as a convolution does: pooling has no weights and
    keeps the largest pixel, or the mean."""
    return _windows(_framed(x, pad, 0), kernel, stride).sum(axis=(4, 5))


def pool2d__convolves_first(x, kernel, stride=None, pad=0, mode="max"):
    """You convolved the picture before pooling it: pooling looks at the pixels as they are."""
    framed = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    blurred = _windows(framed, 3, 1).sum(axis=(4, 5))
    return right.pool2d(blurred, kernel, stride, pad, mode)


def pool2d__returns_the_place(x, kernel, stride=None, pad=0, mode="max"):
    """You returned the place of the largest pixel in its window: its value was asked for."""
    if mode == "average":
        return right.pool2d(x, kernel, stride, pad, mode)
    windows = _windows(_framed(x, pad, -np.inf), kernel, stride)
    return windows.reshape(*windows.shape[:4], -1).argmax(axis=-1).astype(float)


def pool2d__takes_the_largest_size(x, kernel, stride=None, pad=0, mode="max"):
    """You took the pixel that is furthest from 0: the largest one is the one furthest up, and −1
    is larger than −5."""
    if mode == "average":
        return right.pool2d(x, kernel, stride, pad, mode)
    return right.pool2d(np.abs(x), kernel, stride, pad, mode)


def pool2d__starts_from_zero(x, kernel, stride=None, pad=0, mode="max"):
    """You started the search for the largest pixel from 0: where all pixels of a window are
    negative, none of them is found."""
    out = right.pool2d(x, kernel, stride, pad, mode)
    return out if mode == "average" else np.maximum(out, 0)


def pool2d__pads_max_with_zero(x, kernel, stride=None, pad=0, mode="max"):
    """You padded with zeros: a zero of the frame wins against negative pixels. What is not there
    must lose against every pixel."""
    if mode == "average":
        return right.pool2d(x, kernel, stride, pad, mode)
    return _windows(_framed(x, pad, 0), kernel, stride).max(axis=(4, 5))


def pool2d__pads_max_with_a_number(x, kernel, stride=None, pad=0, mode="max"):
    """You padded with a number that looks small enough: a picture can be smaller still. Only minus
    infinity loses against every pixel."""
    if mode == "average":
        return right.pool2d(x, kernel, stride, pad, mode)
    return _windows(_framed(x, pad, -1e9), kernel, stride).max(axis=(4, 5))


def pool2d__averages_the_infinite_frame(x, kernel, stride=None, pad=0, mode="max"):
    """You put the frame of minus infinity under the mean too: there the frame does not count at
    all."""
    if mode == "max":
        return right.pool2d(x, kernel, stride, pad, mode)
    return _windows(_framed(x, pad, -np.inf), kernel, stride).mean(axis=(4, 5))


def pool2d__counts_the_frame(x, kernel, stride=None, pad=0, mode="max"):
    """You divided by the size of the window everywhere: where it reaches over the border, its mean
    is that of the real pixels alone."""
    if mode == "max":
        return right.pool2d(x, kernel, stride, pad, mode)
    return _windows(_framed(x, pad, 0), kernel, stride).mean(axis=(4, 5))


def pool2d__divides_by_the_side(x, kernel, stride=None, pad=0, mode="max"):
    """You divided the sum by the height of the window: a mean divides by the number of pixels,
    height times width."""
    if mode == "max":
        return right.pool2d(x, kernel, stride, pad, mode)
    return _windows(_framed(x, pad, 0), kernel, stride).sum(axis=(4, 5)) / _pair(kernel)[0]


def pool2d__divides_by_the_stride(x, kernel, stride=None, pad=0, mode="max"):
    """You divided the sum by the pixels of one step: a mean divides by the pixels of the window,
    however far it moves."""
    if mode == "max":
        return right.pool2d(x, kernel, stride, pad, mode)
    mean = right.pool2d(x, kernel, stride, pad, mode)
    return mean * np.prod(_pair(kernel)) / np.prod(_steps(kernel, stride))


def pool2d__moves_by_one(x, kernel, stride=None, pad=0, mode="max"):
    """You moved the window by one pixel where no stride was given: then it moves by its own size,
    so that windows stand side by side."""
    return right.pool2d(x, kernel, 1 if stride is None else stride, pad, mode)


def pool2d__ignores_stride(x, kernel, stride=None, pad=0, mode="max"):
    """You moved the window by its own size although another stride was asked for: windows may
    overlap, or leave gaps."""
    return right.pool2d(x, kernel, None, pad, mode)


def pool2d__swaps_stride_pair(x, kernel, stride=None, pad=0, mode="max"):
    """You took the stride pair as (columns, rows): the first number moves the window down."""
    return right.pool2d(x, kernel, _steps(kernel, stride)[::-1], pad, mode)


def pool2d__first_stride_for_both(x, kernel, stride=None, pad=0, mode="max"):
    """You used the first number of the stride pair for rows and columns: the second is for the
    columns."""
    return right.pool2d(x, kernel, None if stride is None else _pair(stride)[0], pad, mode)


def pool2d__swaps_kernel_pair(x, kernel, stride=None, pad=0, mode="max"):
    """You took the kernel pair as (columns, rows): the first number is the height of the
    window."""
    kh, kw = _pair(kernel)
    framed = _framed(x, pad, -np.inf if mode == "max" else 0)
    windows = _windows(framed, (kw, kh), _steps(kernel, stride))
    if mode == "max":
        return windows.max(axis=(4, 5))
    real = _windows(_framed(np.ones_like(x), pad, 0), (kw, kh), _steps(kernel, stride))
    return windows.sum(axis=(4, 5)) / real.sum(axis=(4, 5))


def pool2d__assumes_square_kernel(x, kernel, stride=None, pad=0, mode="max"):
    """You used the height of the window for its width too: a pair has a number for each."""
    kh = _pair(kernel)[0]
    framed = _framed(x, pad, -np.inf if mode == "max" else 0)
    return right.pool2d(framed, (kh, kh), stride, 0, mode)


def pool2d__ignores_pad(x, kernel, stride=None, pad=0, mode="max"):
    """You left the padding out: windows may reach over the border by ``pad`` rows and columns."""
    return right.pool2d(x, kernel, stride, 0, mode)


def pool2d__swaps_pad_pair(x, kernel, stride=None, pad=0, mode="max"):
    """You took the pad pair as (columns, rows): the first number is for the rows, above and
    below."""
    return _pooled_with_frame(x, kernel, stride, _pair(pad)[::-1], mode)


def _pooled_with_frame(x, kernel, stride, pad, mode, sides=slice(None)):
    """`pool2d` whatever the frame; ``sides`` cuts it down before the pooling."""
    framed = _framed(x, pad, -np.inf)[:, :, sides, sides]
    windows = _windows(framed, kernel, stride)
    if mode == "max":
        return windows.max(axis=(4, 5))
    real = np.isfinite(windows)
    total = np.where(real, windows, 0).sum(axis=(4, 5))
    return (total / np.maximum(real.sum(axis=(4, 5)), 1)).astype(framed.dtype)


def pool2d__pads_top_and_left_only(x, kernel, stride=None, pad=0, mode="max"):
    """You added the frame at the top and the left only: ``pad`` counts for each of the four
    sides."""
    ph, pw = _pair(pad)
    if not ph and not pw:
        return right.pool2d(x, kernel, stride, pad, mode)
    height, width = x.shape[2:]
    framed = _framed(x, pad, -np.inf)[:, :, : height + ph, : width + pw]
    return _pooled_with_frame(framed, kernel, stride, 0, mode)


def pool2d__rounds_size_up(x, kernel, stride=None, pad=0, mode="max"):
    """You rounded the output size up: where the last window does not fit whole, it is left out."""
    framed = _framed(x, pad, -np.inf)
    missing = [
        -(size - k) % s
        for size, k, s in zip(framed.shape[2:], _pair(kernel), _steps(kernel, stride), strict=True)
    ]
    framed = np.pad(
        framed, ((0, 0), (0, 0), (0, missing[0]), (0, missing[1])), constant_values=-np.inf
    )
    return _pooled_with_frame(framed, kernel, stride, 0, mode)


def pool2d__one_row_and_column_short(x, kernel, stride=None, pad=0, mode="max"):
    """You left out the last row and column of windows: one that just fits counts."""
    return right.pool2d(x, kernel, stride, pad, mode)[:, :, :-1, :-1]


def pool2d__reshapes_in_the_wrong_order(x, kernel, stride=None, pad=0, mode="max"):
    """You cut the plane up with reshape alone: it takes pixels in reading order, so that a window
    holds a piece of a row and not a block."""
    out = right.pool2d(x, kernel, stride, pad, mode)
    kh, kw = _pair(kernel)
    if _steps(kernel, stride) != (kh, kw) or x.shape[2] % kh or x.shape[3] % kw:
        return out
    pieces = x.reshape(*out.shape, kh, kw)
    return pieces.max(axis=(4, 5)) if mode == "max" else pieces.mean(axis=(4, 5))


def pool2d__reshape_needs_whole_windows(x, kernel, stride=None, pad=0, mode="max"):
    """You cut the plane up with reshape, which needs sizes that divide evenly: leftover rows and
    columns are to be dropped, and windows may overlap."""
    (kh, kw), (n, c, height, width) = _pair(kernel), x.shape
    blocks = x.reshape(n, c, height // kh, kh, width // kw, kw)
    return blocks.max(axis=(3, 5)) if mode == "max" else blocks.mean(axis=(3, 5))


def pool2d__pools_across_channels(x, kernel, stride=None, pad=0, mode="max"):
    """You pooled over the planes too: each plane is pooled on its own, so that the number of
    channels stays."""
    out = right.pool2d(x, kernel, stride, pad, mode)
    return out.max(axis=1, keepdims=True) if mode == "max" else out.mean(axis=1, keepdims=True)


def pool2d__first_channel_for_all(x, kernel, stride=None, pad=0, mode="max"):
    """You gave every plane the result of the first: each is pooled on its own."""
    out = right.pool2d(x, kernel, stride, pad, mode)
    return np.repeat(out[:, :1], x.shape[1], axis=1)


def pool2d__only_first_picture(x, kernel, stride=None, pad=0, mode="max"):
    """You pooled the first picture only: x holds N pictures, and all of them were asked for."""
    return right.pool2d(x, kernel, stride, pad, mode)[:1]


def pool2d__swaps_height_and_width(x, kernel, stride=None, pad=0, mode="max"):
    """You returned the output with rows and columns exchanged: rows come before columns, in the
    output as in the picture."""
    return right.pool2d(x, kernel, stride, pad, mode).swapaxes(2, 3)


def pool2d__integer_output(x, kernel, stride=None, pad=0, mode="max"):
    """You collected the results in an array of integers, which cuts off every fraction."""
    return np.trunc(right.pool2d(x, kernel, stride, pad, mode))


# -- pool2d_by_hand -------------------------------------------------------------------------------


def pool2d_by_hand__pads_with_zero(mine):
    """These numbers come out if the frame holds zeros that can win: what is added is never the
    largest."""
    return pool2d__pads_max_with_zero(mine.x, 3, 2, 1)[0, 0]


def pool2d_by_hand__averages(mine):
    """These numbers are the means of the real pixels: the largest were asked for."""
    return right.pool2d(mine.x, 3, 2, 1, "average")[0, 0]


def pool2d_by_hand__averages_with_the_frame(mine):
    """These numbers are sums divided by 9: the largest pixels were asked for."""
    return pool2d__counts_the_frame(mine.x, 3, 2, 1, "average")[0, 0]


def pool2d_by_hand__sums(mine):
    """These numbers are the sums of the windows: the largest pixels were asked for."""
    return pool2d__sums(mine.x, 3, 2, 1)[0, 0]


def pool2d_by_hand__takes_the_smallest(mine):
    """These numbers are the smallest of their windows: the largest were asked for."""
    return -right.pool2d(-mine.x, 3, 2, 1)[0, 0]


def pool2d_by_hand__drops_the_signs(mine):
    """These numbers come out if the signs are dropped: the largest number is the one furthest up,
    and −1 is larger than −5."""
    return right.pool2d(np.abs(mine.x), 3, 2, 1)[0, 0]


def pool2d_by_hand__ignores_pad(mine):
    """These numbers come out without padding: the first window starts one row and one column
    outside the picture."""
    return right.pool2d(mine.x, 3, 2)[0, 0]


def pool2d_by_hand__ignores_stride(mine):
    """These numbers come out if the window moves by its own size: it moves by 2, so that
    neighbouring windows share a row or a column."""
    return right.pool2d(mine.x, 3, 3, 1)[0, 0]


def pool2d_by_hand__moves_by_one(mine):
    """These numbers come out if the window moves by 1: it moves by 2."""
    return right.pool2d(mine.x, 3, 1, 1)[0, 0]


def pool2d_by_hand__rounds_size_up(mine):
    """There is one row too many: the last window does not fit whole, so it is left out."""
    return pool2d__rounds_size_up(mine.x, 3, 2, 1)[0, 0]


def pool2d_by_hand__two_by_two_windows(mine):
    """These numbers come out for windows of 2 × 2: they are 3 × 3."""
    return right.pool2d(mine.x, 2, 2, 1)[0, 0]


# -- maxpool_backward -----------------------------------------------------------------------------


def _routed(grad, x, kernel, stride, weights, meet=np.add):
    """The gradient with respect to x, if a window hands ``weights(window)`` of its own to them.

    meet : how what arrives at a pixel from several windows comes together
    """
    (kh, kw), (sh, sw) = _pair(kernel), _pair(stride)
    out = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(grad.shape):
        here = n, c, slice(i * sh, i * sh + kh), slice(j * sw, j * sw + kw)
        share = weights(x[here])
        arrived = meet(out[here], share * grad[n, c, i, j])
        out[here] = np.where(share != 0, arrived, out[here])
    return out


def _one(window, place):
    """A window of zeros with a 1 at a place, counted row by row."""
    share = np.zeros(window.shape)
    share.flat[place] = 1
    return share


def _first(window):
    return _one(window, window.argmax())


def maxpool_backward__to_every_pixel(grad, x, kernel, stride):
    """You handed the gradient to every pixel of the window: only the pixel that won passed its
    value on, so only its change matters."""
    return _routed(grad, x, kernel, stride, lambda window: np.ones(window.shape))


def maxpool_backward__splits_evenly(grad, x, kernel, stride):
    """You split the gradient evenly over the window: that belongs to average pooling. A maximum
    depends on one pixel alone."""
    return _routed(grad, x, kernel, stride, lambda window: np.full(window.shape, 1 / window.size))


def maxpool_backward__to_all_ties(grad, x, kernel, stride):
    """You handed the whole gradient to each of several equal maxima: it would be counted more than
    once. The first of them gets it."""
    return _routed(grad, x, kernel, stride, lambda window: window == window.max())


def maxpool_backward__shares_among_ties(grad, x, kernel, stride):
    """You shared the gradient among equal maxima: that is a fair rule too, but here the first of
    them gets all of it."""

    def share(window):
        wins = window == window.max()
        return wins / wins.sum()

    return _routed(grad, x, kernel, stride, share)


def maxpool_backward__to_the_last_tie(grad, x, kernel, stride):
    """You handed the gradient to the last of several equal maxima: the first one gets it."""
    return _routed(
        grad, x, kernel, stride, lambda w: _one(w, w.size - 1 - w.ravel()[::-1].argmax())
    )


def maxpool_backward__first_column_by_column(grad, x, kernel, stride):
    """You looked for the first of several equal maxima column by column: read the window row by
    row."""
    return _routed(grad, x, kernel, stride, lambda w: _one(w.T, w.T.argmax()).T)


def maxpool_backward__overwrites(grad, x, kernel, stride):
    """You overwrote what a pixel had already got: one that wins several windows gets the sum of
    their gradients."""
    return _routed(grad, x, kernel, stride, _first, meet=lambda before, new: new)


def maxpool_backward__keeps_the_larger(grad, x, kernel, stride):
    """You kept the larger gradient where a pixel wins several windows: they add up."""
    return _routed(
        grad,
        x,
        kernel,
        stride,
        _first,
        meet=lambda before, new: np.where(np.abs(new) > np.abs(before), new, before),
    )


def maxpool_backward__ignores_stride(grad, x, kernel, stride):
    """You placed the windows side by side: they move by ``stride``, and may overlap or leave
    gaps."""
    (kh, kw), out = _pair(kernel), np.zeros(x.shape)
    for n, c, i, j in np.ndindex(grad.shape):
        here = n, c, slice(i * kh, i * kh + kh), slice(j * kw, j * kw + kw)
        if x[here].size:
            out[here] += _first(x[here]) * grad[n, c, i, j]
    return out


def maxpool_backward__swaps_stride_pair(grad, x, kernel, stride):
    """You took the stride pair as (columns, rows): the first number moves the window down."""
    (kh, kw), (sh, sw), out = _pair(kernel), _pair(stride), np.zeros(x.shape)
    for n, c, i, j in np.ndindex(grad.shape):
        here = n, c, slice(i * sw, i * sw + kh), slice(j * sh, j * sh + kw)
        if x[here].size:
            out[here] += _first(x[here]) * grad[n, c, i, j]
    return out


def maxpool_backward__times_the_maximum(grad, x, kernel, stride):
    """You multiplied the gradient by the largest pixel: the pixel passes its value on as it is, so
    its gradient is handed on as it is."""
    return _routed(grad, x, kernel, stride, lambda window: _first(window) * window.max())


def maxpool_backward__only_marks_the_winners(grad, x, kernel, stride):
    """You counted how often each pixel wins: each win hands on the gradient of that window."""
    return _routed(np.ones_like(grad), x, kernel, stride, _first)


def maxpool_backward__to_the_corner(grad, x, kernel, stride):
    """You handed the gradient to the upper left pixel of each window: it goes to the largest."""
    return _routed(grad, x, kernel, stride, lambda window: _one(window, 0))


def maxpool_backward__furthest_from_zero(grad, x, kernel, stride):
    """You handed the gradient to the pixel furthest from 0: the one furthest up won, and −1 is
    larger than −5."""
    return _routed(grad, x, kernel, stride, lambda window: _first(np.abs(window)))


def maxpool_backward__starts_from_zero(grad, x, kernel, stride):
    """You started the search for the largest pixel from 0: where all pixels of a window are
    negative, none of them is found, and the first one gets the gradient."""
    return _routed(grad, x, kernel, stride, lambda w: _one(w, w.argmax() if w.max() > 0 else 0))


def _placed(grad, x, kernel, stride, place):
    """The gradient with respect to x, if ``place(winner)`` is where the winner is taken to be."""
    (kh, kw), (sh, sw), out = _pair(kernel), _pair(stride), np.zeros(x.shape)
    for n, c, i, j in np.ndindex(grad.shape):
        winner = x[n, c, i * sh : i * sh + kh, j * sw : j * sw + kw].argmax()
        row, column = place(winner)
        out[n, c, i * sh + row, j * sw + column] += grad[n, c, i, j]
    return out


def maxpool_backward__row_from_the_height(grad, x, kernel, stride):
    """You divided the winner's number by the height of the window to get its row: counted row by
    row, a new row begins after as many pixels as the window is wide."""
    kh, kw = _pair(kernel)
    return _placed(grad, x, kernel, stride, lambda winner: (winner // kh, winner % kw))


def maxpool_backward__place_from_the_height(grad, x, kernel, stride):
    """You took the winner's row and column from the height of the window: counted row by row, a row
    has as many pixels as the window is wide."""
    kh, _ = _pair(kernel)
    return _placed(grad, x, kernel, stride, lambda winner: divmod(winner, kh))


def maxpool_backward__all_to_the_first_picture(grad, x, kernel, stride):
    """You handed the gradients of all pictures to the first: each picture has a gradient of its
    own."""
    out = right.maxpool_backward(grad, x, kernel, stride)
    return np.concatenate([out.sum(axis=0, keepdims=True), np.zeros_like(out[1:])])


def maxpool_backward__one_channel_wins(grad, x, kernel, stride):
    """You looked for one winner over all channels: every plane has been pooled on its own, so it
    has winners of its own."""
    most = np.broadcast_to(x.max(axis=1, keepdims=True), x.shape)
    return right.maxpool_backward(grad, most, kernel, stride)


# -- shift_agreement ------------------------------------------------------------------------------


def _agreement(x, moved, kernel, stride, mode="max"):
    return float(
        np.mean(
            right.pool2d(x, kernel, stride, 0, mode) == right.pool2d(moved, kernel, stride, 0, mode)
        )
    )


def _moved(x, shift):
    """x moved to the right, zeros at the left."""
    out = np.zeros_like(x)
    out[..., shift:] = x[..., : x.shape[3] - shift]
    return out


def shift_agreement__wraps_around(x, kernel, stride, shift):
    """You let the columns that leave at the right come in again at the left: they are lost, and
    zeros move in."""
    return _agreement(x, np.roll(x, shift, axis=3), kernel, stride)


def shift_agreement__repeats_the_edge(x, kernel, stride, shift):
    """You filled what becomes free at the left with the first column: zeros move in."""
    moved = _moved(x, shift)
    moved[..., :shift] = x[..., :1]
    return _agreement(x, moved, kernel, stride)


def shift_agreement__shifts_to_the_left(x, kernel, stride, shift):
    """You moved the pictures to the left: they move to the right."""
    return _agreement(x, _moved(x[..., ::-1], shift)[..., ::-1], kernel, stride)


def shift_agreement__shifts_down(x, kernel, stride, shift):
    """You moved the pictures down: they move to the right, along the last axis."""
    moved = np.zeros_like(x)
    rows = max(x.shape[2] - shift, 0)
    moved[:, :, x.shape[2] - rows :] = x[:, :, :rows]
    return _agreement(x, moved, kernel, stride)


def shift_agreement__shifts_the_pooled(x, kernel, stride, shift):
    """You moved the pooled pictures: move the pictures first, then pool both."""
    pooled = right.pool2d(x, kernel, stride)
    return float(np.mean(pooled == _moved(pooled, min(shift, pooled.shape[3]))))


def shift_agreement__does_not_pool(x, kernel, stride, shift):
    """You compared the pictures themselves: pool them before and after the shift, and compare
    that."""
    return float(np.mean(x == _moved(x, shift)))


def shift_agreement__averages(x, kernel, stride, shift):
    """You pooled by the mean: max pooling was asked for."""
    return _agreement(x, _moved(x, shift), kernel, stride, "average")


def shift_agreement__ignores_stride(x, kernel, stride, shift):
    """You left the stride out, so that the window moved by its own size: pool with ``kernel`` and
    ``stride``."""
    return _agreement(x, _moved(x, shift), kernel, None)


def shift_agreement__kernel_for_stride(x, kernel, stride, shift):
    """You used the stride as the size of the window too: ``kernel`` and ``stride`` may differ."""
    return _agreement(x, _moved(x, shift), stride, stride)


def shift_agreement__shifts_by_one(x, kernel, stride, shift):
    """You moved the pictures by one column: ``shift`` says by how many."""
    return _agreement(x, _moved(x, min(shift, 1)), kernel, stride)


def shift_agreement__nearly_equal(x, kernel, stride, shift):
    """You counted values that are nearly equal: those that are exactly equal were asked for.
    Pooling copies pixels, so nothing is rounded."""
    before = right.pool2d(x, kernel, stride)
    return float(np.isclose(before, right.pool2d(_moved(x, shift), kernel, stride)).mean())


def shift_agreement__counts_the_others(x, kernel, stride, shift):
    """You returned the share of values that changed: the share that stayed was asked for."""
    return 1 - right.shift_agreement(x, kernel, stride, shift)


def shift_agreement__counts(x, kernel, stride, shift):
    """You returned how many values agree: their share was asked for, a number from 0 to 1."""
    share = right.shift_agreement(x, kernel, stride, shift)
    return float(round(share * right.pool2d(x, kernel, stride).size))


def shift_agreement__percent(x, kernel, stride, shift):
    """You returned per cent: a share from 0 to 1 was asked for."""
    return 100 * right.shift_agreement(x, kernel, stride, shift)


def shift_agreement__all_or_nothing(x, kernel, stride, shift):
    """You asked whether all values agree: the share of those that do was asked for."""
    return float(right.shift_agreement(x, kernel, stride, shift) == 1)


def shift_agreement__only_first_picture(x, kernel, stride, shift):
    """You looked at the first picture only: the share is over all pictures and channels."""
    return right.shift_agreement(x[:1], kernel, stride, shift)


def shift_agreement__only_first_plane(x, kernel, stride, shift):
    """You looked at the first plane of each picture only: the share is over all channels."""
    return right.shift_agreement(x[:, :1], kernel, stride, shift)


def shift_agreement__cuts_off(x, kernel, stride, shift):
    """You cut off the columns that are not in both pictures: pool pictures of full size, with zeros
    where nothing moves in."""
    kept = x.shape[3] - shift
    if kept < _pair(kernel)[1]:
        return right.shift_agreement(x, kernel, stride, shift)
    return _agreement(x[..., shift:], x[..., :kept], kernel, stride)


def shift_agreement__cannot_stay(x, kernel, stride, shift):
    """You cut ``shift`` columns off from the end, which for 0 takes everything away: without a
    shift all values agree."""
    moved = np.zeros_like(x)
    moved[..., shift:] = x[..., :-shift]
    return _agreement(x, moved, kernel, stride)


# -- pooling_claims -------------------------------------------------------------------------------


def _other_way_round(claim):
    answer = right.pooling_claims()
    return {**answer, claim: not answer[claim]}


def pooling_claims__costs_as_much():
    """You say that later layers cost as much: they work on fewer pixels, and each pixel costs
    them multiplications. The cost table counts them."""
    return _other_way_round("lowers the cost of later layers")


def pooling_claims__same_receptive_field():
    """You say that the receptive field stays: a pixel after pooling stands for a whole window, so
    the next layer's neighbours lie further apart on the picture."""
    return _other_way_round("enlarges the receptive field of later layers")


def pooling_claims__exactly_invariant():
    """You say that the output stays the same: the impulse in an odd column is a counterexample. It
    moved by one pixel and won another window."""
    return _other_way_round("gives the same output after any shift by one pixel")


def pooling_claims__changes_channels():
    """You say that the number of channels changes: every plane is pooled on its own and gives one
    plane. Only height and width shrink."""
    return _other_way_round("keeps the number of channels")


def pooling_claims__has_weights():
    """You say that pooling has weights to train: a maximum or a mean has none, so there is nothing
    to learn in it."""
    return _other_way_round("has weights to train")


def pooling_claims__after_every_convolution():
    """You say that it is needed after every convolution: VGG16 has 13 convolutions and 5 poolings,
    and a small network without any still classifies."""
    return _other_way_round("is needed after every convolution")


def pooling_claims__prevents_overfitting():
    """You say that pooling prevents overfitting by itself: the networks that were trained on few
    pictures have it, and are still far better on these than on others."""
    return _other_way_round("prevents overfitting by itself")


def pooling_claims__saves_no_parameters():
    """You say that pool5 saves less: compare what the first dense layer of VGG16 would have to
    take in, 14 × 14 × 512 numbers, with what it takes in after pool5."""
    return _other_way_round("as pool5, saves VGG16's first dense layer over 300 million parameters")
