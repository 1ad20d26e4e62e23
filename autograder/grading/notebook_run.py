"""The runs through one notebook: each starts a sandboxed process and runs the cells in it.

Cells run once, top to bottom. At each graded cell the process is frozen as a snapshot. After the
last cell the checks run in the grader's process and call the snapshots. If a cell ends the process,
a new process runs the other cells again. (The cell itself gets a second try first, since the
machine may have ended the process.)

A snapshot that shares something with later cells, such as a file, is not used (see
`sandbox.snapshots`). For its task the cells run once more, and the task is checked as soon as the
run reaches its graded cell. No later cell has run at that point, and the outputs of this run are
discarded.
"""

import contextlib
import functools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from nbformat import NotebookNode, from_dict

from autograder.cells import EXPERIMENT, PRACTICE, role
from autograder.checking import asserts, behaviour, judge
from autograder.content import Task
from autograder.model import Observation, TaskVerdict
from autograder.sandbox import client
from autograder.sandbox.channel import ENDED, MOST_DELAY, NoAnswer
from autograder.sandbox.client import Remote, Session
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.inside.observe import Stopped
from autograder.sandbox.launch import Sandbox
from autograder.sandbox.monitor import has_ended
from autograder.untrusted.overlap import Compiled
from autograder.untrusted.text import SIGN

PAUSES = (1.0, 5.0)  # seconds to wait before the next attempt to start a process
MOST_NAMED = 3  # cells in one note
STOPPED = Stopped.__name__  # in the output of a cell that was stopped
MAX_SHOWN = 30_000_000  # characters of the outputs of all cells that were run


def output(kind: str, **more: Any) -> NotebookNode:
    """Make a notebook output, without the slow validation of nbformat's own function."""
    return from_dict({"output_type": kind, **more})


def notice(text: str) -> NotebookNode:
    """Make an output with a message of the grader's, to show under a cell."""
    return output("stream", name="stderr", text=f"{SIGN} [{text}]\n")


OUT_OF_TIME = notice("Not run: the cells before it took too long.")
SAME_END = notice("Not run: another practice cell of this task ended its process.")
LEFT_OUT = notice("Left out: the outputs of this notebook are too large.")


class Unreachable:
    """Takes the place of a `Remote` if no snapshot of the function is left."""

    def delay(self) -> float:
        return 0.0

    def observe(self, args: Sequence[object], kwargs: Mapping[str, object]) -> Observation:
        return Observation(lost="its process kept ending, so it could not be called")

    def run(self, source: str, seconds: float) -> Observation:
        return self.observe((), {})


