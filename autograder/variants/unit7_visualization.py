"""Right solutions to unit 7 in the styles of real students. Each must get full points.

They use only NumPy, as a student would, and nothing of ours: helpers stand here as they would
stand in another cell of the notebook. A docstring names what is special.
"""

import numpy as np


def _float(x):
    x = np.asarray(x)
    return x if x.dtype in (np.float16, np.float32, np.float64) else x.astype(float)


# -- forward_with_taps ----------------------------------------------------------------------------


def forward_with_taps__set_of_names(x, layers, taps):
    """The set of wanted names, compared with the names there are."""
    wanted = set(taps)
    if not wanted <= set(layers):
        raise ValueError(f"no such layer: {sorted(wanted - set(layers))}")
    activations = {}
    out = x.copy()
    for name in layers:
        out = layers[name].forward(out)
        if name in wanted:
            activations[name] = np.array(out)
    return out, activations


def forward_with_taps__copies_every_input(x, layers, taps):
    """Every layer gets a copy, so that none can spoil what was kept."""
    for tap in taps:
        if tap not in layers:
            raise ValueError("tap " + str(tap) + " is not in the network")
    outputs = {}
    for name, layer in layers.items():
        x = layer.forward(np.copy(x))
        outputs[name] = x
    return x, {tap: outputs[tap] for tap in taps}


def forward_with_taps__by_number(x, layers, taps):
    """Layers by number, and an array made anew for everything that is kept."""
    names = list(layers)
    if any(t not in names for t in taps):
        raise ValueError("every name in taps must be a layer's")
    current, kept = np.array(x, copy=True), {}
    for i in range(len(names)):
        current = layers[names[i]].forward(current)
        if names[i] in list(taps):
            kept[names[i]] = np.array(current, copy=True)
    return (current, kept)


# -- activation_grid ------------------------------------------------------------------------------


def _check_maps(maps, pad):
    if np.ndim(maps) != 3:
        raise ValueError(f"maps should be 3-D, got {np.ndim(maps)} dimensions")
    if 0 in np.shape(maps):
        raise ValueError("maps is empty")
    if pad < 0:
        raise ValueError("pad cannot be negative")


