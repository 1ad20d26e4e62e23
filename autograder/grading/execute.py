"""From a rebuilt notebook to a graded one: cells run inside the sandbox, checks outside.

Cells run once, top to bottom. At each graded cell everything is frozen as it stands; the checks run
after the last cell, in the grader's process, against these snapshots. A process that dies takes
with it the cell that killed it: a fresh one runs the cells before it again and goes on after it.
(First it tries that cell once more: it may have been the machine that ended the process.)

A snapshot that shares something with later cells, a file for instance, is not used (see
`sandbox.frozen`). The cells are run once more for its task, which is checked as the run gets there:
nothing behind has run then, and nothing that this run puts out is kept.
"""

import functools
import re
import time

from nbformat import from_dict

from autograder.cells import DEFINES, EXPERIMENT, PRACTICE, new_cell, role
from autograder.checking import asserts, judge
from autograder.model import PLACE, Compiled, Grade, Observation, Report
from autograder.output import words
from autograder.sandbox import client
from autograder.sandbox.channel import ENDED, WALL_EXTRA, WALL_PER_CPU, NoAnswer
from autograder.sandbox.client import Session
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.monitor import has_ended
from autograder.sandbox.probe import DESCRIPTION
from autograder.untrusted import overlap
from autograder.untrusted.notebook import written_id
from autograder.untrusted.text import SIGN

AS_SUBMITTED = (
    f"{SIGN} [This output is as it was handed in: the cell only shows something "
    "and was not run again.]\n"
)
CHECKS_SECONDS = 600.0  # wall time for all checks, after that for all cells: then nobody waits
PAUSES = (1.0, 5.0)  # seconds before a process that did not start is started again
MAX_SHOWN = 30_000_000  # characters of the outputs of all cells that were run


def output(kind, **more):
    """A notebook output. nbformat's own maker would validate it, which takes long."""
    return from_dict({"output_type": kind, **more})


def notice(text):
    """An output that the grader puts under a cell."""
    return output("stream", name="stderr", text=f"{SIGN} [{text}]\n")


LATE = notice("Not run: the cells before it took too long.")
SAME_END = notice("Not run: another practice cell of this task ended its process.")
LEFT_OUT = notice("Left out: the outputs of this notebook are too large.")


def execute(
    notebook,
    content,
    unit,
    student,
    sandbox,
    released,
    repairs=(),
    seed=b"",
    own_asserts=(),
    key="",
):
    """Run and grade a rebuilt notebook in place; returns a `Report`, which is in its metadata too.

    notebook : from `rebuild.rebuild`
    content : the `Content` of the course
    unit, student : names; the student's own numbers follow from the second
    sandbox : a `launch.Sandbox`; each run starts a process of its own in it
    released : the notebook as it was handed out
    repairs : what was put right in the submission, as `Repair`s
    seed : what hidden inputs are drawn from besides, see `autograder.secret`
    own_asserts : an `asserts.Asserts` for each graded cell without a check
    key : of the report

    Raises KeyError if a graded cell has neither, and SandboxError if no process starts: mistakes
    of the course and of the machine, never a student's.
    """
    bank = {f"test_{name}": task for name, task in content.tasks(unit).items()}
    bank |= {cell.grade_id: cell for cell in own_asserts}
    graded = {
        index: bank[cell.metadata.nbgrader.grade_id]
        for index, cell in enumerate(notebook.cells)
        if role(cell) == "graded"
    }
    problems = []
    for cell in notebook.cells:
        if EXPERIMENT in cell.metadata.get("tags", []) and cell.get("outputs"):
            cell.outputs.insert(0, output("stream", name="stdout", text=AS_SUBMITTED))

    if any(task.own_numbers for task in graded.values()):
        problems += other_id(notebook, student, content.plain_id)
    problems += defined_too_late(notebook.cells, graded)
    run = NotebookRun(notebook, graded, sandbox, student, seed)
    try:
        run.start()
        verdicts = run.verdicts()
    finally:
        run.close()
    grades = [grade(notebook.cells[index], verdicts[index]) for index in sorted(verdicts)]
    for index, one in zip(sorted(verdicts), grades, strict=True):
        cell = notebook.cells[index]
        visible = cell.outputs if isinstance(graded[index], asserts.Asserts) else []
        cell.outputs = [*outputs_of(one, sandbox.kind), *visible]
    problems += [*run.problems, *(said for one in grades for said in one.verdict.problems)]
    report = Report(
        sandbox.kind,
        tuple(grades),
        sum(c.metadata.nbgrader.points for c in notebook.cells if role(c) == "written"),
        tuple(repairs),
        tuple(problems),
        overlap.lines_of_course(notebook, released, content, run.compiled.sources),
        tuple(overlap.remarks(run.compiled, content)),
        key,
    )
    if notes := words.notes(report):
        notebook.cells.insert(0, new_cell("markdown", notes, id="notes"))
    notebook.metadata[PLACE] = report.as_json()
    return report


