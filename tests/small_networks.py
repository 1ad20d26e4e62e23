"""Networks small enough for finite differences, and numbers to put into them."""

import numpy as np

from course import nn


def spread(shape, seed=0):
    """Values from -2 to 2 in random order, each farther from the others than a difference step."""
    size = int(np.prod(shape))
    return (np.random.default_rng(seed).permutation(size) / size * 4 - 1.999).reshape(shape)


def small_network(rng=None):
    return nn.Network(
        {
            "conv1": nn.Conv(2, 3, 3, pad=1, rng=rng),
            "relu1": nn.ReLU(),
            "pool1": nn.MaxPool(2),
            "conv2": nn.Conv(3, 4, (2, 3), rng=rng),
            "relu2": nn.ReLU(),
            "mean": nn.GlobalAvgPool(),
            "head": nn.Dense(4, 3, rng=rng),
        }
    )


def nested_network(rng=None):
    """Blocks in blocks, and names that begin like others."""
    return nn.Network(
        {
            "conv1": nn.Conv(2, 4, 3, pad=1, rng=rng),
            "block1": nn.Residual(
                {
                    "conv1": nn.Conv(4, 3, 3, 2, 1, rng=rng),
                    "relu": nn.ReLU(),
                    "conv10": nn.Conv(3, 6, 1, rng=rng),
                },
                shortcut=nn.Conv(4, 6, 1, 2, rng=rng),
            ),
            "mixed": nn.Concat(
                {
                    "1x1": nn.Conv(6, 2, 1, rng=rng),
                    "3x3": nn.Network({"conv": nn.Conv(6, 3, 3, pad=1, rng=rng)}),
                }
            ),
            "conv10": nn.Conv(5, 4, 1, rng=rng),
            "mean": nn.GlobalAvgPool(),
            "head": nn.Dense(4, 3, rng=rng),
        }
    )
