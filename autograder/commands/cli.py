"""The instructor's command line: ``autograder COMMAND``.

Each command is a module of this package with a function ``add(commands)``, which adds its parser.
Heavy modules are imported only when a command runs, so that the help appears at once.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from autograder import startup

COMMANDS = (  # modules, in the order of the help
    "demo init release kit collect grade mark returning report name export audit sync".split()
)
DISTRIBUTION = "convnet-autograder"  # its name for pip
DONE, NOT_ALL, IMPOSSIBLE = 0, 1, 2  # exit codes


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code.

    arguments : of the command line; None: those of this process
    """
    startup.prepare()
    options = parser().parse_args(arguments)
    from autograder.content import ContentError
    from autograder.course import CourseError
    from autograder.release.sync import SyncError
    from autograder.sandbox.errors import SandboxError

    try:
        code: int = options.command(options)
        return code
    except (ContentError, CourseError, SandboxError, SyncError) as problem:
        print(f"autograder: {problem}", file=sys.stderr)
    except BrokenPipeError:  # the reader of a pipe has ended, such as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_ALL
    except KeyboardInterrupt:
        print("autograder: stopped. What was graded is recorded; run it again for the rest.")
    return IMPOSSIBLE


class Version(argparse.Action):
    """Prints the version; unlike argparse's own action it looks the version up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print the version and exit."""
        from importlib import metadata

        print(DISTRIBUTION, metadata.version(DISTRIBUTION))
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """The parser of the command line; each command sets ``command``, the function to call."""
    main_parser = argparse.ArgumentParser(
        prog="autograder",
        description="Release, grade and audit the course. Run it in the course's folder, the one "
        "with nbgrader_config.py, which `autograder init` makes. nbgrader's own commands work "
        "there too.",
        epilog="Exit status: 0 done (a submission that cannot be graded counts as done, with the "
        "reason printed); 1 something was left undone, as printed; 2 could not begin.",
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
