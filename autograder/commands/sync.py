"""``autograder sync``: copy the reference solutions into the source notebooks."""

import argparse

from autograder.commands import options


def add(commands: options.Commands) -> None:
    """Add the parser."""
    parser = options.command(
        commands,
        run,
        "sync",
        "copy the reference solutions into the source notebooks",
        "Write each function of <unit>/reference.py in the content package, with its docstring, "
        "into its solution cell in source/<unit>/.",
    )
    options.units(parser)
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 if anything would"
    )


def run(chosen: argparse.Namespace) -> int:
    """Update the notebooks; returns the exit code: 1 if ``--check`` finds one to update."""
    from autograder.course import Course
    from autograder.release.sync import sync

    course, stale = Course(), False
    for unit in course.choose_units(chosen.units):
        changed = sync(course.source(unit), course.content.tasks_if_any(unit), chosen.check)
        stale = stale or bool(changed)
        names = ", ".join(changed)
        verb = "would be changed" if chosen.check else "changed"
        print(f"{unit}: {names} {verb}" if changed else f"{unit}: in step with the reference")
    return 1 if chosen.check and stale else 0
