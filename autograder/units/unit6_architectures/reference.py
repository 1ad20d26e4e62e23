"""The right answers to unit 6: inception modules, what networks weigh, and residual blocks.

Conventions are those of the course's notation box. ``autograder sync`` copies each function into
the source notebook, so a body uses only ``np``, its arguments, the functions above it, and
``ops``, which students of this unit have.
"""

import numpy as np

from course import ops


def inception_forward(x, params):
    """Run pictures through an inception module: four branches on the same x, put side by side.

    x : (N, C, H, W) pictures
    params : dict from the name of a convolution to its weights and bias, (w, b), with w of shape
        (filters, channels, k, k) and b (filters,). The names are "1x1", "3x3_reduce", "3x3",
        "5x5_reduce", "5x5" and "pool_proj"

    The branches, in the order in which their channels stand in the result:
    1. "1x1"
    2. "3x3_reduce", then "3x3"
    3. "5x5_reduce", then "5x5"
    4. max pooling with windows of 3 x 3 at stride 1, then "pool_proj"
    A ReLU follows every convolution. Nothing changes the height or width: ops.conv2d(x, w, b) and
    ops.max_pool(x, 3) are given and keep both.

    Returns a new array (N, F, H, W), where F is the filters of "1x1", "3x3", "5x5" and "pool_proj"
    together. Its dtype is that of x if x is float, whatever params hold; integers are computed in
    float64. x and params are left as they were.

    Raises ValueError, naming the argument, if x does not have 4 dimensions, if params lacks a
    name, or if the weights of a convolution do not fit the channels that reach it. That b fits w
    need not be looked at.
    """
    x = np.asarray(x)
    if x.ndim != 4:
        raise ValueError(f"x must have 4 dimensions (N, C, H, W), got shape {x.shape}")
    for name in ("1x1", "3x3_reduce", "3x3", "5x5_reduce", "5x5", "pool_proj"):
        if name not in params:
            raise ValueError(f"params lacks {name!r}")
    dtype = x.dtype if np.issubdtype(x.dtype, np.floating) else np.float64

    def layer(name, maps):
        w, b = (np.asarray(array, dtype) for array in params[name])
        if w.shape[1] != maps.shape[1]:
            raise ValueError(f"params: {name!r} is for {w.shape[1]} channels, not {maps.shape[1]}")
        return np.maximum(ops.conv2d(maps, w, b), 0)

    x = x.astype(dtype)
    branches = [
        layer("1x1", x),
        layer("3x3", layer("3x3_reduce", x)),
        layer("5x5", layer("5x5_reduce", x)),
        layer("pool_proj", ops.max_pool(x, 3)),
    ]
    return np.concatenate(branches, axis=1)


def inception_params(c_in, spec):
    """Count the parameters of an inception module, biases included.

    c_in : channels of what comes in
    spec : dict from the name of a convolution, as in inception_forward, to its number of filters

    Returns a dict of ints: for each of the six names its parameters, and their sum as "total".

    Raises ValueError, naming the argument, if c_in is below 1, if spec lacks a name, or if one of
    its numbers is below 1.
    """
    if c_in < 1:
        raise ValueError(f"c_in must be at least 1, got {c_in}")
    layers = {  # kernel size, and the convolution that comes before
        "1x1": (1, None),
        "3x3_reduce": (1, None),
        "3x3": (3, "3x3_reduce"),
        "5x5_reduce": (1, None),
        "5x5": (5, "5x5_reduce"),
        "pool_proj": (1, None),
    }
    for name in layers:
        if name not in spec or spec[name] < 1:
            raise ValueError(f"spec must hold at least 1 filter for {name!r}")
    counts = {}
    for name, (kernel, before) in layers.items():
        channels = spec[before] if before else c_in
        counts[name] = spec[name] * (channels * kernel * kernel + 1)
    return {**counts, "total": sum(counts.values())}


def vgg_params(config, size, dense):
    """Count the parameters of a network built like VGG16, biases included.

    config : list of what happens to the picture in turn: a number stands for a 3 x 3 convolution
        with so many filters, stride 1 and pad 1, and "M" for 2 x 2 max pooling at stride 2
    size : (C, H, W) of the picture that comes in
    dense : list with the number of outputs of each dense layer; the first one weighs every number
        that config leaves, and each further one every output of the one before

    Returns a dict of ints: "conv" and "dense", the parameters of all convolutions and of all dense
    layers, and "total", their sum.

    Raises ValueError, naming the argument, if config holds anything but "M" and whole numbers from
    1 on, if the picture is smaller than 2 x 2 where it should be pooled (then it names size), or if
    a number in dense is below 1.
    """
    channels, height, width = size
    conv = 0
    for step in config:
        if step == "M":
            if min(height, width) < 2:
                raise ValueError(f"size {size} is too small for all the pooling")
            height, width = height // 2, width // 2
        elif isinstance(step, int | np.integer) and step >= 1:
            conv += step * (channels * 3 * 3 + 1)
            channels = step
        else:
            raise ValueError(f'config may hold "M" and numbers from 1 on, got {step!r}')
    inputs, weights = channels * height * width, 0
    for outputs in dense:
        if outputs < 1:
            raise ValueError(f"dense layers need at least 1 output, got {outputs}")
        weights += outputs * (inputs + 1)
        inputs = outputs
    return {"conv": conv, "dense": weights, "total": conv + weights}


