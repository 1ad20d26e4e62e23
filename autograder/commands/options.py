"""Options that several commands share."""

import argparse
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Commands = argparse._SubParsersAction  # is not generic at run time


def command(
    commands: Commands,
    function: Callable[[argparse.Namespace], int],
    name: str,
    short: str,
    long: str,
) -> argparse.ArgumentParser:
    """Add a command's parser.

    function : called with the parsed options; returns the exit code
    short, long : the line in the list of commands, and the text of the command's own help
    """
    parser = commands.add_parser(name, help=short, description=long)
    parser.set_defaults(command=function)
    return parser


def units(parser: argparse.ArgumentParser) -> None:
    """Add the positional argument for units."""
    parser.add_argument(
        "units", nargs="*", metavar="UNIT", help="the name of a folder in source/; default: all"
    )


def jobs(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the option for the number of processes.

    what : there are so many of
    """
    parser.add_argument(
        "--jobs",
        type=positive,
        default=os.cpu_count() or 1,
        metavar="N",
        help=f"{what}; default: one per processor",
    )


def workers(parser: argparse.ArgumentParser) -> None:
    """Add the options for the number of processes and the kind of sandbox."""
    jobs(parser, "submissions graded at the same time")
    parser.add_argument(
        "--sandbox",
        default="auto",
        choices=["auto", "bubblewrap", "landlock", "none"],
        help="what isolates student code; auto takes the strongest one that works here and "
        "refuses to grade without any; none runs the code with all your rights",
    )


def positive(text: str) -> int:
    """Parse an integer of 1 or more, for argparse."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return int(text)
