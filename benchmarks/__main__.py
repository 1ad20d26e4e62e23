"""Grades the same submissions with stock nbgrader and with ours; prints what each costs.

Every unit is graded in two ways, and the first of them in two more, to the same recorded grades:

stock nbgrader      ``nbgrader autograde`` in a course with no settings of ours: nbgrader's own
                    Execute starts a kernel, which runs every cell and `autograder.check` itself
stock, no figures   the same, with the cells that only show something marked to be skipped
nbgrader, ours      ``nbgrader autograde`` with this course's nbgrader_config.py
autograder grade    our command, for which the sandbox and the checks are the same

How it is measured. All submissions are right, in three styles, and hold the figures that they were
saved with. They are handed in in batches, each in a fresh copy of the course; the methods take
turns on one unit, so that they see the same machine at nearly the same time. Batches come in two
sizes, which differ by a multiple of three, so that the further submissions are of all styles: the
straight line through their CPU times separates what a command costs once (start-up: importing
nbgrader, opening the gradebook) from what each further submission costs. "Of 30, each" is that
line at 30, divided by 30: everything included, start-up too. Ours is quick, so each of its batches
is graded three times and the middle one counts: what else a machine does comes and goes. CPU time
is user and system time of all processes, from the start of the command to its end, with the grades
in the gradebook; see `benchmarks.measure`. Afterwards the scores are read from the gradebooks: if
one is missing or not full, the benchmark fails.

The student's own cells are measured in the same turns: what our grader runs of a submission (not
the graded cells, not the experiments), written one below the other into a plain script, and that
run by a bare ``python``: interpreter, NumPy and the cells, without IPython, sandbox or checks. What
a further submission takes of ours beyond that is the price of grading it. (The hidden checks call
the student's functions about a hundred times; that time is in the price.)

What it does not say. It is one machine on one day: only the ratio means anything elsewhere, and
even that moves by some percent from run to run, more while other programs use the machine. Stock
gets few submissions, since they take long; that makes its line less exact than ours. Ours keeps
the figures and experiments that were handed in and does not run them again, by design; stock has no
such choice without leaving the door open (a student can mark any cell to be skipped), so its own
line is what it costs. "No figures" shows how much of the difference that is. Stock has no sandbox
here, and ours has (the one that works here; it is printed). Students' code that hangs, dies or
cheats is not in this benchmark. Memory is that of the largest single process.
"""

import argparse
import concurrent.futures
import dataclasses
import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks import measure, setting

STOCK, OURS = "stock nbgrader", "autograder grade"
UNITS = sorted(path.stem for path in (setting.PROJECT / "source").glob("*/*.ipynb"))
CLASS = 30  # students, for whom the start-up is shared out
TARGET = 1 / 10  # of stock nbgrader's CPU
TARGET_BEYOND = 0.15  # CPU seconds, beyond the student's own cells
STUDENTS = setting.names(30)
CELLS = 3  # students whose cells are run alone: one of each style


@dataclasses.dataclass(frozen=True)
class Method:
    """A way to the recorded grades: whose course, which submissions, what command, the sizes of a
    small and of a large batch, and how often each is graded in a turn."""

    course: str
    handed_in: str
    command: tuple
    sizes: tuple[int, int]
    times: int = 1


def methods(unit):
    """The methods for a unit, by name: all of them for the first one only."""
    autograde = tuple(setting.python("nbgrader", "autograde", unit))
    grade = tuple(setting.python("autograder.commands.cli", "grade", unit))
    middle = {
        "stock, no figures": Method("stock", "skipping", autograde, (1, 4)),
        "nbgrader, ours": Method("ours", "plain", autograde, (3, 9)),
    }
    return {
        STOCK: Method("stock", "plain", autograde, (1, 4)),
        **(middle if unit == UNITS[0] else {}),
        OURS: Method("ours", "plain", grade, (3, 30), times=3),
    }


def main():
    options = parser().parse_args()
    if unknown := set(options.units) - set(UNITS):
        sys.exit(f"benchmarks: no unit {', '.join(unknown)}; there are {', '.join(UNITS)}")
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        folder, units, wrong = Path(folder), options.units or UNITS, []
        env = setting.environment(folder)
        print(f"preparing {len(units)} units", file=sys.stderr)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda unit: prepare(folder / unit, unit, env), units))
        print(heading(), flush=True)
        results = []
        for unit in units:
            result, differing = run(folder / unit, unit, options.rounds, env)
            print(rows(unit, result), flush=True)
            results.append(result)
            wrong += differing
    print(verdict(results))
    print("\n".join(wrong) or "Scores: equal for all methods, all submissions at full points.")
    sys.exit(1 if wrong else 0)


def parser():
    the_parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Grade the same submissions with stock nbgrader and with ours; print the cost.",
    )
    the_parser.add_argument("units", nargs="*", metavar="UNIT", help="default: all")
    the_parser.add_argument(
        "--rounds", type=int, default=1, metavar="N", help="turns of all methods; default: 1"
    )
    return the_parser


# -- measuring ------------------------------------------------------------------------------------


def prepare(folder, unit, env):
    """Two courses, stock and ours, with the unit released, and the submissions.

    In other processes: this one stays small, since a process inherits the peak memory of the one
    that starts it.
    """
    folder.mkdir()
    for name in ("stock", "ours"):
        released = setting.release(folder / name, unit, env, ours=name == "ours")
    options = (
        ["--skipping"] if any(m.handed_in == "skipping" for m in methods(unit).values()) else []
    )
    setting.write_right(unit, released, folder, STUDENTS, env, *options)


