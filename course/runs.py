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
CLOTHES = ("T-shirt", "trouser", "coat", "sandal", "bag", "ankle boot")  # of the source network


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


def why_pooling(rng: Rng) -> dict[str, Any]:
    """One of eight sets, as networks are trained: a convolution, a seed, and a shift.

    Trained networks with and without pooling differ most when pictures move by 2 or 3 pixels.
    """
    seed = int(rng.integers(8))
    rng = np.random.default_rng(seed)
    channels = int(rng.choice([16, 24, 32, 40, 48]))
    return {
        "channels": channels,
        "filters": channels + int(rng.choice([8, 16, 24, 32])),
        "kernel": int(rng.choice([5, 7])),
        "side": int(rng.choice([36, 40, 44, 48, 52, 60])),
        "seed": seed,
        "way": ["right", "left", "down", "up"][seed % 4],
        "by": 2 + seed // 4,
    }


def why_transfer(rng: Rng) -> dict[str, Any]:
    """The seeds of the three networks that are trained each way."""
    return {"seeds": _three_seeds(rng)}


def why_finetuning(rng: Rng) -> dict[str, Any]:
    """The seeds of the three networks that are trained each way, in exercises 15 and 16."""
    return {"seeds": _three_seeds(rng)}


def why_inception(rng: Rng) -> dict[str, Any]:
    """An inception module, its filters in the order of `plots.LAYERS`, and a side for VGG16."""
    c_in = 16 * int(rng.integers(12, 33))
    three, five = 8 * int(rng.integers(c_in // 32, c_in // 16 + 1)), 8 * int(rng.integers(2, 7))
    one, proj = 16 * int(rng.integers(4, 17)), 16 * int(rng.integers(2, 7))
    widened = int(three * rng.choice([1.5, 2])), int(five * rng.choice([2, 2.5, 3]))
    return {
        "c_in": c_in,
        "filters": (one, three, widened[0], five, widened[1], proj),
        "side": int(rng.choice([96, 128, 160, 192, 256, 288, 320, 384])),
    }


def why_residual(rng: Rng) -> dict[str, Any]:
    """One of eight sets: how deep the deepest network is before training, and three seeds."""
    seeds = _three_seeds(rng)
    return {"depth": 24 + 2 * (seeds[0] // 3), "seeds": seeds}


def why_ascent(rng: Rng) -> dict[str, Any]:
    """The class whose score is climbed, and the seed of the noise where the climb starts."""
    return {"climbed": str(rng.choice(CLOTHES)), "seed": int(rng.integers(100))}


def why_grad_cam(rng: Rng) -> dict[str, Any]:
    """What stands in the quadrants of a mosaic, a class to ask for, and one that is not there.

    A sandal is always there, but not asked for: its map spreads over the black ground.
    """
    others = [str(name) for name in rng.permutation([c for c in CLOTHES if c != "sandal"])]
    quadrants = [str(name) for name in rng.permutation(["sandal", *others[:3]])]
    return {
        "seed": int(rng.integers(1000)),
        "quadrants": tuple(quadrants),
        "asked": others[0],
        "absent": others[3],
    }


def _three_seeds(rng: Rng) -> tuple[int, int, int]:
    """One of eight sets: the seeds 0 to 23 in threes, in their order, none left out.

    With 0, 1 and 2 the experiments were built; the others were decided on before they were run.
    What units 5 and 6 say is true in all eight sets, or the page says that it is not: in one of
    them, fine-tuning gains no more than training the head for longer.
    """
    first = 3 * int(rng.integers(8))
    return first, first + 1, first + 2
