"""``autograder demo``: grade example submissions and show the scores.

The demo goes through the whole workflow: release, hand in, grade, feedback, report.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.commands import options

if TYPE_CHECKING:
    from types import ModuleType

    from autograder.content import Content
    from autograder.model import Graded

FOLDER = Path("build", "demo")  # in the current folder


def add(commands: options.Commands) -> None:
    """Add the parser."""
    parser = options.command(
        commands,
        run,
        "demo",
        "grade example submissions and show the scores",
        "Build a small course in build/demo, hand in example submissions (right, wrong, broken and "
        "hostile), grade them in the sandbox, write feedback, and print the scores.",
    )
    options.units(parser)
    options.workers(parser)


def run(chosen: argparse.Namespace) -> int:
    """Run the demo on the units; returns the exit code: 1 if a score is not as expected.

    Raises CourseError if there is no such unit, or if the demo's folder cannot be written, and
    ContentError in the folder of a course on another subject.
    """
    from autograder import examples
    from autograder.commands.progress import with_progress
    from autograder.content import ContentError, load
    from autograder.course import Course, CourseError
    from autograder.grading.run import Options, Run
    from autograder.output.report import page, summary
    from autograder.sandbox import probe
    from autograder.sandbox.limits import Limits

    with contextlib.suppress(CourseError):  # the current folder need not be a course
        if Course().content is not load():
            raise ContentError(
                "The demo is of the convolution course: there is none for the course in this "
                "folder. Run it elsewhere."
            )
    start = time.monotonic()
    kind = probe.choose(chosen.sandbox)
    print(f"Sandbox: {probe.describe(kind)}")
    # Short limits, since one example never ends.
    how = Options(chosen.jobs, kind, limits=Limits(cell_seconds=3, call_seconds=2))
    folder = FOLDER.resolve()
    course = examples.fresh_course(folder)
    good: list[bool] = []
    for unit in course.choose_units(chosen.units):
        course.release(unit)
        handed_in = examples.hand_in(course, unit)
        print(f"\nReleased {unit}; {len(handed_in)} submissions handed in. Grading …")
        running = with_progress(Run(course, unit, how))
        outcomes = sorted(running, key=lambda graded: graded.student)
        course.feedback(unit)
        page.write(course, unit)
        shown = {
            graded.student: show(course.content, graded, handed_in[graded.student])
            for graded in outcomes
        }
        good += [shown.get(student, False) for student in handed_in]
        print(f"\n{summary.misconceptions(outcomes)}")
    print(f"\n{sum(good)} of {len(good)} as expected, in {time.monotonic() - start:.0f} s.")
    print(f"Feedback:  {folder}/feedback/<student>/<unit>/<unit>.html")
    nbgrader = Path(sys.executable).with_name("nbgrader")
    print(f"Report:    {folder}/{page.FOLDER}/<unit>/<unit>.html")
    print(f"Gradebook: {folder}/gradebook.db")
    print(f"Export:    cd '{folder}' && '{nbgrader}' export  # writes grades.csv")
    return 0 if all(good) else 1


def show(content: Content, graded: Graded, example: ModuleType) -> bool:
    """Print one example's line and its misconceptions; returns True if the score is as expected.

    example : the module of the submission, see `autograder.examples`
    """
    from autograder.checking import diagnose

    what = (example.__doc__ or "").strip()
    said: dict[str, list[str]] = {}  # tasks, by the sentence on a misconception
    if graded.report is None:
        reason = graded.refusal or graded.failure or ""
        good = example.EXPECTED is None and example.REASON in reason
        score, said = "none", {f"no grade: {reason}": []}
    else:
        good = graded.report.score == example.EXPECTED
        score = f"{graded.report.score:g}"
        for task, names in graded.report.misconceptions.items():
            for name in names:
                sentence = diagnose.sentence(content.find(task).misconceptions[name])
                said.setdefault(sentence, []).append(task)
    expected = "none" if example.EXPECTED is None else f"{example.EXPECTED:g}"
    mark = "ok " if good else "NOT"
    print(f"{mark} {graded.student:<28}{score:>6} (expected {expected:>5})  {what}")
    for sentence, where in said.items():
        print(f"{'':<53}→ {', '.join(where)}{': ' if where else ''}{sentence}")
    return good