def grade(cell, verdict):
    """The `Grade` of a graded cell."""
    meta = cell.metadata.nbgrader
    return Grade(meta.grade_id, float(meta.points), verdict)


def outputs_of(grade, sandbox):
    """The outputs of a graded cell: what the student reads, and the points that nbgrader reads."""
    lines = [words.HEADING, *words.lines(grade.verdict)]
    if sandbox == "none":
        lines.append(f"(sandbox: {DESCRIPTION[sandbox]})")
    # The first number that nbgrader finds is the score, so it is always there.
    value = {"data": {"text/plain": repr(grade.score)}, "metadata": {}, "execution_count": None}
    return [
        output("stream", name="stdout", text="\n".join(lines) + "\n"),
        output("execute_result", **value),
    ]


def other_id(notebook, student, plain_id):
    """What to say if the id in the notebook is not whose submission it is: at most one sentence.

    The id chooses the numbers of the exercises by hand, which are checked for ``student``.
    """
    written = written_id(cell.source for cell in notebook.cells if cell.cell_type == "code")
    claimed = plain_id(student if written is None else written)
    if claimed == plain_id(student):
        return []
    if not claimed:
        return ["STUDENT_ID is empty: the exercises by hand show a guest's numbers, not yours"]
    return [f"STUDENT_ID is not {student}: the exercises by hand show someone else's numbers"]


def defined_too_late(cells, graded):
    """What to say of answers that are written once more behind their graded cell."""
    own = [(i, c.source) for i, c in enumerate(cells) if c.cell_type == "code" and not role(c)]
    return [
        f"`{task.name}` is defined again behind its graded cell: "
        "what stood before that cell was graded"
        for index, task in graded.items()
        if any(i > index and re.search(DEFINES.format(task.name), text, re.M) for i, text in own)
    ]


