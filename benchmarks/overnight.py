"""A large class graded, killed in between and taken up again: ``python -m benchmarks.overnight``.

The class (`benchmarks.mixed`) is graded by ``autograder grade --jobs 2``. After a quarter of it one
worker is killed (SIGKILL), which must not end the run; after half of it the grader and all of its
workers. Then the same command is given again, and once more when all is done. What must hold:

- in the end every score is exactly what was worked out beforehand
- what had been graded when the grader was killed is not graded again: it is called unchanged, and
  its file is the same; the last run grades nothing
- of what was killed no process is left, and of all runs together no folder of a sandbox
- the grader's own memory does not grow with what it has graded
"""

import argparse
import contextlib
import dataclasses
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import measure, setting

UNIT = "unit1_convolution"
JOBS = 2
GRADE = setting.python("autograder.commands.cli", "grade", UNIT, "--jobs", JOBS)
LOOK_SECONDS = 0.05
PATIENCE_SECONDS = 20  # for killed processes to be gone
GROWTH = 20 * 2**20  # bytes between the first and the last quarter that are not counted as growth


def main():
    options = parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="overnight-") as folder:
        told, wrong = run(Path(folder), options.students)
    print("\n".join(told))
    print("\n".join(f"WRONG: {line}" for line in wrong) or "All as it should be.")
    sys.exit(1 if wrong else 0)


def parser():
    the_parser = argparse.ArgumentParser(
        prog="python -m benchmarks.overnight",
        description="Grade a large class, kill the grader, and take it up again.",
    )
    the_parser.add_argument(
        "--students", type=int, default=500, metavar="N", help="how many; default: 500"
    )
    return the_parser


