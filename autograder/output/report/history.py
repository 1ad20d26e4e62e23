"""Score changes: each run of ``grade`` and ``report`` stores the scores of the unit.

The file ``.autograder/<unit>/scores.json`` holds the current scores and the most recent scores that
differ from them.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias, TypedDict

from autograder.course import Course
from autograder.model import Graded
from autograder.output.report import results

PENALTY = "late penalty"  # the key of a penalty among the scores by cell; its value is negative

Scores: TypeAlias = dict[str, dict[str, float | None]]  # points by student and cell


class Noted(TypedDict):
    """Scores that were stored, and when, in ISO format."""

    when: str
    scores: Scores


class State(TypedDict):
    """The content of the file."""

    now: Noted | None
    before: Noted | None
    failures: dict[str, str]  # why the last grading failed, by student


@dataclasses.dataclass(frozen=True)
class Change:
    """A student whose score has changed."""

    name: str
    before: float
    now: float
    cells: dict[str, tuple[float | None, float | None]]  # the changed ones: (before, now)


@dataclasses.dataclass(frozen=True)
class Comparison:
    """The current scores compared with the most recent scores that differ from them."""

    when: datetime.datetime  # when the earlier scores were last still current
    changes: list[Change]
    new: list[str]  # students who had no grade before
    gone: list[str]  # students who have no grade any more


def notes(course: Course, unit: str) -> Path:
    """The file with the stored scores of a unit."""
    return course.notes(unit, "scores")


def load(course: Course, unit: str) -> State:
    """Read the stored scores of a unit; an empty state if there are none to be read."""
    try:
        state = json.loads(notes(course, unit).read_text(encoding="utf-8"))
        return {"now": state["now"], "before": state["before"], "failures": state["failures"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {"now": None, "before": None, "failures": {}}


def remember(
    course: Course, unit: str, scores: Scores, failures: dict[str, str] | None = None
) -> Comparison | None:
    """Store the current scores of a unit; returns the `Comparison`, None if there is none yet.

    scores : by student and cell, see `scores_of`
    failures : why grading failed, by student; None: keep the stored ones

    If the scores differ from the stored ``now``, that becomes ``before``. Storing the same scores
    again changes only the time. Raises CourseError if the file cannot be written.
    """
    state = load(course, unit)
    now: Noted = {"when": datetime.datetime.now().isoformat(timespec="seconds"), "scores": scores}
    if state["now"] and state["now"]["scores"] != scores:
        state["before"] = state["now"]
    state["now"] = now
    if failures is not None:
        state["failures"] = failures
    course.remember(unit, "scores", state)
    return compared(state["before"], scores) if state["before"] else None


def remember_run(course: Course, unit: str, outcomes: Iterable[Graded]) -> None:
    """Store the scores of a unit after grading, and the failures.

    outcomes : of all submissions of the unit
    """
    failures = {graded.student: graded.failure for graded in outcomes if graded.failure}
    with results.opened(course) as book:
        _, _, students = results.recorded(book, unit)
    remember(course, unit, scores_of(students), failures)


def scores_of(students: Iterable[results.Student]) -> Scores:
    """The points of the students by name and cell, including the late penalties."""
    return {s.name: s.scores | ({PENALTY: -s.penalty} if s.penalty else {}) for s in students}


def compared(before: Noted, scores: Scores) -> Comparison:
    """Compare stored scores with the current ones."""
    old = before["scores"]
    changes = []
    for name in sorted(old.keys() & scores.keys()):
        was, now = old[name], scores[name]
        cells = {
            cell: (was.get(cell), now.get(cell))
            for cell in {**was, **now}
            if was.get(cell) != now.get(cell)
        }
        if cells:
            changes.append(Change(name, total(was), total(now), cells))
    when = datetime.datetime.fromisoformat(before["when"])
    new, gone = sorted(scores.keys() - old.keys()), sorted(old.keys() - scores.keys())
    return Comparison(when, changes, new, gone)


def total(scores: Mapping[str, float | None]) -> float:
    """The points of a student after the penalty."""
    return max(0.0, sum(score or 0.0 for score in scores.values()))
