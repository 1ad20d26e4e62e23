"""The right answers to unit 7: looking inside a network, and asking it what it looked at.

Conventions are those of the course's notation box. ``autograder sync`` copies each function into
the source notebook, so a body uses only ``np``, its arguments and the functions above it.
"""

import numpy as np


def forward_with_taps(x, layers, taps):
    """Run a network once, and keep what some of its layers hand on.

    x : array, the input of the first layer
    layers : dict from names to layers, in the order in which they run; a layer turns an array into
        another one with ``layer.forward(array)``
    taps : collection of names, of the layers whose OUTPUT is to be kept; it may be empty

    Returns (output, kept): the output of the last layer, and a dict from each name in taps to the
    output of that layer. Every layer runs exactly once. Some layers work in place: they overwrite
    what they are given. So x is left as it was, and what is kept are copies.

    Raises ValueError, naming what it does not know, if taps holds a name that is not in layers.
    """
    unknown = [name for name in taps if name not in layers]
    if unknown:
        raise ValueError(f"unknown taps {unknown}; there are {', '.join(layers)}")
    out, kept = np.array(x), {}
    for name, layer in layers.items():
        out = layer.forward(out)
        if name in taps:
            kept[name] = out.copy()
    return out, kept


def activation_grid(maps, pad=1):
    """Put the channels of one picture side by side, as one grey picture.

    maps : (C, H, W) what the channels answer
    pad : white rows and columns between neighbouring panels; there are none around the outside

    Returns a new uint8 array. With cols = ceil(sqrt(C)) and rows = ceil(C / cols) it has
    rows * H + (rows - 1) * pad rows and cols * W + (cols - 1) * pad columns. The channels fill it
    row by row from the top left; places that are left over at the end are white.
    Each channel has a scale of its own, even if its values differ by as little as 1e-9: its
    smallest value becomes 0, its largest 255, the others lie in between, rounded to the nearest
    whole number (half way between two, either is right). A channel of equal values becomes 0.
    White is 255.
    Integers are computed in float64. maps is left as it was. NumPy warns of nothing.

    Raises ValueError, naming the argument, if maps does not have 3 dimensions, if one of its sizes
    is 0, or if pad is negative.
    """
    maps = np.asarray(maps)
    if maps.ndim != 3 or maps.size == 0:
        raise ValueError(f"maps must have 3 dimensions (C, H, W), none 0, got shape {maps.shape}")
    if pad < 0:
        raise ValueError(f"pad must be at least 0, got {pad}")
    count, height, width = maps.shape
    cols = int(np.ceil(np.sqrt(count)))
    rows = int(np.ceil(count / cols))
    shape = (rows * (height + pad) - pad, cols * (width + pad) - pad)
    grid = np.full(shape, 255, np.uint8)
    for k, plane in enumerate(maps.astype(np.float64)):
        low, high = plane.min(), plane.max()
        scaled = (plane - low) / (high - low) if high > low else np.zeros(plane.shape)
        top, left = k // cols * (height + pad), k % cols * (width + pad)
        grid[top : top + height, left : left + width] = np.rint(255 * scaled)
    return grid


