"""Grades the same submissions of unit 1 with stock nbgrader and with ours; prints what it costs.

Three ways to the same recorded grades:

stock nbgrader      ``nbgrader autograde`` in a course with no settings of ours: nbgrader's own
                    Execute starts a kernel, which runs every cell and `autograder.check` itself
nbgrader, ours      ``nbgrader autograde`` with this course's nbgrader_config.py
autograder grade    our command, for which the sandbox and the checks are the same

How it is measured. All submissions are right, in three styles. They are handed in in small batches,
each in a fresh copy of the course; the three commands take turns on every batch, so that they see
the same machine at nearly the same time. Batches come in two sizes: the straight line through their
CPU times separates what a command costs once (start-up: importing nbgrader, opening the gradebook)
from what each submission costs. CPU time is user and system time of all processes, from the start
of the command to its end, with the grades in the gradebook; see `benchmarks.measure`. Afterwards
the scores are read from the gradebooks: if they differ, or are not full, the benchmark fails.

What it does not say. It is one machine on one day: only the ratio means anything elsewhere, and
even that moves by some percent from run to run. Stock runs the cells that only show something
(figures, experiments) again, ours keeps what was handed in; that is part of the gain, and by
design. Unit 1 has light cells: where a student's own code takes long, it takes long in both. Stock
has no sandbox here, and ours has (the one that works here; it is printed). `autograder grade` uses
every processor, so its wall time shrinks with their number; its CPU time does not. Memory is that
of the largest single process. Students' code that hangs, dies or cheats is not in this benchmark.
"""

import argparse
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
STOCK, NBGRADER, OURS = "stock nbgrader", "nbgrader, ours", "autograder grade"
AUTOGRADE = [sys.executable, "-m", "nbgrader", "autograde", UNIT]
COMMANDS = {
    STOCK: AUTOGRADE,
    NBGRADER: AUTOGRADE,
    OURS: [sys.executable, "-m", "autograder.cli", "grade", UNIT],
}
TARGET = 1 / 3
BATCH = 10  # the two sizes of a round together, where there are submissions enough


def main():
    options = parser().parse_args()
    if options.submissions < 6:
        sys.exit("benchmarks: --submissions must be at least 6, for batches of two sizes.")
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        costs, scores = run(Path(folder), options.submissions)
    report(costs, options.submissions)
    sys.exit(differences(scores, options.submissions))


def parser():
    the_parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Grade the same submissions with stock nbgrader and with ours; print the cost.",
    )
    the_parser.add_argument(
        "--submissions", type=int, default=8, metavar="N", help="how many; default: 8"
    )
    return the_parser


