"""Courses to measure in: fresh folders with one unit each, and the commands that grade them."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
CONFIG = "nbgrader_config.py"


def python(module, *arguments):
    """The command that runs a module."""
    return [sys.executable, "-m", module, *map(str, arguments)]


def environment(folder):
    """No settings of whoever runs this; our packages and programs in reach, also of a kernel."""
    return os.environ | {
        "PYTHONPATH": str(PROJECT),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "JUPYTER_CONFIG_DIR": str(folder / "jupyter"),
        "IPYTHONDIR": str(folder / "ipython"),
        "OPENBLAS_NUM_THREADS": "1",
    }


def run(command, **options):
    """Run a command that is not measured; raises RuntimeError with what it said if it fails."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} exited with {done.returncode}:\n{done.stdout}")
    return done.stdout


def names(number):
    """The names of so many students."""
    return [f"student{n:03}" for n in range(number)]


def release(course, unit, env, ours=True):
    """Make a course in a folder, with this course's settings or nbgrader's own, and one unit.

    Returns the path of the released notebook.
    """
    shutil.copytree(PROJECT / "source" / unit, course / "source" / unit)
    if ours:
        shutil.copy(PROJECT / CONFIG, course)
    else:
        (course / CONFIG).write_text("c = get_config()\n", encoding="utf-8")
    run(python("nbgrader", "generate_assignment", unit), cwd=course, env=env)
    return course / "release" / unit / f"{unit}.ipynb"


def submitted(course, student, unit):
    """The path at which a student's submission is expected; its folder is made."""
    place = course / "submitted" / student / unit
    place.mkdir(parents=True)
    return place / f"{unit}.ipynb"


def write_right(unit, released, folder, students, env, *options):
    """Right submissions of a unit: see `benchmarks.submissions`."""
    command = python("benchmarks.submissions", unit, released, folder, *students, *options)
    run(command, cwd=folder, env=env)


def scores(gradebook):
    """(student, graded code cell) -> score, from nbgrader's database."""
    query = """
        SELECT submitted_assignment.student_id, base_cell.name, grade.auto_score
        FROM grade
        JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
        JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
        JOIN base_cell ON base_cell.id = grade.cell_id
        JOIN grade_cells ON grade_cells.id = base_cell.id
        WHERE grade_cells.cell_type = 'code'
    """
    connection = sqlite3.connect(gradebook)
    try:
        return {(student, cell): score for student, cell, score in connection.execute(query)}
    finally:
        connection.close()


def sandbox():
    """The kind of sandbox that our grader uses here."""
    code = "from autograder.sandbox import probe; print(probe.choose())"
    return run([sys.executable, "-c", code], cwd=PROJECT).strip()