def run(folder, size):
    """Do all of it in an empty folder: (lines that tell of it, lines that say what is wrong)."""
    from autograder.course import Course
    from benchmarks import mixed

    grading = Grading(folder)
    setting.release(grading.course, UNIT, grading.env)
    expected = mixed.hand_in(Course(grading.course), UNIT, setting.names(size))
    measure.adopt_orphans()
    told = [f"{size} students, {len({*expected.values()})} different scores of a task, {JOBS} jobs"]

    first = grading.killed(worker_at=size // 4, all_at=size // 2)
    kept = grading.notebooks()
    told.append(
        f"killed one worker, then all: {first.seconds:.0f} s, {len(kept)} graded, "
        f"{len(first.left)} processes and {len(grading.scratch())} folders left behind"
    )
    wrong = [f"still running: {command}" for command in first.left]
    if first.ended:
        wrong.append(f"the run ended when a worker had been killed:\n{first.said}")

    second = grading.whole()
    told += [f"the rest: {second.seconds:.0f} s", second.memory_line()]
    wrong += second.faults()
    after = grading.notebooks()
    if again := [student for student, stamp in kept.items() if after.get(student) != stamp]:
        wrong.append(f"graded again: {', '.join(again)}")
    if second.unchanged != len(kept):
        wrong.append(f"{second.unchanged} were called unchanged, but {len(kept)} had been graded")
    if second.growth() > GROWTH:
        wrong.append(f"memory has grown by {second.growth() / 2**20:.0f} MB")

    third = grading.whole()
    told.append(f"once more: {third.seconds:.0f} s, {third.unchanged} unchanged")
    wrong += third.faults()
    if third.unchanged != size or grading.notebooks() != after:
        wrong.append("the last run should have graded nothing")
    if scratch := grading.scratch():
        wrong.append(f"{len(scratch)} folders of sandboxes left: {', '.join(scratch)}")

    recorded = setting.scores(grading.course / "gradebook.db")
    for student, cell in sorted(expected.keys() | recorded.keys()):
        want, got = expected.get((student, cell)), recorded.get((student, cell))
        if want != got:
            wrong.append(f"{student}, {cell}: {got} was recorded, not {want}")
    told.append(f"{len(expected)} scores expected, {len(recorded)} recorded")
    return told, wrong


@dataclasses.dataclass
class Ended:
    """What is known of one run of the command."""

    code: int
    seconds: float
    said: str
    memory: list  # bytes of the main process, over time
    ended: bool = False  # before it was to be killed
    left: tuple = ()  # command lines of the processes that outlived it

    @property
    def unchanged(self):
        return self.said.count(" (unchanged)")

    def faults(self):
        return [] if self.code == 0 else [f"exit code {self.code}:\n{self.said[-3000:]}"]

    def quarters(self):
        """The mean memory in the first and in the last quarter of the run."""
        if not self.memory:  # it was over before there was anything to see
            return 0, 0
        quarter = len(self.memory) // 4 or 1
        return statistics.fmean(self.memory[:quarter]), statistics.fmean(self.memory[-quarter:])

    def growth(self):
        first, last = self.quarters()
        return last - first

    def memory_line(self):
        first, last = (mean / 2**20 for mean in self.quarters())
        return (
            f"memory of the main process: {first:.0f} MB in the first quarter of this run, "
            f"{last:.0f} MB in the last"
        )


class Grading:
    """A course in a folder, and a folder for temporary files that nothing else uses."""

    def __init__(self, folder):
        self.course, self.temporary, self.log = folder / "course", folder / "tmp", folder / "log"
        self.temporary.mkdir()
        self.env = setting.environment(folder) | {"TMPDIR": str(self.temporary)}

    def notebooks(self):
        """When each graded notebook was written, by student."""
        found = self.course.glob(f"autograded/*/{UNIT}/{UNIT}.ipynb")
        return {path.parents[1].name: path.stat().st_mtime_ns for path in found}

    def scratch(self):
        """The folders of sandboxes that are there. (Of a killed process Python leaves its own.)"""
        return sorted(path.name for path in self.temporary.glob("sandbox-*"))

    def start(self, log):
        """Begin to grade, in a process group of its own."""
        return subprocess.Popen(
            GRADE,
            cwd=self.course,
            env=self.env,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @staticmethod
    def wait(process, condition):
        """Wait until the condition holds; False if the process ends before."""
        while not condition():
            if process.poll() is not None:
                return False
            time.sleep(LOOK_SECONDS)
        return True

    def whole(self):
        """Grade to the end. The memory is that from the first one graded on."""
        begun, before = time.monotonic(), self.notebooks()
        with open(self.log, "wb") as log:
            process = self.start(log)
            self.wait(process, lambda: self.notebooks() != before)
            with measure.Memory(process.pid) as memory:
                code = process.wait()
        seconds = time.monotonic() - begun
        return Ended(code, seconds, self.log.read_text(encoding="utf-8"), memory.main)

    def killed(self, worker_at, all_at):
        """Grade, kill a worker and then everything once so many have been graded."""
        begun, before = time.monotonic(), set(measure.descendants(os.getpid()))
        with open(self.log, "wb") as log:
            process = self.start(log)
            self.wait(process, lambda: len(self.notebooks()) >= worker_at)
            for worker in list(measure.workers(process.pid))[:1]:
                os.kill(worker, signal.SIGKILL)
            ended = not self.wait(process, lambda: len(self.notebooks()) >= all_at)
            if not ended:
                os.killpg(process.pid, signal.SIGKILL)
            code = process.wait()
        left = remaining(before)
        said = self.log.read_text(encoding="utf-8")
        return Ended(code, time.monotonic() - begun, said, [], ended, left)


def remaining(before, patience=PATIENCE_SECONDS):
    """The command lines of our descendants, but for those from ``before``, that do not end."""
    end = time.monotonic() + patience
    while found := set(measure.descendants(os.getpid())) - before:
        for pid in found:
            with contextlib.suppress(ChildProcessError):  # a child of a child
                os.waitpid(pid, os.WNOHANG)
        if time.monotonic() > end:
            return tuple(sorted(map(measure.command_line, found)))
        time.sleep(LOOK_SECONDS)
    return ()


if __name__ == "__main__":
    main()
