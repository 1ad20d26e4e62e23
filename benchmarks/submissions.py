"""Writes right submissions to measure with: ``python -m benchmarks.submissions UNIT RELEASED ...``.

A process of its own, so that the one that measures stays small: a process inherits the peak memory
of the one that starts it. Into FOLDER, for every student:

plain/<student>.ipynb      the submission, in one of three styles, with the outputs that it would
                           have been saved with: the released cells' of one run of the first style
skipping/<student>.ipynb   the same, with the cells that only show something marked to be skipped
                           (with --skipping)
cells/<student>.py         the cells that our grader runs, as one plain script
"""

import argparse
from pathlib import Path

import nbformat
from nbconvert.preprocessors import ExecutePreprocessor

from autograder.cells import EXPERIMENT, role
from autograder.examples import Work
from autograder.units import CONTENT
from autograder.untrusted import rebuild

STYLES = 3
FIRST = 1  # the style of the first student, neither the slowest nor the fastest


def main():
    options = parser().parse_args()
    released = nbformat.read(options.released, as_version=4)
    outputs = None
    for number, student in enumerate(options.students):
        work = Work(student, released, options.unit)
        work.solve((number + FIRST) % STYLES)
        if outputs is None:
            outputs = as_saved(work)
        for cell, saved in zip(work.notebook.cells, outputs, strict=True):
            if cell.cell_type == "code":
                cell.outputs = saved
        write(options.folder / "cells" / f"{student}.py", script(work.data(), released))
        write(options.folder / "plain" / f"{student}.ipynb", work.data())
        if options.skipping:
            for cell in filter(experiment, work.notebook.cells):
                cell.metadata.tags.append("skip-execution")
            write(options.folder / "skipping" / f"{student}.ipynb", work.data())


def parser():
    the_parser = argparse.ArgumentParser(
        prog="python -m benchmarks.submissions", description="Write right submissions of a unit."
    )
    the_parser.add_argument("unit")
    the_parser.add_argument("released", type=Path)
    the_parser.add_argument("folder", type=Path)
    the_parser.add_argument("students", nargs="+")
    the_parser.add_argument("--skipping", action="store_true")
    return the_parser


def as_saved(work):
    """The outputs of every cell of a notebook, run as a student runs it."""
    runner = ExecutePreprocessor(allow_errors=True, kernel_name="python3")
    ran, _ = runner.preprocess(nbformat.from_dict(work.notebook), {"metadata": {}})
    return [cell.get("outputs", []) for cell in ran.cells]


def script(data, released):
    """The source of the cells that our grader runs: the student's and the practice cells."""
    notebook, _ = rebuild.rebuild(data, released, CONTENT)
    kept = [
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "code" and not experiment(cell) and role(cell) != "graded"
    ]
    return "\n\n".join(kept).encode()


def experiment(cell):
    """True of a cell that only shows something: our grader keeps what was handed in."""
    return EXPERIMENT in cell.metadata.get("tags", [])


def write(path, data):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)


if __name__ == "__main__":
    main()
