"""Do the checks catch every misconception, and let every right answer through?

Runs every misconception, every variant and the reference itself through the checks, with the
numbers of several students: a check that depends on luck is found here.
"""

import dataclasses

from autograder.checking import judge
from autograder.checking.answers import Local

STUDENTS = ("", "ada", "grace", "emmy")  # "" is a guest
REFERENCE, VARIANT, MISCONCEPTION = "reference", "variant", "misconception"


@dataclasses.dataclass(frozen=True)
class Row:
    """One solution, over all students: the fewest and the most points that it got."""

    unit: str
    task: str
    kind: str
    name: str
    least: float
    most: float
    maximum: float
    named: bool  # a misconception is named by its own sentence, for every student
    fails: str  # the first part that a right answer failed, and why

    @property
    def passed(self):
        if self.kind == MISCONCEPTION:
            return self.most < self.maximum and self.named
        return self.least == self.maximum


def solutions(task):
    """(kind, name, function) of everything there is for a task."""
    yield REFERENCE, task.name, task.reference
    for kind, bank in ((VARIANT, task.variants), (MISCONCEPTION, task.misconceptions)):
        for name, function in bank.items():
            yield kind, name, function


def rows(content, unit):
    """A `Row` for every solution of a unit of a `Content`. Raises KeyError for no unit."""
    for task in content.of_unit(unit).values():
        known = {student: {} for student in STUDENTS}  # every misconception runs once per case
        for kind, name, function in solutions(task):
            students = STUDENTS
            if task.own_numbers and name.endswith("__guest_numbers"):
                students = [student for student in STUDENTS if student]  # a guest has them
            answer = Local(function)
            results = [judge.grade(task, answer, s, known[s]) for s in students]
            points = [result.points for result in results]
            named = all(name in result.misconceptions for result in results)
            wrong = [v for result in results for v in result.parts if v.fault]
            fails = f"{wrong[0].part}: {wrong[0].fault}" if wrong else ""
            yield Row(
                unit,
                task.name,
                kind,
                name,
                min(points),
                max(points),
                judge.maximum(task),
                named,
                fails,
            )


def table(audited, verbose=False):
    """The audit as text: a line per task, and one for everything that is not as it should be."""
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


def describe(row):
    """Why a row is not as it should be."""
    if row.kind != MISCONCEPTION:
        return f"full: {row.kind} {row.name} got {row.least:g} of {row.maximum:g} ({row.fails})"
    if row.most == row.maximum:
        return f"caught: {row.name} got full points"
    return f"named: {row.name} lost points, but another sentence explained it"
