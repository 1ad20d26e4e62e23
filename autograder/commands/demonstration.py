"""Runs the whole workflow on example submissions: release, hand in, grade, feedback, report."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from autograder import examples, secret, starter
from autograder.checking import diagnose
from autograder.commands.progress import with_progress
from autograder.content import Content
from autograder.course import Course, CourseError
from autograder.grading.run import Options, Run
from autograder.model import Graded
from autograder.output.report import page, summary
from autograder.sandbox import probe
from autograder.sandbox.limits import Limits

FOLDER = Path("build", "demo")  # in the current folder
LIMITS = Limits(cell_seconds=3, call_seconds=2)  # short, since one example never ends


def run(units: Sequence[str], jobs: int, sandbox: str) -> int:
    """Run the demo on these units (none: all); returns the exit code: 0 if all scores are right.

    jobs : the number of submissions to grade at the same time
    sandbox : the kind of sandbox that is asked for

    Raises CourseError if there is no such unit, or if the demo's folder cannot be written.
    """
    start = time.monotonic()
    kind = probe.choose(sandbox)
    print(f"Sandbox: {probe.describe(kind)}")
    options = Options(jobs, kind, limits=LIMITS)
    folder = FOLDER.resolve()
    course = fresh_course(folder)
    good: list[bool] = []
    for unit in course.choose_units(units):
        course.release(unit)
        handed_in = examples.hand_in(course, unit)
        print(f"\nReleased {unit}; {len(handed_in)} submissions handed in. Grading …")
        running = with_progress(Run(course, unit, options))
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


def fresh_course(folder: Path) -> Course:
    """Make a new course in ``folder``, in the place of an earlier demo's course.

    Its secret is always the same, so that the examples get the same scores each time: the score of
    a wrong answer may depend on the hidden inputs.

    Raises CourseError if the folder holds anything but a course, or cannot be written.
    """
    if folder.is_dir() and any(folder.iterdir()) and not (folder / starter.CONFIG).exists():
        raise CourseError(f"{folder} is not the course of an earlier demo: remove it first.")
    try:
        if folder.exists():
            shutil.rmtree(folder)
        starter.write(folder)
        (folder / secret.PLACE).parent.mkdir()
        (folder / secret.PLACE).write_text("1" * 2 * secret.SIZE)
    except OSError as error:
        where = error.filename or folder
        raise CourseError(f"{where} cannot be written: {error.strerror}.") from None
    return Course(folder)


def show(content: Content, graded: Graded, example: ModuleType) -> bool:
    """Print one example's line and its misconceptions; returns True if the score is as expected.

    example : the module of the submission, see `autograder.examples`
    """
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
