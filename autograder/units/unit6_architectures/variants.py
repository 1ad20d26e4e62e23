"""Right solutions to unit 6 in the styles of real students. Each must get full points.

They use only NumPy and what is given in this unit, as a student would: helpers stand here as they
would stand in another cell of the notebook. A docstring names what is special.
"""

import numpy as np

from course import ops


def _float(x):
    return x if x.dtype in (np.float16, np.float32, np.float64) else x.astype(float)


def _names():
    return ["1x1", "3x3_reduce", "3x3", "5x5_reduce", "5x5", "pool_proj"]


# -- inception_forward ----------------------------------------------------------------------------


def inception_forward__line_by_line(x, params):
    """One line for each convolution; what does not fit is refused by ops itself."""
    if np.ndim(x) != 4:
        raise ValueError("x must be 4-D")
    for name in _names():
        if name not in params:
            raise ValueError("params: a convolution is missing")
    x = _float(x)
    a = np.maximum(0, ops.conv2d(x, *params["1x1"]))
    b = np.maximum(0, ops.conv2d(x, *params["3x3_reduce"]))
    b = np.maximum(0, ops.conv2d(b, *params["3x3"]))
    c = np.maximum(0, ops.conv2d(x, *params["5x5_reduce"]))
    c = np.maximum(0, ops.conv2d(c, *params["5x5"]))
    d = np.maximum(0, ops.conv2d(ops.max_pool(x), *params["pool_proj"]))
    return np.concatenate((a, b, c, d), 1).astype(x.dtype)


def inception_forward__fills_a_result(x, params):
    """Loops over branches and fills an array; KeyErrors become ValueErrors."""
    x = np.array(x)
    if len(x.shape) != 4:
        raise ValueError(f"wrong number of dimensions: {len(x.shape)}")
    dtype = x.dtype if x.dtype.kind == "f" else np.dtype(float)
    try:
        sizes = [len(params[name][0]) for name in ("1x1", "3x3", "5x5", "pool_proj")]
        chains = [
            (x, [params["1x1"]]),
            (x, [params["3x3_reduce"], params["3x3"]]),
            (x, [params["5x5_reduce"], params["5x5"]]),
            (ops.max_pool(x, kernel=3), [params["pool_proj"]]),
        ]
    except KeyError as error:
        raise ValueError(f"params has no {error}") from None
    out = np.empty((x.shape[0], sum(sizes), *x.shape[2:]), dtype)
    start = 0
    for size, (maps, chain) in zip(sizes, chains, strict=True):
        for w, b in chain:
            if w.shape[1] != maps.shape[1]:
                raise ValueError(f"{maps.shape[1]} channels do not fit weights {w.shape}")
            maps = ops.conv2d(maps, w, b)
            maps = np.where(maps > 0, maps, 0)
        out[:, start : start + size] = maps
        start += size
    return out


