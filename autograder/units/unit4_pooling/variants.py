"""Right solutions to unit 4 in the styles of real students. Each must get full points.

They use only NumPy, and nothing of ours: students may delete the lines of `given`. A docstring
names what is special.
"""

import numpy as np


def _two(value):
    return (int(value), int(value)) if np.isscalar(value) else (int(value[0]), int(value[1]))


# -- pool2d ---------------------------------------------------------------------------------------


def pool2d__plain_loops(x, kernel, stride=None, pad=0, mode="max"):
    """Loops over outputs; the window is cut to the picture, so that no frame is needed."""
    (kh, kw), (ph, pw) = _two(kernel), _two(pad)
    sh, sw = (kh, kw) if stride is None else _two(stride)
    n_pictures, n_channels, height, width = x.shape
    out_h = (height + 2 * ph - kh) // sh + 1
    out_w = (width + 2 * pw - kw) // sw + 1
    out = np.zeros((n_pictures, n_channels, out_h, out_w))
    for n in range(n_pictures):
        for c in range(n_channels):
            for i in range(out_h):
                for j in range(out_w):
                    top, left = i * sh - ph, j * sw - pw
                    window = x[n, c, max(top, 0) : top + kh, max(left, 0) : left + kw]
                    out[n, c, i, j] = window.max() if mode == "max" else window.mean()
    return out


def pool2d__nan_frame(x, kernel, stride=None, pad=0, mode="max"):
    """A frame of NaN, and the functions of NumPy that skip it."""
    kernel, pad = _two(kernel), _two(pad)
    stride = kernel if stride is None else _two(stride)
    frame = [(0, 0), (0, 0), (pad[0], pad[0]), (pad[1], pad[1])]
    padded = np.pad(x.astype(float), frame, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(2, 3))
    windows = windows[:, :, :: stride[0], :: stride[1]]
    pool = np.nanmax if mode == "max" else np.nanmean
    return pool(windows, axis=(-2, -1))


def pool2d__one_slice_per_place(x, kernel, stride=None, pad=0, mode="max"):
    """The picture once for each place in the window, and a running maximum, sum and count."""
    (kh, kw), (ph, pw) = _two(kernel), _two(pad)
    sh, sw = (kh, kw) if stride is None else _two(stride)
    n, c, height, width = x.shape
    oh, ow = (height + 2 * ph - kh) // sh + 1, (width + 2 * pw - kw) // sw + 1
    big = np.full((n, c, height + 2 * ph, width + 2 * pw), -np.inf)
    big[:, :, ph : ph + height, pw : pw + width] = x
    largest = np.full((n, c, oh, ow), -np.inf)
    total, count = np.zeros_like(largest), np.zeros_like(largest)
    for u in range(kh):
        for v in range(kw):
            part = big[:, :, u : u + sh * (oh - 1) + 1 : sh, v : v + sw * (ow - 1) + 1 : sw]
            largest = np.maximum(largest, part)
            total += np.where(np.isinf(part), 0, part)
            count += ~np.isinf(part)
    return largest if mode == "max" else total / count


def pool2d__index_arrays(x, kernel, stride=None, pad=0, mode="max"):
    """Rows first, then columns, with index arrays; Fortran order in the end."""
    kernel, pad = _two(kernel), _two(pad)
    stride = kernel if stride is None else _two(stride)
    out = np.ma.array(x)
    for axis in (2, 3):
        size, k, s, p = x.shape[axis], kernel[axis - 2], stride[axis - 2], pad[axis - 2]
        places = np.arange((size + 2 * p - k) // s + 1)[:, None] * s - p + np.arange(k)
        inside = (places >= 0) & (places < size)
        picked = np.ma.take(out, np.clip(places, 0, size - 1), axis=axis)
        shape = [1] * picked.ndim
        shape[axis : axis + 2] = places.shape
        hidden = np.broadcast_to(~inside.reshape(shape), picked.shape)
        picked = np.ma.array(picked.data, mask=hidden)
        out = picked.max(axis=axis + 1) if mode == "max" else picked.mean(axis=axis + 1)
    return np.asfortranarray(out.data)


# -- pool2d_by_hand -------------------------------------------------------------------------------


def pool2d_by_hand__nested_list(mine):
    """Whole numbers in nested lists, as they are typed."""
    out = pool2d__plain_loops(mine.x, mine.kernel, mine.stride, mine.pad)
    return [[int(v) for v in row] for row in out[0, 0]]


def pool2d_by_hand__full_result(mine):
    """The whole (1, 1, 2, 2) result of one's own function."""
    return pool2d__nan_frame(mine.x, 3, 2, 1)


def pool2d_by_hand__tuples(mine):
    """Tuples of floats."""
    out = pool2d__one_slice_per_place(mine.x, 3, 2, 1)[0, 0]
    return tuple(tuple(float(v) for v in row) for row in out)


# -- maxpool_backward -----------------------------------------------------------------------------


def maxpool_backward__scans_the_window(grad, x, kernel, stride):
    """Loops that remember the best place so far; only a larger pixel takes over."""
    kernel, stride = _two(kernel), _two(stride)
    dx = np.zeros(x.shape)
    for n in range(grad.shape[0]):
        for c in range(grad.shape[1]):
            for i in range(grad.shape[2]):
                for j in range(grad.shape[3]):
                    best = None
                    for r in range(i * stride[0], i * stride[0] + kernel[0]):
                        for s in range(j * stride[1], j * stride[1] + kernel[1]):
                            if best is None or x[n, c, r, s] > x[n, c, best[0], best[1]]:
                                best = (r, s)
                    dx[n, c, best[0], best[1]] += grad[n, c, i, j]
    return dx


def maxpool_backward__argmax_and_add_at(grad, x, kernel, stride):
    """All windows at once; np.add.at adds where an index comes several times."""
    kernel, stride = _two(kernel), _two(stride)
    view = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=(2, 3))
    view = view[:, :, :: stride[0], :: stride[1]]
    rows, columns = np.divmod(view.reshape(*view.shape[:4], -1).argmax(-1), kernel[1])
    n, c, i, j = np.indices(grad.shape)
    dx = np.zeros(x.shape)
    np.add.at(dx, (n, c, i * stride[0] + rows, j * stride[1] + columns), grad)
    return dx


