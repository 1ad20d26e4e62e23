"""The right answers to unit 3: output sizes, 1×1 convolution and receptive fields.

Conventions are those of the course's notation box: NCHW, ``pad`` counts per side, ``dilation=1``
means none, output sizes are floored. ``autograder sync`` copies each function into the source
notebook, so a body uses only ``np``, ``given``, its arguments and the functions above it. Students
see what stands above the mark.
"""

import numpy as np

from course import given


def conv_output_size(n, kernel, stride=1, pad=0, dilation=1):
    """How many windows fit on a line of pixels: the size of an output, in rows or in columns.

    n : pixels of the line, without padding
    kernel : taps of the kernel along the line
    stride : how far the window moves each time
    pad : pixels added at EACH end
    dilation : distance between neighbouring taps; 1 means none

    Returns an int. A window that does not fit completely does not count. If not even the first
    one fits, raises a ValueError that names the kernel.
    """
    stride, dilation = given.whole("stride", stride, 1), given.whole("dilation", dilation, 1)
    pad = given.whole("pad", pad)  # you refuse what does not fit
    ### BEGIN SOLUTION
    length = n + 2 * pad
    reach = dilation * (kernel - 1) + 1
    if reach > length:
        raise ValueError(f"the kernel reaches over {reach} pixels, the padded line has {length}")
    return (length - reach) // stride + 1


def conv_output_shape(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """The shape of a convolution's output, from the shapes of pictures and filters alone.

    x_shape : (N, C, H, W) of the pictures
    w_shape : (F, C, kh, kw) of the filters, with the same C; a window fits
    stride, pad, dilation : an int, or a pair (for rows, for columns)

    Returns a tuple of four ints (N, F, out_h, out_w).
    """
    (sh, sw), (ph, pw) = given.pair("stride", stride), given.pair("pad", pad)
    dh, dw = given.pair("dilation", dilation)
    pictures, _, height, width = x_shape
    filters, _, kh, kw = w_shape
    ### BEGIN SOLUTION
    rows = conv_output_size(height, kh, sh, ph, dh)
    columns = conv_output_size(width, kw, sw, pw, dw)
    return pictures, filters, rows, columns


def conv_output_shape_by_hand(mine):
    """What the layer ``mine.w_shape`` makes of ``mine.x_shape``, and what it costs."""
    _, filters, rows, columns = conv_output_shape(
        mine.x_shape, mine.w_shape, mine.stride, mine.pad, mine.dilation
    )
    weights = int(np.prod(mine.w_shape))
    return {
        "channels": filters,
        "rows": rows,
        "columns": columns,
        "params": weights + filters,
        "macs": weights * rows * columns,
    }


def fit_report(n, kernel, stride=1, pad=0, dilation=1):
    """How many windows fit on a line of pixels, and what is left over at its end.

    n, kernel, stride, pad, dilation : as in ``conv_output_size``; a window fits

    Returns a tuple of two ints (out, unused). out is the number of windows that fit completely.
    unused is how many pixels of the padded line come after the last pixel of the last window.
    Padding counts as pixels here, and gaps between or inside windows are not counted.
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

    Returns an array (N, F, H, W).
    """
    x, w, b = given.floats("x: N C H W, w: F C, b?: F", x, w, b)
    ### BEGIN SOLUTION
    out = np.einsum("nchw,fc->nfhw", x, w)
    return out if b is None else out + b[:, None, None]


def receptive_field(layers):
    """The receptive field of each layer of a stack, along one line of input pixels.

    layers : list of (kernel, stride, dilation), one per layer, the first one nearest the picture;
        there is at least one

    Returns a list of tuples of two ints (size, jump), one per layer. size is the side of the
    receptive field after this layer. jump is how far apart, in input pixels, the fields of two
    neighbouring outputs of this layer are.
    """
    size, jump, found = 1, 1, []
    for kernel, stride, dilation in layers:
        size += (kernel - 1) * dilation * jump
        jump *= stride
        found.append((size, jump))
    return found
