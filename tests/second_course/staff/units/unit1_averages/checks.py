"""The hidden checks."""

from autograder.checking.words import case, part, refused


def check_trimmed_mean(rng):
    """Of lists in no order."""
    values, more = rng.permutation(20).tolist(), (rng.random(9) * 10).tolist()
    return [
        part("the mean of what is left", 2, case(values, 0.1), case(more, 0.25), case(more, 0)),
        part("keeps its input", 0.5, case(values, 0.1), also={"inputs"}),
        part("refuses bad input", 0.5, case(more, 0.25), refused(more, 0.5, about="share")),
    ]


def check_median_by_hand(mine):
    """Of the student's own numbers."""
    return [part("the median of your numbers", 1, case(mine))]
