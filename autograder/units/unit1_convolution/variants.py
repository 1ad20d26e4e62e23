"""Right solutions to unit 1 in the styles of real students. Each must get full points.

They use only NumPy, and nothing of ours: students may delete the lines of `given`. A docstring
names what is special.
"""

import numpy as np


def conv2d_valid__plain_loops(x, w, b=None):
    """Seven loops, nothing vectorised."""
    n_pictures, n_channels, height, width = x.shape
    n_filters, _, kh, kw = w.shape
    out = np.zeros((n_pictures, n_filters, height - kh + 1, width - kw + 1))
    for n in range(n_pictures):
        for f in range(n_filters):
            for i in range(out.shape[2]):
                for j in range(out.shape[3]):
                    total = 0.0
                    for c in range(n_channels):
                        for u in range(kh):
                            for v in range(kw):
                                total += float(x[n, c, i + u, j + v]) * float(w[f, c, u, v])
                    out[n, f, i, j] = total + (0.0 if b is None else b[f])
    return out


def conv2d_valid__tensordot(x, w, b=None):
    """Sliding windows and tensordot; the result is a transposed view, not contiguous."""
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    out = np.tensordot(windows, w, axes=([1, 4, 5], [1, 2, 3])).transpose(0, 3, 1, 2)
    return out if b is None else out + b.reshape(1, -1, 1, 1)


def conv2d_valid__shift_and_add(x, w, b=None):
    """One shifted picture per tap."""
    kh, kw = w.shape[2:]
    oh, ow = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    out = np.zeros((len(x), len(w), oh, ow))
    if b is not None:
        out += b[None, :, None, None]
    for u in range(kh):
        for v in range(kw):
            out += np.einsum("nchw,fc->nfhw", x[:, :, u : u + oh, v : v + ow], w[:, :, u, v])
    return out


def conv2d_valid__im2col(x, w, b=None):
    """A matrix product over columns; Fortran order in the end."""
    n, c, height, width = x.shape
    f, _, kh, kw = w.shape
    oh, ow = height - kh + 1, width - kw + 1
    columns = np.empty((n, c * kh * kw, oh * ow))
    row = 0
    for channel in range(c):
        for u in range(kh):
            for v in range(kw):
                columns[:, row] = x[:, channel, u : u + oh, v : v + ow].reshape(n, -1)
                row += 1
    out = (w.reshape(f, -1) @ columns).reshape(n, f, oh, ow)
    if b is not None:
        out = out + b[None, :, None, None]
    return np.asfortranarray(out)


def conv2d_valid__fourier(x, w, b=None):
    """By the Fourier transform, which makes NumPy warn about discarded imaginary parts."""
    height, width = x.shape[2:]
    kh, kw = w.shape[2:]
    spectrum = np.einsum(
        "nchw,fchw->nfhw",
        np.fft.fft2(x),
        np.conj(np.fft.fft2(w, s=(height, width))),
    )
    out = np.fft.ifft2(spectrum).astype(float)[:, :, : height - kh + 1, : width - kw + 1]
    return out if b is None else out + b[:, None, None]


def conv2d_valid__lists_and_sums(x, w, b=None):
    """np.sum over a window, collected in nested lists."""
    kh, kw = w.shape[2:]
    rows = range(x.shape[2] - kh + 1)
    columns = range(x.shape[3] - kw + 1)
    bias = np.zeros(len(w)) if b is None else b
    planes = [
        [
            [[np.sum(p[:, i : i + kh, j : j + kw] * w[f]) + bias[f] for j in columns] for i in rows]
            for f in range(len(w))
        ]
        for p in x
    ]
    return np.array(planes)


def conv2d_valid_by_hand__nested_list(mine):
    """Whole numbers in nested lists, as they are typed."""
    return [[int(v) for v in row] for row in conv2d_valid__plain_loops(mine.x, mine.w)[0, 0]]


def conv2d_valid_by_hand__full_result(mine):
    """The whole (1, 1, h, w) result of one's own function."""
    return conv2d_valid__shift_and_add(mine.x, mine.w)


def conv2d_valid_by_hand__tuple_of_floats(mine):
    """Tuples, and floats."""
    return tuple(
        tuple(float(v) for v in row) for row in conv2d_valid__tensordot(mine.x, mine.w)[0, 0]
    )


def pad2d__pixel_by_pixel(x, pad, value=0.0):
    """Loops over every pixel of the output."""
    try:
        ph, pw = pad
    except TypeError:
        ph = pw = pad
    height, width = x.shape[2:]
    out = np.zeros((len(x), x.shape[1], height + 2 * ph, width + 2 * pw))
    for n, c, i, j in np.ndindex(out.shape):
        inside = ph <= i < ph + height and pw <= j < pw + width
        out[n, c, i, j] = x[n, c, i - ph, j - pw] if inside else value
    return out


def pad2d__np_pad(x, pad, value=0.0):
    """numpy.pad after the checks."""
    ph, pw = (pad, pad) if isinstance(pad, int) else pad
    frame = ((0, 0), (0, 0), (ph, ph), (pw, pw))
    return np.pad(x.astype(float), frame, constant_values=value)


