"""The networks of the course, with the weights they were trained to.

How they were trained stands in ``data/make_source_network.py`` and ``data/make_shift_networks.py``.
All take pictures as ``images.normalise`` and ``images.scenes`` return them.
"""

from pathlib import Path

import numpy as np

from course import nn

DATA = Path(__file__).parent / "data"

# Fashion-MNIST in two: what the source network knows, and what unit 5 teaches it.
SOURCE_CLASSES = (0, 1, 4, 5, 8, 9)
TARGET_CLASSES = (2, 3, 6, 7)


def untrained(classes, rng=None):
    """The network of units 5 to 7, before training: (N, 1, 32, 32) to logits (N, classes).

    classes : how many outputs the layer "head" has
    rng : np.random.Generator that draws the weights; without it they are 0, to be loaded

    Returns an nn.Network of 23,296 parameters and 65 per class; its base takes any picture size.
    """
    return nn.Network(
        {
            "conv1": nn.Conv(1, 16, 3, pad=1, rng=rng),
            "relu1": nn.ReLU(),
            "pool1": nn.MaxPool(2),  # (N, 16, 16, 16)
            "conv2": nn.Conv(16, 32, 3, pad=1, rng=rng),
            "relu2": nn.ReLU(),
            "pool2": nn.MaxPool(2),  # (N, 32, 8, 8)
            "conv3": nn.Conv(32, 64, 3, pad=1, rng=rng),
            "relu3": nn.ReLU(),  # (N, 64, 8, 8)
            "mean": nn.GlobalAvgPool(),  # (N, 64)
            "head": nn.Dense(64, classes, rng=rng),
        }
    )


def source():
    """``untrained(6)`` as trained on scenes of the six ``SOURCE_CLASSES``, in that order.

    Returns an nn.Network of your own: changing it changes no other.
    """
    return _load(untrained(len(SOURCE_CLASSES)), "source_network")


POOLING = {
    "max": lambda: nn.MaxPool(2),
    "average": lambda: nn.AvgPool(2),
    "stride": lambda: nn.Subsample(2),
}
SEEDS = (0, 1, 2)


def shift(pooling, seed):
    """A small classifier of the ten fashion classes, for exercise 12: (N, 1, 28, 28) to (N, 10).

    pooling : how it halves its maps: "max", "average" or "stride" (every second pixel, no more)
    seed : 0, 1 or 2, which of three trained ones

    Returns an nn.Network. Raises ValueError for another pooling or seed.
    """
    if pooling not in POOLING:
        raise ValueError(f"pooling must be one of {', '.join(POOLING)}, got {pooling!r}")
    if seed not in SEEDS:
        raise ValueError(f"seed must be one of {SEEDS}, got {seed!r}")
    return _load(untrained_shift(pooling), "shift_networks", prefix=f"{pooling}{seed}.")


def untrained_shift(pooling, rng=None):
    """The network of ``shift``, before training."""
    return nn.Network(
        {
            "conv1": nn.Conv(1, 8, 3, pad=1, rng=rng),
            "relu1": nn.ReLU(),
            "pool1": POOLING[pooling](),  # (N, 8, 14, 14)
            "conv2": nn.Conv(8, 16, 3, pad=1, rng=rng),
            "relu2": nn.ReLU(),
            "pool2": POOLING[pooling](),  # (N, 16, 7, 7)
            "flatten": nn.Flatten(),  # (N, 784)
            "head": nn.Dense(784, 10, rng=rng),
        }
    )


def _load(network, file, prefix=""):
    """Give a network the parameters in a file of data/ whose names begin with ``prefix``."""
    path = DATA / f"{file}.npz"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: reinstall the course, or run make_{file}.py")
    with np.load(path, allow_pickle=False) as arrays:
        names = [name for name in arrays.files if name.startswith(prefix)]
        network.set_params({name.removeprefix(prefix): arrays[name] for name in names})
    return network
