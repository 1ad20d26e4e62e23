"""Right solutions to unit 6 in the styles of real students. Each must get full points.

They use only NumPy and what is given in this unit, as a student would: helpers stand here as they
would stand in another cell of the notebook. Most have deleted the given lines. A docstring names
what is special.
"""

import numpy as np

from course import counting, given, ops

# -- inception_forward ----------------------------------------------------------------------------


def inception_forward__line_by_line(x, params):
    """One line for each convolution."""
    a = np.maximum(0, ops.conv2d(x, *params["1x1"]))
    b = np.maximum(0, ops.conv2d(x, *params["3x3_reduce"]))
    b = np.maximum(0, ops.conv2d(b, *params["3x3"]))
    c = np.maximum(0, ops.conv2d(x, *params["5x5_reduce"]))
    c = np.maximum(0, ops.conv2d(c, *params["5x5"]))
    d = np.maximum(0, ops.conv2d(ops.max_pool(x), *params["pool_proj"]))
    return np.concatenate((a, b, c, d), 1)


def inception_forward__fills_a_result(x, params):
    """Keeps the given lines; loops over branches and fills an array."""
    x = given.floats("x: N C H W", x)
    params = {name: given.floats("w: F C k k, b: F", w, b) for name, (w, b) in params.items()}
    sizes = [len(params[name][0]) for name in ("1x1", "3x3", "5x5", "pool_proj")]
    chains = [
        (x, ["1x1"]),
        (x, ["3x3_reduce", "3x3"]),
        (x, ["5x5_reduce", "5x5"]),
        (ops.max_pool(x, kernel=3), ["pool_proj"]),
    ]
    out = np.empty((x.shape[0], sum(sizes), *x.shape[2:]))
    start = 0
    for size, (maps, chain) in zip(sizes, chains, strict=True):
        for name in chain:
            maps = ops.conv2d(maps, *params[name])
            maps = np.where(maps > 0, maps, 0)
        out[:, start : start + size] = maps
        start += size
    return out


def inception_forward__own_convolution(x, params):
    """A convolution of one's own: the kernel moves over a frame of zeros, place by place."""

    def block(maps, name):
        w, b = params[name]
        channels, side = w.shape[1:3]
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

    framed = (0, 0), (0, 0), (1, 1), (1, 1)
    top = np.pad(x.astype(float), framed, constant_values=-np.inf)
    shifted = [
        top[:, :, u : u + x.shape[2], v : v + x.shape[3]] for u in range(3) for v in range(3)
    ]
    branches = [
        block(x, "1x1"),
        block(block(x, "3x3_reduce"), "3x3"),
        block(block(x, "5x5_reduce"), "5x5"),
        block(np.max(shifted, axis=0), "pool_proj"),
    ]
    return np.concatenate(branches, axis=1)


# -- inception_params -----------------------------------------------------------------------------


def inception_params__line_by_line(c_in, spec):
    """One line for each convolution."""
    counts = {}
    counts["1x1"] = counting.conv_params(c_in, spec["1x1"], 1)
    counts["3x3_reduce"] = counting.conv_params(c_in, spec["3x3_reduce"], 1)
    counts["3x3"] = counting.conv_params(spec["3x3_reduce"], spec["3x3"], 3)
    counts["5x5_reduce"] = counting.conv_params(c_in, spec["5x5_reduce"], 1)
    counts["5x5"] = counting.conv_params(spec["5x5_reduce"], spec["5x5"], 5)
    counts["pool_proj"] = counting.conv_params(c_in, spec["pool_proj"], 1)
    total = 0
    for name in counts:
        total += counts[name]
    counts["total"] = total
    return counts


def inception_params__from_the_names(c_in, spec):
    """Reads the kernel size from the name, and writes the formula out."""
    result = {"total": 0}
    for name in spec:
        reduced = f"{name}_reduce" in spec
        side = int(name[0]) if reduced else 1
        channels = spec[f"{name}_reduce"] if reduced else c_in
        result[name] = (side**2 * channels + 1) * spec[name]
        result["total"] += result[name]
    return result


def inception_params__sizes_of_arrays(c_in, spec):
    """Counts the entries of weights that are never filled; NumPy integers come back."""
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
    """Keeps the given line; a loop over config, one over dense, the formulas written out."""
    c, h, w = (given.whole("size", n, least=1) for n in size)
    conv_total = 0
    for item in config:
        if item == "M":
            h //= 2
            w //= 2
            continue
        conv_total += 3 * 3 * c * item + item
        c = item
    n = c * h * w
    dense_total = 0
    for m in dense:
        dense_total += n * m + m
        n = m
    return {"conv": conv_total, "dense": dense_total, "total": conv_total + dense_total}


