"""Right solutions to unit 7 in the styles of real students. Each must get full points.

They use only NumPy, and nothing of ours: students may delete the lines of `given`. A docstring
names what is special.
"""

import numpy as np

# -- forward_with_taps ----------------------------------------------------------------------------


def forward_with_taps__set_of_names(x, layers, taps):
    """The set of wanted names."""
    wanted = set(taps)
    activations = {}
    out = x.copy()
    for name in layers:
        out = layers[name].forward(out)
        if name in wanted:
            activations[name] = np.array(out)
    return out, activations


def forward_with_taps__copies_every_input(x, layers, taps):
    """Every layer gets a copy, so that none can spoil what was kept."""
    outputs = {}
    for name, layer in layers.items():
        x = layer.forward(np.copy(x))
        outputs[name] = np.copy(x)
    return x, {tap: outputs[tap] for tap in taps}


def forward_with_taps__by_number(x, layers, taps):
    """Layers by number, and an array made anew for everything that is kept."""
    names = list(layers)
    current, kept = np.array(x, copy=True), {}
    for i in range(len(names)):
        current = layers[names[i]].forward(current)
        if names[i] in list(taps):
            kept[names[i]] = np.array(current, copy=True)
    return (current, kept)


# -- activation_grid ------------------------------------------------------------------------------


def activation_grid__fills_a_canvas(maps, pad=1):
    """Scales all channels at once, then pastes them."""
    low = maps.min(axis=(1, 2), keepdims=True)
    span = maps.max(axis=(1, 2), keepdims=True) - low
    span[span == 0] = 1
    panels = np.round((maps - low) / span * 255)
    n, h, w = panels.shape
    n_cols = int(np.ceil(n**0.5))
    n_rows = (n + n_cols - 1) // n_cols
    canvas = 255 * np.ones((n_rows * h + (n_rows - 1) * pad, n_cols * w + (n_cols - 1) * pad))
    for i in range(n):
        r, c = i // n_cols, i % n_cols
        canvas[r * (h + pad) : r * (h + pad) + h, c * (w + pad) : c * (w + pad) + w] = panels[i]
    return canvas.astype(np.uint8)


