"""How two marks of the same answers agree."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Sequence

TINY = 1e-12  # squared points: what rounding leaves of 0


@dataclasses.dataclass(frozen=True)
class Agreement:
    """How two marks of the same answers agree.

    same : the share of pairs with equal points
    difference : the mean distance, in points
    bias : the mean of second less first
    kappa : Cohen's kappa with quadratic weights; None if all points are the same
    """

    count: int
    same: float
    difference: float
    bias: float
    kappa: float | None


def measured(pairs: Sequence[tuple[float, float]]) -> Agreement | None:
    """The agreement of pairs of points; None without a pair.

    Kappa: Cohen, "Weighted kappa", Psychological Bulletin 70 (1968), with the squared distance of
    the points as the weight of a disagreement.
    """
    if not pairs:
        return None
    first, second = zip(*pairs, strict=True)
    gaps = [b - a for a, b in pairs]
    observed = statistics.fmean(gap * gap for gap in gaps)
    # The mean of (b - a)² over all a of the first and all b of the second.
    squares = statistics.fmean(a * a for a in first) + statistics.fmean(b * b for b in second)
    expected = squares - 2 * statistics.fmean(first) * statistics.fmean(second)
    return Agreement(
        len(pairs),
        statistics.fmean(gap == 0 for gap in gaps),
        statistics.fmean(map(abs, gaps)),
        statistics.fmean(gaps),
        1 - observed / expected if expected > TINY else None,
    )
