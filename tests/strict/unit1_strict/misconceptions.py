"""Wrong answers, about refusals, dtypes and side effects, and a few others."""

import numpy as np

from autograder.checking.mistakes import about_refusals
from tests.strict.unit1_strict import reference as right

# What the student reads instead of the sentences in `autograder.checking.mistakes`.
SENTENCES = {
    "dilate_kernel__always_float64": (
        "You returned float64 where the kernel was float32: a float input keeps its dtype."
    ),
}


def _floats(x):
    """x in the dtype that the right answer computes in."""
    return x if x.dtype.kind == "f" else x.astype(np.float64)


def _windows(x, w):
    """(N, C, out_h, out_w, kh, kw), as floats."""
    return np.lib.stride_tricks.sliding_window_view(_floats(x), w.shape[2:], axis=(2, 3))


def _pair(value):
    return (value, value) if np.ndim(value) == 0 else tuple(value)


# -- conv2d_valid ---------------------------------------------------------------------------------


def conv2d_valid__flips_kernel(x, w, b=None):
    """You turned the kernel by 180° before sliding it: that is convolution as mathematicians
    define it, but here, as in every framework, the kernel slides as it is."""
    return right.conv2d_valid(x, w[..., ::-1, ::-1], b)


def conv2d_valid__forgets_bias(x, w, b=None):
    """You left the bias out: each filter's bias is added to every number of its output plane."""
    return right.conv2d_valid(x, w)


def conv2d_valid__integer_output(x, w, b=None):
    """You collected the sums in an array of integers, which cuts off every fraction."""
    out = right.conv2d_valid(x, w, b)
    return out.astype(np.int64).astype(out.dtype)


def conv2d_valid__computes_in_input_dtype(x, w, b=None):
    """You computed with the integers as they came: a sum of bytes overflows at 255 and starts
    again from 0. Integers are computed in float64."""
    out = right.conv2d_valid(x, w, b)
    return out.astype(np.int64).astype(x.dtype) if x.dtype.kind in "iu" else out


def conv2d_valid__centres_in_place(x, w, b=None):
    """You changed the picture that was handed to you: whoever called your function still needs it
    as it was."""
    mean = x.mean()
    if x.dtype.kind == "f":
        x -= mean
        return right.conv2d_valid(x, w, b) + mean * w.sum((1, 2, 3))[:, None, None]
    return right.conv2d_valid(x, w, b)


@about_refusals
def conv2d_valid__accepts_bad_input(x, w, b=None):
    """You let bad input through: shapes that do not fit must raise a ValueError that names the
    argument, before anything is computed."""
    x, w = np.atleast_1d(x), np.atleast_1d(w)
    channels = min(x.shape[-3], w.shape[-3])
    x, w = x[..., :channels, :, :], w[..., :channels, :, :]
    x, w = (a[(None,) * (4 - a.ndim)] for a in (x, w))
    kh, kw = min(w.shape[2], x.shape[2]), min(w.shape[3], x.shape[3])
    b = None if b is None else np.resize(b, len(w))
    return right.conv2d_valid(x, w[:, :, :kh, :kw], b)


@about_refusals
def conv2d_valid__leaves_refusing_to_numpy(x, w, b=None):
    """You left it to NumPy to complain about bad input: its messages speak of operands and axes;
    yours should name the argument that is wrong."""
    out = np.einsum("ncijuv,fcuv->nfij", _windows(x, w), w.astype(_windows(x, w).dtype))
    return out if b is None else out + np.asarray(b, out.dtype)[:, None, None]


# -- conv2d_valid_by_hand -------------------------------------------------------------------------


# -- pad2d ----------------------------------------------------------------------------------------


def pad2d__top_left_only(x, pad, value=0.0):
    """You added the frame at the top and the left only: ``pad`` counts for each of the four
    sides."""
    ph, pw = _pair(pad)
    out = right.pad2d(x, pad, value)
    return out[:, :, : out.shape[2] - ph, : out.shape[3] - pw].copy()


