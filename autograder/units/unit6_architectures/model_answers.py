"""The numbers in the model answers of unit 6, for a student's own run."""

import numpy as np

from autograder.units import mean_and_spread
from autograder.units.unit6_architectures import reference as right
from course.experiments import unit6_architectures as experiments


def why_inception(mine):
    """What the reductions of the student's module save, and where VGG16 and GoogLeNet differ."""
    counts = experiments.reductions(right.inception_params, mine.c_in, mine.filters)
    gap = experiments.gap(right.vgg_params, right.inception_params, mine.side)
    inputs = 512 * (mine.side // 32) ** 2
    return {**counts, **gap, "reduced": mine.filters[3], "inputs": inputs}


def why_residual(mine):
    """The median gradients at the student's depth, and the losses of the last epoch."""
    small, he, exploding, zero = experiments.KINDS
    found = {}
    for name, kind in {"small": small, "he": he, "exploding": exploding, "zero": zero}.items():
        norms = np.median(experiments.gradients(kind, (2, mine.depth), mine.seeds), axis=0)
        found |= {f"{name}_first": norms[0], f"{name}_deep": norms[1]}
    runs = {
        "shallow": (he, 4),
        "plain": (he, 24),
        "alone": (exploding, 24),
        "from_zero": (zero, 24),
    }
    for name, network in runs.items():
        found |= mean_and_spread(name, experiments.losses(*network, mine.seeds)[:, -1])
    return found
