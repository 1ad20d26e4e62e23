"""Right solutions to unit 2 in the styles of real students. Each must get full points.

They use only NumPy, and nothing of ours: students may delete the lines of `given`. A docstring
names what is special.
"""

import numpy as np


def ncc__window_by_window(image, template):
    """Two loops, and the formula for each window."""
    h, w = template.shape
    t = template - template.mean()
    out = np.zeros((image.shape[0] - h + 1, image.shape[1] - w + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            window = image[i : i + h, j : j + w]
            d = window - window.mean()
            if window.min() < window.max() and template.min() < template.max():
                out[i, j] = np.sum(d * t) / np.sqrt(np.sum(d * d) * np.sum(t * t))
    return out


def ncc__standard_scores(image, template):
    """Means of products of standard scores."""
    t = template
    out = np.zeros((image.shape[0] - t.shape[0] + 1, image.shape[1] - t.shape[1] + 1))
    if t.std() > 1e-12:
        t = (t - t.mean()) / t.std()
        for i, j in np.ndindex(out.shape):
            p = image[i : i + t.shape[0], j : j + t.shape[1]]
            if p.std() > 1e-12:
                out[i, j] = ((p - p.mean()) / p.std() * t).mean()
    return out


def ncc__corrcoef(image, template):
    """numpy.corrcoef of the pixels, where neither is flat."""
    h, w = template.shape
    rows, columns = image.shape[0] - h + 1, image.shape[1] - w + 1
    flat = np.all(template == template[0, 0])
    values = []
    for i in range(rows):
        for j in range(columns):
            p = image[i : i + h, j : j + w]
            if flat or np.all(p == p[0, 0]):
                values.append(0.0)
            else:
                values.append(np.corrcoef(p.ravel(), template.ravel())[0, 1])
    return np.array(values).reshape(rows, columns)


def ncc__divides_and_repairs(image, template):
    """Divides by 0, of which NumPy warns, and overwrites what is flat."""
    windows = np.lib.stride_tricks.sliding_window_view(image, template.shape)
    d = windows - windows.mean(axis=(2, 3), keepdims=True)
    t = template - template.mean()
    out = (d * t).sum(axis=(2, 3)) / np.sqrt((d**2).sum(axis=(2, 3)) * (t**2).sum())
    out[np.ptp(windows, axis=(2, 3)) == 0] = 0
    return out if np.ptp(template) > 0 else np.zeros_like(out)


def ncc__sums_of_squares(image, template):
    """Sums of squares less squared sums, of pixels that count from their mean, at one contrast for
    all pictures; Fortran order in the end."""
    image, n = image - image.mean(), template.size
    image = image / (np.abs(image).max() or 1)
    windows = np.lib.stride_tricks.sliding_window_view(image, template.shape).reshape(
        image.shape[0] - template.shape[0] + 1, -1, n
    )
    t = template.ravel() - template.mean()
    variance = (windows**2).sum(axis=2) - windows.sum(axis=2) ** 2 / n
    denominator = np.sqrt(np.maximum(variance, 0) * (t @ t))
    flat = (np.ptp(windows, axis=2) == 0) | (np.ptp(template) == 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        out = np.where(flat, 0, (windows @ t) / denominator)
    return np.asfortranarray(out)


def downsample__loops(image):
    """Block by block."""
    height, width = image.shape[0] // 2, image.shape[1] // 2
    out = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            out[i, j] = np.mean(image[2 * i : 2 * i + 2, 2 * j : 2 * j + 2])
    return out


def downsample__four_slices(image):
    """The mean of four pictures, each of every second pixel."""
    x = image[: image.shape[0] - image.shape[0] % 2, : image.shape[1] - image.shape[1] % 2] / 1
    return (x[::2, ::2] + x[1::2, ::2] + x[::2, 1::2] + x[1::2, 1::2]) / 4


def downsample__matrices(image):
    """A product with a matrix of halves from the left and from the right."""
    height, width = (n // 2 for n in image.shape)
    rows = np.kron(np.eye(height), [0.5, 0.5])
    columns = np.kron(np.eye(width), [0.5, 0.5])
    return rows @ image[: 2 * height, : 2 * width] @ columns.T


def downsample__add_reduceat(image):
    """Sums of pairs by numpy.add.reduceat; a transposed view."""
    x = image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]
    x = np.add.reduceat(x, np.arange(0, x.shape[0], 2), axis=0)
    return (np.add.reduceat(x.T, np.arange(0, x.shape[1], 2), axis=0) / 4).T


def pyramid__appends(image, levels):
    """A list that grows, with the picture itself in it."""
    result = [image]
    for _ in range(levels - 1):
        result.append(downsample__loops(result[-1]))
    return result


def pyramid__larger_blocks(image, levels):
    """Each level from the picture itself, with blocks of 2, 4, 8 … pixels; a tuple."""
    result = []
    for k in range(levels):
        size = 2**k
        h, w = image.shape[0] // size, image.shape[1] // size
        blocks = image[: h * size, : w * size].reshape(h, size, w, size)
        result.append(blocks.mean(axis=(1, 3)))
    return tuple(result)


def pyramid__recursive(image, levels):
    """The picture, and the pyramid of the halved picture."""
    if levels == 1:
        return [image]
    return [image, *pyramid__recursive(downsample__four_slices(image), levels - 1)]


def multiscale_match__keeps_the_best(image, template, levels):
    """A running best over all places."""
    best = (-2.0, 0, 0, 0)
    for level, plane in enumerate(pyramid__appends(image, levels)):
        if plane.shape[0] >= template.shape[0] and plane.shape[1] >= template.shape[1]:
            scores = ncc__window_by_window(plane, template)
            for i in range(scores.shape[0]):
                for j in range(scores.shape[1]):
                    if scores[i, j] > best[0]:
                        best = (scores[i, j], level, i * 2**level, j * 2**level)
    return best


def multiscale_match__list_and_max(image, template, levels):
    """One candidate per level, and max; plain ints."""
    candidates = []
    for level, plane in enumerate(pyramid__larger_blocks(image, levels)):
        if all(a >= b for a, b in zip(plane.shape, template.shape, strict=True)):
            scores = ncc__standard_scores(plane, template)
            row, column = divmod(int(scores.argmax()), scores.shape[1])
            candidates.append((scores.max(), level, row << level, column << level))
    return max(candidates, key=lambda candidate: candidate[0])


def multiscale_match__tries(image, template, levels):
    """Lets its own ncc fail on a level that is too small; a list of NumPy numbers."""
    result = None
    for level, plane in enumerate(pyramid__recursive(image, levels)):
        try:
            scores = ncc__corrcoef(plane, template)
        except ValueError:
            continue
        if scores.size and (result is None or scores.max() > result[0]):
            row, column = np.argwhere(scores == scores.max())[0]
            result = [scores.max(), level, row * 2**level, column * 2**level]
    return result


def _two(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def layer_cost__step_by_step(in_shape, filters, kernel, stride=1, pad=0):
    """One number after the other."""
    kh, kw = _two(kernel)
    sh, sw = _two(stride)
    ph, pw = _two(pad)
    c, h, w = in_shape
    out_h = int((h + 2 * ph - kh) / sh) + 1
    out_w = int((w + 2 * pw - kw) / sw) + 1
    params = filters * c * kh * kw + filters
    macs = filters * out_h * out_w * c * kh * kw
    return {
        "out_shape": (filters, out_h, out_w),
        "params": params,
        "macs": macs,
        "activations": filters * out_h * out_w,
    }


def layer_cost__counts_places(in_shape, filters, kernel, stride=1, pad=0):
    """Counts the places of the window with range; the shape as a list."""
    places = []
    for n, k, s, p in zip(in_shape[1:], _two(kernel), _two(stride), _two(pad), strict=True):
        places.append(len(range(0, n + 2 * p - k + 1, s)))
    per_output = in_shape[0] * _two(kernel)[0] * _two(kernel)[1]
    numbers = filters * places[0] * places[1]
    return {
        "activations": numbers,
        "macs": numbers * per_output,
        "params": filters * per_output + filters,
        "out_shape": [filters, *places],
    }


def layer_cost__numpy(in_shape, filters, kernel, stride=1, pad=0):
    """Arrays of two, and NumPy integers."""
    kernel, stride, pad = (np.broadcast_to(v, 2) for v in (kernel, stride, pad))
    out = (np.array(in_shape[1:]) + 2 * pad - kernel) // stride + 1
    shape = (filters, out[0], out[1])
    weights = in_shape[0] * np.prod(kernel)
    return {
        "out_shape": shape,
        "params": filters * (weights + 1),
        "macs": np.prod(shape) * weights,
        "activations": np.prod(shape),
    }
