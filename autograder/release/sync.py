"""Keeps the solution cells of the source notebooks equal to the reference.

A solution cell of a function has the signature and docstring, which students see, and between the
solution marks the body, which they do not see. If the reference has a line ``### BEGIN SOLUTION``
of its own, students also see the part of the body above it. In the cell of a by-hand task only the
lines between the marks are written: the answer, assigned to the task's name. The author writes the
rest.
"""

import ast
import difflib
import inspect
import textwrap
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.cells import role
from autograder.content import Task
from autograder.wording import quoted

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


class SyncError(Exception):
    """A notebook and the reference do not match; the message says where and what to do."""


def solution(task: Task) -> tuple[list[str] | None, list[str]]:
    """The lines of a task's cell: (visible to students, hidden); the first is None for by-hand."""
    source = textwrap.dedent(inspect.getsource(task.reference)).rstrip("\n")
    lines = source.split("\n")
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)  # a reference is a function
    docstring, last = function.body[0], function.body[-1]
    if task.by_value:
        lines[last.lineno - 1] = lines[last.lineno - 1].replace("return", f"{task.name} =", 1)
    body = lines[docstring.end_lineno :]
    if task.by_value:
        return None, textwrap.dedent("\n".join(body).lstrip("\n")).split("\n")
    marks = [line.strip() for line in body]
    begin = marks.index(BEGIN) if BEGIN in marks else -1
    given = lines[: docstring.end_lineno] + body[: max(begin, 0)]
    return given, "\n".join(body[begin + 1 :]).lstrip("\n").split("\n")


def synced(cell: NotebookNode, task: Task) -> str:
    """The source that a solution cell should have. Raises SyncError if it lacks the marks."""
    lines = cell.source.split("\n")
    marks = [line.strip() for line in lines]
    if marks.count(BEGIN) != 1 or marks.count(END) != 1:
        raise SyncError(
            f"{task.unit}: the cell `{task.name}` needs one line {BEGIN} and one line {END}"
        )
    first, last = marks.index(BEGIN), marks.index(END)
    head, region = solution(task)
    indent = "" if head is None else "    "
    head = lines[:first] if head is None else head
    return "\n".join([*head, indent + BEGIN, *region, indent + END, *lines[last + 1 :]])


def sync(path: Path, bank: Mapping[str, Task], check: bool = False) -> list[str]:
    """Make the solution cells of a source notebook equal to the reference of its unit.

    bank : the tasks of the unit, by name

    Returns the names of the cells that were (with ``check``: would be) changed. A solution cell
    without a reference stays unchanged. Raises SyncError if a reference has no solution cell.
    """
    notebook = nbformat.read(path, as_version=4)
    changed: list[str] = []
    seen: list[str] = []
    for cell in notebook.cells:
        if role(cell) != "solution":
            continue
        name = cell.metadata.nbgrader.grade_id
        seen.append(name)
        if name not in bank:
            continue  # graded by its own asserts
        source = synced(cell, bank[name])
        if source != cell.source:
            changed.append(name)
            cell.source = source
    if missing := sorted(set(bank) - set(seen)):
        others = [name for name in seen if name not in bank]
        near = [one for name in missing for one in difflib.get_close_matches(name, others, n=1)]
        hint = f"; without a reference: {quoted(near or others)}" if others else ""
        raise SyncError(
            f"{path}: no solution cell for {quoted(missing)}{hint}. The id of a solution cell in "
            "nbgrader is the name of its task: correct it, or add the cell. (A helper in "
            "reference.py begins with `_`.)"
        )
    if changed and not check:
        nbformat.write(notebook, path)
    return changed
