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


def why_transfer(rng: Rng) -> dict[str, Any]:
    """The seeds of the three networks that are trained each way."""
    return {"seeds": _three_seeds(rng)}


def why_finetuning(rng: Rng) -> dict[str, Any]:
    """The seeds of the three networks that are trained each way, in exercises 15 and 16."""
    return {"seeds": _three_seeds(rng)}


def _three_seeds(rng: Rng) -> tuple[int, int, int]:
    """One of eight sets: the seeds 0 to 23 in threes, in their order, none left out.

    With 0, 1 and 2 the experiments were built; the others were decided on before they were run.
    What unit 5 says is true in all eight sets, or the page says that it is not: in one of them,
    fine-tuning gains no more than training the head for longer.
    """
    first = 3 * int(rng.integers(8))
    return first, first + 1, first + 2
