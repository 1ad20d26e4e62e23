"""Right solutions to unit 3 in the styles of real students. Each must get full points.

They use only NumPy, and nothing of ours: students may delete the lines of `given`, and helpers
stand here as they would stand in another cell of the notebook. A docstring names what is special.
"""

import numpy as np


def conv_output_size__floor_of_a_division(n, kernel, stride=1, pad=0, dilation=1):
    """As on paper: a fraction, rounded down."""
    room = n + 2 * pad - dilation * (kernel - 1) - 1
    if room < 0:
        raise ValueError("the kernel does not fit into the line")
    return int(np.floor(room / stride)) + 1


def conv_output_size__counts_windows(n, kernel, stride=1, pad=0, dilation=1):
    """Walks along the line with a while loop."""
    end, count = dilation * (kernel - 1), 0
    while end < n + 2 * pad:
        count += 1
        end += stride
    if count == 0:
        raise ValueError(f"no window fits: {kernel=}, {dilation=}")
    return count


def conv_output_size__length_of_a_range(n, kernel, stride=1, pad=0, dilation=1):
    """The starts are a range; NumPy integers are fine."""
    starts = np.arange(n + 2 * pad - (kernel + (kernel - 1) * (dilation - 1)) + 1)[::stride]
    if not len(starts):
        raise ValueError(f"{kernel=} is too large for {n=}")
    return np.int64(starts.size)


