"""Finds everything that belongs to a task by its name: there is no list of tasks.

The functions in ``units/<unit>/reference.py`` are the tasks. ``check_<task>`` in ``checks.py``,
``<task>__<mistake>`` in ``misconceptions.py`` and ``<task>__<style>`` in ``variants.py`` belong to
the task of that name. `checking.mistakes` adds to the misconceptions what holds for every task.
"""

import dataclasses
import functools
import importlib
import inspect
import pkgutil
from pathlib import Path

import course
from autograder import units as package
from autograder.checking import mistakes

COURSE = Path(course.__file__).resolve().parent  # the package that students get
ANSWERS = ("nn", "ops", "resampling", "training")  # modules of `course` that would answer a task


class TaskError(Exception):
    """A task lacks something; says what, and where it belongs."""


@dataclasses.dataclass(frozen=True, eq=False)
class Task:
    """One thing to write. ``misconceptions`` and ``variants`` map full names to functions."""

    name: str
    unit: str
    reference: object
    check: object
    misconceptions: dict
    variants: dict

    @functools.cached_property
    def parameters(self):
        """The names of the reference's parameters."""
        return list(inspect.signature(self.reference).parameters)

    @property
    def by_value(self):
        """True if the student writes down an answer, not a function.

        Its reference has no parameter, or ``mine``: the student's own numbers.
        """
        return self.own_numbers or not self.parameters

    @property
    def own_numbers(self):
        """True if the answer is to be worked out from numbers drawn for each student."""
        return self.parameters == ["mine"]

    def argument(self, key):
        """The name of the argument that was given as ``key``: a position, as text, or a name."""
        names = self.parameters
        return names[int(key)] if key.isdecimal() and int(key) < len(names) else key


def functions(module):
    """The public functions defined in ``module`` itself, by name, in order."""
    return {
        name: member
        for name, member in vars(module).items()
        if inspect.isfunction(member)
        and member.__module__ == module.__name__
        and not name.startswith("_")
    }


def units():
    """The names of the units that have a reference, in order."""
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__))


def bank(unit, kind):
    """One of the modules of a unit: reference, checks, misconceptions or variants."""
    return importlib.import_module(f"{package.__name__}.{unit}.{kind}")


@functools.cache
def of_unit(unit):
    """The tasks of a unit, by name, in the order of its reference.

    Raises KeyError for no unit, and TaskError for a task without a check.
    """
    if unit not in units():
        raise KeyError(f"no unit {unit!r}; there are {', '.join(units())}")
    kinds = ("reference", "checks", "misconceptions", "variants")
    modules = [bank(unit, kind) for kind in kinds]
    answers, checks, wrong, right = map(functions, modules)

    if unchecked := [name for name in answers if f"check_{name}" not in checks]:
        missing = ", ".join(f"`check_{name}`" for name in unchecked)
        raise TaskError(
            f"autograder/units/{unit}/checks.py: missing is {missing}, for what is in"
            f" autograder/units/{unit}/reference.py; there, a helper begins with `_`"
        )

    def belonging(solutions, task):
        return {
            name: function for name, function in solutions.items() if name.split("__")[0] == task
        }

    found = {
        name: Task(
            name,
            unit,
            answer,
            checks[f"check_{name}"],
            belonging(wrong, name),
            belonging(right, name),
        )
        for name, answer in answers.items()
    }
    return {
        name: dataclasses.replace(task, misconceptions=mistakes.of_task(task, modules[2]))
        for name, task in found.items()
    }


def given(unit):
    """Those of the ``ANSWERS`` that students of a unit build on: ``GIVEN`` in its checks."""
    return getattr(bank(unit, "checks"), "GIVEN", ())


def hidden_modules(unit):
    """Those of the ``ANSWERS`` that are not there while the submissions of a unit run."""
    return tuple(name for name in ANSWERS if name not in given(unit))


def find(name):
    """The task of this name, in whatever unit. Raises KeyError if there is none."""
    for unit in units():
        if name in of_unit(unit):
            return of_unit(unit)[name]
    raise KeyError(
        f"no task {name!r}; there are {', '.join(t for u in units() for t in of_unit(u))}"
    )
