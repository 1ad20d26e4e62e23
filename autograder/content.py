"""The interface between the engine and a course's content: a `Content`, and the tasks it finds.

A content package is a Python package with a subpackage for each unit. Its ``__init__.py`` defines
``CONTENT = Content(...)``. A course folder names the package in its configuration:
``c.Content.package = "autograder.units"`` is the default.

There is no list of tasks. The functions in ``<unit>/reference.py`` are the tasks. ``check_<task>``
in ``checks.py``, ``<task>__<mistake>`` in ``misconceptions.py`` and ``<task>__<style>`` in
``variants.py`` belong to the task of that name; `checking.mistakes` adds to the
misconceptions what holds for every task. How to write all this: docs/own-course.md.
"""

import dataclasses
import functools
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from autograder.checking import mistakes

DEFAULT = "autograder.units"  # the content package of a course folder that names none
KINDS = ("reference", "checks", "misconceptions", "variants")  # the modules of a unit


class ContentError(Exception):
    """A content package cannot be used; says why, and what to do."""


class TaskError(ContentError):
    """A task lacks something; says what, and where it belongs."""


# -- tasks ----------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, eq=False)
class Task:
    """One thing to write. ``misconceptions`` and ``variants`` map full names to functions.

    draw : the student's own numbers for this task, by the student's id; None if there are none
    """

    name: str
    unit: str
    reference: object
    check: object
    misconceptions: dict
    variants: dict
    draw: Callable[[str], object] | None = None

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


# -- the interface --------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, eq=False)
class Content:
    """All that the engine knows of a course's subject.

    package : import name of the content package: ``__name__`` in its ``__init__.py``
    students : import name of the student package, which the notebooks import and the kit brings
    title : of the course, for the kit
    kit : name of the kit: of its folder, its zip and the student's conda environment
    requirements : of the kit, as lines of a requirements file; in the sandbox student code can
        import these packages, and what they need, and no others
    python : the versions of Python that the kit runs on, such as ``>=3.11,<3.15``
    answers : modules of the student package that contain solutions. They cannot be imported while
        a unit is graded, unless the unit's checks list them in ``GIVEN``.
    compared : patterns of further files of the student package that submissions are compared with,
        besides the ``answers``: ``plots/*.py``
    draw : ``draw(task, student)`` returns the student's own numbers for a task, given the names of
        both; None if no task has any
    plain_id : the form of a student's id that chooses the numbers
    licence : the text that the kit brings as LICENSE; None if it brings none
    """

    package: str
    students: str
    title: str
    kit: str
    requirements: tuple[str, ...]
    python: str = ">=3.11"
    answers: tuple[str, ...] = ()
    compared: tuple[str, ...] = ()
    draw: Callable[[str, str], object] | None = None
    plain_id: Callable[[str], str] = str.strip
    licence: str | None = None

    @functools.cached_property
    def folder(self):
        """The folder of the content package."""
        return folder_of(self.package)

    @functools.cached_property
    def student_folder(self):
        """The folder of the student package."""
        return folder_of(self.students)

    def units(self):
        """The names of the units that have a package, in order."""
        modules = pkgutil.iter_modules([str(self.folder)])
        return sorted(module.name for module in modules if module.ispkg)

    def bank(self, unit, kind):
        """One of the modules of a unit: see `KINDS`."""
        return importlib.import_module(f"{self.package}.{unit}.{kind}")

    def of_unit(self, unit):
        """The tasks of a unit, by name, in the order of its reference.

        Raises KeyError for no unit, and TaskError for a task without a check.
        """
        return tasks_of(self, unit)

    def tasks(self, unit):
        """The same, and none for a unit whose cells are all graded by their own asserts."""
        return self.of_unit(unit) if unit in self.units() else {}

    def find(self, name):
        """The task of this name, in whatever unit. Raises KeyError if there is none."""
        for unit in self.units():
            if name in self.of_unit(unit):
                return self.of_unit(unit)[name]
        known = ", ".join(task for unit in self.units() for task in self.of_unit(unit))
        raise KeyError(f"no task {name!r}; there are {known}")

    def given(self, unit):
        """Those of the ``answers`` that students of a unit build on: ``GIVEN`` in its checks."""
        return getattr(self.bank(unit, "checks"), "GIVEN", ()) if unit in self.units() else ()

    def hidden_modules(self, unit):
        """Those of the ``answers`` that are not there while the submissions of a unit run."""
        return tuple(name for name in self.answers if name not in self.given(unit))


@functools.cache
def tasks_of(content, unit):
    """See `Content.of_unit`."""
    if unit not in content.units():
        raise KeyError(f"no unit {unit!r}; there are {', '.join(content.units())}")
    modules = [content.bank(unit, kind) for kind in KINDS]
    answers, checks, wrong, right = map(functions, modules)
    place = f"{content.package.replace('.', '/')}/{unit}"

    if unchecked := [name for name in answers if f"check_{name}" not in checks]:
        missing = ", ".join(f"`check_{name}`" for name in unchecked)
        raise TaskError(
            f"{place}/checks.py: missing is {missing}, for what is in {place}/reference.py; "
            "there, a helper begins with `_`"
        )

    for name, answer in answers.items():
        wanted = {*inspect.signature(answer).parameters}
        wanted |= {*inspect.signature(checks[f"check_{name}"]).parameters}
        if "mine" in wanted and content.draw is None:
            raise TaskError(
                f"{place}: the task `{name}` is about a student's own numbers, `mine`, but the "
                f"CONTENT of {content.package} has no `draw`"
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
            content.draw and functools.partial(content.draw, name),
        )
        for name, answer in answers.items()
    }
    return {
        name: dataclasses.replace(task, misconceptions=mistakes.of_task(task, modules[2]))
        for name, task in found.items()
    }


# -- finding it -----------------------------------------------------------------------------------


def folder_of(package):
    """The folder of an importable package, which is not imported. Raises ContentError."""
    try:
        spec = find_spec(package)
    except ModuleNotFoundError:  # of the package that it is in
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise ContentError(f"There is no package {package} to be imported.")
    return Path(spec.submodule_search_locations[0]).resolve()


@functools.cache
def load(package=DEFAULT):
    """The `Content` of a content package. Raises ContentError if there is none to be had."""
    try:
        found = getattr(importlib.import_module(package), "CONTENT", None)
    except Exception as error:  # whatever its author's code raises
        raise ContentError(
            f"The content {package} cannot be imported ({type(error).__name__}: {error}). "
            "c.Content.package in course_settings.py names the package."
        ) from None
    if not isinstance(found, Content):
        raise ContentError(f"{package}/__init__.py has to define CONTENT = Content(...).")
    return found


def configured(config):
    """The `Content` that a course's configuration names. Raises ContentError.

    config : traitlets Config, as read from nbgrader_config.py
    """
    return load(config.get("Content", {}).get("package", DEFAULT))


def required_by(distribution, extra=""):
    """What a distribution requires, with one of its extras, as `Content.requirements`."""
    mark = re.compile(rf" *(;|and) extra == \"{extra}\"$")
    lines = [mark.sub("", line) for line in metadata.requires(distribution) or []]
    return tuple(line for line in lines if "extra ==" not in line)
