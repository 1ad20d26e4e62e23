"""Grades the same submissions of unit 1 with stock nbgrader and with ours; prints what it costs.

Four ways to the same recorded grades:

stock nbgrader      ``nbgrader autograde`` in a course with no settings of ours: nbgrader's own
                    Execute starts a kernel, which runs every cell and `autograder.check` itself
stock, no figures   the same, with the cells that only show something marked to be skipped
nbgrader, ours      ``nbgrader autograde`` with this course's nbgrader_config.py
autograder grade    our command, for which the sandbox and the checks are the same

How it is measured. All submissions are right, in three styles. They are handed in in small batches,
each in a fresh copy of the course; the commands take turns on every batch, so that they see the
same machine at nearly the same time. Batches come in two sizes: the straight line through their
CPU times separates what a command costs once (start-up: importing nbgrader, opening the gradebook)
from what each submission costs. "For N" is that line at N: one command for all, everything
included. CPU time is user and system time of all processes, from the start of the command to its
end, with the grades in the gradebook; see `benchmarks.measure`. Afterwards the scores are read from
the gradebooks: if they differ, or are not full, the benchmark fails.

What it does not say. It is one machine on one day: only the ratio means anything elsewhere, and
even that moves by some percent from run to run, the start-up by more. Ours keeps the figures and
experiments that were handed in and does not run them again, by design; stock has no such choice
without leaving the door open (a student can mark any cell to be skipped), so the first line is what
it costs. The second shows how much of the difference that is. Where a student's own code takes
long, it takes long in all. Stock has no sandbox here, and ours has (the one that works here; it is
printed). `autograder grade` uses every processor, so its wall time shrinks with their number; its
CPU time does not. Memory is that of the largest single process. Students' code that hangs, dies or
cheats is not in this benchmark.
"""

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import measure

PROJECT = Path(__file__).resolve().parents[1]
UNIT = "unit1_convolution"
STOCK, NO_FIGURES = "stock nbgrader", "stock, no figures"
NBGRADER, OURS = "nbgrader, ours", "autograder grade"
AUTOGRADE = [sys.executable, "-m", "nbgrader", "autograde", UNIT]
GRADE = [sys.executable, "-m", "autograder.cli", "grade", UNIT]
# method: the course and the submissions it is for, and the command
METHODS = {
    STOCK: ("stock", "plain", AUTOGRADE),
    NO_FIGURES: ("stock", "skipping", AUTOGRADE),
    NBGRADER: ("ours", "plain", AUTOGRADE),
    OURS: ("ours", "plain", GRADE),
}
TARGET = 1 / 3
ROUND = 10  # submissions in a small and a large batch together, where there are enough


def main():
    options = parser().parse_args()
    if options.submissions < 6:
        sys.exit("benchmarks: --submissions must be at least 6, for batches of two sizes.")
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        costs, scores = run(Path(folder), options.submissions)
    print(table(costs, options.submissions), flush=True)
    wrong = differences(scores, options.submissions)
    print("\n".join(wrong) or "Scores: equal for all methods, all submissions at full points.")
    sys.exit(1 if wrong else 0)


def parser():
    the_parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Grade the same submissions with stock nbgrader and with ours; print the cost.",
    )
    the_parser.add_argument(
        "--submissions", type=int, default=8, metavar="N", help="how many; default: 8"
    )
    return the_parser


# -- measuring ------------------------------------------------------------------------------------


