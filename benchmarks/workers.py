"""One worker against two, and small classes against large ones: ``python -m benchmarks.workers``.

All submissions are right ones of unit 1, in three styles, with the figures that they were saved
with, graded by ``autograder grade`` in a fresh copy of the course.

Two against one. ``--jobs 1`` and ``--jobs 2`` take turns on a small and a large batch. The straight
line through the wall times separates the start-up, which more workers do not shorten, from what
each further submission takes; the gain is the ratio of the latter. It needs as many processors as
the workers, the one process that records, and whatever else runs on the machine can use: on two
processors the recording takes from the workers' share, and two workers cannot be twice as fast.

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
        "--rounds", type=int, default=2, metavar="N", help="turns of each; default: 2"
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

    def grade(self, size, jobs, watched=True):
        """The `measure.Cost` of grading so many submissions in a fresh copy of the course."""
        course = self.folder / "course"
        shutil.copytree(self.folder / "released", course)
        for student in self.students[:size]:
            place = setting.submitted(course, student, UNIT)
            os.link(self.folder / "plain" / f"{student}.ipynb", place)
        command = setting.python("autograder.cli", "grade", UNIT, "--jobs", jobs)
        spent = measure.cost(command, self.folder / "log", watched, cwd=course, env=self.env)
        graded = len(setting.scores(course / "gradebook.db"))
        shutil.rmtree(course)
        print(f"--jobs {jobs}, {size} submissions: {spent.wall:.1f} s", file=sys.stderr)
        if not graded:
            raise RuntimeError("nothing was graded")
        return spent


def two_against_one(bench, rounds):
    """What two workers gain, and what memory one takes, as text.

    Wall times are of runs that nobody watches, since watching takes a part of a processor.
    """
    walls = {1: [], 2: []}
    for turn in range(rounds):
        for size in BATCHES:
            for jobs in (1, 2) if turn % 2 else (2, 1):
                walls[jobs].append((size, bench.grade(size, jobs, watched=False).wall))
    lines = [f"{'':<8}{'start-up':>10}{'each more':>11}{'each more':>11}{'worker':>9}{'main':>9}"]
    lines += [f"{'':<8}{'wall s':>10}{'wall s':>11}{'CPU s':>11}{'MB':>9}{'MB':>9}"]
    each, largest = {}, 0
    for jobs, points in walls.items():
        start, each[jobs] = measure.through(points)
        spent = [(size, bench.grade(size, jobs)) for size in BATCHES]
        _, cpu = measure.through([(size, cost.cpu) for size, cost in spent])
        worker, main = (max(getattr(c, k) for _, c in spent) / 2**20 for k in ("worker", "main"))
        largest = max(largest, worker)
        lines.append(
            f"jobs {jobs:<3}{start:>10.1f}{each[jobs]:>11.3f}{cpu:>11.3f}{worker:>9.0f}{main:>9.0f}"
        )
    gain = each[1] / each[2]
    lines += [
        f"Target: two workers at least {TARGET} times as fast as one. {gain:.2f}: "
        f"{measure.reached(gain >= TARGET)}.",
        f"Target: a worker below {TARGET_MEMORY} MB beyond the student's own. {largest:.0f}: "
        f"{measure.reached(largest < TARGET_MEMORY)}.",
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
