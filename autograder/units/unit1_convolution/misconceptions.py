"""Plausible wrong solutions to unit 1. The docstring is the sentence that the student reads.

A sentence speaks to the student, says what the answer did and what was asked, and does not give
the code away. A misconception keeps everything else right, so that it is told from the others.
"""

import numpy as np

from autograder.units.unit1_convolution import reference as right


def _windows(x, w):
    """(N, C, out_h, out_w, kh, kw)"""
    return np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))


def _pair(value):
    return (value, value) if np.ndim(value) == 0 else tuple(value)


# -- conv2d_valid ---------------------------------------------------------------------------------


def conv2d_valid__flips_kernel(x, w, b=None):
    """You turned the kernel by 180° before sliding it: that is convolution as mathematicians
    define it, but here, as in every framework, the kernel slides as it is."""
    return right.conv2d_valid(x, w[..., ::-1, ::-1], b)


def conv2d_valid__transposes_kernel(x, w, b=None):
    """You exchanged the rows and columns of the kernel: its first index goes down the picture, its
    second to the right."""
    return right.conv2d_valid(x, w.swapaxes(-1, -2), b)


def conv2d_valid__means_for_sum(x, w, b=None):
    """You took the mean of the products under the window where their sum was asked for."""
    out = right.conv2d_valid(x, w) / w[0].size
    return out if b is None else right.conv2d_valid(x, w * 0, b) + out


def conv2d_valid__means_over_channels(x, w, b=None):
    """You averaged over the channels: their sums add up, nothing is divided."""
    out = right.conv2d_valid(x, w) / w.shape[1]
    return out if b is None else right.conv2d_valid(x, w * 0, b) + out


def conv2d_valid__only_first_channel(x, w, b=None):
    """You used the first channel only: a filter has a kernel for every channel, and all of their
    products go into one sum."""
    return right.conv2d_valid(x[:, :1], w[:, :1], b)


def conv2d_valid__one_kernel_for_all_channels(x, w, b=None):
    """You used the kernel of the first channel for every channel: a filter is not one square of
    weights but a stack of them, one per channel."""
    return right.conv2d_valid(x, np.broadcast_to(w[:, :1], w.shape), b)


def conv2d_valid__keeps_channels_apart(x, w, b=None):
    """You returned a plane for every channel of the picture: the planes of the channels add up, so
    that one filter gives one plane."""
    return np.einsum("ncijuv,fcuv->ncij", _windows(x, w), w)


def conv2d_valid__only_first_filter(x, w, b=None):
    """You applied the first filter only: every filter gives an output plane of its own."""
    return right.conv2d_valid(x, w[:1], None if b is None else b[:1])


def conv2d_valid__first_filter_for_all(x, w, b=None):
    """You filled every output plane with the result of the first filter: each filter has its
    own."""
    return right.conv2d_valid(x, np.broadcast_to(w[:1], w.shape), b)


def conv2d_valid__only_first_picture(x, w, b=None):
    """You convolved the first picture only: x holds N pictures, and all of them were asked for."""
    return right.conv2d_valid(x[:1], w, b)


def conv2d_valid__first_picture_for_all(x, w, b=None):
    """You gave every picture the result of the first one: x holds N different pictures."""
    return right.conv2d_valid(np.broadcast_to(x[:1], x.shape), w, b)


def conv2d_valid__forgets_bias(x, w, b=None):
    """You left the bias out: each filter's bias is added to every number of its output plane."""
    return right.conv2d_valid(x, w)


def conv2d_valid__bias_once_per_channel(x, w, b=None):
    """You added the bias once for every channel: it is added once, after the channels have been
    summed."""
    return right.conv2d_valid(x, w, None if b is None else b * w.shape[1])


def conv2d_valid__bias_at_every_product(x, w, b=None):
    """You added the bias to every product under the window: it is added once, to their sum."""
    return right.conv2d_valid(x, w, None if b is None else b * w[0].size)


def conv2d_valid__subtracts_bias(x, w, b=None):
    """You subtracted the bias: it is added."""
    return right.conv2d_valid(x, w, None if b is None else -np.asarray(b))


def conv2d_valid__first_bias_for_all(x, w, b=None):
    """You added the first filter's bias to every plane: each filter has its own."""
    return right.conv2d_valid(x, w, None if b is None else np.full_like(b, b[0]))


