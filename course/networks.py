"""The networks of the course, untrained and with the weights that come with the course.

``data/make_source_network.py`` and ``data/make_shift_networks.py`` trained them. All take pictures
as ``images.normalise`` and ``images.scenes`` return them.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from course import nn

DATA = Path(__file__).parent / "data"

# The classes of Fashion-MNIST that the source network knows, and those that unit 5 teaches it.
SOURCE_CLASSES = (0, 1, 4, 5, 8, 9)
TARGET_CLASSES = (2, 3, 6, 7)


def untrained(classes: int, rng: nn.Rng = None) -> nn.Network:
    """The network of units 5 to 7, before training: (N, 1, 32, 32) to logits (N, classes).

    classes : number of outputs of the layer "head"
    rng : draws the weights; without it they are 0, to be loaded

    It has 23,296 parameters and 65 per class; its base takes pictures of any size.
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


def source() -> nn.Network:
    """``untrained(6)``, trained on scenes of the six ``SOURCE_CLASSES``, in that order.

    Every call returns a new network: changing it changes no other.
    """
    return load(untrained(len(SOURCE_CLASSES)), "source_network")


POOLING: dict[str, Callable[[], nn.Layer]] = {
    "max": lambda: nn.MaxPool(2),
    "average": lambda: nn.AvgPool(2),
    "stride": lambda: nn.AvgPool(1, 2),  # every second pixel, the others are dropped
}
SEEDS = (0, 1, 2)


def shift(pooling: str, seed: int) -> nn.Network:
    """A small classifier of the ten fashion classes, for exercise 12: (N, 1, 28, 28) to (N, 10).

    pooling : how it halves its maps: "max", "average" or "stride" (keeps every second pixel)
    seed : 0, 1 or 2, which of three trained ones

    Raises ValueError for another pooling or seed.
    """
    if pooling not in POOLING:
        raise ValueError(f"pooling must be one of {', '.join(POOLING)}, got {pooling!r}")
    if seed not in SEEDS:
        raise ValueError(f"seed must be one of {SEEDS}, got {seed!r}")
    return load(untrained_shift(pooling), "shift_networks", prefix=f"{pooling}{seed}.")


def untrained_shift(pooling: str, rng: nn.Rng = None) -> nn.Network:
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


def load(network: nn.Network, file: str, prefix: str = "") -> nn.Network:
    """Give a network the parameters in data/``file``.npz whose names begin with ``prefix``.

    Returns the network. Raises FileNotFoundError without the file; other errors as `set_params`.
    """
    path = DATA / f"{file}.npz"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: reinstall the course")
    with np.load(path, allow_pickle=False) as arrays:
        names = [name for name in arrays.files if name.startswith(prefix)]
        set_params(network, {name.removeprefix(prefix): arrays[name] for name in names})
    return network


def set_params(network: nn.Network, params: Mapping[str, ArrayLike]) -> None:
    """Copy values into the parameters of a network, whose dtype stays.

    params : by name, as in ``network.params``

    Raises ValueError, changing nothing, unless names and shapes are exactly the network's.
    """
    own = network.params
    wrong = [f"{name} is missing" for name in own if name not in params]
    wrong += [f"{name} is not one of its parameters" for name in params if name not in own]
    wrong += [
        f"{name} has shape {np.shape(params[name])}, should have {array.shape}"
        for name, array in own.items()
        if name in params and np.shape(params[name]) != array.shape
    ]
    if wrong:
        raise ValueError(f"not the parameters of this network: {'; '.join(wrong)}")
    for name, array in own.items():
        array[...] = params[name]
