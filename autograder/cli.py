"""The instructor's command line: ``autograder COMMAND``. The help of each says what it is for."""

import argparse
import os
import sys

GRADED, NOT_ALL, IMPOSSIBLE = 0, 1, 2  # exit codes


def main(arguments=None):
    """Run one command; returns its exit code."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy: several graders side by side
    options = parser().parse_args(arguments)
    from autograder.folders import CourseError
    from autograder.sandbox.fence import FenceError
    from autograder.sync import SyncError
    from autograder.tasks import TaskError

    try:
        return options.command(options)
    except (CourseError, FenceError, SyncError, TaskError) as problem:
        print(f"autograder: {problem}", file=sys.stderr)
    except BrokenPipeError:  # `| head`: nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_ALL
    except KeyboardInterrupt:
        print("autograder: stopped. What was graded is recorded; run it again for the rest.")
    return IMPOSSIBLE


def parser():
    """The parser of the command line; each command sets ``command``, the function to call."""
    main_parser = argparse.ArgumentParser(
        prog="autograder",
        description="Release, grade and audit the course. Run it in the course's folder, the one "
        "with nbgrader_config.py. nbgrader's own commands work there too.",
        epilog="Exit status: 0 done (a submission that cannot be graded is done when the reason "
        "is said); 1 something was left undone, as printed; 2 could not begin.",
    )
    commands = main_parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(function, name, short, long, units=True):
        sub = commands.add_parser(name, help=short, description=long)
        sub.set_defaults(command=function)
        if units:
            sub.add_argument(
                "units", nargs="*", metavar="UNIT", help="such as unit1_convolution; default: all"
            )
        return sub

    demo = command(
        demonstrate,
        "demo",
        "grade example submissions and show the scores",
        "Build a small course in build/demo, hand in example submissions (right, wrong, broken and "
        "hostile), grade them in the sandbox, write feedback, and print the scores.",
        units=False,
    )
    command(
        release,
        "release",
        "make the student versions",
        "Write release/<unit>/ from source/<unit>/, without solutions and hidden checks, and enter "
        "the unit in the gradebook. Overwrites what is in release/<unit>/: do not work there. "
        "The same as `nbgrader generate_assignment UNIT --force`.",
    )
    kit = command(
        make_kit,
        "kit",
        "make the folder and the zip that students get",
        "Write build/kit/convnet-kit.zip, and the same as a folder: the student versions of the "
        "units, the package `course`, and what it takes to install and open them. The folder is "
        "made anew each time: do not work there. `autograder release` is needed besides, since it "
        "enters a unit in the gradebook.",
        units=False,
    )
    kit.add_argument(
        "--units",
        nargs="+",
        default=[],
        metavar="UNIT",
        help="such as unit1_convolution; default: all",
    )
    kit.add_argument(
        "--into",
        metavar="FOLDER",
        help="in the place of that, bring this student's folder up to date; notebooks that are in "
        "it are left as they are",
    )
    collect = command(
        collect_download,
        "collect",
        "put a download of Moodle's or Canvas's into submitted/",
        "Take the notebook of each student out of the zip in which Moodle or Canvas hands out all "
        "submissions to an assignment, and write it to submitted/<student>/<unit>/. Students are "
        "looked for in the gradebook, by lms_user_id (Canvas) or by name. Nothing is unpacked, and "
        "what is there already stays.",
        units=False,
    )
    collect.add_argument("unit", metavar="UNIT", help="such as unit1_convolution")
    collect.add_argument("source", metavar="ZIP", help="or the folder that it was unpacked into")
    collect.add_argument(
        "--ids-from-notebooks",
        action="store_true",
        help="where the gradebook does not know a student, believe the STUDENT_ID in the notebook",
    )
    collect.add_argument(
        "--replace",
        action="store_true",
        help="put a notebook in the place of another one that is in submitted/ already",
    )
    grading = command(
        grade,
        "grade",
        "grade what is in submitted/",
        "Grade every submission of the units in submitted/<student>/<unit>/, record the scores in "
        "the gradebook, and write autograded/. Submissions are never changed. One whose file, "
        "unit, checks and sandbox are as they were keeps its grade and is not run again. A line "
        "has the score, the misconceptions that were recognised, and what went wrong.",
    )
    grading.add_argument(
        "--force", action="store_true", help="grade again even what has not changed"
    )
    grading.add_argument(
        "--dry-run",
        action="store_true",
        help="grade, and show which scores would change, but record nothing; the next run without "
        "this records what has been graded and does not run it again",
    )
    grading.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="grade on the workers of this Dask scheduler, such as tcp://10.0.0.1:8786, in the "
        "place of --jobs; needs the extra `cluster`",
    )
    for sub in (demo, grading):
        sub.add_argument(
            "--jobs",
            type=positive,
            default=os.cpu_count() or 1,
            metavar="N",
            help="submissions graded at the same time; default: one per processor",
        )
        sub.add_argument(
            "--sandbox",
            default="auto",
            choices=["auto", "bubblewrap", "landlock", "none"],
            help="what fences student code in; auto takes the strongest that works here and "
            "refuses to go on without any; none runs it with all your rights",
        )
    report = command(
        write_reports,
        "report",
        "write a page on what the class understood",
        "Write reports/<unit>/<unit>.html, one page that needs nothing else, and its tables as CSV "
        "beside it: how the scores are spread, how hard each task was, which misconceptions the "
        "class holds and who, who has no grade and why, and what has changed. Points that a person "
        "has given count. Nothing is graded for it. Without a UNIT: all that have grades.",
    )
    report.add_argument("--open", action="store_true", help="show the pages in a browser")
    export = command(
        export_scores,
        "export",
        "write the scores for Canvas, Moodle or Gradescope",
        "Write the gradebook's scores in a form that Canvas or Moodle imports, or as a "
        "results.json for each submission, as on Gradescope. The same as `nbgrader export "
        "--exporter=autograder.export.CanvasExportPlugin` and its like.",
    )
    export.add_argument("--format", required=True, choices=["canvas", "moodle", "gradescope"])
    export.add_argument(
        "--to",
        metavar="PATH",
        help="the file, or the folder for gradescope; default: grades_canvas.csv and its like",
    )
    audit = command(
        run_audit,
        "audit",
        "test the checks against the banks of wrong and right answers",
        "Run every misconception and every right answer of another style through the hidden "
        "checks. Each misconception has to lose points and be named, each right answer has to "
        "get them all.",
    )
    audit.add_argument(
        "-v", "--verbose", action="store_true", help="show what each misconception gets"
    )
    sync = command(
        run_sync,
        "sync",
        "copy the reference solutions into the source notebooks",
        "Write each function of autograder/reference/<unit>.py, with its docstring, into its "
        "solution cell in source/<unit>/.",
    )
    sync.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 if anything would"
    )
    return main_parser


def positive(text):
    """A number of 1 or more, for argparse."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return int(text)


