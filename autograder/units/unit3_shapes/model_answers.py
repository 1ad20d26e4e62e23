"""The numbers in the model answer of unit 3, for a student's own run."""

import numpy as np

from autograder.units.unit3_shapes import reference as right
from course.experiments import unit3_shapes as experiments


def why_depth(mine):
    """The fields of the student's layers, what the middle does, and the shares by layer."""
    fields = right.receptive_field(mine.layers)
    kernel, _, dilation = mine.layers[-1]
    trained, untrained = experiments.class_shares(mine.seed)
    found = {f"size{place}": size for place, (size, _) in enumerate(fields, start=1)}
    for name in ("conv1", "conv3"):
        others = [np.median(each[name]) for each in untrained]
        found[name] = np.median(trained[name])
        found[f"{name}_least"], found[f"{name}_most"] = min(others), max(others)
    change = experiments.measured_fields(mine.place, mine.seed)["conv3"]
    return found | {
        "taps": kernel,
        "added": found["size3"] - found["size2"],
        "apart": dilation * fields[-2][1],
        "measured": experiments.extent(change)[2],
        "middle": experiments.middle_share(change),
    }