class NotebookRun:
    """The runs through one notebook: one, and another after each death."""

    def __init__(self, notebook, graded, sandbox, student, seed):
        self.cells, self.graded, self.sandbox = notebook.cells, graded, sandbox
        self.student, self.seed = student, seed
        self.problems = []  # what the student should know of the runs
        self.fatal = set()  # indices of cells that ended their process
        self.doubted = set()  # of those in which it ended once
        self.deaths, self.shown, self.room = 0, set(), MAX_SHOWN
        self.session, self.remotes = None, {}
        self.shared, self.in_turn = set(), None  # see `check_in_turn`
        self.compiled = Compiled()
        wall = WALL_EXTRA + WALL_PER_CPU * sandbox.limits.cpu_seconds
        self.end = time.monotonic() + wall

    def late(self):
        """True if no cell is to be run any more."""
        return time.monotonic() > self.end

    def start(self):
        """Run all cells; after a death again, without the cell that did it.

        Gives up in the end, and runs those before the last that did: what they solve counts.
        """
        while self.deaths <= self.sandbox.limits.deaths:
            fatal = len(self.fatal)
            self.begin()
            if self.through():
                return
            self.deaths += len(self.fatal) > fatal
        self.begin()
        if not self.through(max(self.fatal, default=0)):
            self.close()

    def begin(self):
        """A new process, with nothing run in it yet."""
        self.close()
        end = self.end + CHECKS_SECONDS
        new = functools.partial(Session, self.sandbox, len(self.graded), end)
        for pause in PAUSES:
            try:
                self.session = new()
                return
            except SandboxError:  # the machine may be short of processes or memory for a moment
                time.sleep(pause)
        self.session = new()

    def through(self, end=None):
        """One run through the cells (before ``end``); False if one of them ended the process."""
        checked = False  # since the last cell that was run
        try:
            # Defined even if the student deleted the cell that asks for it.
            self.session.run(f"STUDENT_ID = {self.student!r}")
        except NoAnswer as error:
            raise SandboxError(f"The sandbox ended before the first cell: {error}.") from None
        for index, cell in enumerate(self.cells[:end]):
            if cell.cell_type != "code" or index in self.fatal:
                continue
            try:
                task = self.graded.get(index)
                if task and (not self.in_turn or index in self.shared):
                    self.remotes[index] = self.session.snapshot(task.name, task.by_value)
                    if self.in_turn:
                        self.in_turn(index, self.remotes[index])
                        checked = True
                if task and not isinstance(task, asserts.Asserts):
                    continue  # there is nothing in it to run
                if self.late():
                    self.show(index, [LATE])
                elif EXPERIMENT not in cell.metadata.get("tags", []):
                    # The names of our practice cells must not take those of a student's helpers.
                    ours = role(cell) == "locked" and cell.metadata.nbgrader.grade_id
                    scratch = bool(ours) and ours.startswith(PRACTICE)
                    self.show(index, self.session.run(cell.source, scratch))
                    checked = False
            except NoAnswer as error:
                if self.in_turn:
                    if not checked:  # else the checks ended it
                        self.fatal.add(index)
                    return False
                certain = str(error) != ENDED or index in self.doubted
                if certain or len(self.doubted) > self.sandbox.limits.deaths:
                    self.blame(index, str(error))
                self.doubted.add(index)
                return False
        try:
            if not self.in_turn:
                self.compiled = self.session.compiled()
        except NoAnswer:  # it has ended since, and may be started anew for the checks
            pass
        return True

    def show(self, index, outputs):
        """Keep a cell's outputs, those of its first run: later ones could have seen the checks."""
        if index in self.shown or self.in_turn:
            return
        self.shown.add(index)
        self.room -= len(repr(outputs))
        outputs = outputs if self.room >= 0 else [LEFT_OUT]
        self.cells[index].outputs = [from_dict(output) for output in outputs]

    def blame(self, index, why):
        """A cell ended its process: say so under it, and do not run it again."""
        self.fatal.add(index)
        cell = self.cells[index]
        message = (
            f"{SIGN} Stopped by the grader: {why}. "
            "This cell was left out and the rest was run again."
        )
        cell.outputs = [output("error", ename="Stopped", evalue=why, traceback=[message])]
        self.shown.add(index)
        self.problems.append(f"a cell was left out because it ended its process: {why}")
        for other in self.practice_like(index):  # they would call the same function
            self.fatal.add(other)
            self.show(other, [SAME_END])

    def practice_like(self, index):
        """The indices of the practice cells behind one, for the same task."""

        def task(cell):
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            return name.partition("-")[0] if name.startswith(PRACTICE) else None

        mine = task(self.cells[index])
        behind = range(index + 1, len(self.cells)) if mine else ()
        return [other for other in behind if task(self.cells[other]) == mine]

    def verdicts(self):
        """The `TaskVerdict` of each task, by the index of its graded cell.

        The last is checked first: it may know of earlier ones, but not the other way round.
        """
        found, earlier = {}, dict(self.remotes)
        for index in reversed(self.remotes):
            answer = earlier.pop(index)
            if self.session.is_frozen(answer, earlier.values()):
                found[index] = self.grade(index, answer)
                if answer.channel.broken and self.all_have_ended(earlier.values()):
                    del found[index]  # it may have been the machine: it is asked once more
            if index not in found:
                self.shared.add(index)
        if self.shared:
            self.check_in_turn(found)
        return {
            index: found.get(index) or self.grade(index, Unreachable()) for index in self.graded
        }

    @staticmethod
    def all_have_ended(remotes):
        """True if none of these snapshots lives; if they are killed, it takes them a moment."""
        for _ in range(client.ENDING):
            if all(not one.process or has_ended(one.process.pid) for one in remotes):
                return True
            time.sleep(client.ENDING_PAUSE)
        return False

    def grade(self, index, answer):
        task = self.graded[index]
        if isinstance(task, asserts.Asserts):
            return asserts.grade(task, answer, self.sandbox.limits.cell_seconds)
        return judge.grade(task, answer, self.student, seed=self.seed)

    def check_in_turn(self, found):
        """Add the results that are missing, from runs in which each task is checked at its cell.

        Cells behind could learn what was asked: nothing that these runs put out is kept.
        """

        def check(index, remote):
            found[index] = self.grade(index, remote)
            self.shared.discard(index)
            remote.channel.close()

        self.in_turn = check  # called with the index and the `Remote` of each graded cell
        for _ in range(1 + self.sandbox.limits.deaths):
            if not self.shared or self.late():
                return
            self.begin()
            if self.through():
                return

    def close(self):
        """End the process, and with it what was frozen in it."""
        self.remotes = {}
        if self.session is not None:
            self.session.close()
            self.session = None


class Unreachable:
    """Stands for a function of which nothing is left to call."""

    def observe(self, args, kwargs):
        return Observation(lost="its process kept ending, so it could not be called")

    def run(self, source, seconds):
        return self.observe((), {})
