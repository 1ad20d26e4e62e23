"""A module that would answer a task, so it cannot be imported while submissions run."""


def trimmed_mean(values, share):
    """The mean without the smallest and the largest values."""
    kept = sorted(values)
    dropped = int(share * len(kept))
    return sum(kept[dropped : len(kept) - dropped]) / (len(kept) - 2 * dropped)
