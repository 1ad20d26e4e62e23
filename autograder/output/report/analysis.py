"""Item analysis of a class: difficulty and discrimination of each task, and the score histogram."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from autograder.output.report.results import Item, Results, Student

MIN_CLASS = 20  # students; a correlation over fewer is mostly chance
MOST_BARS = 20  # of a histogram, without the last
TINY = 1e-9  # in widths of a bar: a score exactly at the lower edge belongs to the bar


@dataclasses.dataclass(frozen=True)
class Difficulty:
    """The results of a class in one task. An answer not yet graded counts as ``waiting`` only."""

    item: Item
    share: float | None  # the mean share of its points; None: nobody is graded
    full: int  # students with all points
    some: int  # students with some points
    none: int  # students with no points
    waiting: int  # students whose answer a person has yet to grade
    named: int  # students who lost points by a recognised misconception
    discrimination: float | None  # the item-rest correlation
    why: str = ""  # the reason if there is no correlation


def difficulties(results: Results) -> list[Difficulty]:
    """The `Difficulty` of each task, in the order of the notebook."""
    cells = [item.cell for item in results.items]
    points = np.array([[s.scores.get(c) for c in cells] for s in results.students], dtype=float)
    made = []
    for column, item in enumerate(results.items):
        known = ~np.isnan(points[:, column])
        own = points[known, column]
        number, why = item_rest(points, column)
        named = [s for s in results.students if s.report and item.task in s.report.misconceptions]
        full = int(np.sum(own >= item.maximum))
        none = int(np.sum((own <= 0) & (own < item.maximum)))
        made.append(
            Difficulty(
                item,
                float(own.mean()) / item.maximum if own.size and item.maximum else None,
                full,
                len(own) - full - none,
                none,
                int(np.sum(~known)),
                len(named),
                number,
                why,
            )
        )
    return made


def item_rest(points: NDArray[np.float64], column: int) -> tuple[float | None, str]:
    """The correlation of a task's points with the sum of the other tasks' points.

    points : (students, tasks), NaN where a person has yet to grade

    Returns (number, ""), or (None, the reason) if there is no correlation. A task with a NaN is
    left out of every student's sum, so that the sums are comparable.
    """
    known = ~np.isnan(points[:, column])
    whole = np.asarray(~np.isnan(points).any(axis=0))
    whole[column] = False
    own, rest = points[known, column], points[known][:, whole].sum(axis=1)
    if len(own) < MIN_CLASS:
        return None, f"fewer than {MIN_CLASS} graded"
    if not whole.any():
        return None, "there is no other task"
    if np.ptp(own) == 0:
        return None, "all have the same points"
    if np.ptp(rest) == 0:
        return None, "all have the same points elsewhere"
    return float(np.corrcoef(own, rest)[0, 1]), ""


@dataclasses.dataclass(frozen=True)
class PartFailures:
    """The students who failed one part of a task."""

    task: str
    name: str
    points: float
    students: list[str]
    reason: str = ""  # the most frequent one; empty if nobody failed
    with_reason: int = 0  # how many of the students failed for it


def parts(found: Results) -> list[PartFailures]:
    """The `PartFailures` of each part of each task, in the order of the notebook.

    Students without a report are not counted.
    """
    points: dict[tuple[str, str], float] = {}
    failed: dict[tuple[str, str], list[str]] = {}
    reasons: dict[tuple[str, str], Counter[str]] = {}
    for student in found.students:
        for grade in student.report.grades if student.report else ():
            for part in grade.verdict.parts:
                place = grade.verdict.task, part.part
                points[place] = part.points
                if part.fault is not None:
                    failed.setdefault(place, []).append(student.name)
                    reasons.setdefault(place, Counter())[part.sentence or part.fault] += 1
    return [
        PartFailures(
            *place,
            points[place],
            failed.get(place, []),
            *(reasons[place].most_common(1)[0] if place in reasons else ()),
        )
        for place in points
    ]


@dataclasses.dataclass(frozen=True)
class Bar:
    """The students with ``low`` ≤ score < ``high``."""

    low: float
    high: float
    students: list[Student]


def histogram(found: Results) -> list[Bar]:
    """The scores as bars of equal width; the last one begins at full marks or contains them."""
    steps = (factor * 10**power for power in range(-2, 5) for factor in (1, 2.5, 5))
    step = next(s for s in steps if found.maximum / s <= MOST_BARS)
    top = max([found.maximum, *(s.total for s in found.students)])  # with extra points
    bars = [Bar(n * step, (n + 1) * step, []) for n in range(math.floor(top / step + TINY) + 1)]
    for student in found.students:
        bars[math.floor(student.total / step + TINY)].students.append(student)
    return bars
