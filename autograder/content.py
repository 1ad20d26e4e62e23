"""The interface between the engine and a course's content: a `Content`, and the tasks it finds.

A content package is a Python package with a subpackage for each unit. Its ``__init__.py`` defines
``CONTENT = Content(...)``. A course folder names the package in its configuration:
``c.Content.package = "autograder.units"`` is the default.

There is no list of tasks. The functions in ``<unit>/reference.py`` are the tasks. ``check_<task>``
in ``checks.py``, ``<task>__<mistake>`` in ``misconceptions.py`` and ``<task>__<style>`` in
``variants.py`` belong to the task of that name. `checking.mistakes` adds the misconceptions that
are the same in every task. How to write all this: docs/own-course.md.
"""

import dataclasses
import functools
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Mapping
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType, MappingProxyType, ModuleType
from typing import Any

from autograder.checking import judge, mistakes
from autograder.checking.contracts import Contract
from autograder.model import Solution
from autograder.model import Task as Task  # part of this interface

DEFAULT = "autograder.units"  # the content package of a course folder that names none
KINDS = ("reference", "checks", "misconceptions", "variants")  # the modules of a unit
# More modules that a unit may have. They decide no grade.
MODEL_ANSWERS = "model_answers"
CONTRACTS = "contracts"


class ContentError(Exception):
    """A content package cannot be used; the message says why, and what to do."""


class TaskError(ContentError):
    """A task lacks something; the message says what, and where it belongs."""


def functions(module: ModuleType) -> dict[str, FunctionType]:
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
    """Everything that the engine knows about a course's subject.

    package : import name of the content package: ``__name__`` in its ``__init__.py``
    students : import name of the student package, which the notebooks import and the kit brings
    title : title of the course, for the kit
    kit : name of the kit's folder, its zip and the student's conda environment
    requirements : of the kit, as lines of a requirements file; in the sandbox student code can
        import only these packages and their dependencies
    python : the versions of Python that the kit runs on, such as ``>=3.11,<3.15``
    answers : modules of the student package that contain solutions. They cannot be imported while
        a unit is graded, unless the unit's checks list them in ``GIVEN``.
    compared : glob patterns, such as ``plots/*.py``, of the files of the student package that
        submissions are compared with besides the ``answers``
    draw : ``draw(task, student)`` returns the student's own numbers, given the task's name and the
        student's id; None if no task has any
    plain_id : normalises a student's id before it chooses the numbers
    licence : text of the kit's LICENSE; None if it has none
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
    def folder(self) -> Path:
        """The folder of the content package."""
        return folder_of(self.package)

    @functools.cached_property
    def student_folder(self) -> Path:
        """The folder of the student package."""
        return folder_of(self.students)

    def units(self) -> list[str]:
        """The names of the units that have a package, sorted."""
        modules = pkgutil.iter_modules([str(self.folder)])
        return sorted(module.name for module in modules if module.ispkg)

    def bank(self, unit: str, kind: str) -> ModuleType:
        """The module of a unit that holds one of `KINDS`. Raises TaskError if there is none."""
        name = f"{self.package}.{unit}.{kind}"
        try:
            return importlib.import_module(name)
        except Exception as error:  # the author's code may raise anything
            if isinstance(error, ModuleNotFoundError) and error.name == name:
                problem = f"there is no {kind}.py (it may be empty)"
            else:
                problem = f"{kind}.py cannot be imported ({type(error).__name__}: {error})"
            raise TaskError(f"{self.place(unit)}: {problem}.") from None

    def place(self, unit: str) -> str:
        """The folder of a unit's modules, for messages."""
        return f"{self.package.replace('.', '/')}/{unit}"

    def of_unit(self, unit: str) -> Mapping[str, Task]:
        """The tasks of a unit, by name, in the order of its reference. Read-only, for it is shared.

        Raises KeyError if there is no such unit, and TaskError for a task without a check, or with
        one that cannot be used.
        """
        return tasks_of(self, unit)

    def tasks_if_any(self, unit: str) -> Mapping[str, Task]:
        """The same as `of_unit`, but empty for a unit without a package in the content.

        All graded cells of such a unit are graded by their own asserts.
        """
        return self.of_unit(unit) if unit in self.units() else {}

    def unused(self, unit: str) -> list[str]:
        """The functions of a unit that look like those of a task, but of none that exists."""
        tasks, found = self.of_unit(unit), []
        begins = {"checks": "check_", CONTRACTS: "contract_"}
        for kind in (*KINDS[1:], CONTRACTS):
            for name in self.more(unit, kind):
                begin = begins.get(kind)
                task = name.removeprefix(begin) if begin else name.split("__")[0]
                if task != name and task not in tasks:
                    found.append(
                        f"`{name}` in {self.place(unit)}/{kind}.py: there is no task `{task}`. "
                        "Correct the name, or begin it with `_` if it is a helper."
                    )
        return found

    def model_answer(self, unit: str, question: str) -> FunctionType | None:
        """What computes the numbers of the model answer to a written question; None if nothing.

        It is the function of the question's name in the unit's ``model_answers.py``, if there is
        one. It returns a dict; if it takes ``mine``, it gets the student's own numbers.

        Raises TaskError if the module cannot be imported.
        """
        return self.more(unit, MODEL_ANSWERS).get(question)

    def contract(self, task: Task) -> Contract | None:
        """Which calls of a task's function are legal; None if its unit does not say.

        ``contract_<task>`` in the unit's ``contracts.py`` returns it.

        Raises TaskError if the module cannot be imported.
        """
        make = self.more(task.unit, CONTRACTS).get(f"contract_{task.name}")
        return make() if make else None

    def more(self, unit: str, kind: str) -> dict[str, FunctionType]:
        """The functions of a module that a unit may have, by name; empty if it has none."""
        if unit not in self.units() or find_spec(f"{self.package}.{unit}.{kind}") is None:
            return {}
        return functions(self.bank(unit, kind))

    def find(self, name: str) -> Task:
        """The task of this name, in any unit. Raises KeyError if there is none."""
        for unit in self.units():
            if name in self.of_unit(unit):
                return self.of_unit(unit)[name]
        known = ", ".join(task for unit in self.units() for task in self.of_unit(unit))
        raise KeyError(f"no task {name!r}; there are {known}")

    def given(self, unit: str) -> tuple[str, ...]:
        """The ``answers`` that submissions of a unit may import: ``GIVEN`` in its checks."""
        if unit not in self.units():
            return ()
        given: tuple[str, ...] = getattr(self.bank(unit, "checks"), "GIVEN", ())
        return given

    def hidden_modules(self, unit: str) -> tuple[str, ...]:
        """The ``answers`` that submissions of a unit may not import."""
        return tuple(name for name in self.answers if name not in self.given(unit))


