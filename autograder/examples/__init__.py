"""Example submissions: one package per unit, with one module per submission, named by what it does.

Each module makes its submission from the released notebook: ``build(work)`` edits a `Work`.
``EXPECTED`` is the score that the submission must get before written answers are graded, stated as
the points lost, such as ``full("unit1_…") - 1``. If it is None, the submission must be refused with
the ``REASON``. The docstring describes the submission. `autograder demo` grades the examples;
tests grade them through nbgrader.
"""

from __future__ import annotations

import copy
import importlib
import inspect
import json
import pkgutil
import re
import shutil
from pathlib import Path
from types import ModuleType

import nbformat
from nbformat import NotebookNode

from autograder import secret, starter
from autograder.cells import role
from autograder.checking import judge
from autograder.course import Course, CourseError
from autograder.model import Solution
from autograder.release import sync
from autograder.units import CONTENT as content
from course import numbers

UNIT = "unit1_convolution"  # the default unit, for examples that fit any unit


def full(unit: str = UNIT) -> float:
    """The automatically graded points of a unit, which every right submission gets."""
    return sum(judge.maximum(task) for task in content.of_unit(unit).values())


def name_of(cell: NotebookNode) -> str | None:
    """The grade_id of a cell; None if it has none."""
    name: str | None = cell.metadata.get("nbgrader", {}).get("grade_id")
    return name


class Work:
    """A student's copy of a unit's notebook, to be edited by ``build``."""

    def __init__(self, student: str, released: NotebookNode, unit: str = UNIT) -> None:
        self.student, self.notebook, self.unit = student, copy.deepcopy(released), unit
        self.untouched = released
        self.raw: bytes | None = None  # bytes to hand in instead of the notebook

    def cell(self, grade_id: str) -> NotebookNode:
        """The cell with this grade_id."""
        return next(c for c in self.notebook.cells if name_of(c) == grade_id)

    def released(self, grade_id: str) -> str:
        """The source of this cell as it was handed out."""
        source: str = next(c.source for c in self.untouched.cells if name_of(c) == grade_id)
        return source

    def after(self, grade_id: str, source: str) -> None:
        """Insert a code cell of the student's own after a cell."""
        place = self.notebook.cells.index(self.cell(grade_id))
        name = f"mine-{len(self.notebook.cells)}"  # not random, so that the file is reproducible
        self.notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(source, id=name))

    def write(self, task: str, source: str) -> None:
        """Set the source of a task's solution cell."""
        self.cell(task).source = source

    def edit(self, task: str, *changes: tuple[str, str]) -> None:
        """Replace text in a task's solution cell, in turn: (old, new). Raises ValueError."""
        for old, new in changes:
            source = self.cell(task).source
            if old not in source:
                raise ValueError(f"the solution of {task} has no {old!r}")
            self.write(task, source.replace(old, new))

    def write_id(self) -> None:
        """Write the student's id into the notebook."""
        for cell in self.notebook.cells:
            cell.source = cell.source.replace('STUDENT_ID = ""', f'STUDENT_ID = "{self.student}"')

    def solve(self, style: int = 1) -> None:
        """Write right answers to everything, and the student's id at the top.

        style : index of the variant to use, for every function
        """
        self.write_id()
        for task in content.of_unit(self.unit).values():
            if not task.by_value:
                self.use(task.name, list(task.variants.values())[style])
        module = importlib.import_module(f"autograder.units.{self.unit}.variants")
        helpers = [f for name, f in vars(module).items() if re.match(r"_[a-z]", name)]
        if helpers:
            self.after("setup", "\n\n".join(map(inspect.getsource, helpers)))
        self.answer_by_hand(self.student)
        for cell in self.notebook.cells:
            if role(cell) == "written":
                cell.source = "The mechanism in my words, and what my own run printed."

    def answer_by_hand(self, student: str) -> None:
        """Write the right answers by value, with the numbers of ``student``."""
        for task in content.of_unit(self.unit).values():
            if task.by_value:
                mine = [numbers.draw(task.name, student)] if task.own_numbers else []
                answer = task.reference(*mine)
                answer = answer.tolist() if hasattr(answer, "tolist") else answer
                self.write(task.name, f"{task.name} = {answer!r}")

    def use(self, task: str, function: Solution) -> None:
        """Write the source of a function of ours as the solution, renamed to the task."""
        source = inspect.getsource(function)
        for name in content.of_unit(self.unit):
            source = re.sub(rf"\b{name}__\w+", name, source)
        self.write(task, source)

    def complete(self, task: str) -> None:
        """Write the reference's body below what the released cell of a function gives."""
        _, body = sync.solution(content.of_unit(self.unit)[task])
        given, _, _ = self.released(task).partition("    # YOUR CODE HERE")
        self.write(task, given + "\n".join(body))

    def data(self) -> bytes:
        """The bytes that are handed in."""
        # Not written with nbformat, which would repair intentional defects.
        return self.raw if self.raw is not None else json.dumps(self.notebook).encode()


def every(unit: str = UNIT) -> dict[str, ModuleType]:
    """The submission modules of a unit, by name."""
    package = importlib.import_module(f"{__name__}.{unit}")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return {name: importlib.import_module(f"{package.__name__}.{name}") for name in names}


def fresh_course(folder: Path) -> Course:
    """Make a new course in ``folder``, in the place of an earlier demo's course.

    Its secret is always the same, so that the examples get the same scores each time: the score of
    a wrong answer may depend on the hidden inputs.

    Raises CourseError if the folder holds anything but a course, or cannot be written.
    """
    if folder.is_dir() and any(folder.iterdir()) and not (folder / starter.CONFIG).exists():
        raise CourseError(f"{folder} is not the course of an earlier demo: remove it first.")
    try:
        if folder.exists():
            shutil.rmtree(folder)
        starter.write(folder)
        (folder / secret.PLACE).parent.mkdir()
        (folder / secret.PLACE).write_text("1" * 2 * secret.SIZE)
    except OSError as error:
        where = error.filename or folder
        raise CourseError(f"{where} cannot be written: {error.strerror}.") from None
    return Course(folder)


def hand_in(course: Course, unit: str = UNIT) -> dict[str, ModuleType]:
    """Write every submission of a released unit into a course; returns the modules by student."""
    released = nbformat.read(course.folder("release", ".", unit) / f"{unit}.ipynb", as_version=4)
    modules = every(unit)
    for student, module in modules.items():
        work = Work(student, released, unit)
        module.build(work)
        path = course.folder("submitted", student, unit) / f"{unit}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(work.data())
    return modules
