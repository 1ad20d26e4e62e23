"""What is a student's own in the experiments: seeds, classes and sizes.

The questions that are answered in words ask what came out of the student's own run, so each of
them has numbers of its own here, one generator function with the question's name. `numbers.draw`
draws them, and the staff's model answers are computed from the same numbers.

An experiment that trains takes one of a few sets only, so that a model answer can be computed once
for all who have the same.
"""

from typing import Any

import numpy as np

Rng = np.random.Generator


def guessed(guess: object) -> str:
    """What a cell prints beside a result: the guess that the student has written down before."""
    return "no guess was written down" if guess is None else f"your guess: {guess}"


def why_ncc(rng: Rng) -> dict[str, Any]:
    """The seed of the twenty places, and how their templates are turned and scaled."""
    return {
        "seed": int(rng.integers(100)),
        "degrees": int(rng.choice([15, 25, 30, 35])),
        "scale": float(rng.choice([0.6, 0.65, 1.5, 1.7])),
    }


def why_resolution(rng: Rng) -> dict[str, Any]:
    """Two layers with as many filters as channels; the second has half the side, which is even."""
    channels = int(rng.choice([16, 24, 32, 40, 48, 56, 72, 80]))
    return {
        "channels": channels,
        "side": int(rng.choice([20, 24, 36, 40, 44, 48, 52, 60])),
        "later": int(channels * rng.choice([1.5, 3, 4, 5])),
    }


def why_depth(rng: Rng) -> dict[str, Any]:
    """Three layers to work out on paper, the output that is watched, and the seed of the rest.

    The first two have strides above 1, and one of the last two is dilated. With these kernels no
    wrong way that we know gives the right fields.
    """
    kernels = [int(k) for k in rng.permutation([3, 4, 6])]
    strides = [int(s) for s in rng.integers([2, 2, 1], [3, 4, 4])]
    dilations = [1, *(int(d) for d in rng.permutation([1, int(rng.integers(2, 4))]))]
    return {
        "layers": tuple(zip(kernels, strides, dilations, strict=True)),
        "place": tuple(int(i) for i in rng.integers(2, 6, 2)),
        "seed": int(rng.integers(100)),
    }
