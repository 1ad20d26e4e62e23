"""Right answers of other styles."""


def trimmed_mean__by_removing(values, share):
    """One by one."""
    if share < 0 or share >= 0.5:
        raise ValueError("this share cannot be dropped")
    left = list(values)
    for _ in range(int(share * len(values))):
        left.remove(min(left))
        left.remove(max(left))
    return sum(left) / len(left)


def median_by_hand__by_rank(mine):
    """The one with as many below as above."""
    return next(x for x in mine if sum(y < x for y in mine) == sum(y > x for y in mine))