def residual_by_hand(mine):
    """The block at one pixel: what comes out, and the gradient with respect to x."""
    x, w1, w2, grad = mine.x.ravel(), mine.w1[0, 0], mine.w2[0, 0], mine.grad.ravel()
    before = w1 @ x
    out = np.maximum(w2 @ np.maximum(before, 0) + x, 0)
    grad = grad * (out > 0)
    dx = w1.T @ (w2.T @ grad * (before > 0)) + grad
    return {"out": out.tolist(), "dx": dx.tolist()}


def residual_forward(x, w1, w2, ws=None):
    """Run pictures through a residual block: ReLU(w2 · ReLU(w1 · x) + shortcut).

    x : (N, C, H, W) pictures
    w1 : (M, C) a 1 x 1 convolution without bias: it maps the channels of every pixel
    w2 : (F, M) likewise
    ws : (F, C) likewise, for the shortcut, which is then ws · x; None means that the shortcut is x
        as it is, and F must be C

    Returns a new array (N, F, H, W). Its dtype is that of x if x is float, whatever the weights
    are; integers are computed in float64. x and the weights are left as they were.

    Raises ValueError, naming the argument, if x does not have 4 dimensions, if a matrix does not
    have the shape above, or if F is not C and there is no ws.
    """
    x = np.asarray(x)
    if x.ndim != 4:
        raise ValueError(f"x must have 4 dimensions (N, C, H, W), got shape {x.shape}")
    channels = x.shape[1]
    if np.ndim(w1) != 2 or np.shape(w1)[1] != channels:
        raise ValueError(f"w1 must have shape (M, {channels}), got {np.shape(w1)}")
    if np.ndim(w2) != 2 or np.shape(w2)[1] != len(w1):
        raise ValueError(f"w2 must have shape (F, {len(w1)}), got {np.shape(w2)}")
    if ws is None and len(w2) != channels:
        raise ValueError(f"w2 has {len(w2)} rows and x {channels} channels: the sum needs ws")
    if ws is not None and np.shape(ws) != (len(w2), channels):
        raise ValueError(f"ws must have shape {len(w2), channels}, got {np.shape(ws)}")

    dtype = x.dtype if np.issubdtype(x.dtype, np.floating) else np.float64
    x = x.astype(dtype)
    hidden = np.maximum(np.einsum("mc,nchw->nmhw", np.asarray(w1, dtype), x), 0)
    out = np.einsum("fm,nmhw->nfhw", np.asarray(w2, dtype), hidden)
    out += x if ws is None else np.einsum("fc,nchw->nfhw", np.asarray(ws, dtype), x)
    return np.maximum(out, 0)


def residual_backward(grad, x, w1, w2, ws=None):
    """Send the gradient of a residual block back, to x and to the weights.

    grad : (N, F, H, W) gradient of the loss with respect to what residual_forward returns
    x, w1, w2, ws : as in residual_forward

    Returns a dict of new arrays: the gradients of the loss with respect to "x", "w1" and "w2", and
    if there is a ws with respect to "ws", and no other names. Each has the shape of what it is
    named after. A ReLU lets a gradient through where its input is larger than 0, not where it is 0.
    Their dtype is that of x if x is float, whatever the others are; integers are computed in
    float64. All inputs are left as they were. You may call your residual_forward.

    Raises ValueError, naming the argument, as residual_forward does, and if grad does not have the
    shape of the block's output.
    """
    out = residual_forward(x, w1, w2, ws)
    if np.shape(grad) != out.shape:
        raise ValueError(f"grad must have the shape of the output, {out.shape}")
    x, w1, w2, grad = (np.asarray(array, out.dtype) for array in (x, w1, w2, grad))
    before = np.einsum("mc,nchw->nmhw", w1, x)
    hidden = np.maximum(before, 0)

    grad = grad * (out > 0)
    to_hidden = np.einsum("fm,nfhw->nmhw", w2, grad) * (before > 0)
    grads = {
        "x": np.einsum("mc,nmhw->nchw", w1, to_hidden),
        "w1": np.einsum("nmhw,nchw->mc", to_hidden, x),
        "w2": np.einsum("nfhw,nmhw->fm", grad, hidden),
    }
    if ws is None:
        grads["x"] += grad
    else:
        grads["x"] += np.einsum("fc,nfhw->nchw", np.asarray(ws, out.dtype), grad)
        grads["ws"] = np.einsum("nfhw,nchw->fc", grad, x)
    return grads