def pad2d__swaps_pair(x, pad, value=0.0):
    """You took the pair as (columns, rows): the first number is for the rows, above and below."""
    return right.pad2d(x, _pair(pad)[::-1], value)


def pad2d__ignores_value(x, pad, value=0.0):
    """You filled the frame with zeros although another ``value`` was asked for."""
    return right.pad2d(x, pad)


def pad2d__keeps_integers(x, pad, value=0.0):
    """You kept the integers: they become float64, or a value such as -0.5 cannot stand in the
    frame."""
    out = right.pad2d(x, pad, value)
    return out.astype(np.int64).astype(x.dtype) if x.dtype.kind in "iu" else out


def pad2d__shifts_in_place(x, pad, value=0.0):
    """You changed the picture that was handed to you: whoever called your function still needs it
    as it was."""
    if x.dtype.kind != "f":
        return right.pad2d(x, pad, value)
    x -= x.dtype.type(value)
    return right.pad2d(x, pad) + x.dtype.type(value)


def pad2d__returns_its_input(x, pad, value=0.0):
    """You returned the picture itself when there was nothing to add: a new array was asked for, so
    that writing into it does not change the original."""
    out = right.pad2d(x, pad, value)
    return x if out.shape == x.shape and out.dtype == x.dtype else out


@about_refusals
def pad2d__crops_when_negative(x, pad, value=0.0):
    """You accepted a negative ``pad``, or a picture without 4 dimensions: both must raise a
    ValueError that names the argument."""
    ph, pw = _pair(pad)
    x = np.asarray(x)[(None,) * (4 - np.ndim(x))]
    out = right.pad2d(x, (max(ph, 0), max(pw, 0)), value)
    crop_h, crop_w = max(-ph, 0), max(-pw, 0)
    return out[:, :, crop_h : out.shape[2] - crop_h, crop_w : out.shape[3] - crop_w].copy()


@about_refusals
def pad2d__leaves_refusing_to_numpy(x, pad, value=0.0):
    """You left it to NumPy to complain about bad input: its messages do not name the argument;
    yours should."""
    ph, pw = _pair(pad)
    frame = ((0, 0), (0, 0), (ph, ph), (pw, pw))
    return np.pad(_floats(x), frame, constant_values=value)


# -- pad2d_by_hand --------------------------------------------------------------------------------


# -- dilate_kernel --------------------------------------------------------------------------------


def dilate_kernel__ignores_dilation(w, dilation):
    """You returned the kernel as it was: its weights were to be moved apart."""
    return right.dilate_kernel(w, 1)


def dilate_kernel__trailing_zeros(w, dilation):
    """You put zeros after the last weight too, so that the size is dilation times k: zeros go
    between the weights only."""
    full, (dh, dw) = right.dilate_kernel(w, dilation), _pair(dilation)
    return np.pad(full, ((0, 0), (0, 0), (0, dh - 1), (0, dw - 1)))


def dilate_kernel__keeps_integers(w, dilation):
    """You kept the integers: they become float64."""
    return right.dilate_kernel(w, dilation).astype(w.dtype)


def dilate_kernel__returns_its_input(w, dilation):
    """You returned the kernel itself where there was nothing to do: a new array was asked for, so
    that writing into it does not change the original."""
    out = right.dilate_kernel(w, dilation)
    return w if out.shape == w.shape and out.dtype == w.dtype else out


@about_refusals
def dilate_kernel__zero_means_none(w, dilation):
    """You accepted a dilation below 1, or a kernel without 4 dimensions: both must raise a
    ValueError that names the argument."""
    w = np.asarray(w)[(None,) * (4 - np.ndim(w))]
    return right.dilate_kernel(w, tuple(max(d, 1) for d in _pair(dilation)))


# -- conv2d ---------------------------------------------------------------------------------------


# -- conv2d_by_hand -------------------------------------------------------------------------------
