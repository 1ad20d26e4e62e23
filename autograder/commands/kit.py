"""``autograder kit``: the folder and the zip that students get."""

from autograder.commands import options


def add(commands):
    """Add the parser."""
    parser = options.command(
        commands,
        run,
        "kit",
        "make the folder and the zip that students get",
        "Write build/kit/<name of the kit>.zip, and the same as a folder: the student versions of "
        "the units, the student package, and what it takes to install and open them. The folder "
        "is made anew each time: do not work there. `autograder release` is needed besides, since "
        "it enters a unit in the gradebook.",
    )
    options.units(parser)
    parser.add_argument(
        "--to",
        metavar="FOLDER",
        help="in the place of that, bring this student's folder up to date; notebooks that are in "
        "it are left as they are",
    )


def run(chosen):
    """Make the kit; returns the exit code."""
    from autograder.release import kit

    return kit.run(chosen.units, chosen.to)
