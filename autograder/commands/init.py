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
        kept = starter.write(folder)
    except OSError as error:
        where = error.filename or folder
        raise CourseError(f"{where} cannot be written: {error.strerror}.") from None
    left = f" Left as they were: {', '.join(kept)}." if kept else ""
    print(f"{folder} is a course now.{left} Go there and begin with `autograder release`.")
    return 0