def pad2d__concatenates(x, pad, value=0.0):
    """Strips put together, for rows and then for columns."""
    ph, pw = np.broadcast_to(pad, 2)
    n, c, _, width = x.shape
    strip = np.full((n, c, ph, width), value)
    x = np.concatenate([strip, x, strip], axis=2)
    strip = np.full((n, c, x.shape[2], pw), value)
    return np.concatenate([strip, x, strip], axis=3)


def pad2d__fortran_order(x, pad, value=0.0):
    """Another memory layout, the same numbers."""
    return np.asfortranarray(pad2d__np_pad(x, pad, value))


def pad2d_by_hand__nested_list(mine):
    """Whole numbers in nested lists."""
    return [
        [int(v) for v in row]
        for row in conv2d_valid__plain_loops(pad2d__np_pad(mine.x, 1), mine.w)[0, 0]
    ]


def pad2d_by_hand__integer_array(mine):
    """An array of integers."""
    return conv2d_valid__im2col(pad2d__np_pad(mine.x, 1), mine.w)[0, 0].astype(int)


def pad2d_by_hand__float32_array(mine):
    """An array of float32."""
    return np.float32(conv2d_valid__im2col(pad2d__np_pad(mine.x, 1), mine.w)[0, 0])


def dilate_kernel__loops(w, dilation):
    """Weight by weight."""
    dh, dw = np.broadcast_to(dilation, 2)
    f, c, kh, kw = w.shape
    out = np.zeros((f, c, (kh - 1) * dh + 1, (kw - 1) * dw + 1))
    for u in range(kh):
        for v in range(kw):
            out[:, :, u * dh, v * dw] = w[:, :, u, v]
    return out


def dilate_kernel__kron(w, dilation):
    """A Kronecker product with a unit corner, cut to size."""
    dh, dw = (dilation, dilation) if isinstance(dilation, int) else dilation
    corner = np.zeros((1, 1, dh, dw))
    corner[0, 0, 0, 0] = 1
    out = np.kron(w, corner)[:, :, : (w.shape[2] - 1) * dh + 1, : (w.shape[3] - 1) * dw + 1]
    return out


def dilate_kernel__inserts(w, dilation):
    """numpy.insert between the weights."""
    pair = (dilation, dilation) if np.isscalar(dilation) else tuple(dilation)
    out = w
    for axis, d in zip((2, 3), pair, strict=True):
        places = np.repeat(np.arange(1, out.shape[axis]), d - 1)
        out = np.insert(out, places, 0, axis=axis)
    return out


def conv2d__plain_loops(x, w, b=None, stride=1, pad=0, dilation=1):
    """Index arithmetic for everything at once."""
    (sh, sw), (ph, pw), (dh, dw) = (
        (v, v) if isinstance(v, int) else v for v in (stride, pad, dilation)
    )
    kh, kw = w.shape[2:]
    oh = (x.shape[2] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    ow = (x.shape[3] + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    out = np.zeros((len(x), len(w), oh, ow))
    for i in range(oh):
        for j in range(ow):
            for u in range(kh):
                for v in range(kw):
                    row, column = i * sh + u * dh - ph, j * sw + v * dw - pw
                    if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                        out[:, :, i, j] += x[:, :, row, column] @ w[:, :, u, v].T
    return out if b is None else out + b[:, None, None]


def conv2d__windows(x, w, b=None, stride=1, pad=0, dilation=1):
    """Strided slices of sliding windows; the dilation sits in the window."""
    (sh, sw), (ph, pw), (dh, dw) = (np.broadcast_to(v, 2) for v in (stride, pad, dilation))
    padded = pad2d__np_pad(x, (int(ph), int(pw)))
    reach = tuple((k - 1) * d + 1 for k, d in zip(w.shape[2:], (dh, dw), strict=True))
    windows = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=(2, 3))
    windows = windows[:, :, ::sh, ::sw, ::dh, ::dw]
    out = np.einsum("ncijuv,fcuv->nfij", windows, w, optimize=True)
    return out if b is None else out + b[None, :, None, None]


def conv2d__earlier_functions(x, w, b=None, stride=1, pad=0, dilation=1):
    """Pad, dilate, convolve, then keep every stride-th place: a view of the full result."""
    sh, sw = [stride] * 2 if isinstance(stride, int) else stride
    out = conv2d_valid__shift_and_add(
        pad2d__concatenates(x, pad), dilate_kernel__loops(w, dilation), b
    )
    return out[:, :, ::sh, ::sw]


def conv2d_by_hand__nested_list(mine):
    """Whole numbers in nested lists."""
    return conv2d__plain_loops(mine.x, mine.w, stride=3, dilation=2)[0, 0].astype(int).tolist()


def conv2d_by_hand__list_of_arrays(mine):
    """A list of rows."""
    return list(conv2d__windows(mine.x, mine.w, stride=[3, 3], dilation=2)[0, 0])


def conv2d_by_hand__strided_view(mine):
    """A view with steps."""
    return conv2d__earlier_functions(mine.x, mine.w, None, (3, 3), 0, [2, 2])[0, 0]