def conv2d_valid__width_from_height(x, w, b=None):
    """You computed the width of the output from the height of the picture: it follows from the
    picture's own width."""
    full = right.conv2d_valid(x, w, b)
    out = np.zeros((*full.shape[:3], x.shape[2] - w.shape[3] + 1))
    shared = min(out.shape[3], full.shape[3])
    out[..., :shared] = full[..., :shared]
    return out


def conv2d_valid__swaps_height_and_width(x, w, b=None):
    """You returned the output with rows and columns exchanged: rows come before columns, in the
    output as in the picture."""
    return right.conv2d_valid(x, w, b).swapaxes(2, 3)


def conv2d_valid__assumes_square_kernel(x, w, b=None):
    """You used the height of the kernel for its width too: kernels need not be square."""
    size = w.shape[2]
    square = np.zeros((*w.shape[:2], size, size))
    square[..., : w.shape[3]] = w[..., :size]
    return right.conv2d_valid(x, square, b)


def conv2d_valid__one_row_and_column_short(x, w, b=None):
    """You left out the last row and column of the output: with a kernel as large as the picture
    there is still one place for it."""
    return right.conv2d_valid(x, w, b)[:, :, :-1, :-1]


def conv2d_valid__pads(x, w, b=None):
    """You padded the picture to keep its size: here the kernel stays inside the picture, so that
    the output is smaller."""
    kh, kw = w.shape[2:]
    frame = ((0, 0), (0, 0), ((kh - 1) // 2, kh // 2), ((kw - 1) // 2, kw // 2))
    return right.conv2d_valid(np.pad(x, frame), w, b)


def conv2d_valid__integer_output(x, w, b=None):
    """You collected the sums in an array of integers, which cuts off every fraction."""
    out = right.conv2d_valid(x, w, b)
    return out.astype(np.int64)


def conv2d_valid__multiplies_in_place(x, w, b=None):
    """You multiplied the window inside the picture itself: a slice of an array is a view, so the
    picture changed under the next windows."""
    x = x.copy()  # so that no other call sees the damage
    n, _, height, width = x.shape
    kh, kw = w.shape[2:]
    out = np.zeros((n, len(w), height - kh + 1, width - kw + 1))
    for k, f, i, j in np.ndindex(out.shape):
        window = x[k, :, i : i + kh, j : j + kw]
        window *= w[f]
        out[k, f, i, j] = window.sum()
    return out if b is None else out + b[:, None, None]


# -- conv2d_valid_by_hand -------------------------------------------------------------------------


def conv2d_valid_by_hand__flips_kernel(mine):
    """These numbers come out if the kernels are turned by 180° first: slide them as they stand."""
    return conv2d_valid__flips_kernel(mine.x, mine.w)[0, 0]


def conv2d_valid_by_hand__means_over_channels(mine):
    """These numbers are the mean over the channels: the channels add up."""
    return conv2d_valid__means_over_channels(mine.x, mine.w)[0, 0]


def conv2d_valid_by_hand__means_for_sum(mine):
    """These numbers are means of the products: their sum was asked for."""
    return conv2d_valid__means_for_sum(mine.x, mine.w)[0, 0]


def conv2d_valid_by_hand__only_first_channel(mine):
    """These numbers come from the first channel alone: add the second channel's."""
    return conv2d_valid__only_first_channel(mine.x, mine.w)[0, 0]


def conv2d_valid_by_hand__only_second_channel(mine):
    """These numbers come from the second channel alone: add the first channel's."""
    return right.conv2d_valid(mine.x[:, 1:], mine.w[:, 1:])[0, 0]


def conv2d_valid_by_hand__one_kernel_for_all_channels(mine):
    """These numbers come out if the first kernel is used for both channels: each has its own."""
    return conv2d_valid__one_kernel_for_all_channels(mine.x, mine.w)[0, 0]


def conv2d_valid_by_hand__swaps_kernels(mine):
    """These numbers come out if each channel gets the other's kernel: channel 0 goes with kernel
    0."""
    return right.conv2d_valid(mine.x, mine.w[:, ::-1])[0, 0]


# -- pad2d ----------------------------------------------------------------------------------------


def pad2d__top_left_only(x, pad, value=0.0):
    """You added the frame at the top and the left only: ``pad`` counts for each of the four
    sides."""
    ph, pw = _pair(pad)
    out = right.pad2d(x, pad, value)
    return out[:, :, : out.shape[2] - ph, : out.shape[3] - pw].copy()


def pad2d__bottom_right_only(x, pad, value=0.0):
    """You added the frame at the bottom and the right only: ``pad`` counts for each of the four
    sides."""
    ph, pw = _pair(pad)
    return right.pad2d(x, pad, value)[:, :, ph:, pw:].copy()


def pad2d__splits_between_sides(x, pad, value=0.0):
    """You shared ``pad`` out between the two sides: it counts for each side, so that a plane grows
    by twice as much."""
    ph, pw = _pair(pad)
    sides = ((0, 0), (0, 0), (ph // 2, ph - ph // 2), (pw // 2, pw - pw // 2))
    return np.pad(x, sides, constant_values=value)


def pad2d__repeats_edge(x, pad, value=0.0):
    """You repeated the pixels at the edge: the frame holds ``value`` everywhere."""
    ph, pw = _pair(pad)
    return np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), mode="edge")


def pad2d__reflects(x, pad, value=0.0):
    """You mirrored the picture into the frame: the frame holds ``value`` everywhere."""
    ph, pw = _pair(pad)
    return np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), mode="reflect")


