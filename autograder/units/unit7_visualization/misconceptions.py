"""Plausible wrong solutions to unit 7. The docstring is the sentence that the student reads.

A misconception keeps everything else right, so that it is told from the others.
"""

import numpy as np

from autograder.units.unit7_visualization import reference as right

# -- forward_with_taps ----------------------------------------------------------------------------


def forward_with_taps__keeps_the_inputs(x, layers, taps):
    """You kept what goes INTO a tapped layer: what comes out of it was asked for. Tapped like this,
    a ReLU shows the values before it."""
    out, kept = np.array(x), {}
    for name, layer in layers.items():
        if name in taps:
            kept[name] = out.copy()
        out = layer.forward(out)
    return out, kept


def forward_with_taps__every_layer_sees_the_picture(x, layers, taps):
    """You handed x to every layer: each layer works on what the one before it hands on."""
    out, kept = np.array(x), {}
    for name, layer in layers.items():
        try:
            out = layer.forward(np.array(x))
        except (ValueError, IndexError):  # another number of dimensions
            out = np.array(x)
        if name in taps:
            kept[name] = out.copy()
    return out, kept


def forward_with_taps__only_tapped_layers(x, layers, taps):
    """You ran the tapped layers only: all layers run, and taps says of which the output is kept."""
    out, kept = np.array(x), {}
    for name, layer in layers.items():
        if name in taps:
            out = layer.forward(out)
            kept[name] = out.copy()
    return out, kept


def forward_with_taps__stops_at_the_last_tap(x, layers, taps):
    """You stopped after the last tapped layer: the output of the whole network was asked for, too.
    It takes all layers."""
    out, kept = np.array(x), {}
    for name, layer in layers.items():
        if len(kept) == len(set(taps)):
            break
        out = layer.forward(out)
        if name in taps:
            kept[name] = out.copy()
    return out, kept


def forward_with_taps__alphabetical(x, layers, taps):
    """You ran the layers in the order of their names: they run in the order of the dict."""
    out, kept = np.array(x), {}
    for name in sorted(layers):
        try:
            out = layers[name].forward(out)
        except (ValueError, IndexError):
            pass
        if name in taps:
            kept[name] = out.copy()
    return out, kept


def forward_with_taps__keeps_everything(x, layers, taps):
    """You kept the output of every layer: only those in taps were asked for. In a deep network the
    others would cost much memory."""
    out, _ = right.forward_with_taps(np.array(x), layers, taps)
    return out, right.forward_with_taps(x, layers, list(layers))[1]


def forward_with_taps__leaves_out_the_last_layer(x, layers, taps):
    """You never kept the last layer's output: it may be tapped like any other."""
    out, kept = right.forward_with_taps(x, layers, taps)
    kept.pop(list(layers)[-1], None)
    return out, kept


def forward_with_taps__exchanges_the_two(x, layers, taps):
    """You returned what is kept first, and then the output: the output comes first."""
    return right.forward_with_taps(x, layers, taps)[::-1]


def forward_with_taps__keeps_a_list(x, layers, taps):
    """You kept the outputs in a list: a dict from the name of the layer to its output was asked
    for."""
    out, kept = right.forward_with_taps(x, layers, taps)
    return out, list(kept.values())


def forward_with_taps__kept_by_number(x, layers, taps):
    """You kept the outputs under numbers: under the names of their layers was asked for."""
    out, kept = right.forward_with_taps(x, layers, taps)
    return out, {list(layers).index(name): value for name, value in kept.items()}


def forward_with_taps__only_the_output(x, layers, taps):
    """You returned the output alone: what the tapped layers hand on belongs to the result."""
    return right.forward_with_taps(x, layers, taps)[0]


def forward_with_taps__only_what_is_kept(x, layers, taps):
    """You returned what is kept alone: the output of the last layer comes with it."""
    return right.forward_with_taps(x, layers, taps)[1]


def forward_with_taps__keeps_no_copies(x, layers, taps):
    """You kept the very array that the next layer gets: a layer that works in place overwrites it.
    What is kept are copies."""
    out, kept = np.array(x), {}
    for name, layer in layers.items():
        out = layer.forward(out)
        if name in taps:
            kept[name] = out
    return out, kept


def forward_with_taps__hands_over_x_itself(x, layers, taps):
    """You handed x itself to the first layer: one that works in place changes it. Hand over a copy,
    so that x stays as it was."""
    out, kept = x, {}
    for name, layer in layers.items():
        out = layer.forward(out)
        if name in taps:
            kept[name] = out.copy()
    return out, kept


def forward_with_taps__no_copies_at_all(x, layers, taps):
    """You copied nothing: a layer that works in place changes x, and overwrites what you kept."""
    out, kept = x, {}
    for name, layer in layers.items():
        out = layer.forward(out)
        if name in taps:
            kept[name] = out
    return out, kept


def forward_with_taps__runs_anew_for_every_tap(x, layers, taps):
    """You ran the network anew for every tap: one run passes all layers. Each of them runs once."""
    kept = {}
    for tap in taps:
        out = np.array(x)
        for name, layer in layers.items():
            out = layer.forward(out)
            if name == tap:
                kept[tap] = out.copy()
                break
    return right.forward_with_taps(x, layers, ())[0], kept


def forward_with_taps__runs_tapped_layers_twice(x, layers, taps):
    """You ran a tapped layer twice, once to keep its output and once to go on: every layer runs
    once."""
    out, kept = np.array(x), {}
    for name, layer in layers.items():
        if name in taps:
            kept[name] = layer.forward(out.copy()).copy()
        out = layer.forward(out)
    return out, kept


# -- activation_grid ------------------------------------------------------------------------------


