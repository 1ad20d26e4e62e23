"""Item analysis of a class: how hard each task was, whether it tells who knows the rest, and how
the scores are spread."""

import dataclasses
import math
from collections import Counter

import numpy as np

from autograder.output.report.results import Item

MIN_CLASS = 20  # students; a correlation over fewer is mostly chance
MOST_BARS = 20  # of a histogram, but for the last
TINY = 1e-9  # of a bar: a score at its very edge belongs to it


@dataclasses.dataclass(frozen=True)
class Difficulty:
    """How a class did in one task. Who has yet to be graded by hand counts as ``waiting`` only."""

    item: Item
    share: float | None  # the mean share of its points; None: nobody is graded
    full: int  # students with all points
    some: int
    none: int
    waiting: int
    named: int  # of those who lost points, whose mistake was recognised
    discrimination: float | None  # the item-rest correlation
    why: str = ""  # there is no such number


def difficulties(results):
    """A `Difficulty` for each task of some `results.Results`."""
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


def item_rest(points, column):
    """The correlation of one task's points with the sum of the others': (number, ""), or
    (None, why there is none).

    points : (students, tasks), NaN where a person has yet to grade

    Tasks that somebody waits for are not in anyone's sum: it must mean the same for all.
    """
    known = ~np.isnan(points[:, column])
    whole = ~np.isnan(points).any(axis=0)
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
    reason: str  # the most frequent one; empty if nobody failed


def parts(found):
    """A `PartFailures` for each part of each task, in the order of the notebook.

    found : `results.Results`; students whose report is not there are not counted
    """
    points, failed, reasons = {}, {}, {}
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
            reasons[place].most_common(1)[0][0] if place in reasons else "",
        )
        for place in points
    ]


@dataclasses.dataclass(frozen=True)
class Bar:
    """The students with ``low`` ≤ score < ``high``."""

    low: float
    high: float
    students: list


def histogram(found):
    """The scores as `Bar`s, the last of which begins at full marks or holds them."""
    steps = (factor * 10**power for power in range(-2, 5) for factor in (1, 2.5, 5))
    step = next(s for s in steps if found.maximum / s <= MOST_BARS)
    top = max([found.maximum, *(s.total for s in found.students)])  # there may be extra points
    bars = [Bar(n * step, (n + 1) * step, []) for n in range(math.floor(top / step + TINY) + 1)]
    for student in found.students:
        bars[math.floor(student.total / step + TINY)].students.append(student)
    return bars
