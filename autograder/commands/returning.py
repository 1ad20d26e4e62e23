"""``autograder return``: write the feedback pages, and pack them for Moodle, Canvas or by hand."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.commands import options

if TYPE_CHECKING:
    from autograder.course import Course
    from autograder.output.returning import Packed

NEXT = {
    "moodle": "In Moodle: the assignment's submissions, Actions, Upload multiple feedback files in "
    "a zip (it needs the feedback type Feedback files).",
    "canvas": "In Canvas: the assignment, Upload Submissions in the gradebook's menu. Each upload "
    "adds a comment, so upload a zip once.",
    "folders": "index.csv in it says whose page is where, with e-mail addresses.",
}


def add(commands: options.Commands) -> None:
    """Add the parser."""
    parser = options.command(
        commands,
        run,
        "return",
        "write the feedback pages, and pack them for Moodle, Canvas or by hand",
        "Write feedback/<student>/<unit>/<unit>.html, the pages of `nbgrader generate_feedback`, "
        "for each student whose grade, marks or comments have changed since; other pages stay as "
        "they are. With --to, pack the pages that have changed since they were last packed as "
        "returned/<unit>-<where>.zip, a new one each time: named as the bulk upload of Moodle or "
        "Canvas asks for, or in folders by student with a table. Nothing is graded or sent.",
    )
    options.units(parser)
    parser.add_argument(
        "--to",
        choices=["moodle", "canvas", "folders"],
        help="pack the pages; for Moodle and Canvas the submissions must come from there, by "
        "`autograder collect`",
    )
    parser.add_argument(
        "--all", action="store_true", help="pack the pages of everyone, also those packed before"
    )
    parser.add_argument(
        "--force", action="store_true", help="write pages again where nothing has changed"
    )
    options.jobs(parser, "processes that write pages")


def run(chosen: argparse.Namespace) -> int:
    """Write the pages and pack them; returns the exit code: 1 if one is missing."""
    from autograder.course import Course

    course = Course()
    complete = True
    for unit in course.choose_units(chosen.units):
        pages, problems = write(course, unit, chosen)
        complete = complete and not problems
        if chosen.to and pages:
            complete = pack(course, unit, chosen, pages) and complete
    return 0 if complete else 1


def write(
    course: Course, unit: str, chosen: argparse.Namespace
) -> tuple[dict[str, Path], dict[str, str]]:
    """Write the pages of a unit that have changed; returns those that stand, and what failed."""
    from tqdm import tqdm

    from autograder.output import pages
    from autograder.wording import counted

    making = pages.make(course, unit, chosen.jobs, chosen.force)
    found = list(tqdm(making, unit="page", disable=None, leave=False))
    problems = {page.student: page.problem for page in found if page.problem}
    standing = {page.student: page.path for page in found if not page.problem}
    new = [page for page in found if page.written]
    if not found:
        print(f"{unit}: nobody has a grade yet: run `autograder grade {unit}` first")
        return standing, problems
    where = f"{course.directory.feedback_directory}/<student>/{unit}/{unit}.html"
    print(f"{unit}: {counted(new, 'page')} written, {len(standing) - len(new)} as before: {where}")
    left_out("NOT written", problems)
    return standing, problems


def pack(course: Course, unit: str, chosen: argparse.Namespace, pages: dict[str, Path]) -> bool:
    """Pack pages and say what is in the zip; True if nobody is left out."""
    from autograder.output import returning

    packed = returning.pack(course, unit, chosen.to, pages, everyone=chosen.all)
    print(f"{unit}: {said(packed)}")
    left_out("NOT in the zip", packed.left)
    if packed.path:
        print(NEXT[chosen.to])
    return not packed.left


def said(packed: Packed) -> str:
    """What was packed, in a line."""
    from autograder.wording import counted

    same = counted(packed.same, "page")
    if packed.path is None and not packed.same:
        return "nothing to pack"
    if packed.path is None:
        return f"nothing new to pack ({same} packed before; --all packs them again)"
    before = f"; {same} packed before and left out (--all)" if packed.same else ""
    return f"{counted(packed.inside, 'page')} in {packed.path}{before}"


def left_out(what: str, reasons: Mapping[str, str]) -> None:
    """Print who is left out and why, if anybody is."""
    if reasons:
        print(f"{what}, {len(reasons)}, for the reason given with each:")
        for student, why in sorted(reasons.items()):
            print(f"    {student}: {why}")
