"""``autograder collect``: put a download from Moodle or Canvas into ``submitted/``."""

import argparse

from autograder.commands import options


def add(commands: options.Commands) -> None:
    """Add the parser."""
    parser = options.command(
        commands,
        run,
        "collect",
        "put a download from Moodle or Canvas into submitted/",
        "Read the notebook of each student from the zip with all submissions to an assignment, "
        "downloaded from Moodle or Canvas, and write it to submitted/<student>/<unit>/. Students "
        "are found in the gradebook by lms_user_id (Canvas) or by name. No other file is unpacked, "
        "and existing notebooks are kept.",
    )
    parser.add_argument("unit", metavar="UNIT", help="the name of a folder in source/")
    parser.add_argument(
        "source", metavar="ZIP", help="the download, or the folder that it was unpacked into"
    )
    parser.add_argument(
        "--ids-from-notebooks",
        action="store_true",
        help="if the gradebook does not hold a student, use the STUDENT_ID in the notebook",
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help="overwrite another notebook that is in submitted/ already",
    )


def run(chosen: argparse.Namespace) -> int:
    """Collect the submissions; returns the exit code."""
    from autograder.collecting import downloads
    from autograder.course import Course

    course = Course()
    [unit] = course.choose_units([chosen.unit])
    return downloads.run(course, unit, chosen.source, chosen.ids_from_notebooks, chosen.replace)
