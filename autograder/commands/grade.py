"""``autograder grade``: grade what is in ``submitted/``."""

import sys

from autograder.commands import options


def add(commands):
    """Add the parser."""
    parser = options.command(
        commands,
        run,
        "grade",
        "grade what is in submitted/",
        "Grade every submission of the units in submitted/<student>/<unit>/, record the scores in "
        "the gradebook, and write autograded/. Submissions are never changed. One whose file, "
        "unit, checks and sandbox are as they were keeps its grade and is not run again. A line "
        "has the score, the misconceptions that were recognised, and what went wrong.",
    )
    options.units(parser)
    parser.add_argument(
        "--force", action="store_true", help="grade again even what has not changed"
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="grade, and show which scores would change, but record nothing; the next run without "
        "this records what has been graded and does not run it again",
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="grade on the workers of this Dask scheduler, such as tcp://10.0.0.1:8786, in the "
        "place of --jobs; needs the extra `cluster`",
    )
    options.workers(parser)


def run(chosen):
    """Grade the units; returns the exit code: 1 if some of it has to be done again."""
    from autograder.course import Course, CourseError

    course = Course()
    units = course.choose_units(chosen.units)
    outcomes = []
    for unit in units:
        try:
            outcomes += print_grades(course, unit, chosen)
        except CourseError as problem:
            if len(units) == 1:
                raise
            print(f"{unit}: {problem}", file=sys.stderr)
            outcomes.append(None)
    return 1 if any(g is None or g.failure for g in outcomes) else 0


def print_grades(course, unit, chosen):
    """Grade one unit, printing a line per student; returns what became of each."""
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
        sys.stdout.flush()  # into a log file, too, at once
        outcomes.append(graded)
    if found := summary.misconceptions(outcomes):
        print(found)
    print(summary.summary(unit, outcomes, chosen.dry_run))
    if not chosen.dry_run:
        history.remember_run(course, unit, outcomes)
    return outcomes
