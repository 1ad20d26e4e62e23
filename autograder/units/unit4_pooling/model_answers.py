"""The numbers in the model answer of unit 4, for a student's own run."""

from autograder.units import mean_and_spread
from course.experiments import unit4_pooling as experiments


def why_pooling(mine):
    """What the student's layer costs and sees, and what the networks of the run got right."""
    before, after = experiments.price(mine.channels, mine.filters, mine.kernel, mine.side).values()
    field_before, field_after = experiments.columns_seen(mine.kernel)
    right = experiments.by_heart(mine.seed)
    same, _ = experiments.same_answers(mine.way, (0, mine.by))
    found = {}
    for kind in right:
        learnt, unseen = right[kind].T
        measured = {"learnt": learnt, "unseen": unseen, "same": same[kind][:, 1]}
        for name, of_networks in measured.items():
            found |= mean_and_spread(f"{kind}_{name}", of_networks)
    return {
        "parameters": before["parameters"],
        "macs_before": before["macs"],
        "macs_after": after["macs"],
        "field_before": field_before,
        "field_after": field_after,
        **found,
    }
