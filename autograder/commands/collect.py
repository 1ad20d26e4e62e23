"""``autograder collect``: a download of Moodle's or Canvas's into ``submitted/``."""

from autograder.commands import options


def add(commands):
    """Add the parser."""
    parser = options.command(
        commands,
        run,
        "collect",
        "put a download of Moodle's or Canvas's into submitted/",
        "Take the notebook of each student out of the zip in which Moodle or Canvas hands out all "
        "submissions to an assignment, and write it to submitted/<student>/<unit>/. Students are "
        "looked for in the gradebook, by lms_user_id (Canvas) or by name. Nothing is unpacked, and "
        "what is there already stays.",
    )
    parser.add_argument("unit", metavar="UNIT", help="the name of its folder in source/")
    parser.add_argument("source", metavar="ZIP", help="or the folder that it was unpacked into")
    parser.add_argument(
        "--ids-from-notebooks",
        action="store_true",
        help="where the gradebook does not know a student, believe the STUDENT_ID in the notebook",
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help="put a notebook in the place of another one that is in submitted/ already",
    )


def run(chosen):
    """Collect the submissions; returns the exit code."""
    from autograder.collecting import downloads
    from autograder.course import Course

    course = Course()
    [unit] = course.choose_units([chosen.unit])
    return downloads.run(course, unit, chosen.source, chosen.ids_from_notebooks, chosen.replace)
