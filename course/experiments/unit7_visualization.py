"""The experiments of unit 7: activation maximisation, and where Grad-CAM puts its weight.

All use the source network of `course.networks`. Functions that students write are arguments.
"""

import numpy as np

from course import images, networks
from course.experiments import fitting

DARK, LIGHT = images.normalise(np.array([0, 255]))  # black and white, as the network sees them
NAMES = tuple(images.FASHION_CLASSES[c] for c in networks.SOURCE_CLASSES)  # logit k is NAMES[k]


# -- pictures -------------------------------------------------------------------------------------


def objects(split):
    """Test pictures of the six source classes: (uint8 (N, 1, 28, 28), indices into NAMES)."""
    x, labels = images.fashion(split)
    known = np.isin(labels, networks.SOURCE_CLASSES)
    return x[known], np.searchsorted(networks.SOURCE_CLASSES, labels[known])


def real_scenes(count, rng):
    """``count`` scenes of test pictures, equally many of each class: (scenes, labels, boxes)."""
    x, labels = objects("test")
    each = [np.flatnonzero(labels == k)[: count // len(NAMES)] for k in range(len(NAMES))]
    chosen = np.concatenate(each)
    scenes, boxes = images.scenes(x[chosen], rng, images.fashion("test")[0])
    return scenes, labels[chosen], boxes


def noise(count, rng):
    """``count`` pictures of random grey values, all equally likely: float32 (count, 1, 32, 32)."""
    return rng.uniform(DARK, LIGHT, (count, 1, 32, 32)).astype(np.float32)


def painted(x, boxes, what, fill):
    """Copies of scenes in which one part has another brightness.

    what : "object" for the pixels in the box, "ground" for the black ones outside it
    fill : a brightness from 0 (black) to 1 (white), or an rng that draws one for each pixel
    """
    part = np.zeros(x.shape, bool)
    for plane, (left, top, right, bottom) in zip(part, boxes, strict=True):
        plane[:, top:bottom, left:right] = True
    if what == "ground":
        part = ~part & (x < DARK + 1e-3)
    if isinstance(fill, np.random.Generator):
        fill = fill.random(x.shape)
    return np.where(part, DARK + fill * (LIGHT - DARK), x).astype(np.float32)


# -- what excites a unit --------------------------------------------------------------------------


def answers(network, x):
    """The activation of each unit of a network's last layer for each picture: (N, units).

    For feature maps (N, units, H, W), the mean of ReLU over a map; for logits the logits.
    """
    out = network.predict(x)
    return np.maximum(out, 0).mean(axis=(2, 3)) if out.ndim == 4 else out


def excite(network, units, ascend, rng, steps=40, lr=6.0, frames=()):
    """Activation maximisation for units of a network's last layer: gradient ascent from noise.

    units : (N,) of which channels, one picture for each
    ascend : a ``gradient_ascent(x0, grad_fn, steps, lr)``; it is asked for one step at a time
    frames : numbers of steps after which to keep the pictures, too

    The experiment adds three things to the ascent. ReLU has no gradient where a unit is inactive,
    so the gradient of softplus, log(1 + exp(z)), takes its place. The gradient is blurred a little,
    so that patches grow and not single pixels. After each step values are clipped to black and
    white.

    Returns float32 (N, 1, 32, 32), and a dict from the numbers in ``frames`` to such arrays.
    """
    chosen = np.arange(len(units)), np.asarray(units)

    def gradient(x):
        out = network.forward(np.asarray(x, np.float32))
        grad = np.zeros_like(out)
        if out.ndim == 4:
            grad[chosen] = 1 / (1 + np.exp(-np.clip(out[chosen], -60, 60)))
        else:
            grad[chosen] = 1
        return blurred(network.backward(grad))

    grey = rng.normal((DARK + LIGHT) / 2, 0.6, (len(units), 1, 32, 32))
    x, kept = np.clip(grey, DARK, LIGHT).astype(np.float32), {}
    for step in range(steps + 1):
        if step:
            x = np.clip(fitting(ascend(x, gradient, 1, lr), x.shape), DARK, LIGHT)
        if step in frames:
            kept[step] = x.copy()
    return x, kept


def convinced(network, ascend, seed, scenes, labels, steps=60):
    """Climb the six scores, each from noise, and see which scores scenes get.

    seed : of the noise
    scenes, labels : as of `real_scenes`

    Returns (pictures, found): the climbed pictures (6, 1, 32, 32), and a dict of arrays (6,), a
    number for each class. "score" and "probability" are those of the climbed picture; "best" is the
    highest score that any scene has; "named" counts the scenes of the class that the network names
    rightly, and "median" is the median of their scores.
    """
    every = np.arange(len(NAMES))
    pictures, _ = excite(network, every, ascend, np.random.default_rng(seed), steps)
    logits, real = network.predict(pictures), network.predict(scenes)
    exps = np.exp(logits - logits.max(axis=1, keepdims=True))
    named = [(labels == k) & (real.argmax(axis=1) == k) for k in every]
    return pictures, {
        "score": logits.diagonal(),
        "probability": (exps / exps.sum(axis=1, keepdims=True)).diagonal(),
        "best": real.max(axis=0),
        "named": np.sum(named, axis=1),
        "median": np.array([np.median(real[right, k]) for k, right in enumerate(named)]),
    }


LAYERS = {"conv1": 16, "conv2": 32, "conv3": 64}  # how many units each has


def best_answers(network, x):
    """The largest activation of each of the 112 units over these pictures."""
    return np.concatenate([answers(network.split(k)[0], x).max(axis=0) for k in LAYERS])


def climb_all(network, ascend, rng, steps, chosen=None):
    """The activations of the 112 units for pictures that maximise them.

    chosen : bool (112,), the units to maximise; the others get 0
    """
    found = []
    for layer, count in LAYERS.items():
        below, _ = network.split(layer)
        first = sum(map(len, found))
        units = np.arange(count)
        if chosen is not None:
            units = units[chosen[first : first + count]]
        own = np.zeros(count)
        if len(units):
            x, _ = excite(below, units, ascend, rng, steps)
            own[units] = answers(below, x)[np.arange(len(units)), units]
        found.append(own)
    return np.concatenate(found)


def evolve(network, rows, ascend, steps):
    """Intermediate pictures of the ascent of several units, all from the same noise.

    rows : list of (layer, unit)
    steps : numbers of steps after which to keep pictures

    Returns two dicts from the numbers of steps: to pictures (N, 1, 32, 32), and to answers (N,).
    """
    frames, found = {s: [] for s in steps}, {s: [] for s in steps}
    for layer, unit in rows:
        below, _ = network.split(layer)
        kept = excite(below, [unit], ascend, np.random.default_rng(0), max(steps), frames=steps)[1]
        answered = answers(below, np.concatenate([kept[s] for s in steps]))[:, unit]
        for s, answer in zip(steps, answered, strict=True):
            frames[s].append(kept[s][0])
            found[s].append(answer)
    return frames, found


def blurred(x):
    """Pictures blurred by the binomial filter (1, 2, 1) / 4 in both directions."""
    x = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    x = (x[:, :, :-2] + 2 * x[:, :, 1:-1] + x[:, :, 2:]) / 4
    return (x[..., :-2] + 2 * x[..., 1:-1] + x[..., 2:]) / 4


# -- where a network looks ------------------------------------------------------------------------


def explain(network, x, classes, grad_cam, layer="relu3"):
    """The Grad-CAM map of each picture for one class, at the resolution of a layer: list of (h, w).

    classes : (N,), the logit to explain
    grad_cam : a ``grad_cam(activations, grads)``
    """
    below, above = network.split(layer)
    activations = below.forward(x)
    logits = above.forward(activations)
    grad = np.zeros_like(logits)
    grad[np.arange(len(x)), classes] = 1  # the gradient of the logit itself, not of a softmax
    grads = above.backward(grad)
    return [fitting(grad_cam(a, g), a.shape[1:]) for a, g in zip(activations, grads, strict=True)]


def by_quadrant(maps):
    """The share of each map in each quadrant: (N, 4), row by row.

    maps : (N, h, w), h and w even; NaN for a map that is 0 everywhere
    """
    n, height, width = np.shape(maps)
    quadrants = np.reshape(maps, (n, 2, height // 2, 2, width // 2)).sum(axis=(2, 4))
    return _shares(quadrants.reshape(n, 4).T, np.sum(maps, axis=(1, 2))).T


def inside(maps, boxes):
    """The share of each map that lies in its box: (N,). NaN for a map that is 0 everywhere."""
    parts = [
        m[top:bottom, left:right].sum()
        for m, (left, top, right, bottom) in zip(maps, boxes, strict=True)
    ]
    return _shares(np.array(parts), np.sum(maps, axis=(1, 2)))


def _shares(parts, whole):
    return np.where(whole > 0, parts / np.where(whole > 0, whole, 1), np.nan)


def localisation(network, grad_cam, rng, count=60):
    """Explain each class of ``count`` mosaics: does the map point to the right quadrant?

    Returns (share of the map in the right quadrant, share of maps whose fullest quadrant is the
    right one), each a mean over the 4 * count maps; a map that is 0 everywhere counts as wrong.
    """
    mosaics, labels, _ = images.mosaics(*objects("test"), rng, count)
    found, best = [], []
    for quadrant in range(4):
        maps = np.array(explain(network, mosaics, labels[:, quadrant], grad_cam))
        shares = np.nan_to_num(by_quadrant(maps))
        found += list(shares[:, quadrant])
        best += list((shares.argmax(axis=1) == quadrant) & (shares.sum(axis=1) > 0))
    return np.mean(found), np.mean(best)


def asked_in_vain(network, grad_cam, rng, count=60):
    """Explain the two classes that are NOT in a mosaic, for ``count`` mosaics.

    Returns (share of the map in its fullest quadrant, mean of the maps with any value above 0;
    number of maps without).
    """
    mosaics, labels, _ = images.mosaics(*objects("test"), rng, count)
    fullest, empty = [], 0
    for k in range(len(NAMES)):
        without = mosaics[~(labels == k).any(axis=1)]
        if len(without):
            maps = explain(network, without, np.full(len(without), k), grad_cam)
            top = by_quadrant(maps).max(axis=1)
            fullest += list(top[top > 0])
            empty += len(top) - (top > 0).sum()
    return np.mean(fullest) if fullest else np.nan, empty


def own_mosaic(run):
    """The mosaic of a student's run: (mosaic (1, 1, 64, 64), boxes (4, 4), row by row).

    run : has a seed, and the names of the classes in the quadrants
    """
    chosen = [NAMES.index(name) for name in run.quadrants]
    rng = np.random.default_rng(run.seed)
    mosaic, _, boxes = images.mosaics(*objects("test"), rng, 1, chosen)
    return mosaic, boxes[0]


def asked_for_all(network, mosaic, grad_cam):
    """Explain one mosaic for each of the six classes.

    Returns (maps, shares): maps (6, 16, 16); shares (6, 4) of the maps in the quadrants, NaN for a
    map that is 0 everywhere.
    """
    every = np.arange(len(NAMES))
    maps = explain(network, np.repeat(mosaic, len(NAMES), axis=0), every, grad_cam)
    return np.array(maps), by_quadrant(maps)


def untrained(seed):
    """The architecture of the source network with random weights, for comparison."""
    return networks.untrained(len(NAMES), np.random.default_rng(seed))


def recognised(network, grad_cam, upsample, rng):
    """Correctly classified scenes, sorted by the share of their maps that lies on the object.

    All test pictures of the six classes, each in one scene. Returns (scenes, labels, boxes, maps,
    shares) of those that are classified correctly: maps (N, 32, 32), shares (N,) inside the boxes;
    the smallest share first.
    """
    x, labels = objects("test")
    scenes, boxes = images.scenes(x, rng, images.fashion("test")[0])
    right = np.flatnonzero(network.predict(scenes).argmax(axis=1) == labels)
    scenes, labels, boxes = scenes[right], labels[right], boxes[right]
    maps = enlarged(network, scenes, labels, grad_cam, upsample)
    shares = inside(maps, boxes)
    order = np.argsort(np.nan_to_num(shares))
    return scenes[order], labels[order], boxes[order], maps[order], shares[order]


def enlarged(network, scenes, labels, grad_cam, upsample):
    """The map of each scene for its class, as large as the scene: (N, 32, 32)."""
    maps = []
    for start in range(0, len(scenes), 100):
        some = slice(start, start + 100)
        small = explain(network, scenes[some], labels[some], grad_cam)
        maps += [fitting(upsample(one, 32), (32, 32)) for one in small]
    return np.array(maps)


def says(network, x):
    """The class that the network predicts for each picture: (N,) indices into NAMES."""
    return network.predict(x).argmax(axis=1)


def changes(x, boxes, rng):
    """Scenes with the object, or the ground around it, changed in several ways: dict of scenes."""
    return {
        "object black": painted(x, boxes, "object", 0),
        "object 10 % grey": painted(x, boxes, "object", 0.1),
        "ground 5 % grey": painted(x, boxes, "ground", 0.05),
        "ground 10 % grey": painted(x, boxes, "ground", 0.1),
        "ground noise": painted(x, boxes, "ground", rng),
    }


def share_of(layer, network, x):
    """How much of a layer is active, that is, above 0, for each picture.

    Returns (share of the values, share of the channels in which any value is), both (N,).
    """
    below, _ = network.split(layer)
    above = below.predict(x) > 0
    return above.mean(axis=(1, 2, 3)), above.any(axis=(2, 3)).mean(axis=1)
