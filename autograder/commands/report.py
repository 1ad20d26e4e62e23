"""``autograder report``: a page on what the class understood."""

from autograder.commands import options


def add(commands):
    """Add the parser."""
    parser = options.command(
        commands,
        run,
        "report",
        "write a page on what the class understood",
        "Write reports/<unit>/<unit>.html, one page that needs nothing else, and its tables as CSV "
        "beside it: how the scores are spread, how hard each task was, which misconceptions the "
        "class holds and who, who has no grade and why, and what has changed. Points that a person "
        "has given count. Nothing is graded for it. Without a UNIT: all that have grades.",
    )
    options.units(parser)
    parser.add_argument("--open", action="store_true", help="show the pages in a browser")


def run(chosen):
    """Write the pages; returns the exit code."""
    from autograder.course import Course
    from autograder.output.report import page

    return page.run(Course(), chosen.units, chosen.open)