def sizes(submissions):
    """Batch sizes, a small and a large one in turn, that add up to ``submissions``."""
    rounds = max(2, submissions // ROUND)
    share = submissions // rounds
    result = [1, share - 1] * rounds
    result[-1] += submissions - share * rounds
    return result


def run(folder, submissions):
    """Everything that is measured: costs as method -> [(size, Cost)], scores as method -> dict."""
    env = environment(folder)
    students = names(submissions)
    prepare(folder, students, env)
    costs, scores = {method: [] for method in METHODS}, {method: {} for method in METHODS}
    batches = sizes(submissions)
    for turn, size in enumerate(batches):
        batch, students = students[:size], students[size:]
        for method in METHODS if turn % 4 < 2 else reversed(METHODS):
            kind, handed_in, command = METHODS[method]
            course = folder / "course"
            shutil.copytree(folder / kind, course)
            for student in batch:
                place = course / "submitted" / student / UNIT
                place.mkdir(parents=True)
                shutil.copy(folder / handed_in / f"{student}.ipynb", place / f"{UNIT}.ipynb")
            spent = measure.cost(command, folder / "log", cwd=course, env=env)
            costs[method].append((size, spent))
            scores[method] |= recorded(course / "gradebook.db")
            shutil.rmtree(course)
        print(f"batch {turn + 1} of {len(batches)} done", file=sys.stderr)
    return costs, scores


def names(submissions):
    """The students' names."""
    return [f"student{number:03}" for number in range(submissions)]


def environment(folder):
    """No settings of whoever runs this; our packages and programs in reach, also of a kernel."""
    return os.environ | {
        "PYTHONPATH": str(PROJECT),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "JUPYTER_CONFIG_DIR": str(folder / "jupyter"),
        "IPYTHONDIR": str(folder / "ipython"),
        "OPENBLAS_NUM_THREADS": "1",
    }


HAND_IN = """
import sys
from pathlib import Path
import nbformat
from autograder.intake import EXPERIMENT
from tests.submissions import Work

released, folder, *students = sys.argv[1:]
released = nbformat.read(released, 4)
for number, student in enumerate(students):
    work = Work(student, released)
    work.solve(number % 3)
    (Path(folder) / "plain" / f"{student}.ipynb").write_bytes(work.data())
    for cell in work.notebook.cells:
        if EXPERIMENT in cell.metadata.get("tags", []):
            cell.metadata.tags.append("skip-execution")
    (Path(folder) / "skipping" / f"{student}.ipynb").write_bytes(work.data())
"""


def prepare(folder, students, env):
    """Two courses, stock and ours, with unit 1 released, and the submissions.

    In other processes: this one stays small, since a process inherits the peak memory of the one
    that starts it.
    """
    for name in ("stock", "ours"):
        course = folder / name
        shutil.copytree(PROJECT / "source" / UNIT, course / "source" / UNIT)
        config = course / "nbgrader_config.py"
        if name == "ours":
            shutil.copy(PROJECT / config.name, config)
        else:
            config.write_text("c = get_config()\n", encoding="utf-8")
        command = [sys.executable, "-m", "nbgrader", "generate_assignment", UNIT]
        measure.cost(command, folder / "log", cwd=course, env=env)
    for name in ("plain", "skipping"):
        (folder / name).mkdir()
    released = folder / "stock" / "release" / UNIT / f"{UNIT}.ipynb"
    command = [sys.executable, "-c", HAND_IN, str(released), str(folder), *students]
    subprocess.run(command, env=env, cwd=folder, check=True)


def recorded(gradebook):
    """(student, graded cell) -> score, from nbgrader's database."""
    query = """
        SELECT submitted_assignment.student_id, base_cell.name, grade.auto_score
        FROM grade
        JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
        JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
        JOIN base_cell ON base_cell.id = grade.cell_id
    """
    connection = sqlite3.connect(gradebook)
    try:
        return {(student, cell): score for student, cell, score in connection.execute(query)}
    finally:
        connection.close()


# -- what comes out -------------------------------------------------------------------------------


def through(points):
    """The straight line through (size, seconds): (start-up, seconds for each more)."""
    slope, start = statistics.linear_regression(*zip(*points, strict=True))
    return start, slope


def table(costs, submissions):
    """The costs as text, and the line with the target."""
    lines = [
        f"{submissions} right submissions of {UNIT} in {len(costs[STOCK])} batches; "
        f"{os.cpu_count()} processors; our sandbox: {sandbox()}",
        "",
        f"{'CPU s per submission':>46}{'CPU s':>13}{'wall s':>9}{'largest':>10}",
        f"{'':<18}{f'for {submissions}':>8}{'stock/':>8}{'each more':>12}{'stock/':>8}"
        f"{'once':>5}{f'for {submissions}':>9}{'process':>10}",
    ]
    each = {}
    for method, measured in costs.items():
        start, more = through([(size, spent.cpu) for size, spent in measured])
        each[method] = among, more = start / submissions + more, more
        ratio, ratio_more = each[STOCK][0] / among, each[STOCK][1] / more
        start_wall, more_wall = through([(size, spent.wall) for size, spent in measured])
        wall = start_wall + more_wall * submissions
        memory = max(spent.memory for _, spent in measured) / 2**20
        lines.append(
            f"{method:<18}{among:>8.2f}{ratio:>8.1f}{more:>12.2f}{ratio_more:>8.1f}"
            f"{start:>5.1f}{wall:>9.1f}{memory:>7.0f} MB"
        )
    share = each[OURS][0] / each[STOCK][0]
    reached = "reached" if share <= TARGET else "NOT reached"
    lines += [
        "",
        f"Target: at most one third of stock's CPU per submission. `{OURS}` takes {share:.2f} of "
        f"it, everything included: {reached}.",
    ]
    return "\n".join(lines)


def sandbox():
    """The kind of fence that our methods used."""
    code = "from autograder.sandbox import fence; print(fence.choose())"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def differences(scores, submissions):
    """A line for every score that is missing or not full."""
    source = PROJECT / "source" / UNIT / f"{UNIT}.ipynb"
    full = maxima(json.loads(source.read_text(encoding="utf-8")))
    wanted = {(name, cell): full[cell] for name in names(submissions) for cell in full}
    return [
        f"DIFFERENT: {method}: {student}, {cell}: {got.get((student, cell))}, not {points}"
        for method, got in scores.items()
        for (student, cell), points in wanted.items()
        if got.get((student, cell)) != points
    ]


def maxima(notebook):
    """The points of every graded cell of a source notebook, by grade_id."""
    settings = [cell["metadata"].get("nbgrader", {}) for cell in notebook["cells"]]
    return {meta["grade_id"]: meta["points"] for meta in settings if meta.get("grade")}


if __name__ == "__main__":
    main()
