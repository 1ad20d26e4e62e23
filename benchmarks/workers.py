"""One worker against two, and small classes against large ones: ``python -m benchmarks.workers``.

All submissions are right ones of unit 1, in three styles, with the figures that they were saved
with, graded by ``autograder grade`` in a fresh copy of the course.

Two against one. Batches of two sizes are graded by one worker that has one processor to itself, by
two that have two, and by one that has two; the three take turns. The straight line through the wall
times separates the start-up, which more workers do not shorten, from what each further submission
takes; the gain is the ratio of the latter. One worker, too, makes some use of a second processor:
beside it another process records, and its sandbox consists of several. So where both processors
were there before, a second worker gains less; that is printed too.

Memory of a worker is the most that its process had resident, pages that it shares with the others
included; the sandboxes that it starts run the student's code, and are the student's own.

Growth. Classes of several sizes, each graded once by two workers: CPU and wall time per submission,
start-up included, and the most memory that the main process and a worker had.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks import measure, setting

UNIT = "unit1_convolution"
BATCHES = (6, 66)  # multiples of three: all styles equally often
SETUPS = ((1, 1), (2, 2), (1, 2))  # workers, processors
TARGET = 1.7  # times as fast
TARGET_MEMORY = 150  # MB


def main():
    options = parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="workers-") as folder:
        bench = Bench(Path(folder), max(*BATCHES, *options.growth))
        print(f"{os.cpu_count()} processors; our sandbox: {setting.sandbox()}.", flush=True)
        print(two_against_one(bench, options.rounds), flush=True)
        if options.growth:
            print(growth(bench, options.growth))


def parser():
    the_parser = argparse.ArgumentParser(
        prog="python -m benchmarks.workers",
        description="Time grading with one worker and with two, and how the cost grows.",
    )
    the_parser.add_argument(
        "--rounds", type=int, default=3, metavar="N", help="turns of each; default: 3"
    )
    the_parser.add_argument(
        "--growth",
        type=int,
        nargs="*",
        default=[],
        metavar="N",
        help="sizes of classes to grade; default: none. A submission takes 4 MB of disk meanwhile",
    )
    return the_parser


class Bench:
    """A released course and submissions for it, to be graded again and again."""

    def __init__(self, folder, submissions):
        self.folder, self.env = folder, setting.environment(folder)
        self.students = setting.names(submissions)
        released = setting.release(folder / "released", UNIT, self.env)
        setting.write_right(UNIT, released, folder, self.students, self.env)

    def grade(self, size, jobs, processors=None, watched=True):
        """The `measure.Cost` of grading so many submissions in a fresh copy of the course.

        processors : how many it may use; default: all
        """
        course = self.folder / "course"
        shutil.copytree(self.folder / "released", course)
        for student in self.students[:size]:
            place = setting.submitted(course, student, UNIT)
            os.link(self.folder / "plain" / f"{student}.ipynb", place)
        command = setting.python("autograder.commands.cli", "grade", UNIT, "--jobs", jobs)
        all_of_them = os.sched_getaffinity(0)
        os.sched_setaffinity(0, sorted(all_of_them)[:processors])  # and of all that it starts
        try:
            spent = measure.cost(command, self.folder / "log", watched, cwd=course, env=self.env)
        finally:
            os.sched_setaffinity(0, all_of_them)
        graded = len(setting.scores(course / "gradebook.db"))
        shutil.rmtree(course)
        used = processors or len(all_of_them)
        print(
            f"--jobs {jobs}, {used} processor(s), {size} submissions: {spent.wall:.1f} s",
            file=sys.stderr,
        )
        if not graded:
            raise RuntimeError("nothing was graded")
        return spent


def two_against_one(bench, rounds):
    """What two workers gain, and what memory one takes, as text.

    Wall times are of runs that nobody watches, since watching takes a part of a processor.
    """
    if len(os.sched_getaffinity(0)) < 2:
        return "Two workers against one: not measured, this needs two processors."
    walls = {setup: [] for setup in SETUPS}
    for turn in range(rounds):
        for size in BATCHES:
            for jobs, processors in SETUPS if turn % 2 else reversed(SETUPS):
                spent = bench.grade(size, jobs, processors, watched=False)
                walls[jobs, processors].append((size, spent.wall))
    lines = [
        f"{'workers':>8}{'processors':>12}{'start-up':>10}{'each more':>11}",
        f"{'':>8}{'':>12}{'wall s':>10}{'wall s':>11}",
    ]
    each = {}
    for setup, points in walls.items():
        start, each[setup] = measure.through(points)
        lines.append(f"{setup[0]:>8}{setup[1]:>12}{start:>10.1f}{each[setup]:>11.3f}")
    gain, beside = (each[setup] / each[2, 2] for setup in ((1, 1), (1, 2)))
    memory = max(bench.grade(size, 2).worker for size in BATCHES) / 2**20
    lines += [
        f"Target: two workers at least {TARGET} times as fast as one, with a processor for each. "
        f"{gain:.2f}: {measure.reached(gain >= TARGET)}.",
        f"(Than one that has two processors: {beside:.2f} times as fast.)",
        f"Target: a worker below {TARGET_MEMORY} MB beyond the student's own. {memory:.0f}: "
        f"{measure.reached(memory < TARGET_MEMORY)}.",
    ]
    return "\n".join(lines)


def growth(bench, sizes):
    """What classes of these sizes cost, as text."""
    lines = [
        f"{'class':>8}{'CPU s each':>12}{'wall s each':>13}{'wall s':>9}{'main MB':>9}"
        f"{'worker MB':>11}"
    ]
    for size in sizes:
        spent = bench.grade(size, 2)
        lines.append(
            f"{size:>8}{spent.cpu / size:>12.3f}{spent.wall / size:>13.3f}{spent.wall:>9.1f}"
            f"{spent.main / 2**20:>9.0f}{spent.worker / 2**20:>11.0f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
