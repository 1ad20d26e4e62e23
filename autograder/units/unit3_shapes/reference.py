"""The right answers to unit 3: output sizes, 1×1 convolution and receptive fields.

Conventions are those of the course's notation box: NCHW, ``pad`` counts per side, ``dilation=1``
means none, output sizes are floored. ``autograder sync`` copies each function into the source
notebook, so a body uses only ``np``, its arguments and the functions above it.
"""

import numpy as np


def conv_output_size(n, kernel, stride=1, pad=0, dilation=1):
    """How many windows fit on a line of pixels: the size of an output, in rows or in columns.

    n : pixels of the line, without padding
    kernel : taps of the kernel along the line
    stride : how far the window moves each time
    pad : pixels added at EACH end
    dilation : distance between neighbouring taps; 1 means none

    Returns an int. A window that does not fit completely does not count.

    Raises ValueError, naming the argument, if stride or dilation is below 1 or if pad is negative,
    and naming the kernel if, dilated, it is longer than the padded line.
    """
    if stride < 1:
        raise ValueError(f"stride must be at least 1, got {stride}")
    if dilation < 1:
        raise ValueError(f"dilation must be at least 1, got {dilation}")
    if pad < 0:
        raise ValueError(f"pad must not be negative, got {pad}")
    reach = dilation * (kernel - 1) + 1
    if reach > n + 2 * pad:
        raise ValueError(f"kernel reaches over {reach} pixels, the line has {n + 2 * pad}")
    return (n + 2 * pad - reach) // stride + 1


def conv_output_shape(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """The shape of a convolution's output, from the shapes of pictures and filters alone.

    x_shape : (N, C, H, W) of the pictures
    w_shape : (F, C, kh, kw) of the filters
    stride, pad, dilation : an int, or a pair (for rows, for columns)

    Returns a tuple of four ints (N, F, out_h, out_w).

    Raises ValueError, naming the argument, if x_shape or w_shape does not have 4 numbers, if they
    differ in channels, if stride or dilation is below 1 or if pad is negative, and naming the
    kernel if, dilated, it is larger than the padded picture.
    """
    if len(x_shape) != 4 or len(w_shape) != 4:
        raise ValueError(f"x_shape and w_shape must have 4 numbers, got {x_shape} and {w_shape}")
    (n, c, height, width), (f, channels, kh, kw) = x_shape, w_shape
    if c != channels:
        raise ValueError(f"x_shape has {c} channels but w_shape has {channels}")
    sh, sw = (stride, stride) if np.ndim(stride) == 0 else stride
    ph, pw = (pad, pad) if np.ndim(pad) == 0 else pad
    dh, dw = (dilation, dilation) if np.ndim(dilation) == 0 else dilation
    rows = conv_output_size(height, kh, sh, ph, dh)
    columns = conv_output_size(width, kw, sw, pw, dw)
    return n, f, rows, columns


def conv_output_shape_by_hand(mine):
    """What the layer ``mine.w_shape`` makes of ``mine.x_shape``, and what it costs."""
    _, channels, rows, columns = conv_output_shape(
        mine.x_shape, mine.w_shape, mine.stride, mine.pad, mine.dilation
    )
    weights = int(np.prod(mine.w_shape))
    return {
        "channels": channels,
        "rows": rows,
        "columns": columns,
        "params": weights + channels,
        "macs": weights * rows * columns,
    }


def fit_report(n, kernel, stride=1, pad=0, dilation=1):
    """How many windows fit on a line of pixels, and what is left over at its end.

    n, kernel, stride, pad, dilation : as in ``conv_output_size``

    Returns a tuple of two ints (out, unused). out is the number of windows that fit completely.
    unused is how many pixels of the padded line come after the last pixel of the last window.
    Padding counts as pixels here, and gaps between or inside windows are not counted.

    Raises ValueError, naming the argument, if stride or dilation is below 1 or if pad is negative,
    and naming the kernel if, dilated, it is longer than the padded line.
    """
    out = conv_output_size(n, kernel, stride, pad, dilation)
    reach = dilation * (kernel - 1) + 1
    end = (out - 1) * stride + reach  # the last window starts at (out - 1) * stride
    return out, n + 2 * pad - end


def fit_report_by_hand(mine):
    """``mine.n`` pixels and a kernel of ``mine.kernel``: windows that fit, pixels left over."""
    return fit_report(mine.n, mine.kernel, mine.stride, mine.pad, mine.dilation)


def conv1x1(x, w, b=None):
    """Apply one linear map to the channels of every pixel: a 1×1 convolution.

    x : (N, C, H, W) pictures
    w : (F, C) weights: row f holds the weights of filter f, one for every channel of x
    b : (F,) one bias per filter, or None

    Returns a new array (N, F, H, W).
    Its dtype is that of x if x is float, whatever w and b are; if x is integer, everything is
    computed in float64 and returned as float64.
    x, w and b are left as they were.

    Raises ValueError, naming the argument, if x does not have 4 dimensions, if w does not have 2,
    if they differ in channels, or if b is not of shape (F,).
    """
    x, w = np.asarray(x), np.asarray(w)
    if x.ndim != 4:
        raise ValueError(f"x must have 4 dimensions (N, C, H, W), got shape {x.shape}")
    if w.ndim != 2:
        raise ValueError(f"w must have 2 dimensions (F, C), got shape {w.shape}")
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels but w has {w.shape[1]}")
    if b is not None and np.shape(b) != (len(w),):
        raise ValueError(f"b must have shape ({len(w)},), got {np.shape(b)}")

    dtype = x.dtype if np.issubdtype(x.dtype, np.floating) else np.float64
    out = np.einsum("nchw,fc->nfhw", x.astype(dtype), w.astype(dtype))
    if b is not None:
        out += np.asarray(b, dtype)[:, None, None]
    return out


def receptive_field(layers):
    """How many input pixels, along one line, an output of each layer of a stack depends on.

    layers : list of (kernel, stride, dilation), one per layer, the first one nearest the picture

    Returns a list of tuples of two ints (size, jump), one per layer. size is the side of the
    receptive field after this layer. jump is how far apart, in input pixels, the fields of two
    neighbouring outputs of this layer are. No layers give an empty list.

    Raises ValueError, naming layers, if a layer is not three numbers or one of them is below 1.
    """
    size, jump, found = 1, 1, []
    for layer in layers:
        if np.shape(layer) != (3,) or min(layer) < 1:
            raise ValueError(f"layers must hold (kernel, stride, dilation) from 1 up, got {layer}")
        kernel, stride, dilation = layer
        size += (kernel - 1) * dilation * jump
        jump *= stride
        found.append((size, jump))
    return found
