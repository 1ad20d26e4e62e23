"""Makes the student version of a source notebook, with nbgrader's own steps."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbformat import NotebookNode
from traitlets.utils.importstring import import_item

from autograder.checking import asserts
from autograder.content import Content, TaskError

if TYPE_CHECKING:
    from traitlets.config import Config


def released(
    source: str | Path, config: Config | None = None, hidden_tests: bool = False
) -> NotebookNode:
    """The released form of a source notebook: no solutions, no hidden checks, locked cells.

    source : path of the source notebook
    config : as read from nbgrader_config.py
    hidden_tests : keep them

    These are the steps of ``nbgrader generate_assignment`` without the gradebook. A submission is
    thus rebuilt from the source notebook, whatever is in ``release/``.
    """
    from nbgrader.converters import GenerateAssignment  # takes seconds to import
    from nbgrader.preprocessors import ClearHiddenTests, SaveCells

    left_out = (SaveCells, ClearHiddenTests) if hidden_tests else SaveCells
    source = Path(source)
    notebook = nbformat.read(source, as_version=4)
    resources = {"metadata": {"name": source.stem, "path": str(source.parent)}, "nbgrader": {}}
    for step in GenerateAssignment(config=config).preprocessors:
        step = import_item(step) if isinstance(step, str) else step
        if not issubclass(step, left_out):
            notebook, resources = step(config=config)(copy.deepcopy(notebook), resources)
    return notebook


def own_asserts(
    source: str | Path,
    original: NotebookNode,
    content: Content,
    unit: str,
    config: Config | None = None,
) -> tuple[asserts.AssertCell, ...]:
    """An `AssertCell` for each graded cell of a unit without a check, with its hidden asserts.

    source, config : see `released`
    original : the notebook that `released` returns

    Raises TaskError if one of the cells calls a check, since the sandbox has no checks to import.
    """
    tasks = content.tasks_if_any(unit)
    if not asserts.in_notebook(original, tasks):  # usual case: skip the slow steps below
        return ()
    whole = released(source, config, hidden_tests=True)
    found = asserts.in_notebook(whole, tasks)
    refuse_checks(found, source, content, unit)
    return found


def refuse_checks(
    cells: Iterable[asserts.AssertCell], source: str | Path, content: Content, unit: str
) -> None:
    """Raise TaskError if one of these cells calls a check: the sandbox has none to import."""
    for cell in cells:
        if calls_a_check(cell.source, content):
            raise TaskError(
                f"{source}: the graded cell `{cell.grade_id}` calls a check, but {content.package} "
                f"has no task `{cell.name}` in {unit}: write it, correct the name, or name the "
                "content of this course, c.Content.package in course_settings.py. A unit's folder "
                "needs an __init__.py."
            )


def calls_a_check(source: str, content: Content) -> bool:
    """True if the code of a cell imports `check`, or the grader or the content."""
    package = re.escape(content.package.partition(".")[0])
    imports = (
        rf"^[ \t]*(?:(?:from|import)[ \t]+(?:autograder|{package})\b"
        r"|from[ \t]+\S+[ \t]+import[ \t]+check\b)"
    )
    return re.search(imports, source, re.MULTILINE) is not None
