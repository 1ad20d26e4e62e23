"""The right answers to unit 7: looking inside a network, and asking it what it looked at.

Conventions are those of the course's notation box. ``autograder sync`` copies each function into
the source notebook, so a body uses only ``np``, ``given``, its arguments and the functions above
it. Students see what stands above the mark.
"""

import numpy as np

from course import given


def forward_with_taps(x, layers, taps):
    """Run a network once, and keep what some of its layers hand on.

    x : array, the input of the first layer
    layers : dict from names to layers, in the order in which they run; ``layer.forward(array)``
        is what a layer makes of an array. A layer may stand under several names
    taps : names of the layers whose OUTPUT is to be kept; there may be none

    Returns (output, kept): the output of the last layer, and a dict from each name in taps to a
    copy of the output of that layer. Every layer runs exactly once, and x stays as it was.
    """
    out, kept = x.copy(), {}  # a copy: the first layer may overwrite what it gets
    ### BEGIN SOLUTION
    for name, layer in layers.items():
        out = layer.forward(out)
        if name in taps:
            kept[name] = out.copy()
    return out, kept


def activation_grid(maps, pad=1):
    """Put the channels of one picture side by side, as one grey picture.

    maps : (C, H, W) what the channels answer, floats or whole numbers
    pad : white rows and columns between neighbouring panels; there are none around the outside

    Returns a uint8 array: the panels in ceil(sqrt(C)) columns, row by row, on white, which is 255.
    Each channel has a scale of its own: its smallest value becomes 0, its largest 255, the others
    lie in between, rounded. A channel of equal values becomes 0.
    """
    maps = given.floats("maps: C H W", maps)
    pad = given.whole("pad", pad)
    count, height, width = maps.shape
    cols = int(np.ceil(np.sqrt(count)))
    rows = int(np.ceil(count / cols))
    grid = np.full((rows * (height + pad) - pad, cols * (width + pad) - pad), 255, np.uint8)

    def placed(panels):
        """The grid with these panels on it: (C, H, W), from 0 to 255."""
        for k, panel in enumerate(panels):
            top, left = k // cols * (height + pad), k % cols * (width + pad)
            grid[top : top + height, left : left + width] = panel
        return grid

    ### BEGIN SOLUTION
    low, high = maps.min(axis=(1, 2), keepdims=True), maps.max(axis=(1, 2), keepdims=True)
    share = (maps - low) / np.where(high > low, high - low, 1)  # of the way from low to high
    return placed(np.rint(255 * share))


def response_grad(x, w):
    """The gradient of how strongly one filter answers, by the picture.

    The answer of a filter to a picture is the mean of ReLU(convolution) over all places: a valid
    convolution (no padding, stride 1, no bias, kernel not flipped).

    x : (N, C, H, W) pictures, of floats or whole numbers
    w : (C, kh, kw) one filter, likewise

    Returns an array (N, C, H, W): the gradient of each picture's own answer by its pixels. Where
    the convolution gives 0 or less, ReLU passes no gradient.
    """
    x, w = given.floats("x: N C H W, w: C kh kw", x, w)
    given.fits("w: a kernel", w.shape[1:], x.shape[2:])
    kh, kw = w.shape[1:]
    out_h, out_w = x.shape[2] - kh + 1, x.shape[3] - kw + 1  # so many places
    windows = np.lib.stride_tricks.sliding_window_view(x, (kh, kw), axis=(2, 3))
    products = np.einsum("ncijuv,cuv->nij", windows, w)  # the convolution: (N, out_h, out_w)
    grad = np.zeros_like(x)
    ### BEGIN SOLUTION
    share = (products > 0) / (out_h * out_w)  # of the mean, at each place
    for u, v in np.ndindex(kh, kw):
        grad[:, :, u : u + out_h, v : v + out_w] += share[:, None] * w[:, u, v, None, None]
    return grad


