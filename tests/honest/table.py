"""Grades every honest submission with the real command and compares with what was expected."""

import dataclasses
import html
import re
import subprocess
import sys

import nbformat
from nbgrader.api import Gradebook

from autograder.checking import judge
from autograder.examples import Work, fresh_course
from autograder.model import report_of
from autograder.units import CONTENT as content
from tests.honest import cases

TOP = "**Notes from the grader**"


@dataclasses.dataclass(frozen=True)
class Row:
    """What became of one case.

    points, expected : None for no grade
    said : the notes at the top of the feedback, or the reason why there is no grade
    wrong : what is not as expected, in words; empty if everything is
    """

    case: object
    points: float | None
    expected: float | None
    said: list[str]
    wrong: list[str]

    def __str__(self):
        points, expected = ("none" if p is None else f"{p:g}" for p in (self.points, self.expected))
        mark = "NOT" if self.wrong else "ok "
        below = [f"→ {text}" for text in self.said]
        below += [f"→ … {phrase} …" for phrase in self.case.says]
        below += [f"!! {text}" for text in self.wrong]
        what = " ".join(self.case.what.split())
        line = f"{mark} {self.case.name:<44} {points:>5} (expected {expected:>4})  {what}"
        return "\n".join([line, *(f"{'':<12}{text}" for text in below)])


def table(folder):
    """A `Row` for every case, graded in a new course in ``folder``."""
    course, everyone = fresh_course(folder), cases()
    units = sorted({case.unit for case in everyone})
    for unit in units:
        course.release(unit)
    for case in everyone:
        hand_in(course, case)
    printed = grade(course, units)
    # A page takes as long as a submission: only those are made that must say something.
    silent = [case.student for case in everyone if not case.says and not case.notes]
    course.directory.student_id_exclude = ",".join(silent)
    for unit in units:
        course.feedback(unit)
    return [row(course, case, printed) for case in everyone]


def hand_in(course, case):
    """Write the submission of a case."""
    released = course.folder("release", ".", case.unit) / f"{case.unit}.ipynb"
    work = Work(case.student, nbformat.read(released, as_version=4), case.unit)
    work.solve()
    case.build(work)
    folder = course.folder("submitted", case.student, case.unit)
    folder.mkdir(parents=True)
    (folder / f"{case.file}.ipynb").write_bytes(work.data())


def grade(course, units):
    """What ``autograder grade`` prints."""
    command = [sys.executable, "-m", "autograder.commands.cli", "grade", "--jobs", "2", *units]
    done = subprocess.run(command, cwd=course.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def row(course, case, printed):
    """Compare what became of a case with what was expected."""
    path = course.folder("autograded", case.student, case.unit) / f"{case.unit}.ipynb"
    if not path.exists():
        line = next(line for line in printed.splitlines() if line.startswith(case.student))
        as_expected = case.refused and case.refused in line
        return Row(case, None, None, [line], [] if as_expected else ["not graded"])
    notebook = nbformat.read(path, as_version=4)
    maximum = sum(judge.maximum(task) for task in content.of_unit(case.unit).values())
    expected = maximum if case.points is None else case.points
    points = report_of(notebook).score
    notes = notes_of(notebook)
    wrong = [] if points == expected and not case.refused else failures(notebook)
    if notes != list(case.notes):
        wrong.append(f"notes expected: {list(case.notes)}")
    page = feedback(course, case) if case.notes or case.says else ""
    said = [*(note.replace("`", "") for note in case.notes), *case.says]
    wrong += [f"not in the feedback: {phrase}" for phrase in said if phrase not in page]
    wrong += [f"no person is asked to read {name}" for name in unread(course, case)]
    return Row(case, points, expected, notes, wrong)


def notes_of(notebook):
    """The notes at the top, one by one; empty if there are none."""
    first = notebook.cells[0].source
    return [line[2:] for line in first.splitlines()[2:]] if first.startswith(TOP) else []


def failures(notebook):
    """The lines of the checks that failed, and why; never empty."""
    text = "".join(o.get("text", "") for c in notebook.cells for o in c.get("outputs", []))
    return re.findall(r"^FAIL .*\n.*", text, re.MULTILINE) or ["points"]


def unread(course, case):
    """The written answers of a case that wait for nobody."""
    with Gradebook(course.directory.db_url) as book:
        grades = book.find_submission(case.unit, case.student).notebooks[0].grades
        written = [grade for grade in grades if grade.cell.cell_type == "markdown"]
        return [grade.name for grade in written if not grade.needs_manual_grade]


def feedback(course, case):
    """The text of the page that the student gets, in one line."""
    path = course.folder("feedback", case.student, case.unit) / f"{case.unit}.html"
    text = html.unescape(re.sub(r"<[^>]*>", "", path.read_text(encoding="utf-8")))
    return " ".join(text.split())
