"""``autograder audit``: test the checks against the banks of wrong and right answers."""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from autograder.commands import options

if TYPE_CHECKING:
    from autograder.content import Content


def add(commands: options.Commands) -> None:
    """Add the parser."""
    parser = options.command(
        commands,
        run,
        "audit",
        "test the checks against the banks of wrong and right answers",
        "Run every misconception and every variant, a right answer in another style, through the "
        "hidden checks. Each misconception has to lose points, to be named and to have a "
        "docstring, which the student reads. Each variant has to get all points.",
    )
    options.units(parser)
    parser.add_argument(
        "--mutants",
        action="store_true",
        help="test the checks against wrong answers made by program instead; takes minutes",
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="show what each misconception gets"
    )


def run(chosen: argparse.Namespace) -> int:
    """Audit the units; returns the exit code: 1 if a check fails the audit, 2 for no such unit.

    Raises CourseError if the content has no unit of this course.
    """
    from tqdm import tqdm

    from autograder import audit
    from autograder.course import Course, CourseError

    course = Course()
    content = course.content
    if not content.units() or (course.units() and not {*content.units()} & {*course.units()}):
        raise CourseError(
            f"{content.package} has no unit of this course: c.Content.package in "
            "course_settings.py names the content. A unit's folder there needs an __init__.py."
        )
    for unit in chosen.units:
        if unit not in content.units():
            known = ", ".join(content.units())
            print(f"autograder: no unit {unit}; there are {known}", file=sys.stderr)
            return 2
    units = chosen.units or content.units()
    if chosen.mutants:
        return audit_mutants(content, units)
    rows = []
    for unit in units:
        rows += tqdm(audit.rows(content.of_unit(unit).values()), disable=None, leave=False)
    print(audit.table(rows, chosen.verbose))
    unused = [problem for unit in units for problem in content.unused(unit)]
    for problem in unused:
        print(f"NOT used: {problem}")
    return 0 if all(row.passed for row in rows) and not unused else 1


def audit_mutants(content: "Content", units: Sequence[str]) -> int:
    """Audit the tasks that have a contract; returns the exit code: 1 if a mutant was missed."""
    from tqdm import tqdm

    from autograder import mutation

    tasks = [task for unit in units for task in content.of_unit(unit).values()]
    contracts = {task: content.contract(task) for task in tasks if not task.by_value}
    results, unfit = [], []
    for task, contract in tqdm(contracts.items(), disable=None, leave=False):
        if contract is not None:
            unfit += mutation.unfit(task, contract)
            results.append(mutation.audit(task, contract))
    if results:
        print(mutation.table(results))
    for problem in unfit:
        print(f"NOT legal: {problem}")
    without = [task.name for task, contract in contracts.items() if contract is None]
    if without:
        print(f"without a contract, so not audited: {', '.join(without)}")
    return 1 if unfit or any(result.survivors for result in results) else 0