def demonstrate(options):
    """``autograder demo``."""
    from autograder import demo

    return demo.run(options.jobs, options.sandbox)


def release(options):
    """``autograder release``."""
    from autograder.folders import Course

    course = Course()
    for unit in course.choose_units(options.units):
        course.release(unit)
        print(f"released {unit}: release/{unit}/")
    print("Students get them with all that they need from `autograder kit`.")
    return GRADED


def make_kit(options):
    """``autograder kit``."""
    from autograder import kit

    return kit.run(options.units, options.into)


def collect_download(options):
    """``autograder collect``."""
    from autograder import collect
    from autograder.folders import Course

    course = Course()
    [unit] = course.choose_units([options.unit])
    return collect.run(course, unit, options.source, options.ids_from_notebooks, options.replace)


def grade(options):
    """``autograder grade``."""
    from autograder.folders import Course, CourseError

    course = Course()
    units = course.choose_units(options.units)
    outcomes = []
    for unit in units:
        try:
            outcomes += print_grades(course, unit, options)
        except CourseError as problem:
            if len(units) == 1:
                raise
            print(f"{unit}: {problem}", file=sys.stderr)
            outcomes.append(None)
    return NOT_ALL if any(g is None or g.failure for g in outcomes) else GRADED


def print_grades(course, unit, options):
    """Grade one unit, printing a line per student; returns what became of each."""
    from tqdm import tqdm

    from autograder import grading, report
    from autograder.report import counted, history
    from autograder.sandbox import fence

    how = grading.Options(
        jobs=options.jobs,
        sandbox=options.sandbox,
        scheduler=options.scheduler,
        force=options.force,
        dry_run=options.dry_run,
    )
    run = grading.Run(course, unit, how)
    many = counted(run.submissions, "submission")
    print(f"{unit}: {many}. Sandbox: {fence.describe(run.kind)}")
    for note in run.notes:
        print(note)
    outcomes = []
    for graded in grading.with_progress(run):
        tqdm.write(line(graded))
        sys.stdout.flush()  # into a log file, too, at once
        outcomes.append(graded)
    if found := report.misconceptions(outcomes):
        print(found)
    print(report.summary(unit, outcomes, options.dry_run))
    if not options.dry_run:
        history.remember_run(course, unit, outcomes)
    return outcomes


