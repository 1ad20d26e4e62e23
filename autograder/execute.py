"""From a rebuilt notebook to a graded one: cells run inside the fence, checks outside.

Cells run once, top to bottom. At each graded cell everything is frozen as it stands; the checks run
after the last cell, in the grader's process, against these snapshots. A process that dies takes
with it the cell that killed it: a fresh one runs the cells before it again and goes on after it.
"""

import dataclasses
import html
import re
import time

import nbformat.v4 as v4

from autograder import border, checking, tasks
from autograder.border import BorderError, Session
from autograder.intake import EXPERIMENT, PRACTICE, role
from autograder.sandbox.fence import DESCRIPTION
from course import numbers

AS_SUBMITTED = (
    "[This output is as it was handed in: the cell only shows something and was not run again.]\n"
)
MAX_SHOWN = 30_000_000  # characters of the outputs of all cells that were run


def notice(text):
    """An output that the grader puts under a cell, as `Session.run` returns them."""
    return {"output_type": "stream", "name": "stderr", "text": f"[{text}]\n"}


LATE = notice("Not run: the cells before it took too long.")
LEFT_OUT = notice("Left out: the outputs of this notebook are too large.")


@dataclasses.dataclass(eq=False)
class Report:
    """What happened to one submission, besides its scores."""

    sandbox: str
    repairs: list[str]
    scores: dict[str, float] = dataclasses.field(default_factory=dict)  # by grade_id
    maximum: float = 0.0  # of the scores together
    written: float = 0.0  # points of the written answers, which a person grades
    misconceptions: dict[str, list[str]] = dataclasses.field(default_factory=dict)  # by task
    problems: list[str] = dataclasses.field(default_factory=list)
    key: str = ""  # what it was made from, by hash

    @property
    def score(self):
        return sum(self.scores.values())

    def notes(self):
        """What the student should know first, as Markdown; empty if there is nothing."""
        items = list(self.problems)
        if self.sandbox == "none":
            items.append(f"sandbox: {DESCRIPTION['none']}")
        repairs = {}
        for repair in self.repairs:  # "what: which", and several of the same kind on one line
            what, _, which = repair.partition(": `")
            repairs.setdefault(what, []).extend(["`" + which] if which else [])
        for what, which in repairs.items():
            cells = f": {', '.join(which)}" if which else ""
            items.append(f"put right, at no cost: {what}{cells}")
        if not items:
            return ""
        items = [html.escape(item, quote=False) for item in items]  # one may name a file
        return "\n".join(["**Notes from the grader**", "", *(f"- {item}" for item in items)])


def execute(notebook, unit, student, fence, repairs=()):
    """Run and grade a rebuilt notebook in place; returns a `Report`.

    notebook : from `intake.rebuild`
    unit, student : names; the student's own numbers follow from the second
    fence : a `fence.Fence`; each run starts a process of its own in it

    Raises KeyError if a graded cell has no check, and FenceError if no process starts: mistakes of
    the course and of the machine, never a student's.
    """
    bank = tasks.of_unit(unit)
    graded = {
        index: bank[cell.metadata.nbgrader.grade_id.removeprefix("test_")]
        for index, cell in enumerate(notebook.cells)
        if role(cell) == "graded"
    }
    report = Report(fence.kind, list(repairs))
    report.written = sum(c.metadata.nbgrader.points for c in notebook.cells if role(c) == "written")
    for cell in notebook.cells:
        if EXPERIMENT in cell.metadata.get("tags", []) and cell.get("outputs"):
            cell.outputs.insert(0, v4.new_output("stream", name="stdout", text=AS_SUBMITTED))

    if any(task.own_numbers for task in graded.values()):
        report.problems += other_id(notebook, student)
    run = Run(notebook, graded, fence, report)
    try:
        run.start()
        for index, task in graded.items():
            result = run.check(index, task, student)
            write_result(notebook.cells[index], result, fence.kind, report)
    finally:
        run.close()
    if notes := report.notes():
        notebook.cells.insert(0, v4.new_markdown_cell(notes))
    notebook.metadata.autograder = dataclasses.asdict(report)
    return report


def other_id(notebook, student):
    """What to say if the id in the notebook is not whose submission it is: at most one sentence.

    The id chooses the numbers of the exercises by hand, which are checked for ``student``.
    """
    source = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    written = re.findall(r"""^STUDENT_ID *= *["'](.*)["']""", source, re.MULTILINE)
    claimed = numbers.plain_id(written[-1]) if written else numbers.plain_id(student)
    if claimed == numbers.plain_id(student):
        return []
    if not claimed:
        return ["STUDENT_ID is empty: the exercises by hand show a guest's numbers, not yours"]
    return [f"STUDENT_ID is not {student}: the exercises by hand show someone else's numbers"]


