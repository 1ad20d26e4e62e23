"""The instructor's command line: ``autograder COMMAND``. The help of each says what it is for.

Each command is a module of this package with a function ``add(commands)``, which adds its parser.
What a command needs is imported when it runs: the help comes at once.
"""

import argparse
import importlib
import os
import sys

from autograder import startup

COMMANDS = "demo init release kit collect grade report export audit sync".split()
DISTRIBUTION = "convnet-autograder"  # what pip calls it
DONE, NOT_ALL, IMPOSSIBLE = 0, 1, 2  # exit codes


def main(arguments=None):
    """Run one command; returns its exit code."""
    startup.prepare()
    options = parser().parse_args(arguments)
    from autograder.content import TaskError
    from autograder.course import CourseError
    from autograder.release.sync import SyncError
    from autograder.sandbox.errors import SandboxError

    try:
        return options.command(options)
    except (CourseError, SandboxError, SyncError, TaskError) as problem:
        print(f"autograder: {problem}", file=sys.stderr)
    except BrokenPipeError:  # `| head`: nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_ALL
    except KeyboardInterrupt:
        print("autograder: stopped. What was graded is recorded; run it again for the rest.")
    return IMPOSSIBLE


class Version(argparse.Action):
    """Prints the version; looks it up only then, which argparse's own action would not."""

    def __call__(self, parser, *_):
        """Print, and end the program."""
        from importlib import metadata

        print(DISTRIBUTION, metadata.version(DISTRIBUTION))
        parser.exit()


def parser():
    """The parser of the command line; each command sets ``command``, the function to call."""
    main_parser = argparse.ArgumentParser(
        prog="autograder",
        description="Release, grade and audit the course. Run it in the course's folder, the one "
        "with nbgrader_config.py, which `autograder init` makes. nbgrader's own commands work "
        "there too.",
        epilog="Exit status: 0 done (a submission that cannot be graded is done when the reason "
        "is said); 1 something was left undone, as printed; 2 could not begin.",
    )
    main_parser.add_argument(
        "--version", action=Version, nargs=0, help="show the installed version and exit"
    )
    commands = main_parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name in COMMANDS:
        importlib.import_module(f"autograder.commands.{name}").add(commands)
    return main_parser


if __name__ == "__main__":
    sys.exit(main())
