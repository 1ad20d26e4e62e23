"""``autograder audit``: test the checks against the banks of wrong and right answers."""

import argparse
import sys

from autograder.commands import options


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
    rows = []
    for unit in units:
        rows += tqdm(audit.rows(content.of_unit(unit).values()), disable=None, leave=False)
    print(audit.table(rows, chosen.verbose))
    unused = [problem for unit in units for problem in content.unused(unit)]
    for problem in unused:
        print(f"NOT used: {problem}")
    return 0 if all(row.passed for row in rows) and not unused else 1
