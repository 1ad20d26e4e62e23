"""The numbers in the model answers of unit 7, for a student's own run."""

import numpy as np

from autograder.units.unit7_visualization import reference as right
from course import networks
from course.experiments import unit7_visualization as experiments


def why_ascent(mine):
    """What the climbed picture of the student's class gets, and what scenes of that class get."""
    scenes, labels, _ = experiments.real_scenes(600, np.random.default_rng(0))
    network = networks.source()
    _, found = experiments.convinced(network, right.gradient_ascent, mine.seed, scenes, labels)
    own = {name: of[experiments.NAMES.index(mine.climbed)] for name, of in found.items()}
    return {**own, "times": own["score"] / own["best"]}


def why_grad_cam(mine):
    """Where the maps lie for the class that was asked for, and for the one that is not there."""
    mosaic, _ = experiments.own_mosaic(mine)
    _, shares = experiments.asked_for_all(networks.source(), mosaic, right.grad_cam)
    absent = experiments.NAMES.index(mine.absent)
    return {
        "share": shares[experiments.NAMES.index(mine.asked), mine.quadrants.index(mine.asked)],
        "fullest": shares[absent].max(),
        "there": mine.quadrants[shares[absent].argmax()],
    }