def _grid(maps, pad, own=None, cols=None, rows=None, place=None, gutter=255, rest=255, paint=None):
    """`right.activation_grid` with one thing done differently."""
    count, height, width = maps.shape
    cols = cols or int(np.ceil(np.sqrt(count)))
    rows = rows or -(-count // cols)
    own = own or _own_scale
    place = place or (lambda k: divmod(k, cols))
    paint = paint or (lambda plane: np.rint(255 * plane))
    shape = (rows * (height + pad) - pad, cols * (width + pad) - pad)
    grid = np.full(shape, gutter, np.uint8)
    panels = {place(k): paint(own(plane)) for k, plane in enumerate(maps.astype(float))}
    for r, c in np.ndindex(rows, cols):
        top, left = r * (height + pad), c * (width + pad)
        panel = panels.get((r, c), rest)
        grid[top : top + height, left : left + width] = panel
    return grid


def _own_scale(plane):
    low, high = plane.min(), plane.max()
    return (plane - low) / (high - low) if high > low else 0 * plane


def activation_grid__one_scale(maps, pad=1):
    """You put all channels on one scale: each was to have its own, from its smallest to its largest
    value."""
    low, high = float(maps.min()), float(maps.max())
    scale = max(high - low, 1e-300)
    return _grid(maps, pad, own=lambda plane: (plane - low) / scale if high > low else 0 * plane)


def activation_grid__divides_by_the_largest(maps, pad=1):
    """You divided by the largest value only: the smallest value of a channel becomes 0, so it is
    taken away first."""

    def own(plane):
        high = plane.max()
        return np.clip(plane / high, 0, 1) if high > 0 and np.ptp(plane) > 0 else 0 * plane

    return _grid(maps, pad, own=own)


def activation_grid__divides_by_the_largest_size(maps, pad=1):
    """You divided the sizes of the values by the largest of them: a channel's smallest value
    becomes 0, its largest 255."""

    def own(plane):
        high = np.abs(plane).max()
        return np.abs(plane) / high if high > 0 and np.ptp(plane) > 0 else 0 * plane

    return _grid(maps, pad, own=own)


def activation_grid__cuts_at_zero(maps, pad=1):
    """You made negative values 0 before scaling: maps may be taken before a ReLU, and the smallest
    value becomes 0, whatever it is."""
    return _grid(maps, pad, own=lambda plane: _own_scale(np.maximum(plane, 0)))


def activation_grid__cuts_off(maps, pad=1):
    """You cut the fractions off, as a change to uint8 does: round to the nearest whole number
    first."""
    return _grid(maps, pad, paint=lambda plane: np.floor(255 * plane + 1e-9))


def activation_grid__up_to_256(maps, pad=1):
    """You multiplied by 256: the largest value becomes 255, the largest number that uint8 holds."""
    return _grid(maps, pad, paint=lambda plane: np.minimum(np.rint(256 * plane), 255))


def activation_grid__from_zero_to_one(maps, pad=1):
    """You left the values between 0 and 1: as uint8 nearly all of them are 0. The largest becomes
    255."""
    return _grid(maps, pad, paint=np.rint)


def activation_grid__upside_down(maps, pad=1):
    """You made strong answers dark: a channel's largest value becomes 255, its smallest 0."""
    return _grid(
        maps, pad, own=lambda plane: 1 - _own_scale(plane) if np.ptp(plane) > 0 else 0 * plane
    )


def activation_grid__column_by_column(maps, pad=1):
    """You filled the grid column by column: the channels go row by row."""
    count = len(maps)
    cols = int(np.ceil(np.sqrt(count)))
    rows = -(-count // cols)
    return _grid(maps, pad, place=lambda k: (k % rows, k // rows))


def activation_grid__tall(maps, pad=1):
    """You exchanged the numbers of rows and columns, or rounded the root of C to the nearest: it is
    rounded up, and that is the number of columns."""
    rows = int(np.ceil(np.sqrt(len(maps))))
    return _grid(maps, pad, rows=rows, cols=-(-len(maps) // rows))


def activation_grid__rounds_the_root_down(maps, pad=1):
    """You rounded the root of C down: it is rounded up, so that the grid is no higher than wide."""
    return _grid(maps, pad, cols=int(np.sqrt(len(maps))))


def activation_grid__drops_what_is_left(maps, pad=1):
    """You dropped the channels that do not fill a square: the root of C is rounded up, and the last
    row may have places left over."""
    side = int(np.sqrt(len(maps)))
    return right.activation_grid(maps[: side * side], pad)


def activation_grid__square(maps, pad=1):
    """You made the grid as high as it is wide: there are only as many rows as the channels need."""
    side = int(np.ceil(np.sqrt(len(maps))))
    return _grid(maps, pad, rows=side, cols=side)


def activation_grid__in_one_row(maps, pad=1):
    """You put all channels into one row: the grid is about as high as it is wide."""
    return _grid(maps, pad, cols=len(maps))


def activation_grid__ignores_pad(maps, pad=1):
    """You left no room between the panels: there are ``pad`` white rows and columns."""
    return right.activation_grid(maps, 0)


def activation_grid__always_one(maps, pad=1):
    """You left one row and column between the panels, whatever was asked for: ``pad`` says how
    many."""
    return right.activation_grid(maps, 1)


def activation_grid__framed(maps, pad=1):
    """You put white around the outside too: it belongs between neighbouring panels only."""
    return np.pad(right.activation_grid(maps, pad), pad, constant_values=255)


def activation_grid__trailing_white(maps, pad=1):
    """You put white after every panel, the last ones too: it belongs between neighbours only, none
    at the right and at the bottom."""
    return np.pad(right.activation_grid(maps, pad), ((0, pad),) * 2, constant_values=255)


def activation_grid__black_between(maps, pad=1):
    """You made what lies between the panels black: white was asked for, so that a channel of
    equal values stands out."""
    return _grid(maps, pad, gutter=0)


def activation_grid__black_leftovers(maps, pad=1):
    """You left the places without a channel black: they are white. A black panel is a channel of
    equal values."""
    return _grid(maps, pad, rest=0)


def activation_grid__all_black(maps, pad=1):
    """You started from a black picture: what lies between the panels and the places left over are
    white."""
    return _grid(maps, pad, gutter=0, rest=0)


def activation_grid__transposes(maps, pad=1):
    """You exchanged rows and columns: rows come first, in the panels as in the grid."""
    return right.activation_grid(maps, pad).T


def activation_grid__divides_by_zero(maps, pad=1):
    """You divided by the range of a channel without looking whether it is 0: that gives NaN, which
    uint8 cannot hold, and a warning."""

    def own(plane):
        return (plane - plane.min()) / (plane.max() - plane.min())

    return _grid(maps, pad, own=own)


def activation_grid__dead_is_white(maps, pad=1):
    """You made channels of equal values white: they become 0. White is what lies between."""
    return _grid(
        maps, pad, own=lambda plane: _own_scale(plane) if np.ptp(plane) > 0 else plane * 0 + 1
    )


def activation_grid__dead_keeps_its_value(maps, pad=1):
    """You left a channel of equal values unscaled: it becomes 0, whatever its value is."""
    return _grid(
        maps,
        pad,
        own=lambda p: _own_scale(p) if np.ptp(p) > 0 else p / 255,
        paint=lambda plane: np.rint(255 * plane).astype(np.int64).astype(np.uint8),
    )


def activation_grid__adds_epsilon(maps, pad=1):
    """You added a small number to the range of a channel: beside a tiny range it is not small, and
    the largest value stays below 255. Look at a range of 0 on its own."""
    return _grid(maps, pad, own=lambda p: (p - p.min()) / (np.ptp(p) + 1e-8))


def activation_grid__floats(maps, pad=1):
    """You returned floats: uint8 was asked for, the type of a picture with values from 0 to 255."""
    return right.activation_grid(maps, pad).astype(np.float64)


# -- response_grad --------------------------------------------------------------------------------


def _answers(x, w):
    """The convolution, (N, out_h, out_w)."""
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[1:], axis=(2, 3))
    return np.einsum("ncijuv,cuv->nij", windows, w)


def _spread(share, x, w, meet=np.add):
    """Send what each place hands on back to the pixels of its window."""
    grad = np.zeros(x.shape)
    out_h, out_w = share.shape[1:]
    for u, v in np.ndindex(w.shape[1:]):
        here = grad[:, :, u : u + out_h, v : v + out_w]
        here[...] = meet(here, share[:, None] * w[:, u, v, None, None])
    return grad


def _share(x, w):
    answers = _answers(x, w)
    return (answers > 0) / answers[0].size


def response_grad__without_relu(x, w):
    """You left ReLU out: where the convolution gives a negative number the answer is 0, and stays 0
    for a small change, so no gradient passes."""
    answers = _answers(x, w)
    return _spread(np.ones(answers.shape) / answers[0].size, x, w)


def response_grad__passes_at_zero(x, w):
    """You let the gradient pass where the convolution gives exactly 0: here it passes only above
    0."""
    answers = _answers(x, w)
    return _spread((answers >= 0) / answers[0].size, x, w)


def response_grad__sums(x, w):
    """You took the gradient of the sum over the places: the answer is their mean."""
    return _spread(_answers(x, w) > 0, x, w)


def response_grad__mean_of_the_active(x, w):
    """You divided by the number of places that answer: the mean is over all places of the output,
    the silent ones too."""
    active = _answers(x, w) > 0
    return _spread(active / np.maximum(active.sum(axis=(1, 2), keepdims=True), 1), x, w)


def response_grad__divides_by_the_pixels(x, w):
    """You divided by the number of pixels of the picture: the mean is over the places of the
    output, of which there are fewer."""
    return _spread((_answers(x, w) > 0) / (x.shape[2] * x.shape[3]), x, w)


def response_grad__divides_by_the_filter(x, w):
    """You divided by the number of weights of the filter: the mean is over the places of the
    output, however large the filter is."""
    return _spread((_answers(x, w) > 0) / w[0].size, x, w)


def response_grad__mean_over_pictures(x, w):
    """You divided by the number of pictures, too: the gradient is that of each picture's own
    answer."""
    return right.response_grad(x, w) / len(x)


def response_grad__mean_over_channels(x, w):
    """You divided by the number of channels, too: what the channels give at a place is added up,
    and the mean is over the places."""
    return right.response_grad(x, w) / len(w)


def response_grad__relu_of_the_mean(x, w):
    """You took ReLU of the mean: it acts at every place, before the mean is taken."""
    answers = _answers(x, w)
    gate = answers.mean(axis=(1, 2), keepdims=True) > 0
    return _spread(np.broadcast_to(gate, answers.shape) / answers[0].size, x, w)


def response_grad__pads_the_picture(x, w):
    """You padded the picture: the convolution is valid, and the filter stays inside."""
    frame = [((k - 1) // 2, k // 2) for k in w.shape[1:]]
    grad = right.response_grad(np.pad(x, ((0, 0), (0, 0), *frame)), w)
    (top, _), (left, _) = frame
    return grad[:, :, top : top + x.shape[2], left : left + x.shape[3]].copy()


def response_grad__descends(x, w):
    """You returned the gradient with the other sign: it points to where the answer falls."""
    return -right.response_grad(x, w)


def response_grad__flips_the_kernel(x, w):
    """You flipped the kernel on the way back: a place hands to each pixel of its window the weight
    that this pixel was multiplied by."""
    return _spread(_share(x, w), x, w[:, ::-1, ::-1])


def response_grad__convolves_with_flipped(x, w):
    """You flipped the kernel when you convolved: it is laid on the picture as it stands."""
    flipped = w[:, ::-1, ::-1]
    return _spread(_share(x, flipped), x, flipped)


def response_grad__times_the_answer(x, w):
    """You multiplied by the answer: the slope of ReLU is 1 wherever it is above 0, however strong
    the answer is."""
    answers = np.maximum(_answers(x, w), 0)
    return _spread(answers / answers[0].size, x, w)


def response_grad__gates_the_pixels(x, w):
    """You let the gradient through where the PIXEL is positive: ReLU stands after the convolution
    and looks at its output."""
    answers = _answers(x, w)
    return _spread(np.ones(answers.shape) / answers[0].size, x, w) * (x > 0)


def response_grad__gates_the_pixels_too(x, w):
    """You set the gradient to 0 where a pixel is not positive: ReLU looks at the answers alone. A
    dark pixel has a gradient like any other."""
    return right.response_grad(x, w) * (x > 0)


def response_grad__keeps_what_is_positive(x, w):
    """You set negative gradients to 0: ReLU acts on the output of the convolution, not on the
    gradient by the pixels."""
    return np.maximum(right.response_grad(x, w), 0)


def response_grad__overwrites(x, w):
    """You overwrote what a pixel had already got: it lies in several windows, and what they hand
    back adds up."""
    share = _share(x, w)
    return _spread(share, x, w, meet=lambda before, new: np.where(new != 0, new, before))


def response_grad__normalises(x, w):
    """You divided the gradient by its length: that is the next function's work. Here the gradient
    as it is was asked for."""
    grad = right.response_grad(x, w)
    length = np.sqrt((grad**2).sum(axis=(1, 2, 3), keepdims=True))
    return grad / np.where(length > 0, length, 1)


def response_grad__by_the_filter(x, w):
    """You returned the gradient by the filter, as for training: by the picture was asked for. It
    has the shape of x."""
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[1:], axis=(2, 3))
    return np.einsum("nij,ncijuv->ncuv", _share(x, w), windows)


def response_grad__returns_the_answer(x, w):
    """You returned the answers of the filter: their gradient by the picture was asked for."""
    return np.maximum(_answers(x, w), 0).mean(axis=(1, 2))


def response_grad__channels_alone(x, w):
    """You gave each channel a ReLU of its own: the products of all channels are added up before it,
    to one number for every place."""
    parts = [right.response_grad(x[:, c : c + 1], w[c : c + 1]) for c in range(x.shape[1])]
    return np.concatenate(parts, axis=1)


def response_grad__one_kernel_for_all_channels(x, w):
    """You sent the first kernel back into every channel: each channel has a kernel of its own."""
    return _spread(_share(x, w), x, np.repeat(w[:1], len(w), axis=0))


def response_grad__only_first_picture(x, w):
    """You worked on the first picture only: x holds N pictures."""
    return right.response_grad(x[:1], w)


def response_grad__first_picture_for_all(x, w):
    """You gave every picture the gradient of the first: each has places of its own that answer."""
    return np.repeat(right.response_grad(x, w)[:1], len(x), axis=0)


# -- gradient_ascent ------------------------------------------------------------------------------


def _picture_norm(grad):
    return np.sqrt((grad**2).sum(axis=tuple(range(1, grad.ndim)), keepdims=True))


def _climb(x0, grad_fn, steps, lr, size=_picture_norm, move=None, at=None, after=None):
    """`right.gradient_ascent` with one thing done differently."""
    x = x0 = np.array(x0, float)
    for k in range(steps):
        grad = np.asarray(grad_fn(x if at is None else at(x0, x)))
        length = np.asarray(size(grad))
        step = lr * grad / np.where(length > 0, length, 1)
        x = x + (step if move is None else move(step, grad, k))
        x = x if after is None else after(x)
    return x


def gradient_ascent__descends(x0, grad_fn, steps, lr):
    """You went downhill: the gradient points to where the response grows, and it is added. Training
    subtracts it, because there a loss is to fall."""
    return _climb(x0, grad_fn, steps, lr, move=lambda step, grad, k: -step)


def gradient_ascent__unnormalised(x0, grad_fn, steps, lr):
    """You added lr times the gradient as it is: divided by its length, so that every step is lr
    long, was asked for."""
    return _climb(x0, grad_fn, steps, lr, size=lambda grad: 1.0)


def gradient_ascent__trains(x0, grad_fn, steps, lr):
    """You did what training does: subtracted lr times the gradient as it is. Here the response is
    to grow, so the gradient is added, and divided by its length."""
    return _climb(x0, grad_fn, steps, lr, size=lambda grad: 1.0, move=lambda step, grad, k: -step)


def gradient_ascent__by_the_sum(x0, grad_fn, steps, lr):
    """You divided by the sum of the sizes of the gradient: its length is the root of the sum of
    squares."""
    axes = tuple(range(1, x0.ndim))
    return _climb(x0, grad_fn, steps, lr, size=lambda g: np.abs(g).sum(axis=axes, keepdims=True))


def gradient_ascent__by_the_largest(x0, grad_fn, steps, lr):
    """You divided by the largest value of the gradient: its length is the root of the sum of
    squares."""
    axes = tuple(range(1, x0.ndim))
    return _climb(x0, grad_fn, steps, lr, size=lambda g: np.abs(g).max(axis=axes, keepdims=True))


def gradient_ascent__by_the_mean_square(x0, grad_fn, steps, lr):
    """You divided by the root of the MEAN of squares: the length is the root of their sum, whatever
    the number of pixels."""
    axes = tuple(range(1, x0.ndim))
    return _climb(
        x0, grad_fn, steps, lr, size=lambda g: np.sqrt((g**2).mean(axis=axes, keepdims=True))
    )


def gradient_ascent__by_the_deviation(x0, grad_fn, steps, lr):
    """You divided by the standard deviation of the gradient: its length was asked for, the root of
    the sum of squares."""
    axes = tuple(range(1, x0.ndim))
    return _climb(x0, grad_fn, steps, lr, size=lambda g: g.std(axis=axes, keepdims=True))


def gradient_ascent__by_the_square(x0, grad_fn, steps, lr):
    """You divided by the sum of squares: the length is its root."""
    return _climb(x0, grad_fn, steps, lr, size=lambda g: _picture_norm(g) ** 2)


def gradient_ascent__one_length_for_all(x0, grad_fn, steps, lr):
    """You divided by one length for all pictures together: each picture has a gradient of its own,
    with a length of its own."""
    return _climb(x0, grad_fn, steps, lr, size=lambda g: np.sqrt((g**2).sum()))


def gradient_ascent__length_along_the_last_axis(x0, grad_fn, steps, lr):
    """You took a length for every row of a picture: there is one for the whole picture, over all
    axes but the first."""
    return _climb(
        x0, grad_fn, steps, lr, size=lambda g: np.sqrt((g**2).sum(axis=-1, keepdims=True))
    )


def gradient_ascent__a_length_per_channel(x0, grad_fn, steps, lr):
    """You took a length for every channel: a picture has one, over its channels, rows and columns
    together."""
    axes = tuple(range(2, x0.ndim)) or 1
    return _climb(
        x0, grad_fn, steps, lr, size=lambda g: np.sqrt((g**2).sum(axis=axes, keepdims=True))
    )


def gradient_ascent__only_the_sign(x0, grad_fn, steps, lr):
    """You kept only the sign of the gradient: how steep it is in each direction counts, too."""
    return _climb(x0, grad_fn, steps, lr, move=lambda step, grad, k: lr * np.sign(grad))


def gradient_ascent__only_up(x0, grad_fn, steps, lr):
    """You took the gradient without its sign: a pixel whose gradient is negative must become
    darker."""
    return _climb(x0, grad_fn, steps, lr, move=lambda step, grad, k: np.abs(step))


def gradient_ascent__stale_gradient(x0, grad_fn, steps, lr):
    """You used the gradient of the start for every step: ask for it anew, where the pictures are
    now."""
    return _climb(x0, grad_fn, steps, lr, at=lambda start, x: start)


def gradient_ascent__one_step_more(x0, grad_fn, steps, lr):
    """You took one step more than was asked for."""
    return right.gradient_ascent(x0, grad_fn, steps + 1, lr)


def gradient_ascent__one_step_less(x0, grad_fn, steps, lr):
    """You took one step less than was asked for."""
    return right.gradient_ascent(x0, grad_fn, max(steps - 1, 0), lr)


def gradient_ascent__slows_down(x0, grad_fn, steps, lr):
    """You made the steps shorter and shorter: each of them is lr long."""
    return _climb(x0, grad_fn, steps, lr, move=lambda step, grad, k: step / (k + 1))


def gradient_ascent__clips(x0, grad_fn, steps, lr):
    """You kept the values from 0 to 1: nothing of that kind was asked for, and not every picture
    has this range."""
    return _climb(x0, grad_fn, steps, lr, after=lambda x: np.clip(x, 0, 1))


def gradient_ascent__normalises_the_picture(x0, grad_fn, steps, lr):
    """You made the pictures 1 long after every step: it is the gradient that is divided by its
    length."""

    def after(x):
        length = _picture_norm(x)
        return x / np.where(length > 0, length, 1)

    return _climb(x0, grad_fn, steps, lr, after=after)


def gradient_ascent__returns_the_change(x0, grad_fn, steps, lr):
    """You returned how much the pictures changed: the pictures themselves were asked for."""
    out = right.gradient_ascent(x0, grad_fn, steps, lr)
    return out - np.array(x0)


def gradient_ascent__returns_all_frames(x0, grad_fn, steps, lr):
    """You returned the pictures after every step: those after the last one were asked for."""
    return [right.gradient_ascent(x0, grad_fn, k + 1, lr) for k in range(steps)]


def gradient_ascent__divides_by_zero(x0, grad_fn, steps, lr):
    """You divided by the length without looking whether it is 0: 0 / 0 is not a number. A picture
    whose gradient is 0 stays where it is."""
    x = np.array(x0)
    for _ in range(steps):
        grad = np.asarray(grad_fn(x))
        x = x + lr * grad / _picture_norm(grad)
    return x


def gradient_ascent__all_stop(x0, grad_fn, steps, lr):
    """You stopped all pictures as soon as one had no gradient: the others go on."""
    x = np.array(x0)
    for _ in range(steps):
        grad = np.asarray(grad_fn(x))
        length = _picture_norm(grad)
        if (length == 0).any():
            break
        x = x + lr * grad / length
    return x


def gradient_ascent__adds_epsilon(x0, grad_fn, steps, lr):
    """You added a small number to the length: beside a tiny gradient it is not small, and the step
    comes out too short. Look at 0 on its own."""
    return _climb(x0, grad_fn, steps, lr, size=lambda g: _picture_norm(g) + 1e-8)


def gradient_ascent__ignores_tiny_gradients(x0, grad_fn, steps, lr):
    """You took a tiny gradient for 0: it has a direction, and its step is as long as any other."""
    return _climb(
        x0,
        grad_fn,
        steps,
        lr,
        move=lambda step, grad, k: np.where(_picture_norm(grad) > 1e-6, step, 0),
    )


# -- grad_cam -------------------------------------------------------------------------------------


def _top_one(cam):
    cam = np.maximum(cam, 0)
    return cam / cam.max() if cam.max() > 0 else cam


def _cam(activations, grads, weights=None, finish=_top_one):
    """`right.grad_cam` with other weights, (C,) or (C, H, W), or another end."""
    weights = grads.mean(axis=(1, 2)) if weights is None else np.asarray(weights)
    weights = weights[:, None, None] if weights.ndim == 1 else weights
    return finish((weights * activations).sum(axis=0))


def grad_cam__without_relu(activations, grads):
    """You left the negative values in: they speak against the class, and the map shows what speaks
    for it. Negative sums become 0."""

    def finish(cam):
        return cam / cam.max() if cam.max() > 0 else 0 * cam

    return _cam(activations, grads, finish=finish)


def grad_cam__drops_the_sign(activations, grads):
    """You dropped the sign of the sum: where it is negative, the channels speak against the class,
    and the map is 0."""
    return _cam(activations, grads, finish=lambda cam: _top_one(np.abs(cam)))


def grad_cam__means_of_sizes(activations, grads):
    """You averaged the sizes of the gradients: their signs count. Gradients that cancel out in the
    mean mean little."""
    return _cam(activations, grads, np.abs(grads).mean(axis=(1, 2)))


def grad_cam__sizes_of_means(activations, grads):
    """You dropped the signs of the weights: a channel with a negative weight speaks against the
    class."""
    return _cam(activations, grads, np.abs(grads.mean(axis=(1, 2))))


def grad_cam__largest_gradient(activations, grads):
    """You took the largest gradient of each channel for its weight: the mean was asked for."""
    return _cam(activations, grads, grads.max(axis=(1, 2)))


def grad_cam__means_of_positive_gradients(activations, grads):
    """You dropped the negative gradients before the mean: all of them count, with their signs."""
    return _cam(activations, grads, np.maximum(grads, 0).mean(axis=(1, 2)))


def grad_cam__relu_on_the_activations(activations, grads):
    """You set negative activations to 0: ReLU comes after the sum, and nowhere before."""
    return right.grad_cam(np.maximum(activations, 0), grads)


def grad_cam__mean_along_one_axis(activations, grads):
    """You averaged the gradients in one direction only: over rows and columns together each channel
    has one weight."""
    return _cam(activations, grads, np.broadcast_to(grads.mean(1, keepdims=True), grads.shape))


def grad_cam__means_over_channels(activations, grads):
    """You averaged the gradients over the channels, place by place: over the places, channel by
    channel, was asked for. Each channel has one weight."""
    return _cam(activations, grads, np.broadcast_to(grads.mean(axis=0), grads.shape))


def grad_cam__place_by_place(activations, grads):
    """You multiplied activations and gradients place by place: each channel has one weight, the
    mean of its gradient."""
    return _cam(activations, grads, grads)


def grad_cam__no_weights(activations, grads):
    """You added the activations up without weights: what speaks against the class counts as much.
    The gradients say which channels matter, and which way."""
    return _cam(activations, grads, np.ones(len(grads)))


def grad_cam__exchanges_roles(activations, grads):
    """You exchanged the two: the gradients give the weights, and the activations are what is
    weighted and added up."""
    return right.grad_cam(grads, activations)


def grad_cam__relu_on_the_weights(activations, grads):
    """You set negative weights to 0: channels that speak against the class are to be subtracted.
    ReLU comes after the sum."""
    return _cam(activations, grads, np.maximum(grads.mean(axis=(1, 2)), 0))


def grad_cam__relu_on_every_channel(activations, grads):
    """You set the negative parts of every channel to 0 before adding up: what speaks against the
    class is to be subtracted. ReLU comes after the sum."""
    weights = grads.mean(axis=(1, 2))[:, None, None]

    def finish(cam):
        return _top_one(np.maximum(weights * activations, 0).sum(axis=0))

    return _cam(activations, grads, finish=finish)


def grad_cam__weights_made_to_sum_to_one(activations, grads):
    """You put the weights through a softmax: they are the means of the gradients as they are, with
    their signs."""
    weights = np.exp(grads.mean(axis=(1, 2)) - grads.mean(axis=(1, 2)).max())
    return _cam(activations, grads, weights / weights.sum())


def grad_cam__stretches(activations, grads):
    """You stretched the map from its smallest to its largest value: it is divided by the largest
    one only, so that 0 stays 0."""

    def finish(cam):
        cam = np.maximum(cam, 0)
        cam = cam - cam.min()
        return cam / cam.max() if cam.max() > 0 else cam

    return _cam(activations, grads, finish=finish)


def grad_cam__stretches_before_relu(activations, grads):
    """You stretched the sum from its smallest to its largest value: what is negative becomes 0
    first, then the map is divided by its largest value."""

    def finish(cam):
        cam = cam - cam.min()
        return cam / cam.max() if cam.max() > 0 else cam

    return _cam(activations, grads, finish=finish)


def grad_cam__divides_by_the_sum(activations, grads):
    """You divided by the sum of the map: by its largest value was asked for, so that this becomes
    1."""

    def finish(cam):
        cam = np.maximum(cam, 0)
        return cam / cam.sum() if cam.sum() > 0 else cam

    return _cam(activations, grads, finish=finish)


def grad_cam__unscaled(activations, grads):
    """You did not divide by the largest value of the map: the map goes from 0 to 1."""
    return _cam(activations, grads, finish=lambda cam: np.maximum(cam, 0))


def grad_cam__divides_by_the_largest_size(activations, grads):
    """You divided by the largest size of a sum, be it negative: the map is divided by its own
    largest value, after ReLU, and that becomes 1."""

    def finish(cam):
        size = np.abs(cam).max()
        return np.maximum(cam, 0) / size if size > 0 else 0 * cam

    return _cam(activations, grads, finish=finish)


def grad_cam__adds_epsilon(activations, grads):
    """You added a small number to the largest value: in a map of tiny values it is not small, and
    the largest stays below 1. Look at 0 on its own."""

    def finish(cam):
        cam = np.maximum(cam, 0)
        return cam / (cam.max() + 1e-8)

    return _cam(activations, grads, finish=finish)


def grad_cam__divides_by_zero(activations, grads):
    """You divided by the largest value without looking whether it is 0: 0 / 0 is not a number. A
    map without a positive value stays 0."""

    def finish(cam):
        cam = np.maximum(cam, 0)
        return cam / cam.max()

    return _cam(activations, grads, finish=finish)


def grad_cam__keeps_the_channels(activations, grads):
    """You did not add the channels up: one map was asked for, (H, W)."""
    cam = np.maximum(grads.mean(axis=(1, 2))[:, None, None] * activations, 0)
    return cam / cam.max() if cam.max() > 0 else cam


def grad_cam__only_the_strongest_channel(activations, grads):
    """You took the channel with the largest weight only: all channels are weighted and added
    up."""
    weights = grads.mean(axis=(1, 2))
    best = np.where(np.arange(len(weights)) == weights.argmax(), weights, 0)
    return _cam(activations, grads, best)


# -- grad_cam_by_hand -----------------------------------------------------------------------------


def grad_cam_by_hand__without_relu(mine):
    """These numbers still hold negative ones: they speak against the class, so the map is 0
    there."""
    return grad_cam__without_relu(mine.x[0], mine.grads[0])


def grad_cam_by_hand__drops_the_sign(mine):
    """These numbers come out if the sign of the sum is dropped: where it is negative, the map is
    0."""
    return grad_cam__drops_the_sign(mine.x[0], mine.grads[0])


def grad_cam_by_hand__sizes_of_means(mine):
    """These numbers come out if the weights lose their signs: the mean of a channel's gradient can
    be negative, and then it counts so."""
    return grad_cam__sizes_of_means(mine.x[0], mine.grads[0])


def grad_cam_by_hand__means_of_sizes(mine):
    """These numbers come out from the mean sizes of the gradients: take the mean with all signs."""
    return grad_cam__means_of_sizes(mine.x[0], mine.grads[0])


def grad_cam_by_hand__largest_gradient(mine):
    """These numbers come out if a channel's largest gradient is its weight: it is the mean."""
    return grad_cam__largest_gradient(mine.x[0], mine.grads[0])


def grad_cam_by_hand__place_by_place(mine):
    """These numbers come out if activations and gradients are multiplied place by place: each
    channel has one weight."""
    return grad_cam__place_by_place(mine.x[0], mine.grads[0])


def grad_cam_by_hand__means_over_channels(mine):
    """These numbers come out if the gradients are averaged over the channels: average over the
    places, one weight for each channel."""
    return grad_cam__means_over_channels(mine.x[0], mine.grads[0])


def grad_cam_by_hand__no_weights(mine):
    """These numbers come out without weights: each channel counts with the mean of its gradient."""
    return grad_cam__no_weights(mine.x[0], mine.grads[0])


def grad_cam_by_hand__exchanges_roles(mine):
    """These numbers come out if the two change roles: the gradients give the weights, and the
    activations are weighted."""
    return grad_cam__exchanges_roles(mine.x[0], mine.grads[0])


def grad_cam_by_hand__relu_on_the_weights(mine):
    """These numbers come out if negative weights are set to 0: ReLU comes after the sum."""
    return grad_cam__relu_on_the_weights(mine.x[0], mine.grads[0])


def grad_cam_by_hand__stretches_before_relu(mine):
    """These numbers come out if the sum is stretched from its smallest to its largest value:
    negative ones become 0, then divide by the largest."""
    return grad_cam__stretches_before_relu(mine.x[0], mine.grads[0])


def grad_cam_by_hand__divides_by_the_sum(mine):
    """These numbers add up to 1: the largest of them should be 1."""
    return grad_cam__divides_by_the_sum(mine.x[0], mine.grads[0])


def grad_cam_by_hand__unscaled(mine):
    """These numbers are right but for the last step: divide by the largest of them."""
    return grad_cam__unscaled(mine.x[0], mine.grads[0])


def grad_cam_by_hand__transposes(mine):
    """These numbers stand in exchanged places: rows are rows of the picture."""
    return right.grad_cam_by_hand(mine).T


# -- upsample_bilinear ----------------------------------------------------------------------------


def _pair(size):
    return (size, size) if np.ndim(size) == 0 else tuple(size)


def _bilinear(map, size, at, beyond=None):
    """Interpolation at other places: ``at(new, old)`` gives them, counted in old rows."""
    for new in _pair(size):
        old = len(map)
        places = at(new, old)
        matrix = np.clip(1 - np.abs(places[:, None] - np.arange(old)), 0, None)
        if beyond == "line" and old > 1:
            low, high = places < 0, places > old - 1
            matrix[low], matrix[high] = 0, 0
            matrix[low, 0], matrix[low, 1] = 1 - places[low], places[low]
            over = places[high] - (old - 1)
            matrix[high, -1], matrix[high, -2] = 1 + over, -over
        map = (matrix @ map).T
    return map


def _centres(new, old):
    return (np.arange(new) + 0.5) * old / new - 0.5


def _clamped(new, old):
    return np.clip(_centres(new, old), 0, old - 1)


def upsample_bilinear__nearest(map, size):
    """You took the nearest value, which gives blocks: between two values the new one lies between
    them."""
    return _bilinear(map, size, lambda new, old: np.floor(_clamped(new, old) + 0.5))


def upsample_bilinear__blocks_from_the_start(map, size):
    """You repeated values, which gives blocks: between two values the new one lies between them."""
    return _bilinear(map, size, lambda new, old: np.floor(np.arange(new) * old / new))


def upsample_bilinear__aligns_corners(map, size):
    """You laid first on first and last on last value: here the two grids cover the same square of
    paper, with values in the middle of their cells."""
    return _bilinear(map, size, lambda new, old: np.linspace(0, old - 1, new))


def upsample_bilinear__without_half_pixels(map, size):
    """You put values at the upper left of their cells, which moves the map by up to half a cell:
    they stand in the middle."""
    return _bilinear(map, size, lambda new, old: np.clip(np.arange(new) * old / new, 0, old - 1))


def upsample_bilinear__half_a_pixel_off(map, size):
    """You added the half pixel and did not take it away again: the middle of old row 0 is at 0, not
    at 0.5."""
    return _bilinear(
        map, size, lambda new, old: np.clip((np.arange(new) + 0.5) * old / new, 0, old - 1)
    )


def upsample_bilinear__goes_on_in_a_line(map, size):
    """You went on in a straight line beyond the outermost values: there the map goes on with the
    value at the edge."""
    return _bilinear(map, size, _centres, beyond="line")


def _from_two(map, size, below, share):
    """Between the values at two indices, of which the first and the share are found like this."""
    for new in _pair(size):
        old = len(map)
        at = _centres(new, old)
        first, near = below(at), share(at)[:, None]
        lower = np.clip(first, 0, old - 1)
        map = ((1 - near) * map[lower] + near * map[np.minimum(lower + 1, old - 1)]).T
    return map


def upsample_bilinear__cuts_before_the_first(map, size):
    """You went on in a line before the first value: cut to a whole number, −0.25 becomes 0, and its
    share is negative. Keep the place between first and last."""
    return _from_two(map, size, lambda at: at.astype(int), lambda at: at - at.astype(int))


def upsample_bilinear__clips_the_index_only(map, size):
    """You kept the index inside the map, but not the place: at −0.25 the share is still 0.75, and
    of the wrong neighbour."""
    return _from_two(map, size, lambda at: np.floor(at).astype(int), lambda at: at - np.floor(at))


def upsample_bilinear__zeros_beyond(map, size):
    """You let the map fall to 0 beyond the outermost values: there it goes on with the value at the
    edge."""
    return _bilinear(map, size, _centres)


def upsample_bilinear__wraps_around(map, size):
    """You let the last value be the neighbour of the first: beyond an edge, the map goes on with
    the value at that edge."""
    for new in _pair(size):
        old = len(map)
        at = _centres(new, old)
        below = np.floor(at).astype(int)
        near = (at - below)[:, None]
        map = ((1 - near) * map[below % old] + near * map[(below + 1) % old]).T
    return map


def upsample_bilinear__smooth_steps(map, size):
    """You went from one value to the next in a smooth step: in a straight line was asked for."""

    def at(new, old):
        places = _clamped(new, old)
        below = np.floor(places)
        near = places - below
        return below + near * near * (3 - 2 * near)

    return _bilinear(map, size, at)


def upsample_bilinear__swaps_the_pair(map, size):
    """You took the size as (columns, rows): the first number is the height."""
    return right.upsample_bilinear(map, _pair(size)[::-1])


def upsample_bilinear__first_for_both(map, size):
    """You used the first number of the size for height and width: the second is the width."""
    return right.upsample_bilinear(map, _pair(size)[0])


def upsample_bilinear__one_factor_for_both(map, size):
    """You enlarged rows and columns by the same factor: each has its own."""
    ratio = map.shape[0] / _pair(size)[0]

    def at(new, old):
        return np.clip((np.arange(new) + 0.5) * ratio - 0.5, 0, old - 1)

    return _bilinear(map, size, at)


def upsample_bilinear__rows_only(map, size):
    """You interpolated along the columns of the map only, and repeated values along its rows: both
    directions were asked for."""
    height, width = _pair(size)
    tall = right.upsample_bilinear(map, (height, np.shape(map)[-1]))
    return tall[:, np.arange(width) * map.shape[1] // width]


def upsample_bilinear__transposes(map, size):
    """You returned the map with rows and columns exchanged."""
    return right.upsample_bilinear(map, size).T


def upsample_bilinear__scales(map, size):
    """You changed the values of the map so that its largest is 1: only its size was to change."""
    out = right.upsample_bilinear(map, size)
    return out / np.abs(out).max() if np.abs(out).max() > 0 else out


def upsample_bilinear__factor_for_size(map, size):
    """You took size for a factor: it is the new height and width themselves."""
    height, width = _pair(size)
    return right.upsample_bilinear(map, (height * map.shape[0], width * map.shape[1]))


# -- overlay --------------------------------------------------------------------------------------

ORANGE = np.array([1.0, 0.5, 0.0])


def _laid(picture, map, alpha, blend):
    return blend(picture[..., None], map[..., None])


def overlay__same_everywhere(picture, map, alpha):
    """You covered every pixel with alpha times the colour: where the map is 0, the picture is to
    stay as it is. The map says how much of alpha."""
    return _laid(picture, map, alpha, lambda p, m: (1 - alpha) * p + alpha * m * ORANGE)


def overlay__tints_everything(picture, map, alpha):
    """You covered every pixel with the same share of orange: how much of it depends on the map."""
    return _laid(picture, map, alpha, lambda p, m: (1 - alpha) * p + alpha * ORANGE)


def overlay__adds(picture, map, alpha):
    """You added the orange to the grey: it covers it, so the grey counts less where there is more
    orange."""
    return _laid(picture, map, alpha, lambda p, m: np.clip(p + alpha * m * ORANGE, 0, 1))


def overlay__exchanges_the_shares(picture, map, alpha):
    """You exchanged the two: the higher the map, the more orange and the less grey."""
    return _laid(picture, map, alpha, lambda p, m: alpha * m * p + (1 - alpha * m) * ORANGE)


def overlay__ignores_alpha(picture, map, alpha):
    """You left alpha out: the orange covers at most this much of a pixel."""
    return _laid(picture, map, alpha, lambda p, m: (1 - m) * p + m * ORANGE)


def overlay__alpha_for_orange_only(picture, map, alpha):
    """You used alpha for the orange only: the grey gives way by the same share."""
    return _laid(picture, map, alpha, lambda p, m: (1 - m) * p + alpha * m * ORANGE)


def overlay__blue_first(picture, map, alpha):
    """You put blue first: the order is red, green, blue, and orange has no blue."""
    return right.overlay(picture, map, alpha)[..., ::-1].copy()


def overlay__channels_first(picture, map, alpha):
    """You put the colours first, as our networks do: a picture for the screen is (H, W, 3)."""
    return right.overlay(picture, map, alpha).transpose(2, 0, 1).copy()


def overlay__red(picture, map, alpha):
    """You laid red over it: orange was asked for, which is half of green, too."""
    return _laid(
        picture, map, alpha, lambda p, m: (1 - alpha * m) * p + alpha * m * np.array([1.0, 0, 0])
    )


def overlay__stretches_the_map(picture, map, alpha):
    """You stretched the map so that its largest value is 1: it is used as it is."""
    top = max(float(np.max(map, initial=0)), 1e-300)
    return _laid(
        picture,
        map,
        alpha,
        lambda p, m: (1 - alpha * m / top) * p + alpha * (m / top) * ORANGE,
    )


def overlay__stretches_the_picture(picture, map, alpha):
    """You stretched the picture from 0 to 1: its grey values are used as they are."""
    low, high = float(np.min(picture)), float(np.max(picture))
    grey = (picture - low) / (high - low) if high > low else picture
    return right.overlay(grey, map, alpha)


def overlay__returns_bytes(picture, map, alpha):
    """You returned numbers from 0 to 255: those from 0 to 1 were asked for."""
    return (255 * right.overlay(picture, map, alpha)).astype(np.uint8)