class NotebookRun:
    """The runs through one notebook: one, and another after each death of its process."""

    def __init__(
        self,
        notebook: NotebookNode,
        graded: Mapping[int, Task | asserts.AssertCell],
        sandbox: Sandbox,
        student: str,
        seed: bytes,
        probes: Mapping[str, Sequence[behaviour.Probe]],
    ) -> None:
        self.cells: list[NotebookNode] = notebook.cells
        self.graded, self.sandbox = graded, sandbox
        self.student, self.seed, self.probes = student, seed, probes
        self.problems: list[str] = []  # see `notes`
        self.fatal: set[int] = set()  # indices of the cells that ended their process
        self.doubted: set[int] = set()  # indices of the cells during which it ended once
        self.deaths = 0
        self.shown: set[int] = set()  # indices of the cells whose outputs are kept
        self.late: list[int] = []  # indices of the cells that ran out of time
        self.room = MAX_SHOWN
        self.session: Session | None = None
        self.remotes: dict[int, Remote] = {}  # the snapshots, by the index of the graded cell
        # See `check_in_turn`.
        self.shared: set[int] = set()  # indices of the graded cells whose snapshot is not used
        self.in_turn: Callable[[int, Remote], None] | None = None
        self.compiled = Compiled()
        # Without the seconds that its processes wait for a processor, of which some are excused.
        wall = sandbox.limits.wall(sandbox.limits.cpu_seconds)
        self.end, self.excused = time.monotonic() + wall, MOST_DELAY * wall

    def out_of_time(self) -> bool:
        """True if the wall time for all cells is used up."""
        return time.monotonic() > self.end + self.delay()

    def delay(self) -> float:
        """The seconds that the present process has waited for a processor, as far as excused."""
        return min(self.session.control.delay(), self.excused) if self.session else 0.0

    def start(self) -> None:
        """Run all cells; after each death run them again, without the cell that ended the process.

        After too many deaths, only the cells before the last fatal one run: their tasks count.
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

    def begin(self) -> None:
        """Start a new process. Raises SandboxError if no attempt succeeds."""
        self.close()
        end = self.end + self.sandbox.limits.wall_checks
        new = functools.partial(Session, self.sandbox, len(self.graded), end)
        for pause in PAUSES:
            try:
                self.session = new()
                return
            except SandboxError:  # the machine may be out of processes or memory for a moment
                time.sleep(pause)
        self.session = new()

    def through(self, end: int | None = None) -> bool:
        """Run the cells (before ``end``) once; returns False if one of them ended the process."""
        session = self.session
        assert session is not None  # `begin` has started it
        checked = False  # True if a check has run since the last cell
        try:
            # Defines STUDENT_ID even if the student deleted that cell.
            session.run(f"STUDENT_ID = {self.student!r}")
        except NoAnswer as error:
            if self.in_turn and self.out_of_time():  # it ran out while the process started
                return False
            raise SandboxError(f"The sandbox ended before the first cell: {error}.") from None
        for index, cell in enumerate(self.cells[:end]):
            if cell.cell_type != "code" or index in self.fatal:
                continue
            try:
                task = self.graded.get(index)
                if task and (not self.in_turn or index in self.shared):
                    self.remotes[index] = session.snapshot(task.name, task.by_value)
                    if self.in_turn:
                        self.in_turn(index, self.remotes[index])
                        checked = True
                if task and not isinstance(task, asserts.AssertCell):
                    continue  # such a cell holds no code to run
                if self.out_of_time():
                    self.show(index, [OUT_OF_TIME])
                elif EXPERIMENT not in cell.metadata.get("tags", []):
                    # A practice cell must not overwrite the names of a student's helpers.
                    name = cell.metadata.nbgrader.grade_id if role(cell) == "locked" else ""
                    scratch = bool(name) and name.startswith(PRACTICE)
                    self.show(index, session.run(cell.source, scratch))
                    checked = False
            except NoAnswer as error:
                if self.in_turn:
                    if not checked:  # otherwise a check ended the process
                        self.fatal.add(index)
                    return False
                certain = str(error) != ENDED or index in self.doubted
                if certain or len(self.doubted) > self.sandbox.limits.deaths:
                    self.blame(index, str(error))
                self.doubted.add(index)
                return False
        try:
            if not self.in_turn:
                self.compiled += session.compiled()
        except NoAnswer:  # the process ended after the last cell: the checks may need a new one
            pass
        return True

    def show(self, index: int, outputs: Sequence[Mapping[str, Any]]) -> None:
        """Keep the outputs of a cell's first run, and none of the runs of `check_in_turn`.

        In those, checks run between the cells, so a cell could print hidden inputs.
        """
        if index in self.shown or self.in_turn:
            return
        self.shown.add(index)
        if OUT_OF_TIME in outputs or any(one.get("ename") == STOPPED for one in outputs):
            self.late.append(index)
        self.room -= len(repr(outputs))
        outputs = outputs if self.room >= 0 else [LEFT_OUT]
        self.cells[index].outputs = [from_dict(output) for output in outputs]

    def blame(self, index: int, why: str) -> None:
        """Report under a cell that it ended its process, and exclude it from later runs."""
        self.fatal.add(index)
        cell = self.cells[index]
        message = (
            f"{SIGN} Stopped by the grader: {why}. "
            "This cell was left out and the rest was run again."
        )
        cell.outputs = [output("error", ename=STOPPED, evalue=why, traceback=[message])]
        self.shown.add(index)
        self.problems.append(f"a cell was left out because it ended its process: {why}")
        for other in self.practice_like(index):  # these call the same function
            self.fatal.add(other)
            self.show(other, [SAME_END])

    def name(self, index: int) -> str:
        """What a cell is called in a note: by its grade_id, else its number, from 1."""
        name = self.cells[index].metadata.get("nbgrader", {}).get("grade_id")
        return f"`{name}`" if name else f"cell {index + 1}"

    def notes(self) -> list[str]:
        """What the student should know of the runs: sentences."""
        if not self.late:
            return self.problems
        more = len(self.late) - MOST_NAMED
        names = ", ".join(map(self.name, self.late[:MOST_NAMED]))
        return [*self.problems, f"{names}{f' and {more} more' * (more > 0)} ran out of time"]

    def practice_like(self, index: int) -> list[int]:
        """The indices of the later practice cells for the same task."""

        def task(cell: NotebookNode) -> str | None:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            return name.partition("-")[0] if name.startswith(PRACTICE) else None

        mine = task(self.cells[index])
        behind = range(index + 1, len(self.cells)) if mine else ()
        return [other for other in behind if task(self.cells[other]) == mine]

    def verdicts(self) -> dict[int, TaskVerdict]:
        """The `TaskVerdict` of each task, by the index of its graded cell.

        The last task is checked first, and each snapshot is ended before the next check. A later
        snapshot knows the earlier cells anyway, but nothing may pass from later cells to an earlier
        snapshot.
        """
        found: dict[int, TaskVerdict] = {}
        earlier = dict(self.remotes)
        for index in reversed(self.remotes):
            answer = earlier.pop(index)
            assert self.session is not None  # it lives as long as its snapshots
            if self.session.is_frozen(answer, earlier.values()):
                verdict = self.grade(index, answer)
                # If every process died, the machine may be at fault: run the check once more.
                if not (answer.channel.broken and self.all_have_ended(earlier.values())):
                    found[index] = self.with_behaviour(index, verdict, answer)
            if index not in found:
                self.shared.add(index)
        if self.shared:
            self.check_in_turn(found)
        return {
            index: found.get(index) or self.grade(index, Unreachable()) for index in self.graded
        }

    @staticmethod
    def all_have_ended(remotes: Iterable[Remote]) -> bool:
        """True if none of these snapshots lives; waits a moment, since killed ones end late."""
        for _ in range(client.ENDING):
            if all(not one.process or has_ended(one.process.pid) for one in remotes):
                return True
            time.sleep(client.ENDING_PAUSE)
        return False

    def grade(self, index: int, answer: Remote | Unreachable) -> TaskVerdict:
        """The verdict on one task: from its check, or from the cell's own asserts."""
        task = self.graded[index]
        if isinstance(task, asserts.AssertCell):
            return asserts.grade(task, answer, self.sandbox.limits.cell_seconds)
        verdict = judge.grade(task, answer, self.student, seed=self.seed)
        if isinstance(answer, Remote):
            with contextlib.suppress(NoAnswer):  # a call has ended its process
                self.compiled += answer.compiled()
        return verdict

    def with_behaviour(self, index: int, verdict: TaskVerdict, answer: Remote) -> TaskVerdict:
        """The verdict with the answer's behaviour; whatever the probes do, the points stay."""
        task = self.graded[index]
        if isinstance(task, asserts.AssertCell):
            return verdict
        return behaviour.with_behaviour(task, verdict, answer, self.probes.get(task.name, ()))

    def check_in_turn(self, found: dict[int, TaskVerdict]) -> None:
        """Add the missing verdicts, from runs in which each task is checked at its graded cell.

        Later cells could see the inputs of the checks, so the outputs of these runs are discarded.
        """

        def check(index: int, remote: Remote) -> None:
            found[index] = self.with_behaviour(index, self.grade(index, remote), remote)
            self.shared.discard(index)
            remote.channel.close()

        self.in_turn = check
        for _ in range(1 + self.sandbox.limits.deaths):
            if not self.shared or self.out_of_time():
                return
            self.begin()
            if self.through():
                return

    def close(self) -> None:
        """End the process and its snapshots."""
        self.remotes = {}
        if self.session is not None:
            self.end += self.delay()
            self.excused -= self.delay()
            self.session.close()
            self.session = None
