"""The numbers in the model answers of unit 2, for a student's own run."""

import numpy as np

from autograder.units.unit2_matching import reference as right
from course.experiments import unit2_matching as experiments


def why_ncc(mine):
    """What the three scores found, and the medians of the turned and of the scaled templates."""
    places, found = experiments.twenty_places(right.ncc, mine.seed)
    turned, turned_found = experiments.at_the_right_place(right.ncc, places, degrees=mine.degrees)
    scaled, scaled_found = experiments.at_the_right_place(right.ncc, places, scale=mine.scale)
    return {
        "raw": found["raw correlation"],
        "ncc": found["NCC"],
        "turned": np.median(turned),
        "turned_found": turned_found,
        "scaled": np.median(scaled),
        "scaled_found": scaled_found,
    }


def why_resolution(mine):
    """What the student's two layers cost."""
    before, after = (
        right.layer_cost((channels, side, side), channels, 3, pad=1)
        for channels, side in [(mine.channels, mine.side), (mine.later, mine.side // 2)]
    )
    return {
        "half": mine.side // 2,
        "factor": mine.later / mine.channels,
        **{f"{name}_before": before[name] for name in ("macs", "activations")},
        **{f"{name}_after": after[name] for name in ("macs", "activations")},
        **{f"{name}_ratio": after[name] / before[name] for name in ("macs", "activations")},
    }
