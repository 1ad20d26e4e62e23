"""What a convolution layer weighs and how much it computes: exercise 6, done once for all units.

Hidden while the submissions of unit 2, and of units that do not count with it, are graded.
"""

from collections.abc import Sequence

import numpy as np


def conv_params(channels: int, filters: int, kernel: int | tuple[int, int]) -> int:
    """Weights and biases of a convolution layer.

    channels : of what goes in
    filters : how many there are; each has a kernel for every channel, and one bias
    kernel : its size, a number or a pair (for rows, for columns)

    A dense layer counts like a kernel of one pixel: every input is a channel, every output a
    filter.
    """
    return filters * (_products(channels, kernel) + 1)


def dense_params(inputs: int, outputs: Sequence[int]) -> int:
    """Weights and biases of dense layers, one behind the other.

    inputs : how many numbers the first one gets
    outputs : how many each gives; they are the inputs of the next
    """
    layers = zip([inputs, *outputs], outputs, strict=False)
    return sum(conv_params(before, after, 1) for before, after in layers)


def conv_macs(
    channels: int,
    filters: int,
    kernel: int | tuple[int, int],
    out_size: int | tuple[int, int],
) -> int:
    """Multiplications of a convolution layer for one picture, each with its addition.

    channels, filters, kernel : as in conv_params; adding the bias is not counted
    out_size : of the maps that come out, a number or a pair (rows, columns)
    """
    rows, columns = (int(n) for n in np.broadcast_to(out_size, 2))
    return filters * rows * columns * _products(channels, kernel)


def _products(channels: int, kernel: int | tuple[int, int]) -> int:
    """How many products stand behind one number that comes out."""
    kh, kw = (int(n) for n in np.broadcast_to(kernel, 2))
    return channels * kh * kw
