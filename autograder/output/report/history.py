"""What has changed: whenever a unit has been graded or reported on, its scores are noted in
``.autograder/<unit>/scores.json``, beside the last ones that were different."""

import dataclasses
import datetime
import json

from autograder import files
from autograder.course import CourseError
from autograder.output.report import results

PENALTY = "late penalty"  # stands among the scores by cell, with a minus, where there is one


@dataclasses.dataclass(frozen=True)
class Change:
    """A student's score that is another than before."""

    name: str
    before: float
    now: float
    cells: dict[str, tuple[float | None, float | None]]  # those that differ: (before, now)


@dataclasses.dataclass(frozen=True)
class Comparison:
    """The scores as they are beside the last ones that were different."""

    when: datetime.datetime  # those were seen last
    changes: list[Change]
    new: list[str]  # students who had no grade
    gone: list[str]  # students who had one


def notes(course, unit):
    """The file in which the scores of a unit are noted."""
    return course.root / ".autograder" / unit / "scores.json"


def load(course, unit):
    """What has been noted: the scores ``now`` and ``before``, and ``failures`` of grading."""
    try:
        state = json.loads(notes(course, unit).read_text(encoding="utf-8"))
        return {"now": state["now"], "before": state["before"], "failures": state["failures"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {"now": None, "before": None, "failures": {}}


def remember(course, unit, scores, failures=None):
    """Note the scores of a unit as they are; returns the `Comparison`, None if there is none yet.

    scores : by student and cell, see `scores_of`
    failures : why grading failed, by student, if it has just been done

    What differs from the scores noted last becomes the new ``now``, and those become ``before``:
    to note the same scores again changes nothing but the time.
    """
    state = load(course, unit)
    now = {"when": datetime.datetime.now().isoformat(timespec="seconds"), "scores": scores}
    if state["now"] and state["now"]["scores"] != scores:
        state["before"] = state["now"]
    state["now"] = now
    if failures is not None:
        state["failures"] = failures
    path = notes(course, unit)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, json.dumps(state, indent=1).encode())
    except OSError as error:
        raise CourseError(f"{path} cannot be written ({error.strerror}).") from None
    return compared(state["before"], scores) if state["before"] else None


def remember_run(course, unit, outcomes):
    """Note the scores of a unit after it has been graded, and where that failed.

    outcomes : the `model.Graded` of all submissions
    """
    failures = {graded.student: graded.failure for graded in outcomes if graded.failure}
    with results.opened(course) as book:
        _, _, students = results.recorded(book, unit)
    remember(course, unit, scores_of(students), failures)


def scores_of(students):
    """The points of `results.Student`s by name and cell, penalties among them."""
    return {s.name: s.scores | ({PENALTY: -s.penalty} if s.penalty else {}) for s in students}


def compared(before, scores):
    """The `Comparison` of noted scores with these."""
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


def total(scores):
    """All points of a student, less the penalty."""
    return max(0.0, sum(score or 0.0 for score in scores.values()))
