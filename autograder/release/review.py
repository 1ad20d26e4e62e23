"""What an author should know of a unit before students get it: `autograder release` says it.

Faults are contradictions between notebook and content: with one of them nothing is released.
Warnings are printed, and the unit is released.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator, Mapping

import nbformat
from nbformat import NotebookNode

from autograder.cells import role
from autograder.checking import asserts, judge
from autograder.content import Task, TaskError
from autograder.course import Course, CourseError
from autograder.output import rubric
from autograder.release.notebooks import calls_a_check, refuse_checks
from autograder.release.sync import SyncError, sync
from autograder.wording import quoted

MOST_NAMED = 20  # files in one sentence


# -- faults ---------------------------------------------------------------------------------------


def accept(course: Course, units: Iterable[str], otherwise: str) -> None:
    """Raise CourseError with the `faults` of all these units, if they have any.

    otherwise : what then does not happen, as a sentence
    """
    if found := [fault for unit in units for fault in faults(course, unit)]:
        raise CourseError("\n  ".join([otherwise, *found]))


def faults(course: Course, unit: str) -> list[str]:
    """Why a unit must not be released, and what to do: sentences, none if it may be.

    Raises TaskError if its tasks cannot be used.
    """
    path, content = course.source(unit), course.content
    tasks = content.tasks_if_any(unit)
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat raises many kinds
        reason = str(error).partition("\n")[0]
        return [
            f"{path} cannot be read as a notebook ({type(error).__name__}: {reason[:80]}). Restore "
            "the file, or write the notebook anew."
        ]
    found = []
    try:
        if stale := sync(path, tasks, check=True):
            found.append(
                f"{unit}: these solution cells differ from the reference: {quoted(stale)}. Run "
                f"`autograder sync {unit}`, which writes the reference into them."
            )
    except SyncError as problem:
        found.append(str(problem))
    found += [f"{unit}: {fault}" for fault in faults_of_cells(notebook, tasks)]
    found += [f"{unit}: {fault}" for fault in faults_of_rubrics(notebook)]
    if not found:  # otherwise one that is misspelt is named already
        try:
            refuse_checks(asserts.in_notebook(notebook, tasks), path, content, unit)
        except TaskError as problem:
            found.append(str(problem))
    return found


def faults_of_cells(notebook: NotebookNode, tasks: Mapping[str, Task]) -> Iterator[str]:
    """What is wrong with the graded cells of a source notebook."""
    order = [cell.metadata.nbgrader.grade_id for cell in notebook.cells if role(cell)]
    for name, cell in graded(notebook).items():
        task = name.removeprefix("test_")
        for other in checks_called(cell.source):
            if other != task and (task in tasks or other in tasks):
                yield (
                    f'the graded cell `{name}` calls check("{other}"). The id of a graded cell in '
                    "nbgrader is `test_` and the name of its task: correct the id or the call."
                )
        if task in tasks and task in order and order.index(name) < order.index(task):
            yield (
                f"the graded cell `{name}` stands before the solution cell `{task}`, so that "
                "nobody could earn its points: move it below."
            )


def faults_of_rubrics(notebook: NotebookNode) -> Iterator[str]:
    """What is wrong with the rubrics of a source notebook."""
    for cell in notebook.cells:
        if role(cell) != "written":
            continue
        name, points = cell.metadata.nbgrader.grade_id, float(cell.metadata.nbgrader.points)
        try:
            found = rubric.read(cell.source)
        except rubric.RubricError as problem:
            yield f"the written answer `{name}` {problem}"
            continue
        if found.criteria and found.points != points:
            yield (
                f"the best items in the rubric of `{name}` add up to {found.points:g}, but the "
                f"cell is worth {points:g}: make them equal."
            )


# -- warnings -------------------------------------------------------------------------------------


def warnings(course: Course, unit: str, released: NotebookNode) -> Iterator[str]:
    """What the author should know of a unit without faults, and what to do: sentences.

    released : the notebook that `notebooks.released` returns
    """
    tasks = course.content.tasks_if_any(unit)
    cells = graded(nbformat.read(course.source(unit), as_version=4))
    if ungraded := [name for name in tasks if f"test_{name}" not in cells]:
        yield (
            f"These tasks give no points: {quoted(ungraded)}. The graded cell of a task has the id "
            "`test_` and its name."
        )
    for name, task in tasks.items():
        if (cell := cells.get(f"test_{name}")) is not None:
            yield from warnings_of_cell(cell, task)
    shown = graded(released).items()
    if visible := [name for name, cell in shown if calls_a_check(cell.source, course.content)]:
        yield (
            f"Students see the call of the check in {quoted(visible)}. Put it between the lines "
            "### BEGIN HIDDEN TESTS and ### END HIDDEN TESTS."
        )
    if files := files_beside(course, unit):
        yield said_of_files(files)


def warnings_of_cell(cell: NotebookNode, task: Task) -> Iterator[str]:
    """The warnings on the graded cell of a task."""
    meta = cell.metadata.nbgrader
    if (points := float(meta.points)) != (maximum := judge.maximum(task)):
        yield (
            f"`{meta.grade_id}` is a cell of {points:g}, but the parts of its check add up to "
            f"{maximum:g}: scores are scaled, and students read both. Make them equal."
        )
    if not_run(cell.source):
        yield (
            f"`{meta.grade_id}` is graded by its check alone: the other code in it is not run. "
            "Give its asserts a graded cell of their own."
        )


def files_beside(course: Course, unit: str) -> list[str]:
    """The files beside the source notebook of a unit, which nbgrader puts into the release."""
    from nbgrader.utils import find_all_files

    notebook = course.source(unit)
    found = find_all_files(str(notebook.parent), course.directory.ignore)
    names = sorted(os.path.relpath(path, notebook.parent) for path in found)
    return [name for name in names if name != notebook.name]


def said_of_files(names: list[str]) -> str:
    """A sentence that warns the author of the files beside a notebook."""
    more = len(names) - MOST_NAMED
    listed = ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return (
        f"These files go to students, too: {listed}. Remove from the notebook's folder what they "
        "should not have, and release again."
    )


# -- reading cells --------------------------------------------------------------------------------


def graded(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """The graded cells of a notebook, by grade_id."""
    return {c.metadata.nbgrader.grade_id: c for c in notebook.cells if role(c) == "graded"}


def statements(source: str) -> list[ast.stmt]:
    """The statements of a cell; none if it is not plain Python, such as a line for IPython."""
    try:
        return ast.parse(source).body
    except SyntaxError:
        return []


def checks_in(tree: ast.AST) -> list[str]:
    """The names that some code passes to `check`."""
    return [
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
        and ast.unparse(node.func).split(".")[-1] == "check"
    ]


def checks_called(source: str) -> list[str]:
    """The names of the tasks whose checks a cell calls, in order."""
    return [name for statement in statements(source) for name in checks_in(statement)]


def not_run(source: str) -> bool:
    """True if a graded cell does something besides the call of its check."""
    idle = (ast.Import, ast.ImportFrom, ast.Constant, ast.Name)
    return any(
        not isinstance(getattr(statement, "value", statement), idle) and not checks_in(statement)
        for statement in statements(source)
    )