def line(graded, width=24):
    """One student's line."""
    if graded.report is None:
        what = f"FAILED, grade again: {graded.failure}" if graded.failure else graded.reason
        return f"{graded.student:<{width}} no grade: {what}"
    report = graded.report
    found = [name for names in report.misconceptions.values() for name in names]
    notes = [*found, *dict.fromkeys(report.problems)]
    notes += [f"{count} lines are those of {name}" for name, count in report.copied.items()]
    notes += report.remarks
    if report.repairs:
        notes.append(f"repairs: {len(report.repairs)}, see the feedback")
    mark = " (unchanged)" if graded.unchanged else ""
    if changes := graded.changes():
        each = (
            f"{name.removeprefix('test_')} {was} → {now}" for name, (was, now) in changes.items()
        )
        mark = f" (until now {graded.score_before:g}; {', '.join(each)})"
    by_hand = f" + up to {report.written:g} by hand" if report.written else ""
    late = f" − {graded.late:g} for lateness" if graded.late else ""
    score = f"{report.score:>6g} of {report.maximum:g}{by_hand}{late}{mark}"
    return f"{graded.student:<{width}} {score}  {'; '.join(notes)}".rstrip()


def write_reports(options):
    """``autograder report``."""
    from autograder.folders import Course
    from autograder.report import page

    return page.run(Course(), options.units, options.open)


def export_scores(options):
    """``autograder export``."""
    from autograder import export
    from autograder.folders import Course

    course = Course()
    units = course.choose_units(options.units) if options.units else []
    return export.run(course, options.format, units, options.to)


def run_audit(options):
    """``autograder audit``."""
    from tqdm import tqdm

    from autograder import audit, tasks

    for unit in options.units:
        if unit not in tasks.units():
            print(
                f"autograder: no unit {unit}; there are {', '.join(tasks.units())}", file=sys.stderr
            )
            return IMPOSSIBLE
    units = options.units or tasks.units()
    rows = [row for unit in units for row in tqdm(audit.rows(unit), disable=None, leave=False)]
    print(audit.table(rows, options.verbose))
    return GRADED if all(row.passed for row in rows) else NOT_ALL


def run_sync(options):
    """``autograder sync``."""
    from autograder.folders import Course
    from autograder.sync import sync

    course, stale = Course(), False
    for unit in course.choose_units(options.units):
        changed = sync(course.source(unit), unit, options.check)
        stale = stale or bool(changed)
        names = ", ".join(changed)
        verb = "would be changed" if options.check else "changed"
        print(f"{unit}: {names} {verb}" if changed else f"{unit}: in step with the reference")
    return NOT_ALL if options.check and stale else GRADED


if __name__ == "__main__":
    sys.exit(main())
