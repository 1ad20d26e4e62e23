"""``autograder grade``: grade the submissions in ``submitted/``."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from autograder.commands import options

if TYPE_CHECKING:
    from autograder.course import Course
    from autograder.model import Graded


def add(commands: options.Commands) -> None:
    """Add the parser."""
    parser = options.command(
        commands,
        run,
        "grade",
        "grade the submissions in submitted/",
        "Grade every submission of the units in submitted/<student>/<unit>/, record the scores in "
        "the gradebook, and write autograded/. Submissions are never changed. A submission whose "
        "file, unit, checks and sandbox have not changed keeps its grade and is not run again. "
        "Each line shows the score, the recognised misconceptions, and what went wrong.",
    )
    options.units(parser)
    parser.add_argument(
        "--force", action="store_true", help="grade unchanged submissions again too"
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="grade and show which scores would change, but record nothing; the next run without "
        "this option records these grades without running the submissions again",
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="grade on the workers of this Dask scheduler, such as tcp://10.0.0.1:8786, instead "
        "of --jobs; needs the extra `cluster`",
    )
    options.workers(parser)


def run(chosen: argparse.Namespace) -> int:
    """Grade the units; returns the exit code: 1 if a submission has to be graded again."""
    from autograder.course import Course, CourseError

    course = Course()
    units = course.choose_units(chosen.units)
    complete = True
    for unit in units:
        try:
            outcomes = print_grades(course, unit, chosen)
            complete = complete and not any(graded.failure for graded in outcomes)
        except CourseError as problem:
            if len(units) == 1:
                raise
            print(f"{unit}: {problem}", file=sys.stderr)
            complete = False
    return 0 if complete else 1


def print_grades(course: Course, unit: str, chosen: argparse.Namespace) -> list[Graded]:
    """Grade one unit and print a line for each submission; returns the outcomes."""
    from tqdm import tqdm

    from autograder.commands.progress import with_progress
    from autograder.grading.run import Options, Run
    from autograder.output.report import history, summary
    from autograder.sandbox import probe
    from autograder.wording import counted

    how = Options(
        jobs=chosen.jobs,
        sandbox=chosen.sandbox,
        scheduler=chosen.scheduler,
        force=chosen.force,
        dry_run=chosen.dry_run,
    )
    running = Run(course, unit, how)
    many = counted(running.submissions, "submission")
    print(f"{unit}: {many}. Sandbox: {probe.describe(running.kind)}")
    for note in running.notes:
        print(note)
    outcomes = []
    for graded in with_progress(running):
        tqdm.write(summary.line(graded))
        sys.stdout.flush()  # so that a log file shows the line at once
        outcomes.append(graded)
    if found := summary.misconceptions(outcomes):
        print(found)
    print(summary.summary(unit, outcomes, chosen.dry_run))
    if not chosen.dry_run:
        history.remember_run(course, unit, outcomes)
    return outcomes
