"""``autograder kit``: make the folder and the zip that students get."""

import argparse

from autograder.commands import options


def add(commands: options.Commands) -> None:
    """Add the parser."""
    parser = options.command(
        commands,
        run,
        "kit",
        "make the folder and the zip that students get",
        "Write build/kit/<name of the kit>.zip, and the same as a folder: the student versions of "
        "the units, the student package, and what it takes to install and open them. The folder "
        "is replaced each time: do not work there. Run `autograder release` too, since it enters "
        "a unit in the gradebook.",
    )
    options.units(parser)
    parser.add_argument(
        "--to",
        metavar="FOLDER",
        help="update this student's folder instead; notebooks that exist in it are not changed",
    )


def run(chosen: argparse.Namespace) -> int:
    """Make the kit; returns the exit code."""
    from autograder.release import kit

    return kit.run(chosen.units, chosen.to)
