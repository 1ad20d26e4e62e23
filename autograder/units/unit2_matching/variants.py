"""Right solutions to unit 2 in the styles of real students. Each must get full points.

They use only NumPy, as a student would, and nothing of ours: helpers stand here as they would
stand in another cell of the notebook. A docstring names what is special.
"""

import numpy as np


def _check(image, template):
    if np.ndim(image) != 2 or np.ndim(template) != 2:
        raise ValueError("image and template should be 2-D")
    if template.shape[0] > image.shape[0] or template.shape[1] > image.shape[1]:
        raise ValueError("the template does not fit into the image")


def _float(x):
    return x if x.dtype in (np.float16, np.float32, np.float64) else x.astype(float)


def ncc__window_by_window(image, template):
    """Two loops, and the formula for each window."""
    _check(image, template)
    image = _float(image)
    h, w = template.shape
    t = template - template.mean()
    out = np.zeros((image.shape[0] - h + 1, image.shape[1] - w + 1), dtype=image.dtype)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            window = image[i : i + h, j : j + w]
            d = window - window.mean()
            if window.min() < window.max() and template.min() < template.max():
                out[i, j] = np.sum(d * t) / np.sqrt(np.sum(d * d) * np.sum(t * t))
    return out


def ncc__standard_scores(image, template):
    """Means of products of standard scores."""
    _check(image, template)
    x = image.astype(np.float64)
    t = template.astype(np.float64)
    out = np.zeros((x.shape[0] - t.shape[0] + 1, x.shape[1] - t.shape[1] + 1))
    if t.std() > 1e-12:
        t = (t - t.mean()) / t.std()
        for i, j in np.ndindex(out.shape):
            p = x[i : i + t.shape[0], j : j + t.shape[1]]
            if p.std() > 1e-12:
                out[i, j] = ((p - p.mean()) / p.std() * t).mean()
    return out.astype(_float(image).dtype)


def ncc__corrcoef(image, template):
    """numpy.corrcoef of the pixels, where neither is flat."""
    _check(image, template)
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
    return np.array(values, dtype=_float(image).dtype).reshape(rows, columns)


def ncc__sums_of_squares(image, template):
    """Variance as the mean square minus the squared mean; Fortran order in the end."""
    _check(image, template)
    n = template.size
    windows = np.lib.stride_tricks.sliding_window_view(
        image.astype(np.float64), template.shape
    ).reshape(image.shape[0] - template.shape[0] + 1, -1, n)
    t = template.astype(np.float64).ravel()
    t = t - t.mean()
    variance = (windows**2).sum(axis=2) - windows.sum(axis=2) ** 2 / n
    denominator = np.sqrt(np.maximum(variance, 0) * (t @ t))
    with np.errstate(divide="ignore", invalid="ignore"):
        out = np.where(denominator > 1e-6, (windows @ t) / denominator, 0)
    return np.asfortranarray(out.astype(_float(image).dtype))


def downsample__loops(image):
    """Block by block."""
    if image.ndim != 2:
        raise ValueError("expected a 2-D image")
    height, width = image.shape[0] // 2, image.shape[1] // 2
    if height == 0 or width == 0:
        raise ValueError("image too small")
    out = np.zeros((height, width), _float(image).dtype)
    for i in range(height):
        for j in range(width):
            out[i, j] = np.mean(image[2 * i : 2 * i + 2, 2 * j : 2 * j + 2])
    return out


def downsample__four_slices(image):
    """The mean of four pictures, each of every second pixel."""
    if image.ndim != 2 or image.shape[0] < 2 or image.shape[1] < 2:
        raise ValueError("image: 2-D and at least 2x2")
    x = _float(image)
    x = x[: x.shape[0] - x.shape[0] % 2, : x.shape[1] - x.shape[1] % 2]
    return (x[::2, ::2] + x[1::2, ::2] + x[::2, 1::2] + x[1::2, 1::2]) / 4