def activation_grid__fills_a_canvas(maps, pad=1):
    """Scales all channels at once, then pastes them."""
    _check_maps(maps, pad)
    maps = maps.astype(float)
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
    _check_maps(maps, pad)
    c, h, w = maps.shape
    cols = 1
    while cols * cols < c:
        cols += 1
    rows = -(-c // cols)
    panels = np.full((rows * cols, h + pad, w + pad), 255, dtype=np.uint8)
    for k in range(c):
        plane = np.array(maps[k], dtype=np.float64)
        plane -= plane.min()
        if plane.max() > 0:
            plane *= 255 / plane.max()
        panels[k, :h, :w] = np.floor(plane + 0.5)
    whole = panels.reshape(rows, cols, h + pad, w + pad).swapaxes(1, 2)
    whole = whole.reshape(rows * (h + pad), cols * (w + pad))
    return whole[: rows * (h + pad) - pad, : cols * (w + pad) - pad].copy()


def activation_grid__stacks_rows(maps, pad=1):
    """Rows of panels by concatenation, with strips of white between."""
    _check_maps(maps, pad)
    _, h, w = maps.shape
    panels = []
    for plane in np.asarray(maps, np.float64):
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


def _check_filter(x, w):
    if x.ndim != 4:
        raise ValueError(f"x is not 4-D but has shape {x.shape}")
    if w.ndim != 3:
        raise ValueError(f"w is not 3-D but has shape {w.shape}")
    if x.shape[1] != w.shape[0]:
        raise ValueError("x and w have different numbers of channels")
    if w.shape[1] > x.shape[2] or w.shape[2] > x.shape[3]:
        raise ValueError("kernel too large")


def response_grad__plain_loops(x, w):
    """A loop over pictures and places: a place that answers gives its window the filter."""
    x, w = np.asarray(x), np.asarray(w)
    _check_filter(x, w)
    x = _float(x)
    w = w.astype(x.dtype)
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
    """The gate, framed by zeros, convolved with the flipped filter."""
    x, w = np.asarray(x), np.asarray(w)
    _check_filter(x, w)
    x = _float(x)
    w = w.astype(x.dtype)
    _, kh, kw = w.shape
    view = np.lib.stride_tricks.sliding_window_view
    pre = (view(x, (kh, kw), axis=(2, 3)) * w[:, None, None]).sum(axis=(1, 4, 5))
    gate = np.where(pre > 0, 1.0, 0.0) / pre[0].size
    gate = np.pad(gate, ((0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))
    windows = view(gate, (kh, kw), axis=(1, 2))
    return np.einsum("nijuv,cuv->ncij", windows, w[:, ::-1, ::-1]).astype(x.dtype)


def response_grad__by_slices(x, w):
    """Forward and backward with one slice per weight."""
    x, w = np.asarray(x), np.asarray(w)
    _check_filter(x, w)
    dtype = x.dtype if np.issubdtype(x.dtype, np.floating) else np.float64
    x, w = x.astype(dtype), w.astype(dtype)
    channels, kh, kw = w.shape
    oh, ow = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    pre = np.zeros((x.shape[0], oh, ow), dtype)
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
    x0 = np.asarray(x0)
    if x0.ndim < 2:
        raise ValueError("x0 needs an axis for the pictures and at least one more")
    if steps < 0:
        raise ValueError("negative number of steps")
    x = _float(x0).copy()
    for _ in range(steps):
        g = grad_fn(x.copy())
        if np.shape(g) != x.shape:
            raise ValueError("grad_fn gave a gradient of the wrong shape")
        for i in range(len(x)):
            norm = np.linalg.norm(g[i].ravel())
            if norm != 0:
                x[i] += (lr * g[i] / norm).astype(x.dtype)
    return x


def gradient_ascent__flattened(x0, grad_fn, steps, lr):
    """Gradients as rows, divided where their norm is positive."""
    start = np.asarray(x0)
    if start.ndim == 1 or start.ndim == 0:
        raise ValueError(f"x0 has {start.ndim} dimensions, needs 2 or more")
    if steps < 0:
        raise ValueError(f"steps={steps} is below 0")
    x = np.array(start, dtype=start.dtype if start.dtype.kind == "f" else np.float64)
    for _ in range(steps):
        g = np.asarray(grad_fn(x))
        if g.shape != start.shape:
            raise ValueError(f"the gradient has shape {g.shape}")
        rows = g.reshape(len(g), -1).astype(np.float64)
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        unit = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
        x = (x + lr * unit.reshape(x.shape)).astype(x.dtype)
    return x


def gradient_ascent__recursive(x0, grad_fn, steps, lr):
    """The first step, then the rest from there."""
    x0 = _float(np.array(x0))
    if x0.ndim < 2:
        raise ValueError("x0 must be at least 2-D")
    if steps < 0:
        raise ValueError("steps must not be negative")
    if steps == 0:
        return x0
    g = np.asarray(grad_fn(x0))
    if g.shape != x0.shape:
        raise ValueError("shape of the gradient does not fit")
    norm = np.sqrt(np.sum(np.square(g), axis=tuple(range(1, g.ndim)), keepdims=True))
    norm[norm == 0] = np.inf
    step = (g / norm * lr).astype(x0.dtype)
    return gradient_ascent__recursive(x0 + step, grad_fn, steps - 1, lr)


# -- grad_cam -------------------------------------------------------------------------------------


def _check_cam(activations, grads):
    if np.ndim(activations) != 3:
        raise ValueError(f"activations: expected 3 dimensions, got {np.ndim(activations)}")
    if np.shape(activations) != np.shape(grads):
        raise ValueError("grads must have the same shape as the activations")


def grad_cam__plain_loops(activations, grads):
    """A loop over channels."""
    _check_cam(activations, grads)
    a = _float(activations)
    cam = np.zeros(a.shape[1:], a.dtype)
    for k in range(a.shape[0]):
        alpha = grads[k].sum() / grads[k].size
        cam += (alpha * a[k]).astype(a.dtype)
    cam[cam < 0] = 0
    top = cam.max()
    if top > 0:
        cam /= top
    return cam


def grad_cam__tensordot(activations, grads):
    """One tensordot, np.where for ReLU, np.divide for the empty map."""
    _check_cam(activations, grads)
    a = _float(activations)
    alpha = np.mean(np.asarray(grads, dtype=float), axis=(-2, -1))
    total = np.tensordot(alpha, a.astype(float), axes=1)
    total = np.where(total > 0, total, 0.0)
    out = np.divide(total, total.max(), out=np.zeros_like(total), where=total.max() > 0)
    return out.astype(a.dtype)


def grad_cam__einsum(activations, grads):
    """Pixels as columns: a vector times a matrix. The sum of a gradient is as good as its mean."""
    _check_cam(activations, grads)
    a = _float(activations)
    c, h, w = a.shape
    weights = grads.reshape(c, h * w).sum(axis=1)
    cam = np.einsum("k,kp->p", weights, a.reshape(c, h * w)).reshape(h, w).clip(min=0)
    if not cam.any():
        return np.zeros((h, w), dtype=a.dtype)
    return (cam / cam.max()).astype(a.dtype)


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


def _check_map(map, size):
    height, width = (size, size) if np.isscalar(size) else size
    if np.ndim(map) != 2:
        raise ValueError("map should be 2-D")
    if np.size(map) == 0:
        raise ValueError("the map is empty")
    if height < 1 or width < 1:
        raise ValueError("size must be positive")
    return int(height), int(width)


def upsample_bilinear__plain_loops(map, size):
    """The four neighbours of every new value, with their weights."""
    height, width = _check_map(map, size)
    x = _float(map)
    h, w = x.shape
    out = np.zeros((height, width), x.dtype)
    for i in range(height):
        r = min(max((i + 0.5) * h / height - 0.5, 0), h - 1)
        r0 = int(r)
        r1 = min(r0 + 1, h - 1)
        for j in range(width):
            c = min(max((j + 0.5) * w / width - 0.5, 0), w - 1)
            c0 = int(c)
            c1 = min(c0 + 1, w - 1)
            fr, fc = r - r0, c - c0
            out[i, j] = (1 - fr) * ((1 - fc) * x[r0, c0] + fc * x[r0, c1]) + fr * (
                (1 - fc) * x[r1, c0] + fc * x[r1, c1]
            )
    return out


def upsample_bilinear__matrices(map, size):
    """A matrix from the left for the rows, one from the right for the columns."""
    height, width = _check_map(map, size)
    x = _float(map)

    def hat(new, old):
        at = ((np.arange(new) + 0.5) * old / new - 0.5).clip(0, old - 1)
        return np.maximum(0, 1 - abs(at[:, None] - np.arange(old)))

    return (hat(height, x.shape[0]) @ x @ hat(width, x.shape[1]).T).astype(x.dtype)


def upsample_bilinear__np_interp(map, size):
    """np.interp along both axes: it clamps at the ends."""
    height, width = _check_map(map, size)
    x = _float(map)
    rows = (np.arange(height) + 0.5) * x.shape[0] / height - 0.5
    cols = (np.arange(width) + 0.5) * x.shape[1] / width - 0.5
    wide = np.array([np.interp(cols, np.arange(x.shape[1]), row) for row in x])
    tall = np.array([np.interp(rows, np.arange(x.shape[0]), col) for col in wide.T]).T
    return np.ascontiguousarray(tall.astype(x.dtype))


# -- overlay --------------------------------------------------------------------------------------


def _check_overlay(picture, map, alpha):
    if np.ndim(picture) != 2:
        raise ValueError("the picture must be grey, 2-D")
    if np.shape(picture) != np.shape(map):
        raise ValueError("map and picture differ in size")
    if alpha < 0 or alpha > 1:
        raise ValueError("alpha is a share from 0 to 1")


def overlay__channel_by_channel(picture, map, alpha):
    """Red, green and blue, one after the other."""
    _check_overlay(picture, map, alpha)
    picture = _float(picture)
    out = np.empty((*picture.shape, 3), picture.dtype)
    cover = alpha * map
    out[..., 0] = picture * (1 - cover) + cover
    out[..., 1] = picture * (1 - cover) + 0.5 * cover
    out[..., 2] = picture * (1 - cover)
    return out


def overlay__stacked(picture, map, alpha):
    """The grey three times, and the way from there to orange."""
    _check_overlay(picture, map, alpha)
    grey = np.stack([_float(picture)] * 3, axis=-1)
    way = (1.0, 0.5, 0.0) - grey
    return (grey + alpha * np.expand_dims(map, 2) * way).astype(grey.dtype)


def overlay__plain_loops(picture, map, alpha):
    """A loop over pixels."""
    _check_overlay(picture, map, alpha)
    picture = _float(picture)
    height, width = picture.shape
    out = np.zeros((height, width, 3), dtype=picture.dtype)
    for i in range(height):
        for j in range(width):
            a = alpha * map[i, j]
            for k, colour in enumerate([1, 0.5, 0]):
                out[i, j, k] = (1 - a) * picture[i, j] + a * colour
    return out
