"""A class as it may be: submissions put together from the banks of right and wrong answers.

Every student answers each task with a correct variant, with a misconception or not at all. What
the submission must score is worked out here from the answers themselves, without notebook, sandbox
or border: `checking.grade` on the function as it stands in the bank.
"""

import concurrent.futures
import functools
import inspect
import multiprocessing
import textwrap

import nbformat
import numpy as np

from autograder.checking import judge, mistakes
from autograder.checking.answers import Local
from autograder.examples import Work
from autograder.units import CONTENT as content
from course import numbers

RIGHT, WRONG, NOTHING = "right", "wrong", "nothing"
SHARES = {RIGHT: 0.6, WRONG: 0.3, NOTHING: 0.1}


def hand_in(course, unit, students):
    """Write a submission for each student into a `folders.Course` that has released the unit.

    Returns what must be recorded: (student, graded cell) -> score.
    """
    released = course.folder(course.directory.release_directory, ".", unit) / f"{unit}.ipynb"
    write = functools.partial(write_one, course.root, unit, released)
    expected = {}
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(mp_context=context) as pool:
        for scores in pool.map(write, students, chunksize=4):
            expected |= scores
    return expected


def write_one(root, unit, released, student):
    """Write one submission; returns its scores."""
    work = Work(student, parsed(released), unit)
    work.write_id()
    expected = {}
    rng = np.random.default_rng(list(student.encode()))
    for task in content.of_unit(unit).values():
        kind = rng.choice(list(SHARES), p=list(SHARES.values()))
        score = 0.0
        if kind != NOTHING:
            bank = list((task.variants if kind == RIGHT else task.misconceptions).values())
            source, answer = answer_of(task, bank[rng.integers(len(bank))], student)
            work.write(task.name, source)
            score = judge.grade(task, answer, student).points
        expected[student, f"test_{task.name}"] = score
    path = root / "submitted" / student / unit / f"{unit}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(work.data())
    return expected


@functools.cache
def parsed(released):
    """The released notebook, read once per process."""
    return nbformat.read(released, as_version=4)


def answer_of(task, function, student):
    """What to write into the solution cell, and the same answer ready to be checked here."""
    if not task.by_value:
        return standing_alone(task, function), Local(function)
    mine = [numbers.draw(task.name, student)] if task.own_numbers else []
    value = as_typed(function(*mine))
    return f"{task.name} = {value!r}", Local(lambda *mine: value)


def as_typed(value):
    """An answer as a student types it: without arrays."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return type(value)(map(as_typed, value)) if isinstance(value, list | tuple) else value


def standing_alone(task, function):
    """The source of a solution cell that needs nothing of another cell but ``np``.

    Around the function stands whatever of its own module it calls, and around a misconception the
    reference: what the student's other answers get wrong does not matter to this one.
    """
    written = inspect.unwrap(function)  # as it stands in its bank, or in `mistakes`
    functions, answer = needed(written), written.__name__
    given = ", ".join(["given", *content.given(task.unit)])  # what a reference may use
    lines = [f"from course import {given}", "import copy, functools, warnings"]
    lines += ["from types import SimpleNamespace", ""]
    lines += ["Any = Mistake = Solution = Task = object  # names in annotations of `mistakes`", ""]
    lines += [f"def _{task.name}():"]
    if function in task.misconceptions.values():
        lines += ["    def reference():"]
        sources = map(inspect.getsource, own_functions(inspect.getmodule(task.reference)))
        lines += [textwrap.indent(source, " " * 8) for source in sources]
        lines += ["        return SimpleNamespace(**locals())", "    right = reference()"]
        functions = [mistakes.about_refusals, mistakes.refusing, *functions]
    if written.__module__ == mistakes.__name__:
        answer = f"functools.partial({answer}, SimpleNamespace(reference=right.{task.name}))"
    elif written is not function:
        answer = f"refusing({answer}, right.{task.name})"
    lines += [textwrap.indent(inspect.getsource(f), " " * 4) for f in functions]
    lines += [f"    return {answer}", "", f"{task.name} = _{task.name}()"]
    return "\n".join(lines)


def own_functions(module):
    """The functions that a module defines itself, in order."""
    functions = [f for f in vars(module).values() if inspect.isfunction(f)]
    return [f for f in functions if f.__module__ == module.__name__]


def needed(function):
    """A function and all of its own module that it calls, in the module's order."""
    found, todo = set(), [function]
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            called = (one.__globals__.get(name) for name in global_names(one.__code__))
            todo += [f for f in called if getattr(f, "__module__", None) == function.__module__]
    return [f for f in own_functions(inspect.getmodule(function)) if f in found]


def global_names(code):
    """The names that a function looks up, those of functions inside it too."""
    inner = [name for c in code.co_consts if inspect.iscode(c) for name in global_names(c)]
    return [*code.co_names, *inner]
