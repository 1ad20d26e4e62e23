"""What the parsers of several commands have in common."""

import argparse
import os


def command(commands, function, name, short, long):
    """Add a command's parser; ``function`` is called with the parsed options."""
    parser = commands.add_parser(name, help=short, description=long)
    parser.set_defaults(command=function)
    return parser


def units(parser):
    """Let a command be told which units; the default is all."""
    parser.add_argument(
        "units", nargs="*", metavar="UNIT", help="the name of a folder in source/; default: all"
    )


def workers(parser):
    """Let a command be told how many submissions to grade at a time, and in which sandbox."""
    parser.add_argument(
        "--jobs",
        type=positive,
        default=os.cpu_count() or 1,
        metavar="N",
        help="submissions graded at the same time; default: one per processor",
    )
    parser.add_argument(
        "--sandbox",
        default="auto",
        choices=["auto", "bubblewrap", "landlock", "none"],
        help="what isolates student code; auto takes the strongest that works here and "
        "refuses to go on without any; none runs it with all your rights",
    )


def positive(text):
    """A number of 1 or more, for argparse."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return int(text)
