"""Example submissions of unit 1, one module each, named by what they do.

Each is built from the release by code: ``build(work)`` turns an untouched student notebook into
the submission, ``EXPECTED`` is the score it must get (None: no grade, and why in ``REASON``), and
the docstring says what it is. `autograder demo` grades them; tests grade them through nbgrader.
"""

import copy
import importlib
import inspect
import pkgutil
import re

import nbformat

from autograder import tasks, variants
from course import numbers

UNIT = "unit1_convolution"
HELPERS = importlib.import_module(f"{variants.__name__}.{UNIT}")
STYLES = {
    "loops": ("plain_loops", "pixel_by_pixel", "loops", "plain_loops"),
    "windows": ("tensordot", "np_pad", "kron", "windows"),
    "shift_and_add": ("shift_and_add", "concatenates", "inserts", "earlier_functions"),
}


class Work:
    """A student's copy of the notebook, to be filled in."""

    def __init__(self, student, released):
        self.student, self.notebook = student, copy.deepcopy(released)
        self.raw = None  # bytes to hand in instead of the notebook

    def cell(self, grade_id):
        """The cell with this grade_id."""
        cells = self.notebook.cells
        return next(c for c in cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)

    def after(self, grade_id, source):
        """Put a code cell of the student's own behind a cell."""
        place = self.notebook.cells.index(self.cell(grade_id))
        self.notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(source))

    def write(self, task, source):
        """Write a task's solution cell."""
        self.cell(task).source = source

    def write_id(self):
        for cell in self.notebook.cells:
            cell.source = cell.source.replace('STUDENT_ID = ""', f'STUDENT_ID = "{self.student}"')

    def solve(self, style="windows"):
        """Write right answers to everything, in one style, and the student's id at the top."""
        self.write_id()
        bank = tasks.of_unit(UNIT)
        written = [task for task in bank.values() if not task.by_value]
        for task, name in zip(written, STYLES[style], strict=True):
            self.use(task.name, task.variants[f"{task.name}__{name}"])
        helpers = [f for f in vars(HELPERS).values() if getattr(f, "__name__", "x")[0] == "_"]
        self.after(
            "setup", "\n\n".join(inspect.getsource(f) for f in helpers if inspect.isfunction(f))
        )
        self.answer_by_hand(self.student)

    def answer_by_hand(self, student):
        """Write down the right numbers of ``student``."""
        for task in tasks.of_unit(UNIT).values():
            if task.by_value:
                answer = task.reference(numbers.draw(task.name, student)).tolist()
                self.write(task.name, f"{task.name} = {answer}")

    def use(self, task, function):
        """Write a function of ours as the student's own, under the task's name."""
        source = inspect.getsource(function)
        for name in tasks.of_unit(UNIT):
            source = re.sub(rf"\b{name}__\w+", name, source)
        self.write(task, source)

    def data(self):
        """The bytes that are handed in."""
        return self.raw if self.raw is not None else nbformat.writes(self.notebook).encode()


def every():
    """The submission modules, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: importlib.import_module(f"{__name__}.{name}") for name in names}


def hand_in(released, submitted):
    """Write every submission under the folder ``submitted``; returns the modules by student."""
    modules = every()
    for student, module in modules.items():
        work = Work(student, released)
        module.build(work)
        path = submitted / student / UNIT / f"{UNIT}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(work.data())
    return modules