def inception_forward__own_convolution(x, params):
    """A convolution of one's own: the kernel moves over a frame of zeros, place by place."""
    if x.ndim != 4 or set(_names()) - set(params):
        raise ValueError("x needs 4 dimensions, params all six names")

    def block(maps, name):
        w, b = params[name]
        channels, side = w.shape[1:3]
        if channels != maps.shape[1]:
            raise ValueError(f"channels of {name}: {channels} and {maps.shape[1]}")
        n, _, height, width = maps.shape
        half = side // 2
        framed = np.zeros((n, channels, height + 2 * half, width + 2 * half))
        framed[:, :, half : half + height, half : half + width] = maps
        out = np.zeros((n, len(w), height, width)) + b.reshape(1, -1, 1, 1)
        for u in range(side):
            for v in range(side):
                window = framed[:, :, u : u + height, v : v + width]
                out += np.tensordot(window, w[:, :, u, v], axes=(1, 1)).transpose(0, 3, 1, 2)
        return out * (out > 0)

    exact = x.astype(np.float64)
    top = np.pad(exact, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    shifted = [
        top[:, :, u : u + x.shape[2], v : v + x.shape[3]] for u in range(3) for v in range(3)
    ]
    branches = [
        block(exact, "1x1"),
        block(block(exact, "3x3_reduce"), "3x3"),
        block(block(exact, "5x5_reduce"), "5x5"),
        block(np.max(shifted, axis=0), "pool_proj"),
    ]
    return np.concatenate(branches, axis=1).astype(_float(x).dtype)


# -- inception_params -----------------------------------------------------------------------------


def inception_params__line_by_line(c_in, spec):
    """One line for each convolution."""
    if c_in <= 0:
        raise ValueError("c_in should be positive")
    for name in _names():
        if spec.get(name, 0) <= 0:
            raise ValueError("spec is missing " + name)
    counts = {}
    counts["1x1"] = c_in * spec["1x1"] + spec["1x1"]
    counts["3x3_reduce"] = c_in * spec["3x3_reduce"] + spec["3x3_reduce"]
    counts["3x3"] = 9 * spec["3x3_reduce"] * spec["3x3"] + spec["3x3"]
    counts["5x5_reduce"] = c_in * spec["5x5_reduce"] + spec["5x5_reduce"]
    counts["5x5"] = 25 * spec["5x5_reduce"] * spec["5x5"] + spec["5x5"]
    counts["pool_proj"] = c_in * spec["pool_proj"] + spec["pool_proj"]
    total = 0
    for name in counts:
        total += counts[name]
    counts["total"] = total
    return counts


def inception_params__from_the_names(c_in, spec):
    """Reads the kernel size from the name."""
    if c_in < 1:
        raise ValueError(f"c_in = {c_in} makes no sense")
    result = {"total": 0}
    for name in _names():
        if name not in spec:
            raise ValueError(f"spec without {name}")
        if spec[name] < 1:
            raise ValueError(f"spec: {name} needs filters")
        reduced = f"{name}_reduce" in _names()
        side = int(name[0]) if reduced else 1
        channels = spec[f"{name}_reduce"] if reduced else c_in
        result[name] = (side**2 * channels + 1) * spec[name]
        result["total"] += result[name]
    return result


def inception_params__sizes_of_arrays(c_in, spec):
    """Counts the entries of weights that are never filled; NumPy integers come back."""
    if c_in < 1:
        raise ValueError("c_in must not be below 1")
    if any(name not in spec or spec[name] < 1 for name in _names()):
        raise ValueError("spec is incomplete")
    shapes = {
        "1x1": (spec["1x1"], c_in, 1, 1),
        "3x3_reduce": (spec["3x3_reduce"], c_in, 1, 1),
        "3x3": (spec["3x3"], spec["3x3_reduce"], 3, 3),
        "5x5_reduce": (spec["5x5_reduce"], c_in, 1, 1),
        "5x5": (spec["5x5"], spec["5x5_reduce"], 5, 5),
        "pool_proj": (spec["pool_proj"], c_in, 1, 1),
    }
    counts = {name: np.prod(shape) + shape[0] for name, shape in shapes.items()}
    counts["total"] = np.sum(list(counts.values()))
    return counts


# -- vgg_params -----------------------------------------------------------------------------------


def vgg_params__one_loop(config, size, dense):
    """A loop over config, one over dense."""
    c, h, w = size
    conv_total = 0
    for item in config:
        if item == "M":
            h //= 2
            w //= 2
            if h == 0 or w == 0:
                raise ValueError("the picture has become too small")
            continue
        if not isinstance(item, int) or item < 1:
            raise ValueError("config: " + str(item))
        conv_total += 3 * 3 * c * item + item
        c = item
    n = c * h * w
    dense_total = 0
    for m in dense:
        if m < 1:
            raise ValueError("dense: " + str(m))
        dense_total += n * m + m
        n = m
    return {"conv": conv_total, "dense": dense_total, "total": conv_total + dense_total}


def vgg_params__pairs(config, size, dense):
    """Pairs of what comes in and goes out; divides by a power of 2 at the end."""
    for step in config:
        if step != "M" and (isinstance(step, str) or step != int(step) or step < 1):
            raise ValueError(f"unknown step in config: {step}")
    if any(outputs < 1 for outputs in dense):
        raise ValueError("dense must hold positive numbers")
    poolings = sum(step == "M" for step in config)
    if min(size[1:]) < 2**poolings:
        raise ValueError("size: the picture is smaller than the pooling needs")
    widths = [size[0], *[step for step in config if step != "M"]]
    conv = sum((9 * widths[k] + 1) * widths[k + 1] for k in range(len(widths) - 1))
    flat = widths[-1] * (size[1] // 2**poolings) * (size[2] // 2**poolings)
    units = [flat, *dense]
    full = sum((units[k] + 1) * units[k + 1] for k in range(len(dense)))
    return {"total": conv + full, "conv": conv, "dense": full}


def vgg_params__shapes(config, size, dense):
    """Lists the shapes of all weights first, and counts them with NumPy."""
    shape, weights = np.array(size), []
    for step in config:
        if step == "M":
            shape[1:] = shape[1:] // 2
        elif isinstance(step, int | np.integer) and step > 0:
            weights.append((step, shape[0], 3, 3))
            shape[0] = step
        else:
            raise ValueError(f"config must not contain {step}")
    if shape.min() < 1:
        raise ValueError(f"nothing is left of a picture of size {size}")
    conv = sum(int(np.prod(w)) + w[0] for w in weights)
    inputs, full = int(shape.prod()), 0
    for outputs in dense:
        if outputs < 1:
            raise ValueError("a dense layer without outputs")
        full += np.int64(outputs) * inputs + outputs
        inputs = outputs
    return {"conv": int(conv), "dense": int(full), "total": int(conv + full)}


# -- residual_forward -----------------------------------------------------------------------------


def _check_block(x, w1, w2, ws):
    if x.ndim != 4:
        raise ValueError("x should have 4 dimensions")
    if w1.shape != (w1.shape[0], x.shape[1]):
        raise ValueError("w1 does not fit x")
    if w2.shape != (w2.shape[0], w1.shape[0]):
        raise ValueError("w2 does not fit w1")
    if ws is None:
        if w2.shape[0] != x.shape[1]:
            raise ValueError("without ws the channels must stay")
    elif ws.shape != (w2.shape[0], x.shape[1]):
        raise ValueError("ws does not fit")


def residual_forward__pixel_by_pixel(x, w1, w2, ws=None):
    """Loops over pictures and pixels; one vector of channels at a time."""
    _check_block(x, w1, w2, ws)
    n_pictures, _, height, width = x.shape
    out = np.zeros((n_pictures, len(w2), height, width), _float(x).dtype)
    for n in range(n_pictures):
        for i in range(height):
            for j in range(width):
                pixel = x[n, :, i, j].astype(float)
                hidden = np.maximum(w1 @ pixel, 0)
                shortcut = pixel if ws is None else ws @ pixel
                out[n, :, i, j] = np.maximum(w2 @ hidden + shortcut, 0)
    return out


def residual_forward__channels_last(x, w1, w2, ws=None):
    """Channels last, so that @ works; an identity matrix where there is no ws."""
    _check_block(x, w1, w2, ws)
    last = np.moveaxis(_float(x), 1, -1)
    skip = np.eye(x.shape[1]) if ws is None else ws
    total = (last @ w1.T).clip(min=0) @ w2.T + last @ skip.T
    return np.moveaxis(total.clip(min=0), -1, 1).astype(_float(x).dtype)


def residual_forward__given_convolution(x, w1, w2, ws=None):
    """The matrices as 1 x 1 convolutions, with the given one."""
    _check_block(x, w1, w2, ws)
    x = _float(x)
    hidden = ops.conv2d(x, w1[:, :, None, None])
    hidden[hidden < 0] = 0
    out = ops.conv2d(hidden, w2[:, :, None, None])
    out = out + (x if ws is None else ops.conv2d(x, ws[:, :, None, None]))
    out[out < 0] = 0
    return out.astype(x.dtype)


# -- residual_backward ----------------------------------------------------------------------------


def residual_backward__pixel_by_pixel(grad, x, w1, w2, ws=None):
    """The same loops back, with outer products for the weights."""
    _check_block(x, w1, w2, ws)
    if grad.shape != (len(x), len(w2), *x.shape[2:]):
        raise ValueError("grad has another shape than the output")
    dtype = _float(x).dtype
    dx, dw1, dw2 = np.zeros(x.shape, dtype), np.zeros(w1.shape), np.zeros(w2.shape)
    dws = None if ws is None else np.zeros(ws.shape)
    for n in range(x.shape[0]):
        for i in range(x.shape[2]):
            for j in range(x.shape[3]):
                pixel = x[n, :, i, j].astype(float)
                before = w1 @ pixel
                hidden = np.maximum(before, 0)
                shortcut = pixel if ws is None else ws @ pixel
                g = np.where(w2 @ hidden + shortcut > 0, grad[n, :, i, j], 0)
                h = np.where(before > 0, w2.T @ g, 0)
                dw2 += np.outer(g, hidden)
                dw1 += np.outer(h, pixel)
                if ws is None:
                    dx[n, :, i, j] = w1.T @ h + g
                else:
                    dx[n, :, i, j] = w1.T @ h + ws.T @ g
                    dws += np.outer(g, pixel)
    result = {"x": dx, "w1": dw1.astype(dtype), "w2": dw2.astype(dtype)}
    if ws is not None:
        result["ws"] = dws.astype(dtype)
    return result


def residual_backward__one_long_matrix(grad, x, w1, w2, ws=None):
    """All pixels as the columns of one matrix, so that everything is a matrix product."""
    _check_block(x, w1, w2, ws)
    if grad.shape != (x.shape[0], w2.shape[0], x.shape[2], x.shape[3]):
        raise ValueError(f"grad of shape {grad.shape} does not fit")
    n, c, height, width = x.shape
    dtype = _float(x).dtype
    columns = x.transpose(1, 0, 2, 3).reshape(c, -1).astype(float)
    g = grad.transpose(1, 0, 2, 3).reshape(len(w2), -1).astype(float)
    before = w1 @ columns
    hidden = before.clip(0)
    skip = np.eye(c) if ws is None else ws
    g = g * (w2 @ hidden + skip @ columns > 0)
    h = (w2.T @ g) * (before > 0)
    dx = (w1.T @ h + skip.T @ g).reshape(c, n, height, width).transpose(1, 0, 2, 3)
    result = {"x": dx, "w1": h @ columns.T, "w2": g @ hidden.T}
    if ws is not None:
        result["ws"] = g @ columns.T
    return {name: np.array(value, dtype) for name, value in result.items()}


def residual_backward__with_forward(grad, x, w1, w2, ws=None):
    """Calls residual_forward for the last mask and for the errors; tensordot for the weights."""
    out = residual_forward__channels_last(x, w1, w2, ws)
    if grad.shape != out.shape:
        raise ValueError("shape of grad is not that of the output")
    x = _float(x)
    alive = np.where(out > 0, grad, 0.0)
    before = np.tensordot(w1, x, axes=(1, 1)).swapaxes(0, 1)
    back = np.tensordot(w2, alive, axes=(0, 1)).swapaxes(0, 1)
    back[before <= 0] = 0
    result = {"w1": np.tensordot(back, x, axes=((0, 2, 3), (0, 2, 3)))}
    result["w2"] = np.tensordot(alive, np.maximum(before, 0), axes=((0, 2, 3), (0, 2, 3)))
    through = np.tensordot(w1, back, axes=(0, 1)).swapaxes(0, 1)
    if ws is None:
        result["x"] = through + alive
    else:
        result["x"] = through + np.tensordot(ws, alive, axes=(0, 1)).swapaxes(0, 1)
        result["ws"] = np.tensordot(alive, x, axes=((0, 2, 3), (0, 2, 3)))
    return {name: value.astype(x.dtype) for name, value in result.items()}


# -- residual_by_hand -----------------------------------------------------------------------------


def residual_by_hand__typed(mine):
    """Whole numbers in lists, as they are typed."""
    out = residual_forward__pixel_by_pixel(mine.x, mine.w1[0, 0], mine.w2[0, 0])
    dx = residual_backward__pixel_by_pixel(mine.grad, mine.x, mine.w1[0, 0], mine.w2[0, 0])["x"]
    return {"out": [int(v) for v in out.ravel()], "dx": [int(v) for v in dx.ravel()]}


def residual_by_hand__tuples(mine):
    """Tuples of floats, and the entries in the other order."""
    block = mine.x, mine.w1[0, 0], mine.w2[0, 0]
    dx = residual_backward__one_long_matrix(mine.grad, *block)["x"][0, :, 0, 0]
    out = residual_forward__channels_last(*block)[0, :, 0, 0]
    return {"dx": tuple(dx.tolist()), "out": tuple(out.tolist())}


def residual_by_hand__arrays(mine):
    """What one's own functions return, flattened."""
    block = mine.x, mine.w1[0, 0], mine.w2[0, 0]
    dx = residual_backward__with_forward(mine.grad, *block)["x"]
    return {"out": residual_forward__given_convolution(*block).ravel(), "dx": dx.flatten()}