def conv_output_shape__loops_over_axes(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """A list, filled axis by axis."""
    shape = [x_shape[0], w_shape[0]]
    for axis in (0, 1):
        s, p, d = (v if isinstance(v, int) else v[axis] for v in (stride, pad, dilation))
        shape.append(
            conv_output_size__floor_of_a_division(x_shape[2 + axis], w_shape[2 + axis], s, p, d)
        )
    return tuple(shape)


def conv_output_shape__broadcasts(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """Both axes at once, as arrays of two; returns a list of NumPy integers."""
    s, p, d = (np.broadcast_to(v, 2) for v in (stride, pad, dilation))
    room = np.array(x_shape[2:]) + 2 * p - d * (np.array(w_shape[2:]) - 1) - 1
    return [x_shape[0], w_shape[0], *(room // s + 1)]


def conv_output_shape__makes_an_array(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """Measures windows that NumPy makes of an empty picture."""
    stride, pad, dilation = (
        (v, v) if np.isscalar(v) else tuple(v) for v in (stride, pad, dilation)
    )
    size = [n + 2 * p for n, p in zip(x_shape[2:], pad, strict=True)]
    reach = [(k - 1) * d + 1 for k, d in zip(w_shape[2:], dilation, strict=True)]
    windows = np.lib.stride_tricks.sliding_window_view(np.empty(size), reach)
    return (x_shape[0], w_shape[0], *windows[:: stride[0], :: stride[1]].shape[:2])


def _costs(x_shape, w_shape, stride, pad, dilation):
    f, c, kh, kw = w_shape
    _, _, rows, columns = conv_output_shape__loops_over_axes(
        x_shape, w_shape, stride, pad, dilation
    )
    return f, rows, columns, f * c * kh * kw + f, f * rows * columns * c * kh * kw


_KEYS = ("channels", "rows", "columns", "params", "macs")


def conv_output_shape_by_hand__integers(mine):
    """Whole numbers, as they are typed."""
    costs = _costs(mine.x_shape, mine.w_shape, mine.stride, mine.pad, mine.dilation)
    return dict(zip(_KEYS, map(int, costs), strict=True))


def conv_output_shape_by_hand__numpy_integers(mine):
    """NumPy integers, the entries in another order."""
    costs = _costs(mine.x_shape, mine.w_shape, mine.stride, mine.pad, mine.dilation)
    return {key: np.int64(value) for key, value in reversed(list(zip(_KEYS, costs, strict=True)))}


def conv_output_shape_by_hand__with_notes(mine):
    """Floats, and an entry that nobody asked for."""
    costs = _costs(mine.x_shape, mine.w_shape, mine.stride, mine.pad, mine.dilation)
    return dict(zip(_KEYS, map(float, costs), strict=True)) | {"note": "checked twice"}


def fit_report__remainder(n, kernel, stride=1, pad=0, dilation=1):
    """divmod gives both."""
    steps, unused = divmod(n + 2 * pad - dilation * (kernel - 1) - 1, stride)
    return steps + 1, unused


def fit_report__marks_pixels(n, kernel, stride=1, pad=0, dilation=1):
    """Marks what each window covers, and counts the rest after the last mark; returns a list."""
    line = np.zeros(n + 2 * pad, bool)
    reach, out, start = dilation * (kernel - 1) + 1, 0, 0
    while start + reach <= len(line):
        line[start : start + reach] = True
        out, start = out + 1, start + stride
    return [out, len(line) - 1 - np.flatnonzero(line)[-1]]


def fit_report__end_of_the_last_window(n, kernel, stride=1, pad=0, dilation=1):
    """The size, then where the last window ends."""
    out = conv_output_size__counts_windows(n, kernel, stride, pad, dilation)
    last = (out - 1) * stride + (kernel - 1) * dilation
    return out, (n + pad + pad - 1) - last


def fit_report_by_hand__tuple(mine):
    """A tuple of ints."""
    out, unused = fit_report__remainder(mine.n, mine.kernel, mine.stride, mine.pad, mine.dilation)
    return int(out), int(unused)


def fit_report_by_hand__list(mine):
    """A list."""
    return list(fit_report__marks_pixels(mine.n, mine.kernel, mine.stride, mine.pad, mine.dilation))


def fit_report_by_hand__array(mine):
    """An array of floats."""
    return np.array(fit_report_by_hand__tuple(mine), float)


def conv1x1__loops(x, w, b=None):
    """Pixel by pixel, filter by filter."""
    n, c, height, width = x.shape
    out = np.zeros((n, len(w), height, width))
    for k, f, i, j in np.ndindex(out.shape):
        total = sum(float(x[k, channel, i, j]) * float(w[f, channel]) for channel in range(c))
        out[k, f, i, j] = total + (0 if b is None else b[f])
    return out


def conv1x1__matrix_product(x, w, b=None):
    """Planes as rows of a matrix, one product per picture."""
    n, c, height, width = x.shape
    out = (w @ x.reshape(n, c, -1)).reshape(n, -1, height, width)
    return out if b is None else out + b.reshape(1, -1, 1, 1)


def conv1x1__tensordot(x, w, b=None):
    """tensordot and a moved axis: the result is a view, not contiguous."""
    out = np.moveaxis(np.tensordot(x, w, axes=(1, 1)), -1, 1)
    return out if b is None else out + b[None, :, None, None]


def conv1x1__channels_last(x, w, b=None):
    """Channels to the end, a product with the transposed weights, and back."""
    pixels = x.transpose(0, 2, 3, 1) @ w.T
    if b is not None:
        pixels = pixels + b
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))


def conv1x1__adds_planes(x, w, b=None):
    """Weighted planes, added one by one, in the memory of a new array."""
    out = np.zeros((len(x), len(w), *x.shape[2:]))
    for f in range(len(w)):
        for c in range(x.shape[1]):
            out[:, f] += w[f, c] * x[:, c]
        if b is not None:
            out[:, f] += b[f]
    return out


def receptive_field__recurrence(layers):
    """The recurrence, with lists for the pairs."""
    sizes, jumps = [1], [1]
    for kernel, stride, dilation in layers:
        sizes.append(sizes[-1] + (kernel - 1) * dilation * jumps[-1])
        jumps.append(jumps[-1] * stride)
    return [list(pair) for pair in zip(sizes[1:], jumps[1:], strict=True)]


def receptive_field__backwards(layers):
    """From one output of each layer back to the picture."""
    found = []
    for depth in range(1, len(layers) + 1):
        size, jump = 1, 1
        for kernel, stride, dilation in reversed(layers[:depth]):
            size = (size - 1) * stride + (kernel - 1) * dilation + 1
            jump *= stride
        found.append((size, jump))
    return found


def receptive_field__cumulative_products(layers):
    """Cumulative products and sums; NumPy integers."""
    kernels, strides, dilations = np.array(layers).T
    jumps = np.cumprod(strides)
    before = np.concatenate([[1], jumps[:-1]])
    sizes = 1 + np.cumsum((kernels - 1) * dilations * before)
    return list(zip(sizes, jumps, strict=True))
