"""Graded cells without a check of ours: plain nbgrader cells, graded by their own asserts.

The points are nbgrader's: none if the cell raises, a number as its last value for partial credit,
else all. The cell runs in the student's process, where code of the student's can influence what
comes of it. That is why checks exist, and why each such result says how it was graded.
"""

import dataclasses
import math

from autograder.cells import role
from autograder.checking import disclosure
from autograder.model import TaskVerdict, Verdict

NAME = "the cell's own asserts, which your code could influence"


@dataclasses.dataclass(frozen=True)
class Asserts:
    """A graded cell as it stands in the source notebook, with its hidden asserts."""

    grade_id: str
    source: str
    points: float

    # What a `Task` has, as far as the run through a notebook asks for it.
    by_value = own_numbers = False

    @property
    def name(self):
        return self.grade_id.removeprefix("test_")


def in_notebook(notebook, tasks):
    """The `Asserts` of a notebook: its graded cells that are not those of ``tasks``, in order.

    tasks : the tasks of the unit, by name
    """
    return tuple(
        Asserts(cell.metadata.nbgrader.grade_id, cell.source, float(cell.metadata.nbgrader.points))
        for cell in notebook.cells
        if role(cell) == "graded"
        and cell.metadata.nbgrader.grade_id.removeprefix("test_") not in tasks
    )


def said(cells):
    """What the lecturer should know of graded cells without a check, as a sentence."""
    names = ", ".join(f"`{cell.grade_id}`" for cell in cells)
    return f"Graded by their own asserts, which student code can influence: {names}."


def grade(cell, answer, seconds):
    """Run the `Asserts` where ``answer`` lives, something with ``run``: a `TaskVerdict`.

    seconds : of CPU time
    """
    seen = answer.run(cell.source, seconds)
    earned, fault = credit(seen, cell.points)
    verdicts = []
    if earned or fault is None:
        verdicts.append(Verdict(NAME, earned))
    if fault is not None:
        verdicts.append(Verdict(NAME, cell.points - earned, fault))
    return TaskVerdict(cell.name, tuple(verdicts))


def credit(seen, points):
    """The points of a cell, and why they are not all of them (None: they are).

    seen : an `Observation`, whose value is the text of the cell's last value, or None
    """
    if seen.lost:
        return 0.0, seen.lost
    if seen.stopped:
        return 0.0, "it did not finish: stopped after too much CPU time"
    if seen.error:
        kind = disclosure.exception_name(seen.error[0])
        return 0.0, str(disclosure.fault("it raised {}", kind))
    try:
        number = float(seen.value)
    except (TypeError, ValueError):  # no number, or no text
        return points, None
    number = 0.0 if math.isnan(number) else min(max(number, 0.0), points)
    return number, None if number == points else "partial credit"