@dataclasses.dataclass
class Measured:
    """What a unit cost: per method the sizes of its batches with their `measure.Cost`, and the CPU
    seconds of students' own cells."""

    costs: dict
    cells: list


def run(folder, unit, rounds, env):
    """Measure one unit: (`Measured`, a line for every score that is not as it should be)."""
    ways, wrong = methods(unit), []
    full = maxima(setting.PROJECT / "source" / unit / f"{unit}.ipynb")
    measured = Measured({name: [] for name in ways}, [])
    for turn in range(2 * rounds):
        repeated = [name for name, way in ways.items() for _ in range(way.times)]
        for name in repeated if turn % 2 else reversed(repeated):
            if name == OURS:
                measured.cells += [own_cells(folder, student, env) for student in STUDENTS[:CELLS]]
            size = ways[name].sizes[turn % 2]
            spent, scores = batch(folder, unit, ways[name], STUDENTS[:size], env)
            measured.costs[name].append((size, spent))
            wrong += differences(f"{unit}, {name}", scores, STUDENTS[:size], full)
            print(f"{unit}: {name}, {size} submissions: {spent.cpu:.1f} CPU s", file=sys.stderr)
    return measured, wrong


def own_cells(folder, student, env):
    """CPU seconds of one student's own cells, as a plain script."""
    place = folder / "alone"
    place.mkdir()
    command = [sys.executable, str(folder / "cells" / f"{student}.py")]
    spent = measure.cost(command, folder / "log", cwd=place, env=env)
    shutil.rmtree(place)
    return spent.cpu


def batch(folder, unit, method, students, env):
    """Grade a batch in a fresh copy of the course; returns its `measure.Cost` and the scores."""
    course = folder / "course"
    shutil.copytree(folder / method.course, course)
    for student in students:
        path = setting.submitted(course, student, unit)
        shutil.copy(folder / method.handed_in / f"{student}.ipynb", path)
    spent = measure.cost(method.command, folder / "log", cwd=course, env=env)
    scores = setting.scores(course / "gradebook.db")
    shutil.rmtree(course)
    return spent, scores


def maxima(source):
    """The points of every cell of a source notebook with hidden checks, by grade_id."""
    cells = json.loads(source.read_text(encoding="utf-8"))["cells"]
    settings = [c["metadata"].get("nbgrader", {}) for c in cells if c["cell_type"] == "code"]
    return {meta["grade_id"]: meta["points"] for meta in settings if meta.get("grade")}


def differences(where, scores, students, full):
    """A line for every score that is missing or not full."""
    return [
        f"DIFFERENT: {where}: {student}, {cell}: {scores.get((student, cell))}, not {points}"
        for student in students
        for cell, points in full.items()
        if scores.get((student, cell)) != points
    ]


# -- what comes out -------------------------------------------------------------------------------


def line(costs):
    """(CPU seconds once, for each further submission, per submission of a class of `CLASS`)."""
    once, more = measure.through([(size, spent.cpu) for size, spent in costs])
    return once, more, once / CLASS + more


def beyond(measured):
    """CPU seconds of a further submission of ours beyond the student's own cells."""
    return line(measured.costs[OURS])[1] - statistics.fmean(measured.cells)


def heading():
    return "\n".join(
        [
            f"Right submissions; {os.cpu_count()} processors; our sandbox: {setting.sandbox()}. "
            "CPU seconds:",
            "",
            f"{'':<20}{'':<18}{'':>7}{'each':>8}{f'of {CLASS},':>8}{'':>9}{'own':>8}{'beyond':>8}"
            f"{'largest':>10}",
            f"{'unit':<20}{'graded by':<18}{'once':>7}{'more':>8}{'each':>8}{'stock /':>9}"
            f"{'cells':>8}{'them':>8}{'process':>10}",
        ]
    )


def rows(unit, measured):
    """The lines of a unit: one per method."""
    lines = []
    stock = line(measured.costs[STOCK])[2]
    for name, costs in measured.costs.items():
        once, more, each = line(costs)
        memory = max(spent.memory for _, spent in costs) / 2**20
        own = f"{'':>16}"
        if name == OURS:
            own = f"{statistics.fmean(measured.cells):>8.2f}{beyond(measured):>8.2f}"
        lines.append(
            f"{unit:<20}{name:<18}{once:>7.1f}{more:>8.2f}{each:>8.2f}{stock / each:>9.1f}"
            f"{own}{memory:>7.0f} MB"
        )
    return "\n".join(lines)


def verdict(results):
    """The lines with the targets, each for the unit that is furthest from it."""
    reached = measure.reached
    share = max(line(r.costs[OURS])[2] / line(r.costs[STOCK])[2] for r in results)
    most = max(beyond(r) for r in results)
    return "\n".join(
        [
            "",
            f"Target: at most 1/{1 / TARGET:.0f} of stock's CPU per submission in a class of "
            f"{CLASS}, everything included. At most 1/{1 / share:.1f}: {reached(share <= TARGET)}.",
            f"Target: at most {TARGET_BEYOND} CPU s for each further submission beyond the "
            f"student's own cells. At most {most:.2f}: {reached(most <= TARGET_BEYOND)}.",
        ]
    )


if __name__ == "__main__":
    main()