@functools.cache
def tasks_of(content: Content, unit: str) -> Mapping[str, Task]:
    """The tasks of a unit, cached: see `Content.of_unit`."""
    if unit not in content.units():
        raise KeyError(f"no unit {unit!r}; there are {', '.join(content.units())}")
    modules = [content.bank(unit, kind) for kind in KINDS]
    answers, checks, wrong, right = map(functions, modules)
    place = content.place(unit)

    if unchecked := [name for name in answers if f"check_{name}" not in checks]:
        missing = ", ".join(f"`check_{name}`" for name in unchecked)
        raise TaskError(
            f"{place}/checks.py: missing is {missing}, for what is in {place}/reference.py. Write "
            "the check, or begin the name in the reference with `_` if it is a helper."
        )

    for name, answer in answers.items():
        wanted = {*inspect.signature(answer).parameters}
        wanted |= {*inspect.signature(checks[f"check_{name}"]).parameters}
        if "mine" in wanted and content.draw is None:
            raise TaskError(
                f"{place}: the task `{name}` uses the student's own numbers, `mine`, but the "
                f"CONTENT of {content.package} has no `draw`: pass one to Content(...)."
            )

    def belonging(solutions: dict[str, FunctionType], task: str) -> dict[str, Solution]:
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
            functools.partial(content.draw, name) if content.draw else None,
        )
        for name, answer in answers.items()
    }
    for name, task in found.items():
        try:
            judge.maximum(task)
        except Exception as error:  # the author's code may raise anything
            raise TaskError(
                f"{place}/checks.py: `check_{name}` does not return its parts "
                f"({type(error).__name__}: {error})."
            ) from None
    return MappingProxyType(
        {
            name: dataclasses.replace(task, misconceptions=mistakes.of_task(task, modules[2]))
            for name, task in found.items()
        }
    )


# -- finding a content package --------------------------------------------------------------------


def folder_of(package: str) -> Path:
    """The folder of a package, found without importing it. Raises ContentError."""
    try:
        spec = find_spec(package)
    except ModuleNotFoundError:  # its parent package is missing
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise ContentError(
            f"There is no package {package} to be imported. Install it, or correct its name in "
            "Content(...)."
        )
    return Path(spec.submodule_search_locations[0]).resolve()


@functools.cache
def load(package: str = DEFAULT) -> Content:
    """The `Content` of a content package. Raises ContentError if it has none."""
    try:
        found = getattr(importlib.import_module(package), "CONTENT", None)
    except Exception as error:  # the author's code may raise anything
        raise ContentError(
            f"The content {package} cannot be imported ({type(error).__name__}: {error}). "
            "c.Content.package in course_settings.py names the package."
        ) from None
    if not isinstance(found, Content):
        raise ContentError(f"{package}/__init__.py has to define CONTENT = Content(...).")
    return found


def configured(config: Any) -> Content:
    """The `Content` that a course's configuration names. Raises ContentError.

    config : traitlets Config, as read from nbgrader_config.py
    """
    return load(config.get("Content", {}).get("package", DEFAULT))


def required_by(distribution: str, extra: str = "") -> tuple[str, ...]:
    """The requirements of a distribution with one of its extras, as for `Content.requirements`."""
    mark = re.compile(rf" *(;|and) extra == \"{extra}\"$")
    lines = [mark.sub("", line) for line in metadata.requires(distribution) or []]
    return tuple(line for line in lines if "extra ==" not in line)
