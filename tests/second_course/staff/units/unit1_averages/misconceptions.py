"""The wrong answers that feedback can name."""


def trimmed_mean__drops_one_end(values, share):
    """You dropped the smallest values only; the largest have to go too."""
    if not 0 <= share < 0.5:
        raise ValueError("share")
    kept = sorted(values)[int(share * len(values)) :]
    return sum(kept) / len(kept)


def trimmed_mean__without_sorting(values, share):
    """You dropped the first and the last values as they stand; sort them first."""
    if not 0 <= share < 0.5:
        raise ValueError("share")
    dropped = int(share * len(values))
    kept = values[dropped : len(values) - dropped]
    return sum(kept) / len(kept)


def trimmed_mean__sorts_its_input(values, share):
    """You sorted the list that you were given; sort a copy."""
    if not 0 <= share < 0.5:
        raise ValueError("share")
    values.sort()
    dropped = int(share * len(values))
    kept = values[dropped : len(values) - dropped]
    return sum(kept) / len(kept)


def median_by_hand__without_sorting(mine):
    """You took the number in the middle of the list as it stands; sort it first."""
    return mine[3] if mine[3] != sorted(mine)[3] else mine[0]