def maxpool_backward__one_slice_per_place(grad, x, kernel, stride):
    """One slice per place in the window; who has been served is taken off the list."""
    (kh, kw), (sh, sw) = _two(kernel), _two(stride)
    oh, ow = grad.shape[2:]
    places = [
        (..., slice(u, u + sh * (oh - 1) + 1, sh), slice(v, v + sw * (ow - 1) + 1, sw))
        for u in range(kh)
        for v in range(kw)
    ]
    largest = x[places[0]]
    for place in places:
        largest = np.maximum(largest, x[place])
    dx = np.zeros(x.shape)
    waiting = np.ones(grad.shape, bool)
    for place in places:
        served = waiting & (x[place] == largest)
        dx[place] += served * grad
        waiting &= ~served
    return dx


def maxpool_backward__unravel_index(grad, x, kernel, stride):
    """np.unravel_index; the result is Fortran-ordered."""
    kernel, stride = _two(kernel), _two(stride)
    dx = np.zeros(x.shape, order="F")
    for (n, c, i, j), g in np.ndenumerate(grad):
        top, left = i * stride[0], j * stride[1]
        window = x[n, c, top : top + kernel[0], left : left + kernel[1]]
        r, s = np.unravel_index(np.argmax(window), window.shape)
        dx[n, c, top + r, left + s] += g
    return dx


# -- shift_agreement ------------------------------------------------------------------------------


def shift_agreement__loops(x, kernel, stride, shift):
    """Counts in loops."""
    shifted = np.zeros(x.shape)
    for column in range(x.shape[3] - shift):
        shifted[:, :, :, column + shift] = x[:, :, :, column]
    before = pool2d__plain_loops(x, kernel, stride)
    after = pool2d__plain_loops(shifted, kernel, stride)
    same = 0
    for a, b in zip(before.ravel(), after.ravel(), strict=True):
        if a == b:
            same += 1
    return same / before.size


def shift_agreement__np_pad(x, kernel, stride, shift):
    """Zeros at the left, then cut to the old width; a NumPy float comes back."""
    shifted = np.pad(x, ((0, 0), (0, 0), (0, 0), (shift, 0)))[..., : x.shape[3]]
    return (
        pool2d__nan_frame(x, kernel, stride) == pool2d__nan_frame(shifted, kernel, stride)
    ).mean()


def shift_agreement__roll_and_clear(x, kernel, stride, shift):
    """np.roll, and zeros over what came round."""
    moved = np.roll(x, shift, axis=-1)
    moved[..., :shift] = 0
    a = pool2d__one_slice_per_place(x, kernel, stride)
    b = pool2d__one_slice_per_place(moved, kernel, stride)
    return 1 - np.count_nonzero(a - b) / a.size


def shift_agreement__concatenates(x, kernel, stride, shift):
    """Zeros and the rest of the picture put together."""
    zeros = np.zeros((*x.shape[:3], shift))
    moved = np.concatenate([zeros, x], axis=3)[:, :, :, : x.shape[3]]
    pooled = pool2d__index_arrays(np.concatenate([x, moved]), kernel, stride)
    half = len(x)
    return float(np.mean(pooled[:half] == pooled[half:]))


# -- pooling_claims -------------------------------------------------------------------------------


def pooling_claims__typed():
    """As it is typed."""
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


def pooling_claims__computed():
    """NumPy's truth values, from comparisons."""
    with_pool5, without = (7 * 7 * 512 + 1) * 4096, (14 * 14 * 512 + 1) * 4096
    answer = dict.fromkeys(pooling_claims__typed(), np.bool(False))
    claim = "as pool5, saves VGG16's first dense layer over 300 million parameters"
    answer[claim] = np.array(without - with_pool5) > 300e6
    answer["lowers the cost of later layers"] = np.array(14 * 14) < 28 * 28
    answer["enlarges the receptive field of later layers"] = np.array(6) > 4
    answer["keeps the number of channels"] = np.array(3) == 3
    return answer


def pooling_claims__other_order():
    """Another order, and a note of one's own."""
    answer = dict(reversed(pooling_claims__typed().items()))
    return {**answer, "my note": "impulse in column 3"}
