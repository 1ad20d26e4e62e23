"""The audit: whether the checks catch every misconception and accept every right answer.

Runs the checks on every misconception, every variant and the reference, with the numbers of
several students, so that it also finds checks whose outcome depends on the numbers drawn.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from autograder.checking import diagnose, judge
from autograder.checking.answers import Local
from autograder.checking.diagnose import Known
from autograder.model import Solution, Task

STUDENTS: Sequence[str] = ("", "ada", "grace")  # "" is a guest
REFERENCE, VARIANT, MISCONCEPTION = "reference", "variant", "misconception"


@dataclasses.dataclass(frozen=True)
class Row:
    """The outcome for one solution over all students: its fewest and its most points."""

    unit: str
    task: str
    kind: str
    name: str
    least: float
    most: float
    maximum: float
    named: bool  # the diagnosis names this misconception, for every student
    said: bool  # it has a docstring, the sentence that the student reads
    fails: str  # the first part that the solution failed, and why; empty if none

    @property
    def passed(self) -> bool:
        """True if a misconception is caught, named and said, or a right answer gets full points."""
        if self.kind == MISCONCEPTION:
            return self.most < self.maximum and self.named and self.said
        return self.least == self.maximum


def solutions(task: Task) -> Iterator[tuple[str, str, Solution]]:
    """(kind, name, function) of the reference, the variants and the misconceptions of a task."""
    yield REFERENCE, task.name, task.reference
    for kind, bank in ((VARIANT, task.variants), (MISCONCEPTION, task.misconceptions)):
        for name, function in bank.items():
            yield kind, name, function


def rows(tasks: Iterable[Task], students: Sequence[str] = STUDENTS) -> Iterator[Row]:
    """A `Row` for every solution of these tasks."""
    for task in tasks:
        # The reference and each misconception run only once per student and call.
        known: dict[str, Known] = {student: {} for student in students}
        for kind, name, function in solutions(task):
            mine = students
            if task.own_numbers and name.endswith("__guest_numbers"):
                mine = [student for student in students if student]  # right for a guest
            answer = Local(function)
            results = [judge.grade(task, answer, s, known[s]) for s in mine]
            points = [result.points for result in results]
            named = all(name in result.misconceptions for result in results)
            wrong = [v for result in results for v in result.parts if v.fault]
            fails = f"{wrong[0].part}: {wrong[0].fault}" if wrong else ""
            yield Row(
                task.unit,
                task.name,
                kind,
                name,
                min(points),
                max(points),
                judge.maximum(task),
                named,
                bool(diagnose.sentence(function)),
                fails,
            )


def table(audited: Sequence[Row], verbose: bool = False) -> str:
    """The audit as text: a line for each task, and one for each solution that did not pass.

    verbose : add a line for each misconception that is caught
    """
    width = max(len(row.task) for row in audited)
    heads = f"{'points':>8}{'variants full':>15}{'misconceptions caught and named':>33}"
    lines = [f"{'task':<{width}}{heads}"]
    for unit, name in dict.fromkeys((row.unit, row.task) for row in audited):
        mine = [row for row in audited if (row.unit, row.task) == (unit, name)]
        right = [row for row in mine if row.kind != MISCONCEPTION]
        wrong = [row for row in mine if row.kind == MISCONCEPTION]
        caught = f"{sum(r.passed for r in wrong)} of {len(wrong)}"
        full = f"{sum(r.passed for r in right)} of {len(right)}"
        lines.append(f"{name:<{width}}{mine[0].maximum:>8g}{full:>15}{caught:>33}")
        for row in mine:
            if not row.passed:
                lines.append(f"  NOT {describe(row)}")
            elif verbose and row.kind == MISCONCEPTION:
                lines.append(
                    f"    {row.name.split('__')[1]:<36} gets {row.most:g} of {row.maximum:g}"
                )
    wrong = [row for row in audited if row.kind == MISCONCEPTION]
    right = [row for row in audited if row.kind != MISCONCEPTION]
    lines.append(
        f"misconceptions caught and named: {sum(r.passed for r in wrong)} of {len(wrong)} "
        f"(kill rate {sum(r.most < r.maximum for r in wrong) / max(len(wrong), 1):.0%}); "
        f"right answers at full points: {sum(r.passed for r in right)} of {len(right)}"
    )
    return "\n".join(lines)


def describe(row: Row) -> str:
    """Why a row did not pass."""
    if row.kind != MISCONCEPTION:
        return f"full: {row.kind} {row.name} got {row.least:g} of {row.maximum:g} ({row.fails})"
    if row.most == row.maximum:
        return f"caught: {row.name} got full points"
    if not row.said:
        return f"said: {row.name} has no docstring: write the sentence that the student reads"
    return f"named: {row.name} lost points, but another sentence explained it"