def pad2d__pads_every_axis(x, pad, value=0.0):
    """You padded the pictures and channels too: only the last two axes, rows and columns, get a
    frame."""
    ph, pw = _pair(pad)
    return np.pad(x, ((ph, ph), (pw, pw)) * 2, constant_values=value)


def pad2d__pads_channels(x, pad, value=0.0):
    """You padded the wrong axes: rows and columns are the last two, axes 2 and 3."""
    ph, pw = _pair(pad)
    frame = ((0, 0), (ph, ph), (pw, pw), (0, 0))
    return np.pad(x, frame, constant_values=value)


def pad2d__swaps_pair(x, pad, value=0.0):
    """You took the pair as (columns, rows): the first number is for the rows, above and below."""
    return right.pad2d(x, _pair(pad)[::-1], value)


def pad2d__first_of_pair_for_both(x, pad, value=0.0):
    """You used the first number of the pair for rows and columns: the second is for the
    columns."""
    return right.pad2d(x, _pair(pad)[0], value)


def pad2d__ignores_value(x, pad, value=0.0):
    """You filled the frame with zeros although another ``value`` was asked for."""
    return right.pad2d(x, pad)


def pad2d__overwrites_the_border(x, pad, value=0.0):
    """You wrote the frame over the picture's own border: the frame goes around it, so the planes
    grow."""
    ph, pw = _pair(pad)
    out = np.full(x.shape, value)
    inner = (..., slice(ph, x.shape[2] - ph), slice(pw, x.shape[3] - pw))
    out[inner] = x[inner]
    return out


# -- pad2d_by_hand --------------------------------------------------------------------------------


def pad2d_by_hand__flips_kernel(mine):
    """These numbers come out if the kernel is turned by 180° first: slide it as it stands."""
    return conv2d_valid__flips_kernel(right.pad2d(mine.x, 1), mine.w)[0, 0]


def pad2d_by_hand__repeats_edge(mine):
    """These numbers come out if the frame repeats the edge of the picture: it holds zeros."""
    return right.conv2d_valid(pad2d__repeats_edge(mine.x, 1), mine.w)[0, 0]


def pad2d_by_hand__frame_of_ones(mine):
    """These numbers come out if the frame holds ones: it holds zeros."""
    return right.conv2d_valid(right.pad2d(mine.x, 1, 1.0), mine.w)[0, 0]


def pad2d_by_hand__frame_at_bottom_right(mine):
    """These numbers come out if the kernel starts in the corner of the picture and the frame is
    all at the bottom and the right: half of it goes above and to the left."""
    frame = ((0, 0), (0, 0), (0, 2), (0, 2))
    return right.conv2d_valid(np.pad(mine.x, frame), mine.w)[0, 0]


def pad2d_by_hand__frame_at_top_left(mine):
    """These numbers come out if the frame is all above and to the left of the picture: half of it
    goes below and to the right."""
    frame = ((0, 0), (0, 0), (2, 0), (2, 0))
    return right.conv2d_valid(np.pad(mine.x, frame), mine.w)[0, 0]


# -- dilate_kernel --------------------------------------------------------------------------------


def dilate_kernel__ignores_dilation(w, dilation):
    """You returned the kernel as it was: its weights were to be moved apart."""
    return right.dilate_kernel(w, 1)


def dilate_kernel__one_too_far(w, dilation):
    """You put ``dilation`` zeros between neighbouring weights: ``dilation`` is the distance from
    one to the next, and 1 means no gap."""
    dh, dw = _pair(dilation)
    return right.dilate_kernel(w, (dh + 1, dw + 1))


