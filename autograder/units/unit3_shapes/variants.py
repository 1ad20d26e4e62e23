"""Right solutions to unit 3 in the styles of real students. Each must get full points.

They use only NumPy, as a student would, and nothing of ours: helpers stand here as they would
stand in another cell of the notebook. A docstring names what is special.
"""

import numpy as np


def _check_line(n, kernel, stride, pad, dilation):
    if stride < 1:
        raise ValueError("stride has to be 1 or more")
    if dilation < 1:
        raise ValueError("dilation has to be 1 or more")
    if pad < 0:
        raise ValueError("negative padding")
    if (kernel - 1) * dilation + 1 > n + 2 * pad:
        raise ValueError("the kernel does not fit into the line")


def conv_output_size__floor_of_a_division(n, kernel, stride=1, pad=0, dilation=1):
    """As on paper: a fraction, rounded down."""
    _check_line(n, kernel, stride, pad, dilation)
    return int(np.floor((n + 2 * pad - dilation * (kernel - 1) - 1) / stride)) + 1


def conv_output_size__counts_windows(n, kernel, stride=1, pad=0, dilation=1):
    """Walks along the line with a while loop."""
    _check_line(n, kernel, stride, pad, dilation)
    end, count = dilation * (kernel - 1), 0
    while end < n + 2 * pad:
        count += 1
        end += stride
    return count


def conv_output_size__length_of_a_range(n, kernel, stride=1, pad=0, dilation=1):
    """The starts are a range; NumPy integers are fine."""
    if stride <= 0 or dilation <= 0:
        raise ValueError(f"{stride=} and {dilation=} must be positive")
    if pad < 0:
        raise ValueError(f"{pad=}")
    starts = np.arange(n + 2 * pad - (kernel + (kernel - 1) * (dilation - 1)) + 1)[::stride]
    if not len(starts):
        raise ValueError(f"{kernel=} is too large for {n=}")
    return np.int64(starts.size)