def response_grad(x, w):
    """The gradient of how strongly one filter answers, by the picture.

    The answer of a filter to a picture is the mean of ReLU(convolution) over all places of that
    picture: a valid convolution (no padding, stride 1, no bias, kernel not flipped).

    x : (N, C, H, W) pictures
    w : (C, kh, kw) one filter

    Returns a new array (N, C, H, W): the gradient of each picture's own answer by its pixels. Where
    the convolution gives 0 or less, ReLU passes no gradient.
    Its dtype is that of x if x is float; integers are computed in float64. x and w are left as
    they were.

    Raises ValueError, naming the argument, if x does not have 4 dimensions or w not 3, if they
    differ in the number of channels, or if the kernel is larger than the picture.
    """
    x, w = np.asarray(x), np.asarray(w)
    if x.ndim != 4:
        raise ValueError(f"x must have 4 dimensions (N, C, H, W), got shape {x.shape}")
    if w.ndim != 3:
        raise ValueError(f"w must have 3 dimensions (C, kh, kw), got shape {w.shape}")
    if w.shape[0] != x.shape[1]:
        raise ValueError(f"w has {w.shape[0]} channels, x has {x.shape[1]}")
    kh, kw = w.shape[1:]
    if kh > x.shape[2] or kw > x.shape[3]:
        raise ValueError(f"the kernel of w {kh, kw} is larger than the picture {x.shape[2:]}")

    dtype = x.dtype if np.issubdtype(x.dtype, np.floating) else np.float64
    x, w = x.astype(dtype), w.astype(dtype)
    windows = np.lib.stride_tricks.sliding_window_view(x, (kh, kw), axis=(2, 3))
    answer = np.einsum("ncijuv,cuv->nij", windows, w)  # (N, out_h, out_w)
    out_h, out_w = answer.shape[1:]
    share = (answer > 0).astype(dtype) / (out_h * out_w)  # of the mean, at each place
    grad = np.zeros(x.shape, dtype)
    for u, v in np.ndindex(kh, kw):
        grad[:, :, u : u + out_h, v : v + out_w] += share[:, None] * w[:, u, v, None, None]
    return grad


def gradient_ascent(x0, grad_fn, steps, lr):
    """Climb: change pictures, step by step, in the direction in which something grows.

    x0 : (N, …) where to start, N pictures of any shape
    grad_fn : function that takes an array of the shape of x0 and returns the gradient there, a new
        array of that shape
    steps : how many steps to take
    lr : the length of every step

    Each step asks grad_fn for the gradient where the pictures are now, and adds to each picture lr
    times its own gradient divided by the length of that gradient: the root of the sum of its
    squares over all axes but the first. With a gradient as small as 1e-9, too, the step is lr long;
    a picture whose gradient is 0 everywhere stays where it is.

    Returns a new array, x after all steps. Its dtype is that of x0 if x0 is float; integers are
    computed in float64. With 0 steps that is a copy of x0, also in this dtype. x0 is left as it
    was. NumPy warns of nothing.

    Raises ValueError, naming the argument, if x0 has fewer than 2 dimensions, if steps is negative,
    or if what grad_fn returns in a step does not have the shape of x0.
    """
    x0 = np.asarray(x0)
    if x0.ndim < 2:
        raise ValueError(f"x0 must have at least 2 dimensions (N, ...), got shape {x0.shape}")
    if steps < 0:
        raise ValueError(f"steps must be at least 0, got {steps}")
    x = x0.astype(x0.dtype if np.issubdtype(x0.dtype, np.floating) else np.float64)
    for _ in range(steps):
        grad = np.asarray(grad_fn(x))
        if grad.shape != x.shape:
            raise ValueError(f"grad_fn returned shape {grad.shape}, x0 has {x.shape}")
        length = np.sqrt((grad**2).sum(axis=tuple(range(1, x.ndim)), keepdims=True))
        x = x + (lr * grad / np.where(length > 0, length, 1)).astype(x.dtype)
    return x


def grad_cam_by_hand(mine):
    """Grad-CAM of the three channels ``mine.x[0]`` with the gradients ``mine.grads[0]``."""
    found = np.tensordot(mine.grads[0].mean(axis=(1, 2)), mine.x[0], axes=1).clip(0)
    return found / found.max()