def downsample__matrices(image):
    """A product with a matrix of halves from the left and from the right."""
    if image.ndim != 2:
        raise ValueError(f"dimension {image.ndim}")
    height, width = (n // 2 for n in image.shape)
    if height < 1 or width < 1:
        raise ValueError("the image has nothing to average")
    x = _float(image)[: 2 * height, : 2 * width]
    rows = np.kron(np.eye(height), [0.5, 0.5]).astype(x.dtype)
    columns = np.kron(np.eye(width), [0.5, 0.5]).astype(x.dtype)
    return rows @ x @ columns.T


def downsample__add_reduceat(image):
    """Sums of pairs by numpy.add.reduceat; a transposed view."""
    image = np.asarray(image)
    if image.ndim != 2 or min(image.shape) < 2:
        raise ValueError("image is not a plane that can be halved")
    x = _float(image)[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]
    x = np.add.reduceat(x, np.arange(0, x.shape[0], 2), axis=0)
    return (np.add.reduceat(x.T, np.arange(0, x.shape[1], 2), axis=0) / 4).T


def pyramid__appends(image, levels):
    """A list that grows."""
    if image.ndim != 2:
        raise ValueError("2-D image needed")
    if levels < 1:
        raise ValueError("levels must be positive")
    result = [_float(image).copy()]
    for _ in range(levels - 1):
        if min(result[-1].shape) < 2:
            raise ValueError("too many levels")
        result.append(downsample__loops(result[-1]))
    return result


def pyramid__larger_blocks(image, levels):
    """Each level from the picture itself, with blocks of 2, 4, 8 … pixels; a tuple."""
    if np.ndim(image) != 2:
        raise ValueError("image has the wrong number of dimensions")
    if levels <= 0:
        raise ValueError(f"levels = {levels}")
    x = _float(image)
    result = []
    for k in range(levels):
        size = 2**k
        h, w = x.shape[0] // size, x.shape[1] // size
        if h == 0 or w == 0:
            raise ValueError(f"image too small for {levels} levels")
        blocks = x[: h * size, : w * size].reshape(h, size, w, size)
        result.append(blocks.mean(axis=(1, 3)))
    return tuple(result)


def pyramid__recursive(image, levels):
    """The picture, and the pyramid of the halved picture."""
    if image.ndim != 2 or min(image.shape) < 1:
        raise ValueError("image must be 2D")
    if levels < 1:
        raise ValueError("at least one of the levels is needed")
    top = np.array(_float(image))
    if levels == 1:
        return [top]
    return [top, *pyramid__recursive(downsample__four_slices(image), levels - 1)]


def multiscale_match__keeps_the_best(image, template, levels):
    """A running best over all places, in the order in which ties are decided."""
    _check(image, template)
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
    """One candidate per level, and max, which takes the first of equals."""
    _check(image, template)
    candidates = []
    for level, plane in enumerate(pyramid__larger_blocks(image, levels)):
        if all(a >= b for a, b in zip(plane.shape, template.shape, strict=True)):
            scores = ncc__standard_scores(plane, template)
            row, column = divmod(int(scores.argmax()), scores.shape[1])
            candidates.append((scores.max(), level, row << level, column << level))
    return max(candidates, key=lambda candidate: candidate[0])


def multiscale_match__tries(image, template, levels):
    """Lets its own ncc refuse a level that is too small; a list of NumPy numbers."""
    result = None
    maps = []
    _check(image, template)
    for plane in pyramid__recursive(image, levels):
        try:
            maps.append(ncc__corrcoef(plane, template))
        except ValueError:
            maps.append(None)
    for level, scores in enumerate(maps):
        if scores is not None and (result is None or scores.max() > result[0]):
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
    if len(in_shape) != 3:
        raise ValueError("in_shape should be (C, H, W)")
    if filters <= 0:
        raise ValueError("filters must be positive")
    if kh <= 0 or kw <= 0:
        raise ValueError("kernel must be positive")
    if sh <= 0 or sw <= 0:
        raise ValueError("stride must be positive")
    if ph < 0 or pw < 0:
        raise ValueError("negative padding")
    c, h, w = in_shape
    if h + 2 * ph < kh or w + 2 * pw < kw:
        raise ValueError("kernel too large")
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
    if len(in_shape) != 3:
        raise ValueError("wrong in_shape")
    places = []
    for n, k, s, p in zip(in_shape[1:], _two(kernel), _two(stride), _two(pad), strict=True):
        if s < 1:
            raise ValueError("stride below 1")
        if p < 0:
            raise ValueError("pad below 0")
        if k < 1 or k > n + 2 * p:
            raise ValueError("kernel does not fit")
        places.append(len(range(0, n + 2 * p - k + 1, s)))
    if filters < 1:
        raise ValueError("no filters")
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
    if np.size(in_shape) != 3:
        raise ValueError("the in_shape needs 3 entries")
    size = np.array(in_shape[1:]) + 2 * pad
    if filters < 1:
        raise ValueError("filters < 1")
    if (kernel < 1).any() or (kernel > size).any():
        raise ValueError("bad kernel")
    if (stride < 1).any():
        raise ValueError("bad stride")
    if (pad < 0).any():
        raise ValueError("bad pad")
    out = (size - kernel) // stride + 1
    shape = (filters, out[0], out[1])
    weights = in_shape[0] * np.prod(kernel)
    return {
        "out_shape": shape,
        "params": filters * (weights + 1),
        "macs": np.prod(shape) * weights,
        "activations": np.prod(shape),
    }