def dilate_kernel__trailing_zeros(w, dilation):
    """You put zeros after the last weight too, so that the size is dilation times k: zeros go
    between the weights only."""
    full, (dh, dw) = right.dilate_kernel(w, dilation), _pair(dilation)
    return np.pad(full, ((0, 0), (0, 0), (0, dh - 1), (0, dw - 1)))


def dilate_kernel__repeats_weights(w, dilation):
    """You repeated each weight: dilation adds reach with zeros in the gaps, not more weights."""
    dh, dw = _pair(dilation)
    return np.repeat(np.repeat(w, dh, axis=2), dw, axis=3)


def dilate_kernel__repeats_within_size(w, dilation):
    """You filled the gaps with copies of the weights: they hold zeros."""
    full, (dh, dw) = right.dilate_kernel(w, dilation), _pair(dilation)
    rows, columns = (np.arange(size) // d for size, d in zip(full.shape[2:], (dh, dw), strict=True))
    return w[:, :, rows][:, :, :, columns]


def dilate_kernel__swaps_pair(w, dilation):
    """You took the pair as (columns, rows): the first number is for the rows."""
    return right.dilate_kernel(w, _pair(dilation)[::-1])


def dilate_kernel__first_of_pair_for_both(w, dilation):
    """You used the first number of the pair for rows and columns: the second is for the
    columns."""
    return right.dilate_kernel(w, _pair(dilation)[0])


def dilate_kernel__dilates_filters(w, dilation):
    """You spread out the filters and channels: rows and columns are the last two axes."""
    dh, dw = _pair(dilation)
    f, c, kh, kw = w.shape
    out = np.zeros(((f - 1) * dh + 1, (c - 1) * dw + 1, kh, kw))
    out[::dh, ::dw] = w
    return out


# -- conv2d ---------------------------------------------------------------------------------------


def conv2d__flips_kernel(x, w, b=None, stride=1, pad=0, dilation=1):
    """You turned the kernel by 180° before sliding it: here, as in every framework, it slides as
    it is."""
    return right.conv2d(x, w[..., ::-1, ::-1], b, stride, pad, dilation)


def conv2d__forgets_bias(x, w, b=None, stride=1, pad=0, dilation=1):
    """You left the bias out: each filter's bias is added to every number of its output plane."""
    return right.conv2d(x, w, None, stride, pad, dilation)


def conv2d__ignores_stride(x, w, b=None, stride=1, pad=0, dilation=1):
    """You moved the window by one where a larger stride was asked for."""
    return right.conv2d(x, w, b, 1, pad, dilation)


def conv2d__swaps_stride_pair(x, w, b=None, stride=1, pad=0, dilation=1):
    """You took the stride pair as (columns, rows): the first number moves the window down."""
    return right.conv2d(x, w, b, _pair(stride)[::-1], pad, dilation)


def conv2d__first_stride_for_both(x, w, b=None, stride=1, pad=0, dilation=1):
    """You used the first number of the stride pair for rows and columns: the second is for the
    columns."""
    return right.conv2d(x, w, b, _pair(stride)[0], pad, dilation)


def conv2d__rounds_size_up(x, w, b=None, stride=1, pad=0, dilation=1):
    """You rounded the output size up: where the last window does not fit whole, it is left out."""
    reach = right.dilate_kernel(w[:1, :1], dilation).shape[2:]
    padded = right.pad2d(x, pad)
    missing = [
        -(size - r) % s for size, r, s in zip(padded.shape[2:], reach, _pair(stride), strict=True)
    ]
    padded = np.pad(padded, ((0, 0), (0, 0), (0, missing[0]), (0, missing[1])))
    return right.conv2d(padded, w, b, stride, 0, dilation)


def conv2d__subsamples_input(x, w, b=None, stride=1, pad=0, dilation=1):
    """You dropped pixels first and convolved what was left: stride says where windows stand, but
    each window still sees every pixel under it."""
    sh, sw = _pair(stride)
    return right.conv2d(right.pad2d(x, pad)[:, :, ::sh, ::sw], w, b, 1, 0, dilation)


def conv2d__ignores_pad(x, w, b=None, stride=1, pad=0, dilation=1):
    """You left the padding out."""
    return right.conv2d(x, w, b, stride, 0, dilation)


def conv2d__swaps_pad_pair(x, w, b=None, stride=1, pad=0, dilation=1):
    """You took the pad pair as (columns, rows): the first number is for the rows, above and
    below."""
    return right.conv2d(x, w, b, stride, _pair(pad)[::-1], dilation)


def conv2d__pads_output(x, w, b=None, stride=1, pad=0, dilation=1):
    """You put the frame around the output: it goes around the picture, before anything is
    summed."""
    return right.pad2d(right.conv2d(x, w, b, stride, 0, dilation), pad)


def conv2d__ignores_dilation(x, w, b=None, stride=1, pad=0, dilation=1):
    """You left the dilation out: the taps of the kernel were to be moved apart."""
    return right.conv2d(x, w, b, stride, pad)


def conv2d__one_too_far(x, w, b=None, stride=1, pad=0, dilation=1):
    """You left ``dilation`` pixels between neighbouring taps: ``dilation`` is the distance from
    one tap to the next, and 1 means no gap."""
    dh, dw = _pair(dilation)
    return right.conv2d(x, w, b, stride, pad, (dh + 1, dw + 1))


def conv2d__swaps_dilation_pair(x, w, b=None, stride=1, pad=0, dilation=1):
    """You took the dilation pair as (columns, rows): the first number is for the rows."""
    return right.conv2d(x, w, b, stride, pad, _pair(dilation)[::-1])


def conv2d__dilates_by_dropping_pixels(x, w, b=None, stride=1, pad=0, dilation=1):
    """You convolved a picture with pixels left out: dilation skips pixels inside each window, but
    windows still stand at every pixel."""
    dh, dw = _pair(dilation)
    return right.conv2d(right.pad2d(x, pad)[:, :, ::dh, ::dw], w, b, stride)


def conv2d__trailing_zeros(x, w, b=None, stride=1, pad=0, dilation=1):
    """You let the dilated kernel reach dilation times k pixels: after its last weight nothing
    follows."""
    return right.conv2d(x, dilate_kernel__trailing_zeros(w, dilation), b, stride, pad)


def conv2d__repeats_weights(x, w, b=None, stride=1, pad=0, dilation=1):
    """You enlarged the kernel by repeating its weights: dilation adds reach, not weights."""
    return right.conv2d(x, dilate_kernel__repeats_weights(w, dilation), b, stride, pad)


# -- conv2d_by_hand -------------------------------------------------------------------------------


def conv2d_by_hand__flips_kernel(mine):
    """These numbers come out if the kernel is turned by 180° first: slide it as it stands."""
    return conv2d__flips_kernel(mine.x, mine.w, stride=3, dilation=2)[0, 0]


def conv2d_by_hand__ignores_stride(mine):
    """These numbers come out at stride 1: move the window by 3."""
    return right.conv2d(mine.x, mine.w, dilation=2)[0, 0]


def conv2d_by_hand__ignores_dilation(mine):
    """These numbers come out without dilation: the taps are 2 apart."""
    return right.conv2d(mine.x, mine.w, stride=3)[0, 0]


def conv2d_by_hand__one_too_far(mine):
    """These numbers come out if two pixels lie between neighbouring taps: at dilation 2 it is
    one."""
    return right.conv2d(mine.x, mine.w, stride=3, dilation=3)[0, 0]


def conv2d_by_hand__rounds_size_up(mine):
    """There is one column too many: the last window does not fit whole, so it is left out."""
    return conv2d__rounds_size_up(mine.x, mine.w, stride=3, dilation=2)[0, 0]


def conv2d_by_hand__drops_pixels_first(mine):
    """These numbers come out if every second pixel is dropped first: every window sees the full
    picture, with its taps 2 apart."""
    return right.conv2d(mine.x[:, :, ::2, ::2], mine.w, stride=3)[0, 0]


def conv2d_by_hand__exchanges_stride_and_dilation(mine):
    """These numbers come out if stride and dilation are exchanged: the windows stand 3 apart, the
    taps within one 2."""
    return right.conv2d(mine.x, mine.w, stride=2, dilation=3)[0, 0]


def conv2d_by_hand__trailing_zeros(mine):
    """These numbers come out if the dilated kernel is taken to be 4 wide: after its last weight
    nothing follows, so it reaches over 3."""
    return conv2d__trailing_zeros(mine.x, mine.w, stride=3, dilation=2)[0, 0]


def conv2d_by_hand__repeats_weights(mine):
    """These numbers come out if each weight is repeated: dilation puts zeros in the gaps."""
    return conv2d__repeats_weights(mine.x, mine.w, stride=3, dilation=2)[0, 0]