def vgg_params__pairs(config, size, dense):
    """Pairs of what comes in and goes out; divides by a power of 2 at the end."""
    poolings = sum(step == "M" for step in config)
    widths = [size[0], *[step for step in config if step != "M"]]
    conv = sum(counting.conv_params(widths[k], widths[k + 1], 3) for k in range(len(widths) - 1))
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
        else:
            weights.append((step, shape[0], 3, 3))
            shape[0] = step
    conv = sum(int(np.prod(w)) + w[0] for w in weights)
    inputs, full = int(shape.prod()), 0
    for outputs in dense:
        full += np.int64(outputs) * inputs + outputs
        inputs = outputs
    return {"conv": int(conv), "dense": int(full), "total": int(conv + full)}


# -- residual_forward -----------------------------------------------------------------------------


def residual_forward__pixel_by_pixel(x, w1, w2, ws=None):
    """Loops over pictures and pixels; one vector of channels at a time."""
    n_pictures, _, height, width = x.shape
    out = np.zeros((n_pictures, len(w2), height, width))
    for n in range(n_pictures):
        for i in range(height):
            for j in range(width):
                pixel = x[n, :, i, j]
                hidden = np.maximum(w1 @ pixel, 0)
                shortcut = pixel if ws is None else ws @ pixel
                out[n, :, i, j] = np.maximum(w2 @ hidden + shortcut, 0)
    return out


def residual_forward__channels_last(x, w1, w2, ws=None):
    """Keeps the given line; channels last, so that @ works; an identity matrix for no ws."""
    x, w1, w2, ws = given.block(x, w1, w2, ws)
    last = np.moveaxis(x, 1, -1)
    skip = np.eye(x.shape[1]) if ws is None else ws
    total = (last @ w1.T).clip(min=0) @ w2.T + last @ skip.T
    return np.moveaxis(total.clip(min=0), -1, 1)


def residual_forward__given_convolution(x, w1, w2, ws=None):
    """The matrices as 1 x 1 convolutions, with the given one."""
    hidden = ops.conv2d(x, w1[:, :, None, None])
    hidden[hidden < 0] = 0
    out = ops.conv2d(hidden, w2[:, :, None, None])
    out = out + (x if ws is None else ops.conv2d(x, ws[:, :, None, None]))
    out[out < 0] = 0
    return out


# -- residual_backward ----------------------------------------------------------------------------


def residual_backward__pixel_by_pixel(grad, x, w1, w2, ws=None):
    """The same loops back, with outer products for the weights."""
    dx, dw1, dw2 = np.zeros(x.shape), np.zeros(w1.shape), np.zeros(w2.shape)
    dws = None if ws is None else np.zeros(ws.shape)
    for n in range(x.shape[0]):
        for i in range(x.shape[2]):
            for j in range(x.shape[3]):
                pixel = x[n, :, i, j]
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
    result = {"x": dx, "w1": dw1, "w2": dw2}
    if ws is not None:
        result["ws"] = dws
    return result


def residual_backward__one_long_matrix(grad, x, w1, w2, ws=None):
    """Keeps the given lines; all pixels as the columns of one matrix, for matrix products."""
    x, w1, w2, ws = given.block(x, w1, w2, ws)
    grad = given.floats("grad: N F H W", grad)
    n, c, height, width = x.shape
    columns = x.transpose(1, 0, 2, 3).reshape(c, -1)
    g = grad.transpose(1, 0, 2, 3).reshape(len(w2), -1)
    before = w1 @ columns
    hidden = before.clip(0)
    skip = np.eye(c) if ws is None else ws
    g = g * (w2 @ hidden + skip @ columns > 0)
    h = (w2.T @ g) * (before > 0)
    dx = (w1.T @ h + skip.T @ g).reshape(c, n, height, width).transpose(1, 0, 2, 3)
    result = {"x": dx, "w1": h @ columns.T, "w2": g @ hidden.T}
    if ws is not None:
        result["ws"] = g @ columns.T
    return result


def residual_backward__with_forward(grad, x, w1, w2, ws=None):
    """Calls residual_forward for the last mask; tensordot for the weights."""
    alive = np.where(residual_forward__channels_last(x, w1, w2, ws) > 0, grad, 0.0)
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
    return result


# -- residual_by_hand -----------------------------------------------------------------------------


def residual_by_hand__typed(mine):
    """Whole numbers in lists, as they are typed."""
    out = residual_forward__pixel_by_pixel(mine.x, mine.w1, mine.w2)
    dx = residual_backward__pixel_by_pixel(mine.grad, mine.x, mine.w1, mine.w2)["x"]
    return {"out": [int(v) for v in out.ravel()], "dx": [int(v) for v in dx.ravel()]}


def residual_by_hand__tuples(mine):
    """Tuples of floats, and the entries in the other order."""
    block = mine.x, mine.w1, mine.w2
    dx = residual_backward__one_long_matrix(mine.grad, *block)["x"][0, :, 0, 0]
    out = residual_forward__channels_last(*block)[0, :, 0, 0]
    return {"dx": tuple(dx.tolist()), "out": tuple(out.tolist())}


def residual_by_hand__arrays(mine):
    """What one's own functions return, flattened."""
    block = mine.x, mine.w1, mine.w2
    dx = residual_backward__with_forward(mine.grad, *block)["x"]
    return {"out": residual_forward__given_convolution(*block).ravel(), "dx": dx.flatten()}
