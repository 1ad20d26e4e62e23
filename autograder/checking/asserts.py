"""Graded cells without a check of ours: plain nbgrader cells, graded by their own asserts.

Points follow nbgrader's rule: none if the cell raises, a number as its last value for partial
credit, else all. The cell runs in the student's process, so the student's code can influence its
result. This is why checks exist, and why each such result says how it was graded.
"""

import dataclasses
import math
from collections.abc import Container, Iterable
from typing import Any, Protocol

from nbformat import NotebookNode

from autograder.cells import role
from autograder.checking import disclosure, faults
from autograder.model import Observation, TaskVerdict, Verdict

NAME = "the cell's own asserts, run together with your code"


@dataclasses.dataclass(frozen=True)
class AssertCell:
    """A graded cell of the source notebook, with its hidden asserts."""

    grade_id: str
    source: str
    points: float

    # The attributes of a `Task` that the run through a notebook uses.
    by_value = own_numbers = False

    @property
    def name(self) -> str:
        """The grade_id without ``test_``."""
        return self.grade_id.removeprefix("test_")


class Runner(Protocol):
    """The process that a cell is run in, as it was at that cell."""

    def run(self, source: str, seconds: float) -> Observation:
        """Run a cell; the value is the text of its last value, or None."""


def in_notebook(notebook: NotebookNode, tasks: Container[str]) -> tuple[AssertCell, ...]:
    """An `AssertCell` for each graded cell of a notebook that belongs to no task, in order.

    tasks : the names of the unit's tasks
    """
    return tuple(
        AssertCell(
            cell.metadata.nbgrader.grade_id, cell.source, float(cell.metadata.nbgrader.points)
        )
        for cell in notebook.cells
        if role(cell) == "graded"
        and cell.metadata.nbgrader.grade_id.removeprefix("test_") not in tasks
    )


def said(cells: Iterable[AssertCell]) -> str:
    """A sentence that warns the lecturer of graded cells without a check."""
    names = ", ".join(f"`{cell.grade_id}`" for cell in cells)
    return f"Graded by their own asserts, which student code can influence: {names}."


def grade(cell: AssertCell, answer: Runner, seconds: float) -> TaskVerdict:
    """The verdict on a cell, which is run in the process of ``answer``.

    seconds : limit of CPU time
    """
    seen = answer.run(cell.source, seconds)
    earned, fault = credit(seen, cell.points)
    verdicts: list[Verdict] = []
    if earned or fault is None:
        verdicts.append(Verdict(NAME, earned))
    if fault is not None:
        verdicts.append(Verdict(NAME, cell.points - earned, fault))
    return TaskVerdict(cell.name, tuple(verdicts))


def credit(seen: Observation, points: float) -> tuple[float, str | None]:
    """The points that a cell earned, and why not all of them (None: all are earned).

    seen : its value is the text of the cell's last value, or None
    """
    if seen.lost:
        return 0.0, seen.lost
    if seen.stopped:
        return 0.0, faults.STOPPED
    if seen.error:
        kind = disclosure.exception_name(seen.error[0])
        return 0.0, str(disclosure.format_fault("it raised {}", kind))
    value: Any = seen.value
    try:
        number = float(value)
    except OverflowError:  # a whole number that is too large for a float
        number = math.inf if value > 0 else -math.inf
    except (TypeError, ValueError):  # no number, or no text
        return points, None
    number = 0.0 if math.isnan(number) else min(max(number, 0.0), points)
    return number, None if number == points else "partial credit"