def gradient_ascent(x0, grad_fn, steps, lr):
    """Climb: change pictures, step by step, in the direction in which something grows.

    x0 : (N, …) where to start, N pictures of any shape, of floats or whole numbers
    grad_fn : function that returns the gradient at pictures like x0, in an array of their shape
    steps : how many steps to take
    lr : the length of every step

    Each step asks grad_fn for the gradient where the pictures are now. It divides each picture's
    gradient by its length, the root of the sum of its squares over all axes but the first, and adds
    lr times the result. A gradient as small as 1e-9 gives a step of length lr, too; a picture whose
    gradient is 0 everywhere stays where it is.

    Returns x after all steps.
    """
    x = np.array(x0, float)  # a copy
    axes = tuple(range(1, x.ndim))  # all but the first
    ### BEGIN SOLUTION
    for _ in range(steps):
        grad = grad_fn(x)
        length = np.sqrt((grad**2).sum(axis=axes, keepdims=True))
        x = x + lr * grad / np.where(length > 0, length, 1)
    return x


def grad_cam_by_hand(mine):
    """Grad-CAM of the two channels ``mine.x[0]`` with the gradients ``mine.grads[0]``."""
    found = np.tensordot(mine.grads[0].mean(axis=(1, 2)), mine.x[0], axes=1).clip(0)
    return found / found.max()


def grad_cam(activations, grads):
    """Where in the picture a layer found what speaks for a class: Grad-CAM of one picture.

    activations : (C, H, W) what the layer's channels answer, floats or whole numbers
    grads : (C, H, W) gradient of the score of the class by these activations, likewise

    The weight of a channel is the mean of its gradient over the picture, with its sign. The
    activations times their weights are added up; negative sums become 0; and the map is divided by
    its largest value, be it as small as 1e-9. A map without a positive value is 0 everywhere.

    Returns an array (H, W), from 0 to 1.
    """
    activations, grads = given.floats("activations: C H W, grads: C H W", activations, grads)
    ### BEGIN SOLUTION
    weights = grads.mean(axis=(1, 2))
    cam = np.maximum((weights[:, None, None] * activations).sum(axis=0), 0)
    return cam / cam.max() if cam.max() > 0 else cam


def upsample_bilinear(map, size):
    """Enlarge a map: between its values, in a straight line along rows and columns.

    map : (h, w) floats or whole numbers
    size : the new height and width, an int or a pair (H, W)

    The middle of new row i lies at (i + 0.5) * h / H - 0.5, counted in old rows; likewise for
    columns. Beyond the middle of the first or last row or column, the map goes on with the value
    there.

    Returns an array (H, W). A smaller size than that of map follows the same rule.
    """
    map = given.floats("map: h w", map)
    height, width = given.pair("size", size, least=1)

    def read_at(rows, columns):
        """The map read at these places, counted in its rows and columns, along straight lines."""
        wide = np.array([np.interp(columns, np.arange(map.shape[1]), line) for line in map])
        return np.array([np.interp(rows, np.arange(map.shape[0]), line) for line in wide.T]).T

    ### BEGIN SOLUTION
    rows = (np.arange(height) + 0.5) * map.shape[0] / height - 0.5
    columns = (np.arange(width) + 0.5) * map.shape[1] / width - 0.5
    return read_at(rows, columns)


def overlay(picture, map, alpha):
    """Lay a map over a grey picture, in orange: the more of it, the higher the map.

    picture : (H, W) grey, from 0 (black) to 1 (white)
    map : (H, W) from 0 to 1
    alpha : from 0 to 1, how much of the orange covers a pixel where the map is 1

    A pixel of which the share a = alpha * map is covered becomes (1 - a) times its grey plus a
    times orange.

    Returns an array (H, W, 3): red, green and blue of every pixel, from 0 to 1.
    """
    picture, map = given.floats("picture: H W, map: H W", picture, map)
    picture, map = picture[:, :, None], map[:, :, None]  # (H, W, 1), to go with a colour
    orange = np.array([1.0, 0.5, 0.0])  # red, green, blue
    cover = alpha * map  # of each pixel, how much is covered
    ### BEGIN SOLUTION
    return (1 - cover) * picture + cover * orange