def conv_output_shape__loops_over_axes(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """A list, filled axis by axis."""
    if len(x_shape) != 4:
        raise ValueError("x_shape should be (N, C, H, W)")
    if len(w_shape) != 4:
        raise ValueError("w_shape should be (F, C, kh, kw)")
    if x_shape[1] != w_shape[1]:
        raise ValueError("x and w have different channels")
    shape = [x_shape[0], w_shape[0]]
    for axis in (0, 1):
        s, p, d = (v if isinstance(v, int) else v[axis] for v in (stride, pad, dilation))
        shape.append(
            conv_output_size__floor_of_a_division(x_shape[2 + axis], w_shape[2 + axis], s, p, d)
        )
    return tuple(shape)


def conv_output_shape__broadcasts(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """Both axes at once, as arrays of two; returns a list of NumPy integers."""
    if np.size(x_shape) != 4 or np.size(w_shape) != 4:
        raise ValueError("x_shape and w_shape need 4 numbers each")
    if x_shape[1] != w_shape[1]:
        raise ValueError(f"channels: {x_shape[1]} and {w_shape[1]}")
    s, p, d = (np.broadcast_to(v, 2) for v in (stride, pad, dilation))
    if s.min() < 1:
        raise ValueError("stride < 1")
    if d.min() < 1:
        raise ValueError("dilation < 1")
    if p.min() < 0:
        raise ValueError("pad < 0")
    room = np.array(x_shape[2:]) + 2 * p - d * (np.array(w_shape[2:]) - 1) - 1
    if room.min() < 0:
        raise ValueError("w_shape: the kernel is larger than the padded picture")
    return [x_shape[0], w_shape[0], *(room // s + 1)]


def conv_output_shape__makes_an_array(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """Measures windows that NumPy makes of an empty picture."""
    if len(x_shape) != 4 or len(w_shape) != 4:
        raise ValueError("4 dimensions, please")
    if x_shape[1] != w_shape[1]:
        raise ValueError("w has the wrong number of channels")
    stride, pad, dilation = (
        (v, v) if np.isscalar(v) else tuple(v) for v in (stride, pad, dilation)
    )
    for name, pair, least in (("stride", stride, 1), ("pad", pad, 0), ("dilation", dilation, 1)):
        if min(pair) < least:
            raise ValueError(f"{name} must be at least {least}: {pair}")
    size = [n + 2 * p for n, p in zip(x_shape[2:], pad, strict=True)]
    reach = [(k - 1) * d + 1 for k, d in zip(w_shape[2:], dilation, strict=True)]
    if reach[0] > size[0] or reach[1] > size[1]:
        raise ValueError("the dilated kernel does not fit")
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
    _check_line(n, kernel, stride, pad, dilation)
    steps, unused = divmod(n + 2 * pad - dilation * (kernel - 1) - 1, stride)
    return steps + 1, unused


def fit_report__marks_pixels(n, kernel, stride=1, pad=0, dilation=1):
    """Marks what each window covers, and counts the rest after the last mark; returns a list."""
    _check_line(n, kernel, stride, pad, dilation)
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


def _check_1x1(x, w, b):
    if np.ndim(x) != 4:
        raise ValueError("x is not 4-D")
    if np.ndim(w) != 2:
        raise ValueError("w is not 2-D")
    if x.shape[1] != w.shape[1]:
        raise ValueError("the number of channels is not the same")
    if b is not None and np.shape(b) != (w.shape[0],):
        raise ValueError("one bias per filter")


def _float(x):
    return x if x.dtype.kind == "f" else x.astype(float)


def conv1x1__loops(x, w, b=None):
    """Pixel by pixel, filter by filter."""
    _check_1x1(x, w, b)
    x = _float(x)
    n, c, height, width = x.shape
    out = np.zeros((n, len(w), height, width), x.dtype)
    for k, f, i, j in np.ndindex(out.shape):
        total = sum(float(x[k, channel, i, j]) * float(w[f, channel]) for channel in range(c))
        out[k, f, i, j] = total + (0 if b is None else b[f])
    return out


def conv1x1__matrix_product(x, w, b=None):
    """Planes as rows of a matrix, one product per picture."""
    _check_1x1(x, w, b)
    x = _float(x)
    n, c, height, width = x.shape
    out = (w.astype(x.dtype) @ x.reshape(n, c, -1)).reshape(n, -1, height, width)
    return out if b is None else out + np.asarray(b, x.dtype).reshape(1, -1, 1, 1)


def conv1x1__tensordot(x, w, b=None):
    """tensordot and a moved axis: the result is a view, not contiguous."""
    _check_1x1(x, w, b)
    x = _float(x)
    out = np.moveaxis(np.tensordot(x, w.astype(x.dtype), axes=(1, 1)), -1, 1)
    if b is None:
        return out
    return out + b.astype(x.dtype)[None, :, None, None]


def conv1x1__channels_last(x, w, b=None):
    """Channels to the end, a product with the transposed weights, and back."""
    _check_1x1(x, w, b)
    x = _float(x)
    pixels = x.transpose(0, 2, 3, 1) @ w.T.astype(x.dtype)
    if b is not None:
        pixels = pixels + np.asarray(b).astype(x.dtype)
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))


def conv1x1__adds_planes(x, w, b=None):
    """Weighted planes, added one by one."""
    _check_1x1(x, w, b)
    x = _float(x)
    out = np.zeros((len(x), len(w), *x.shape[2:]), x.dtype)
    for f in range(len(w)):
        for c in range(x.shape[1]):
            out[:, f] += x.dtype.type(w[f, c]) * x[:, c]
        if b is not None:
            out[:, f] += x.dtype.type(b[f])
    return out


def _check_layers(layers):
    for layer in layers:
        if len(layer) != 3:
            raise ValueError("each layer needs a kernel, a stride and a dilation")
        if any(value < 1 for value in layer):
            raise ValueError("kernel, stride and dilation start at 1")


def receptive_field__recurrence(layers):
    """The recurrence, with lists for the pairs."""
    _check_layers(layers)
    sizes, jumps = [1], [1]
    for kernel, stride, dilation in layers:
        sizes.append(sizes[-1] + (kernel - 1) * dilation * jumps[-1])
        jumps.append(jumps[-1] * stride)
    return [list(pair) for pair in zip(sizes[1:], jumps[1:], strict=True)]


def receptive_field__backwards(layers):
    """From one output of each layer back to the picture."""
    _check_layers(layers)
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
    for layer in layers:
        if len(layer) != 3 or min(layer) < 1:
            raise ValueError(f"bad layer {layer}")
    kernels, strides, dilations = np.array(layers).T
    jumps = np.cumprod(strides)
    before = np.concatenate([[1], jumps[:-1]])
    sizes = 1 + np.cumsum((kernels - 1) * dilations * before)
    return list(zip(sizes, jumps, strict=True))