def sizes(submissions):
    """Batch sizes, a small and a large one in turn, that add up to ``submissions``."""
    rounds = max(2, submissions // BATCH)
    pairs = submissions // rounds
    result = [1, pairs - 1] * rounds
    result[-1] += submissions - pairs * rounds
    return result


def run(folder, submissions):
    """Everything that is measured: costs as method -> [(size, Cost)], scores as method -> dict."""
    env = environment(folder)
    students = [f"student{number:03}" for number in range(submissions)]
    prepare(folder, students, env)
    costs, scores = {method: [] for method in COMMANDS}, {method: {} for method in COMMANDS}
    batches = sizes(submissions)
    for turn, size in enumerate(batches):
        batch, students = students[:size], students[size:]
        order = list(COMMANDS)
        for method in order if turn % 2 else reversed(order):
            course = folder / f"{method}, batch {turn}"
            shutil.copytree(folder / ("stock" if method == STOCK else "ours"), course)
            for student in batch:
                (course / "submitted" / student / UNIT).mkdir(parents=True)
                shutil.copy(
                    folder / "submissions" / f"{student}.ipynb",
                    course / "submitted" / student / UNIT / f"{UNIT}.ipynb",
                )
            spent = measure.cost(COMMANDS[method], folder / "log", cwd=course, env=env)
            costs[method].append((size, spent))
            scores[method] |= read_scores(course / "gradebook.db")
            shutil.rmtree(course)
        print(f"batch {turn + 1} of {len(batches)} done", file=sys.stderr)
    return costs, scores


def environment(folder):
    """No settings of whoever runs this; our packages and programs in reach, also of a kernel."""
    return os.environ | {
        "PYTHONPATH": str(PROJECT),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "JUPYTER_CONFIG_DIR": str(folder / "jupyter"),
        "IPYTHONDIR": str(folder / "ipython"),
        "OPENBLAS_NUM_THREADS": "1",
    }


PREPARE = """
import sys
from pathlib import Path
import nbformat
from tests.submissions import STYLES, UNIT, Work

released, folder, *students = sys.argv[1:]
released = nbformat.read(released, 4)
for number, student in enumerate(students):
    work = Work(student, released)
    work.solve(list(STYLES)[number % len(STYLES)])
    (Path(folder) / f"{student}.ipynb").write_bytes(work.data())
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
    (folder / "submissions").mkdir()
    released = folder / "stock" / "release" / UNIT / f"{UNIT}.ipynb"
    command = [sys.executable, "-c", PREPARE, str(released), str(folder / "submissions"), *students]
    subprocess.run(command, env=env, cwd=folder, check=True)


def read_scores(gradebook):
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


def line(points):
    """(start-up, per submission): the least-squares line through (size, seconds)."""
    slope, start = statistics.linear_regression(*zip(*points, strict=True))
    return start, slope


def report(costs, submissions):
    """Print the table, and the line with the target."""
    print(
        f"{submissions} right submissions of {UNIT}, in {len(costs[STOCK])} batches; "
        f"{os.cpu_count()} processors; sandbox of ours: {sandbox()}\n"
    )
    print(
        f"{'':<18}{'CPU s per submission':^34}{'CPU s':>9}{'wall s':>9}{'largest':>10}\n"
        f"{'':<18}{'alone':>9}{f'of {submissions}':>9}{'each more':>12}"
        f"{'':4}{'start-up':>9}{f'for {submissions}':>9}{'process':>10}"
    )
    each = {}
    for method, measured in costs.items():
        start, more = line([(size, spent.cpu) for size, spent in measured])
        start_wall, more_wall = line([(size, spent.wall) for size, spent in measured])
        each[method] = start + more, start / submissions + more, more
        memory = max(spent.memory for _, spent in measured)
        alone, among, _ = each[method]
        print(
            f"{method:<18}{alone:>9.2f}{among:>9.2f}{more:>12.2f}{'':4}{start:>9.2f}"
            f"{start_wall + more_wall * submissions:>9.1f}{memory / 2**20:>7.0f} MB"
        )
    for method in (NBGRADER, OURS):
        ratios = [stock / ours for stock, ours in zip(each[STOCK], each[method], strict=True)]
        print(f"{'stock / ' + method:<24}{ratios[0]:>3.1f}{ratios[1]:>9.1f}{ratios[2]:>12.1f}")
    share = each[OURS][1] / each[STOCK][1]
    print(
        f"\nTarget: at most one third of stock's CPU per submission. `{OURS}` takes {share:.2f} of "
        f"it, everything included: {'reached' if share <= TARGET else 'NOT reached'}."
    )


def sandbox():
    """The kind of fence that our methods used."""
    code = "from autograder.sandbox import fence; print(fence.choose())"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True).stdout.strip()


def differences(scores, submissions):
    """Print whether all scores are equal and full; returns the exit code."""
    source = PROJECT / "source" / UNIT / f"{UNIT}.ipynb"
    full = maxima(source)
    wanted = {(f"student{n:03}", cell): full[cell] for n in range(submissions) for cell in full}
    wrong = 0
    for method, got in scores.items():
        for key in sorted(wanted.keys() | got.keys()):
            if got.get(key) != wanted.get(key):
                wrong += 1
                print(f"DIFFERENT: {method}: {' '.join(key)}: {got.get(key)}, not {wanted.get(key)}")
    if not wrong:
        print(f"Scores: equal in all methods, {sum(full.values()):g} of {sum(full.values()):g}.")
    return 1 if wrong else 0


def maxima(source):
    """The points of every graded cell of a source notebook, by grade_id."""
    import json

    cells = json.loads(source.read_text(encoding="utf-8"))["cells"]
    settings = [cell["metadata"].get("nbgrader", {}) for cell in cells]
    return {meta["grade_id"]: meta["points"] for meta in settings if meta.get("grade")}


if __name__ == "__main__":
    main()
