"""Example submissions, one package per unit, one module each, named by what they do.

Each is built from the release by code: ``build(work)`` turns an untouched student notebook into
the submission, ``EXPECTED`` is the score it must get before written answers are graded (None: no
grade, and why in ``REASON``), and the docstring says what it is. `autograder demo` grades them;
tests grade them through nbgrader. A score is written as what is lost: ``full("unit1_…") - 1``.
"""

import copy
import importlib
import inspect
import json
import pkgutil
import re

import nbformat

from autograder.cells import role
from autograder.checking import judge
from autograder.units import CONTENT as content
from course import numbers

UNIT = "unit1_convolution"  # where an example of any unit will do


def full(unit=UNIT):
    """The points of a unit that are graded without a person: what every right submission gets."""
    return sum(judge.maximum(task) for task in content.of_unit(unit).values())


def name_of(cell):
    """The grade_id of a cell; None if it has none."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


class Work:
    """A student's copy of a unit's notebook, to be filled in."""

    def __init__(self, student, released, unit=UNIT):
        self.student, self.notebook, self.unit = student, copy.deepcopy(released), unit
        self.untouched = released
        self.raw = None  # bytes to hand in instead of the notebook

    def cell(self, grade_id):
        """The cell with this grade_id."""
        return next(c for c in self.notebook.cells if name_of(c) == grade_id)

    def released(self, grade_id):
        """The source of this cell as it was handed out."""
        return next(c.source for c in self.untouched.cells if name_of(c) == grade_id)

    def after(self, grade_id, source):
        """Put a code cell of the student's own behind a cell."""
        place = self.notebook.cells.index(self.cell(grade_id))
        name = (
            f"mine-{len(self.notebook.cells)}"  # not a random one: the same work is the same file
        )
        self.notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(source, id=name))

    def write(self, task, source):
        """Write a task's solution cell."""
        self.cell(task).source = source

    def write_id(self):
        for cell in self.notebook.cells:
            cell.source = cell.source.replace('STUDENT_ID = ""', f'STUDENT_ID = "{self.student}"')

    def solve(self, style=1):
        """Write right answers to everything, and the student's id at the top.

        style : which variant of every function, by its place in the bank
        """
        self.write_id()
        for task in content.of_unit(self.unit).values():
            if not task.by_value:
                self.use(task.name, list(task.variants.values())[style])
        module = importlib.import_module(f"autograder.units.{self.unit}.variants")
        helpers = [f for name, f in vars(module).items() if re.match(r"_[a-z]", name)]
        self.after("setup", "\n\n".join(map(inspect.getsource, helpers)))
        self.answer_by_hand(self.student)
        for cell in self.notebook.cells:
            if role(cell) == "written":
                cell.source = "The mechanism in my words, and what my own run printed."

    def answer_by_hand(self, student):
        """Write down the right answers, where numbers are drawn those of ``student``."""
        for task in content.of_unit(self.unit).values():
            if task.by_value:
                mine = [numbers.draw(task.name, student)] if task.own_numbers else []
                answer = task.reference(*mine)
                answer = answer.tolist() if hasattr(answer, "tolist") else answer
                self.write(task.name, f"{task.name} = {answer!r}")

    def use(self, task, function):
        """Write a function of ours as the student's own, under the task's name."""
        source = inspect.getsource(function)
        for name in content.of_unit(self.unit):
            source = re.sub(rf"\b{name}__\w+", name, source)
        self.write(task, source)

    def data(self):
        """The bytes that are handed in."""
        # Not through nbformat, which would put right what may be wrong on purpose.
        return self.raw if self.raw is not None else json.dumps(self.notebook).encode()


def every(unit=UNIT):
    """The submission modules of a unit, by name."""
    package = importlib.import_module(f"{__name__}.{unit}")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return {name: importlib.import_module(f"{package.__name__}.{name}") for name in names}


def hand_in(course, unit=UNIT):
    """Write every submission of a released unit into a `Course`; returns the modules by student."""
    released = nbformat.read(course.folder("release", ".", unit) / f"{unit}.ipynb", as_version=4)
    modules = every(unit)
    for student, module in modules.items():
        work = Work(student, released, unit)
        module.build(work)
        path = course.folder("submitted", student, unit) / f"{unit}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(work.data())
    return modules