def grad_cam(activations, grads):
    """Where in the picture a layer found what speaks for a class: Grad-CAM of one picture.

    activations : (C, H, W) what the layer's channels answer
    grads : (C, H, W) gradient of the score of the class by these activations

    The weight of a channel is the mean of its gradient over the picture, with its sign. The
    activations times their weights are added up; negative sums become 0; and the map is divided by
    its largest value, be it as small as 1e-9. A map without a positive value is 0 everywhere.

    Returns a new array (H, W), from 0 to 1. Its dtype is that of activations if they are float;
    integers are computed in float64. Both inputs are left as they were. NumPy warns of nothing.

    Raises ValueError, naming the argument, if activations do not have 3 dimensions, or if grads
    have another shape than they.
    """
    activations, grads = np.asarray(activations), np.asarray(grads)
    if activations.ndim != 3:
        raise ValueError(f"activations must be (C, H, W), 3 dimensions, got {activations.shape}")
    if grads.shape != activations.shape:
        raise ValueError(f"grads has shape {grads.shape}, activations {activations.shape}")
    floating = np.issubdtype(activations.dtype, np.floating)
    activations = activations.astype(activations.dtype if floating else np.float64)
    weights = grads.mean(axis=(1, 2)).astype(activations.dtype)
    cam = np.maximum((weights[:, None, None] * activations).sum(axis=0), 0)
    return cam / cam.max() if cam.max() > 0 else cam


def upsample_bilinear(map, size):
    """Enlarge a map: between its values, in a straight line along rows and columns.

    map : (h, w)
    size : the new height and width, an int or a pair (H, W)

    Both grids cover the same square of paper, and a value stands in the middle of its cell. So the
    middle of new row i lies at (i + 0.5) * h / H - 0.5, counted in old rows; likewise for columns.
    A value between two old rows and two old columns is weighted by how near it is to each. Beyond
    the middle of the first or last row or column, the map goes on with the value there.

    Returns a new array (H, W). A smaller size than that of map follows the same rule. Its dtype is
    that of map if that is float; integers are computed in float64. map is left as it was.

    Raises ValueError, naming the argument, if map does not have 2 dimensions or one of its sizes
    is 0, or if size is below 1.
    """
    map = np.asarray(map)
    height, width = (size, size) if np.ndim(size) == 0 else size
    if map.ndim != 2 or map.size == 0:
        raise ValueError(f"map must have 2 dimensions (h, w), none 0, got shape {map.shape}")
    if height < 1 or width < 1:
        raise ValueError(f"size must be at least 1, got {size}")
    out = map.astype(map.dtype if np.issubdtype(map.dtype, np.floating) else np.float64)
    for new in (height, width):  # rows first; then, turned round, columns
        old = len(out)
        at = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
        before = np.minimum(at.astype(int), max(old - 2, 0))
        near = (at - before).astype(out.dtype)[:, None]
        out = ((1 - near) * out[before] + near * out[np.minimum(before + 1, old - 1)]).T
    return out.copy()


def overlay(picture, map, alpha):
    """Lay a map over a grey picture, in orange: the more of it, the higher the map.

    picture : (H, W) grey, from 0 (black) to 1 (white)
    map : (H, W) from 0 to 1
    alpha : from 0 to 1, how much of the orange covers a pixel where the map is 1

    A pixel where alpha * map is a becomes (1 - a) times its grey plus a times orange, which is red
    1, green 0.5, blue 0. So where the map is 0 the picture stays as it is.

    Returns a new array (H, W, 3): red, green and blue of every pixel, from 0 to 1. Its dtype is
    that of picture if picture is float; integers are computed in float64. Both inputs are left as
    they were.

    Raises ValueError, naming the argument, if picture does not have 2 dimensions, if map has
    another shape than picture, or if alpha is not from 0 to 1.
    """
    picture, map = np.asarray(picture), np.asarray(map)
    if picture.ndim != 2:
        raise ValueError(f"picture must have 2 dimensions (H, W), got shape {picture.shape}")
    if map.shape != picture.shape:
        raise ValueError(f"map has shape {map.shape}, picture {picture.shape}")
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must be from 0 to 1, got {alpha}")
    dtype = picture.dtype if np.issubdtype(picture.dtype, np.floating) else np.float64
    cover = alpha * map[:, :, None]
    return ((1 - cover) * picture[:, :, None] + cover * np.array([1.0, 0.5, 0.0])).astype(dtype)
