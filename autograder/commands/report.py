"""``autograder report``: write a page on what the class understood."""

import argparse

from autograder.commands import options


def add(commands: options.Commands) -> None:
    """Add the parser."""
    parser = options.command(
        commands,
        run,
        "report",
        "write a page on what the class understood",
        "Write reports/<unit>/<unit>.html, one self-contained page, and its tables as CSV files "
        "beside it: the distribution of the scores, the difficulty of each task, the "
        "misconceptions of the class and who holds them, the submissions without a grade and why, "
        "and the changes since the last scores. Points by hand count. Nothing is graded. Without "
        "a UNIT: all units with grades, and reports/all_units/all_units.html on them together: "
        "what to teach again, who needs a word, how units and students stand.",
    )
    options.units(parser)
    parser.add_argument("--open", action="store_true", help="show the pages in a browser")


def run(chosen: argparse.Namespace) -> int:
    """Write the pages; returns the exit code."""
    from autograder.course import Course
    from autograder.output.report import page

    return page.run(Course(), chosen.units, chosen.open)
