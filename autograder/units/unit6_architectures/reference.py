"""The right answers to unit 6: inception modules, what networks weigh, and residual blocks.

Conventions are those of the course's notation box. ``autograder sync`` copies each function into
the source notebook, so a body uses only ``np``, its arguments, the functions above it,
and what students of this unit have: ``given``, ``counting`` and ``ops``.
"""

import numpy as np

from course import counting, given, ops


def inception_forward(x, params):
    """Run pictures through an inception module: four branches on the same x, put side by side.

    x : (N, C, H, W) pictures, of floats or whole numbers
    params : dict from the name of a convolution to its weights and bias, (w, b), with w of shape
        (filters, channels, k, k) and b (filters,). The names are "1x1", "3x3_reduce", "3x3",
        "5x5_reduce", "5x5" and "pool_proj"

    The branches, in the order in which their channels stand in the result:
    1. "1x1"
    2. "3x3_reduce", then "3x3"
    3. "5x5_reduce", then "5x5"
    4. max pooling with windows of 3 x 3 at stride 1, then "pool_proj"
    A ReLU follows every convolution. Given: layer(name, maps) below, a convolution and its ReLU,
    and ops.max_pool(x, 3). Both keep the height and width.

    Returns an array (N, F, H, W), where F is the filters of "1x1", "3x3", "5x5" and "pool_proj"
    together.
    """
    x = given.floats("x: N C H W", x)
    params = {name: given.floats("w: F C k k, b: F", w, b) for name, (w, b) in params.items()}

    def layer(name, maps):
        return np.maximum(ops.conv2d(maps, *params[name]), 0)

    ### BEGIN SOLUTION
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
    """
    c_in = given.whole("c_in", c_in, least=1)
    sides = {"1x1": 1, "3x3_reduce": 1, "3x3": 3, "5x5_reduce": 1, "5x5": 5, "pool_proj": 1}

    def counted(sees):  # a list: how many channels each of the six sees, in the order of sides
        six = zip(sides.items(), sees, strict=True)
        counts = {name: counting.conv_params(n, spec[name], side) for (name, side), n in six}
        return {**counts, "total": sum(counts.values())}

    ### BEGIN SOLUTION
    three, five = spec["3x3_reduce"], spec["5x5_reduce"]
    return counted([c_in, c_in, three, c_in, five, c_in])


def vgg_params(config, size, dense):
    """Count the parameters of a network built like VGG16, biases included.

    config : list of what happens to the picture in turn: a number stands for a 3 x 3 convolution
        with so many filters, stride 1 and pad 1, and "M" for 2 x 2 max pooling at stride 2
    size : (C, H, W) of the picture that comes in
    dense : list with the number of outputs of each dense layer; the first one weighs every number
        that config leaves, and each further one every output of the one before

    Returns a dict of ints: "conv" and "dense", the parameters of all convolutions and of all dense
    layers, and "total", their sum.
    """
    channels, height, width = (given.whole("size", n, least=1) for n in size)

    def counted(conv, inputs):  # inputs: how many numbers reach the first dense layer
        full = counting.dense_params(inputs, dense)
        return {"conv": conv, "dense": full, "total": conv + full}

    conv = 0  # the parameters of the convolutions so far
    ### BEGIN SOLUTION
    for step in config:
        if step == "M":
            height, width = height // 2, width // 2
        else:
            conv += counting.conv_params(channels, step, 3)
            channels = step
    return counted(conv, channels * height * width)


def residual_by_hand(mine):
    """The block at one pixel: what comes out, and the gradient with respect to x."""
    x, w1, w2, grad = mine.x.ravel(), mine.w1, mine.w2, mine.grad.ravel()
    before = w1 @ x
    out = np.maximum(w2 @ np.maximum(before, 0) + x, 0)
    grad = grad * (out > 0)
    dx = w1.T @ (w2.T @ grad * (before > 0)) + grad
    return {"out": out.tolist(), "dx": dx.tolist()}


def residual_forward(x, w1, w2, ws=None):
    """Run pictures through a residual block: ReLU(w2 · ReLU(w1 · x) + shortcut).

    x : (N, C, H, W) pictures, of floats or whole numbers
    w1 : (M, C) a 1 x 1 convolution without bias: it maps the channels of every pixel
    w2 : (F, M) likewise
    ws : (F, C) likewise, for the shortcut, which is then ws · x; None means that the shortcut is x
        as it is, and F is C

    Returns an array (N, F, H, W).
    """
    x, w1, w2, ws = given.block(x, w1, w2, ws)  # floats that fit together; ws may stay None
    shortcut = x if ws is None else ops.conv1x1(x, ws)
    ### BEGIN SOLUTION
    hidden = np.maximum(ops.conv1x1(x, w1), 0)
    return np.maximum(ops.conv1x1(hidden, w2) + shortcut, 0)


def residual_backward(grad, x, w1, w2, ws=None):
    """Send the gradient of a residual block back, to x and to the weights.

    grad : (N, F, H, W) gradient of the loss with respect to what residual_forward returns
    x, w1, w2, ws : as in residual_forward

    Returns a dict of arrays: the gradients of the loss with respect to "x", "w1" and "w2", and
    if there is a ws with respect to "ws", and no other names. Each has the shape of what it is
    named after. A ReLU lets a gradient through where its input is larger than 0, not where it is 0.
    You may call your residual_forward.
    """
    x, w1, w2, ws = given.block(x, w1, w2, ws)  # floats that fit together; ws may stay None
    grad = given.floats("grad: N F H W", grad)
    before = ops.conv1x1(x, w1)  # the forward pass again, up to the ReLU between the maps
    hidden = np.maximum(before, 0)

    def named(dx, dw1, dw2, dws):  # the dict; dws is left out if there is no ws
        grads = {"x": dx, "w1": dw1, "w2": dw2}
        return grads if ws is None else {**grads, "ws": dws}

    ### BEGIN SOLUTION
    at_sum = grad * (residual_forward(x, w1, w2, ws) > 0)
    at_hidden = ops.conv1x1(at_sum, w2.T) * (before > 0)
    shortcut = at_sum if ws is None else ops.conv1x1(at_sum, ws.T)
    dx = ops.conv1x1(at_hidden, w1.T) + shortcut
    dw1, dw2 = ops.conv1x1_grad(at_hidden, x), ops.conv1x1_grad(at_sum, hidden)
    return named(dx, dw1, dw2, ops.conv1x1_grad(at_sum, x))
