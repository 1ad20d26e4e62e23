"""``autograder init``: make a new course folder."""

import argparse

from autograder.commands import options


def add(commands: options.Commands) -> None:
    """Add the parser."""
    parser = options.command(
        commands,
        run,
        "init",
        "make a new course folder",
        "Write the source notebooks of all units and the configuration of nbgrader into a folder, "
        "in which the course is then released and graded. The notebooks contain the solutions. "
        "Existing files are not changed. A folder that is a course already is refused.",
    )
    parser.add_argument(
        "--empty",
        action="store_true",
        help="for a course of your own: no units, but the packages in which you describe them",
    )
    parser.add_argument(
        "folder", nargs="?", default=".", metavar="FOLDER", help="default: the current folder"
    )


def run(chosen: argparse.Namespace) -> int:
    """Make the course; returns the exit code."""
    from pathlib import Path

    from autograder import starter
    from autograder.course import CourseError

    folder = Path(chosen.folder).resolve()
    if (folder / starter.CONFIG).exists():
        raise CourseError(f"{folder} is a course already: it has a {starter.CONFIG}.")
    try:
        kept = starter.write(folder, chosen.empty)
    except OSError as error:
        where = error.filename or folder
        raise CourseError(f"{where} cannot be written: {error.strerror}.") from None
    left = f" Left as they were: {', '.join(kept)}." if kept else ""
    begin = "with `autograder release`"
    if chosen.empty:
        begin = "with staff/units/__init__.py; docs/own-course.md says how to write a unit"
    print(f"{folder} is a course now.{left} Go there and begin {begin}.")
    return 0
