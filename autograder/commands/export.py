"""``autograder export``: write the scores for Canvas, Moodle or Gradescope."""

import argparse

from autograder.commands import options


def add(commands: options.Commands) -> None:
    """Add the parser."""
    parser = options.command(
        commands,
        run,
        "export",
        "write the scores for Canvas, Moodle or Gradescope",
        "Write the gradebook's scores as a CSV file that Canvas or Moodle imports, or as a "
        "results.json for each submission, as on Gradescope. The same as `nbgrader export "
        "--exporter=autograder.output.exports.CanvasExportPlugin` and its like.",
    )
    options.units(parser)
    parser.add_argument("--format", required=True, choices=["canvas", "moodle", "gradescope"])
    parser.add_argument(
        "--to",
        metavar="PATH",
        help="the file, or the folder for gradescope; default: grades_FORMAT(.csv)",
    )


def run(chosen: argparse.Namespace) -> int:
    """Write the scores; returns the exit code: 1 if some are not final or left out."""
    from autograder.course import Course
    from autograder.output import exports

    course = Course()
    units = course.choose_units(chosen.units) if chosen.units else []
    return exports.run(course, chosen.format, units, chosen.to)