class Run:
    """The runs through one notebook: one, and another after each death."""

    def __init__(self, notebook, graded, fence, report):
        self.cells, self.graded, self.fence, self.report = notebook.cells, graded, fence, report
        self.fatal = set()  # indices of cells that ended their process
        self.deaths, self.shown, self.room = 0, set(), MAX_SHOWN
        self.session, self.remotes = None, {}
        wall = border.WALL_EXTRA + border.WALL_PER_CPU * fence.limits.cpu_seconds
        self.end = time.monotonic() + wall

    def start(self):
        """Run all cells; after a death again, without the cell that did it. Gives up in the end."""
        while self.deaths <= self.fence.limits.deaths:
            self.close()
            self.remotes = {}
            self.session = Session(self.fence, len(self.graded))
            if self.through():
                return
            self.deaths += 1
        self.close()
        self.remotes = {}

    def through(self):
        """One run through the cells; False if one of them ended the process."""
        for index, cell in enumerate(self.cells):
            if cell.cell_type != "code" or index in self.fatal:
                continue
            try:
                if index in self.graded:
                    task = self.graded[index]
                    self.remotes[index] = self.session.snapshot(task.name, task.by_value)
                elif time.monotonic() > self.end:
                    self.show(index, [LATE])
                elif EXPERIMENT not in cell.metadata.get("tags", []):
                    # The names of our practice cells must not take those of a student's helpers.
                    ours = role(cell) == "locked" and cell.metadata.nbgrader.grade_id
                    scratch = bool(ours) and ours.startswith(PRACTICE)
                    self.show(index, self.session.run(cell.source, scratch))
            except BorderError as error:
                self.blame(index, str(error))
                return False
        return True

    def show(self, index, outputs):
        """Keep a cell's outputs, those of its first run: later ones could have seen the checks."""
        if index in self.shown:
            return
        self.shown.add(index)
        self.room -= len(repr(outputs))
        outputs = outputs if self.room >= 0 else [LEFT_OUT]
        self.cells[index].outputs = [v4.new_output(**output) for output in outputs]

    def blame(self, index, why):
        """A cell ended its process: say so under it, and do not run it again."""
        self.fatal.add(index)
        cell = self.cells[index]
        message = (
            f"Stopped by the grader: {why}. This cell was left out and the rest was run again."
        )
        cell.outputs = [v4.new_output("error", ename="Stopped", evalue=why, traceback=[message])]
        self.shown.add(index)
        self.report.problems.append(f"a cell was left out because it ended its process: {why}")

    def check(self, index, task, student):
        """The `checking.Result` of one task; starts anew if the checks before ended its process."""
        answer = self.remotes.get(index)
        # A snapshot may live on for a moment after the first process, with which all are to end.
        alive = answer and self.session.control.waits() and answer.channel.waits()
        if answer and not alive and self.deaths < self.fence.limits.deaths:
            self.deaths += 1
            self.start()
            answer = self.remotes.get(index)
        return checking.grade(task, answer or Gone(), student)

    def close(self):
        if self.session is not None:
            self.session.close()
            self.session = None


class Gone:
    """Stands for a function of which nothing is left to call."""

    def observe(self, args, kwargs):
        return checking.Seen(lost="its process kept ending, so it could not be called")


def write_result(cell, result, sandbox, report):
    """Write a graded cell's outputs: what the student reads, and the points that nbgrader reads."""
    name, maximum = cell.metadata.nbgrader.grade_id, float(cell.metadata.nbgrader.points)
    share = result.points / result.maximum
    score = maximum if share == 1 else round(maximum * share, 3)  # eighths of a point are exact
    lines = result.lines()
    if sandbox == "none":
        lines.append(f"(sandbox: {DESCRIPTION[sandbox]})")
    cell.outputs = [
        v4.new_output("stream", name="stdout", text="\n".join(lines) + "\n"),
        # The first number that nbgrader finds is the score, so it is always there.
        v4.new_output("execute_result", data={"text/plain": repr(score)}, execution_count=None),
    ]
    report.scores[name] = score
    report.maximum += maximum
    if result.misconceptions:
        report.misconceptions[result.task] = result.misconceptions
