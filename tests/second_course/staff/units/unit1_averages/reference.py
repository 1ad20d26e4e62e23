"""The right answers."""


def trimmed_mean(values, share):
    """The mean of the values that are left when the extremes are dropped.

    values : list of numbers
    share : of the values, from 0 to less than 0.5, to drop at either end, rounded down

    Raises ValueError if the share is out of range.
    """
    if not 0 <= share < 0.5:
        raise ValueError(f"share must be from 0 to less than 0.5, got {share}")
    kept = sorted(values)
    dropped = int(share * len(kept))
    kept = kept[dropped : len(kept) - dropped]
    return sum(kept) / len(kept)


def median_by_hand(mine):
    """The number in the middle."""
    return sorted(mine)[len(mine) // 2]