def activation_grid__pads_and_reshapes(maps, pad=1):
    """Missing panels are added, all are padded, reshape does the rest, the last frame is cut."""
    c, h, w = maps.shape
    cols = 1
    while cols * cols < c:
        cols += 1
    rows = -(-c // cols)
    panels = np.full((rows * cols, h + pad, w + pad), 255, dtype=np.uint8)
    for k in range(c):
        plane = np.array(maps[k], float) - maps[k].min()
        if plane.max() > 0:
            plane *= 255 / plane.max()
        panels[k, :h, :w] = np.floor(plane + 0.5)
    whole = panels.reshape(rows, cols, h + pad, w + pad).swapaxes(1, 2)
    whole = whole.reshape(rows * (h + pad), cols * (w + pad))
    return whole[: rows * (h + pad) - pad, : cols * (w + pad) - pad]


def activation_grid__stacks_rows(maps, pad=1):
    """Rows of panels by concatenation, with strips of white between."""
    _, h, w = maps.shape
    panels = []
    for plane in maps:
        if np.ptp(plane) == 0:
            panels.append(np.zeros((h, w)))
        else:
            panels.append(np.interp(plane, [plane.min(), plane.max()], [0, 255]))
    cols = int(np.ceil(np.sqrt(len(panels))))
    while len(panels) % cols:
        panels.append(np.full((h, w), 255.0))
    strips = []
    for start in range(0, len(panels), cols):
        strip = panels[start]
        for panel in panels[start + 1 : start + cols]:
            strip = np.hstack([strip, np.full((h, pad), 255.0), panel])
        strips.append(strip)
    grid = strips[0]
    for strip in strips[1:]:
        grid = np.vstack([grid, np.full((pad, grid.shape[1]), 255.0), strip])
    return np.rint(grid).astype(np.uint8)


# -- response_grad --------------------------------------------------------------------------------


def response_grad__plain_loops(x, w):
    """A loop over pictures and places: a place that answers gives its window the filter."""
    x, w = x.astype(float), w.astype(float)
    kh, kw = w.shape[1:]
    rows, cols = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    grad = np.zeros_like(x)
    for n in range(len(x)):
        for i in range(rows):
            for j in range(cols):
                if (x[n, :, i : i + kh, j : j + kw] * w).sum() > 0:
                    grad[n, :, i : i + kh, j : j + kw] += w / (rows * cols)
    return grad


def response_grad__full_correlation(x, w):
    """A transposed convolution: the gate, framed by zeros, convolved with the flipped filter."""
    x, w = x.astype(float), w.astype(float)
    _, kh, kw = w.shape
    view = np.lib.stride_tricks.sliding_window_view
    pre = (view(x, (kh, kw), axis=(2, 3)) * w[:, None, None]).sum(axis=(1, 4, 5))
    gate = np.where(pre > 0, 1.0, 0.0) / pre[0].size
    gate = np.pad(gate, ((0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))
    windows = view(gate, (kh, kw), axis=(1, 2))
    return np.einsum("nijuv,cuv->ncij", windows, w[:, ::-1, ::-1])


def response_grad__by_slices(x, w):
    """Forward and backward with one slice per weight."""
    x, w = np.array(x, float), np.array(w, float)
    channels, kh, kw = w.shape
    oh, ow = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    pre = np.zeros((x.shape[0], oh, ow))
    for c in range(channels):
        for u in range(kh):
            for v in range(kw):
                pre += w[c, u, v] * x[:, c, u : u + oh, v : v + ow]
    dpre = np.zeros_like(pre)
    dpre[pre > 0] = 1 / (oh * ow)
    dx = np.zeros_like(x)
    for c in range(channels):
        for u in range(kh):
            for v in range(kw):
                dx[:, c, u : u + oh, v : v + ow] += w[c, u, v] * dpre
    return dx


# -- gradient_ascent ------------------------------------------------------------------------------


def gradient_ascent__loop_over_pictures(x0, grad_fn, steps, lr):
    """One picture after the other, with np.linalg.norm."""
    x = x0.astype(float)
    for _ in range(steps):
        g = grad_fn(x.copy())
        for i in range(len(x)):
            norm = np.linalg.norm(g[i].ravel())
            if norm != 0:
                x[i] += lr * g[i] / norm
    return x


def gradient_ascent__flattened(x0, grad_fn, steps, lr):
    """Gradients as rows, divided where their norm is positive; a start in floats is changed."""
    x = np.asarray(x0, float)
    for _ in range(steps):
        g = grad_fn(x)
        rows = g.reshape(len(g), -1)
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        unit = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
        x += lr * unit.reshape(x.shape)
    return x


def gradient_ascent__recursive(x0, grad_fn, steps, lr):
    """The first step, then the rest from there."""
    if steps == 0:
        return x0
    x0 = np.asarray(x0, float)
    g = grad_fn(x0)
    norm = np.sqrt(np.sum(np.square(g), axis=tuple(range(1, g.ndim)), keepdims=True))
    norm[norm == 0] = np.inf
    return gradient_ascent__recursive(x0 + g / norm * lr, grad_fn, steps - 1, lr)


# -- grad_cam -------------------------------------------------------------------------------------


def grad_cam__plain_loops(activations, grads):
    """A loop over channels."""
    cam = np.zeros(activations.shape[1:])
    for k in range(len(activations)):
        alpha = grads[k].sum() / grads[k].size
        cam += alpha * activations[k]
    cam[cam < 0] = 0
    top = cam.max()
    if top > 0:
        cam /= top
    return cam


def grad_cam__tensordot(activations, grads):
    """One tensordot, np.where for ReLU, np.divide for the empty map."""
    alpha = np.mean(grads, axis=(-2, -1))
    total = np.tensordot(alpha, activations, axes=1)
    total = np.where(total > 0, total, 0.0)
    return np.divide(total, total.max(), out=np.zeros_like(total), where=total.max() > 0)


def grad_cam__einsum(activations, grads):
    """Pixels as columns: a vector times a matrix. The sum of a gradient is as good as its mean."""
    activations, grads = activations.astype(float), grads.astype(float)
    c, h, w = activations.shape
    weights = grads.reshape(c, h * w).sum(axis=1)
    cam = np.einsum("k,kp->p", weights, activations.reshape(c, h * w)).reshape(h, w).clip(min=0)
    if not cam.any():
        return np.zeros((h, w))
    return cam / cam.max()


def grad_cam_by_hand__nested_lists(mine):
    """Rows of floats, as typed in."""
    return [[float(v) for v in row] for row in grad_cam__plain_loops(mine.x[0], mine.grads[0])]


def grad_cam_by_hand__array(mine):
    """An array."""
    return grad_cam__tensordot(mine.x[0], mine.grads[0])


def grad_cam_by_hand__tuples(mine):
    """Rows as tuples."""
    return tuple(tuple(row.tolist()) for row in grad_cam__einsum(mine.x[0], mine.grads[0]))


# -- upsample_bilinear ----------------------------------------------------------------------------


def upsample_bilinear__plain_loops(map, size):
    """The four neighbours of every new value, with their weights."""
    height, width = (size, size) if np.isscalar(size) else size
    h, w = map.shape
    out = np.zeros((height, width))
    for i in range(height):
        r = min(max((i + 0.5) * h / height - 0.5, 0), h - 1)
        r0 = int(r)
        r1 = min(r0 + 1, h - 1)
        for j in range(width):
            c = min(max((j + 0.5) * w / width - 0.5, 0), w - 1)
            c0 = int(c)
            c1 = min(c0 + 1, w - 1)
            fr, fc = r - r0, c - c0
            out[i, j] = (1 - fr) * ((1 - fc) * map[r0, c0] + fc * map[r0, c1]) + fr * (
                (1 - fc) * map[r1, c0] + fc * map[r1, c1]
            )
    return out


def upsample_bilinear__matrices(map, size):
    """A matrix from the left for the rows, one from the right for the columns."""
    height, width = (size, size) if np.isscalar(size) else size

    def hat(new, old):
        at = ((np.arange(new) + 0.5) * old / new - 0.5).clip(0, old - 1)
        return np.maximum(0, 1 - abs(at[:, None] - np.arange(old)))

    return hat(height, map.shape[0]) @ map @ hat(width, map.shape[1]).T


def upsample_bilinear__picks_rows(map, size):
    """The two nearest rows of each new one, mixed; then the same of the transposed map."""
    for new in (size, size) if np.isscalar(size) else size:
        old = len(map)
        at = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
        before = at.astype(int)
        near = (at - before)[:, None]
        map = ((1 - near) * map[before] + near * map[np.minimum(before + 1, old - 1)]).T
    return map


# -- overlay --------------------------------------------------------------------------------------


def overlay__channel_by_channel(picture, map, alpha):
    """Red, green and blue, one after the other."""
    out = np.empty((*picture.shape, 3))
    cover = alpha * map
    out[..., 0] = picture * (1 - cover) + cover
    out[..., 1] = picture * (1 - cover) + 0.5 * cover
    out[..., 2] = picture * (1 - cover)
    return out


def overlay__stacked(picture, map, alpha):
    """The grey three times, and the way from there to orange."""
    grey = np.stack([picture] * 3, axis=-1)
    way = (1.0, 0.5, 0.0) - grey
    return grey + alpha * np.expand_dims(map, 2) * way


def overlay__plain_loops(picture, map, alpha):
    """A loop over pixels."""
    height, width = picture.shape
    out = np.zeros((height, width, 3))
    for i in range(height):
        for j in range(width):
            a = alpha * map[i, j]
            for k, colour in enumerate([1, 0.5, 0]):
                out[i, j, k] = (1 - a) * picture[i, j] + a * colour
    return out
