"""The experiments of unit 3: which pixels an output depends on, and what follows the classes.

Both take the network of `networks.source`; the second compares it with untrained ones.
"""

import numpy as np

from course import images, networks

CLASSES = networks.SOURCE_CLASSES
WATCHED = {  # (kernel, stride, dilation), and how many outputs one of conv3 is wide
    "conv1": ((3, 1, 1), 4),
    "pool1": ((2, 2, 1), 2),
    "conv2": ((3, 1, 1), 2),
    "pool2": ((2, 2, 1), 1),
    "conv3": ((3, 1, 1), 1),
}
LAYERS = [layer for layer, _ in WATCHED.values()]
FORWARD = ["conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "conv3", "relu3"]


def measured_fields(place, seed):
    """How much one output of each layer changes when a single pixel of a picture does.

    place : row and column of conv3's output, from 2 to 5 so that its field lies in the picture;
        the outputs of the other layers lie in the same part of the picture
    seed : draws two pictures; the pixels become very dark in one and very bright in the other

    Returns a dict from layer to (32, 32): for each pixel the change, averaged over channels.
    """
    network, rng = networks.source(), np.random.default_rng(seed)

    def watched(x):
        """The watched outputs: a dict from layer to (N, channels)."""
        seen = {}
        for name in FORWARD[:-1]:
            x = network.layers[name].forward(x)
            if name in WATCHED:
                row, col = (at * WATCHED[name][1] for at in place)
                seen[name] = x[:, :, row, col]
        return seen

    clothes, _ = images.fashion("test")
    scenes, _ = images.scenes(clothes[rng.integers(len(clothes), size=2)], rng)
    changes = {name: np.zeros((32, 32)) for name in WATCHED}
    for scene, value in zip(scenes, [-5, 5], strict=True):
        before = watched(scene[None])
        for pixels in np.arange(32 * 32).reshape(4, 256):
            changed = np.repeat(scene[None], 256, axis=0)
            changed[np.arange(256), 0, pixels // 32, pixels % 32] = value
            for name, after in watched(changed).items():
                changes[name].flat[pixels] += np.abs(after - before[name]).mean(axis=1)
    return changes


def extent(change):
    """First row, first column, height and width of the pixels that change an output."""
    rows, columns = np.nonzero(change > 1e-6)
    (top, bottom), (left, right) = ((int(i.min()), int(i.max())) for i in (rows, columns))
    return top, left, bottom - top + 1, right - left + 1


def middle_share(change):
    """Which share of all change the middle makes: half as high and half as wide as the field."""
    top, left, height, width = extent(change)
    top, left = top + height // 4, left + width // 4
    return change[top : top + height // 2, left : left + width // 2].sum() / change.sum()


def class_shares(seed):
    """How far each channel's mean over its map, after the ReLU, follows the class of the picture.

    seed : draws the scenes, 100 of each class, and the weights of three untrained networks

    Returns (trained, untrained): a dict from layer to an array with the share of each channel that
    answers at all, and a list of three such dicts.
    """
    rng = np.random.default_rng(seed)
    clothes, labels = images.fashion("test")
    chosen = np.concatenate([np.flatnonzero(labels == c)[:100] for c in CLASSES])
    scenes, _ = images.scenes(clothes[chosen], rng)
    untrained = [networks.untrained(len(CLASSES), rng) for _ in range(3)]
    trained, *others = (
        _shares(network, scenes, labels[chosen]) for network in [networks.source(), *untrained]
    )
    return trained, others


def _shares(network, scenes, labels):
    """The dict of one network."""
    means = {"relu1": [], "relu2": [], "relu3": []}
    for start in range(0, len(scenes), 100):  # all at once would take a lot of memory
        x = scenes[start : start + 100]
        for name in FORWARD:
            x = network.layers[name].forward(x)
            if name in means:
                means[name].append(x.mean(axis=(2, 3)))
    return {
        name.replace("relu", "conv"): share_between(np.concatenate(parts), labels)
        for name, parts in means.items()
    }


def share_between(values, labels):
    """The variance of the class means, divided by that over all pictures, for each channel.

    values : (pictures, channels), as many pictures of each class; a channel that never varies is
        left out
    """
    values = values[:, values.std(axis=0) > 0].astype(float)
    means = np.stack([values[labels == c].mean(axis=0) for c in np.unique(labels)])
    return means.var(axis=0) / values.var(axis=0)
