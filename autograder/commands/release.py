"""``autograder release``: make the student versions of the units."""

import argparse

from autograder.commands import options


def add(commands: options.Commands) -> None:
    """Add the parser."""
    parser = options.command(
        commands,
        run,
        "release",
        "make the student versions",
        "Write release/<unit>/ from source/<unit>/, without solutions and hidden checks, and enter "
        "the unit in the gradebook. This overwrites release/<unit>/: do not work there. "
        "The same as `nbgrader generate_assignment UNIT --force`, but refused where notebook and "
        "content contradict each other.",
    )
    options.units(parser)


def run(chosen: argparse.Namespace) -> int:
    """Release the units; returns the exit code."""
    from autograder.checking import asserts
    from autograder.course import Course
    from autograder.release import review
    from autograder.release.notebooks import own_asserts, released

    course = Course()
    units = course.choose_units(chosen.units)
    review.accept(course, units, "Nothing was released.")
    for unit in units:
        course.release(unit)
        source, config = course.source(unit), course.config
        notebook = released(source, config)
        print(f"released {unit}: release/{unit}/")
        if cells := own_asserts(source, notebook, course.content, unit, config):
            print(f"  {asserts.said(cells)}")
        for warning in review.warnings(course, unit, notebook):
            print(f"  {warning}")
    print("Make the folder that students get with `autograder kit`.")
    return 0
