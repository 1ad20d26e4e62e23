"""Source notebooks -> what students get, through nbgrader's own steps."""

import copy
import re
from pathlib import Path

import nbformat
from traitlets.utils.importstring import import_item

from autograder.checking import asserts
from autograder.content import TaskError


def released(source, config=None, hidden_tests=False):
    """The released form of a source notebook: no solutions, no hidden checks, locked cells.

    source : path of the source notebook
    config : traitlets Config, as read from nbgrader_config.py
    hidden_tests : leave them in

    These are the steps of ``nbgrader generate_assignment`` without the gradebook, so that a
    submission can be rebuilt from what the instructor has, whatever lies in ``release/``.
    """
    from nbgrader.converters import GenerateAssignment  # which takes seconds to import
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


def own_asserts(source, original, content, unit, config=None):
    """The `Asserts` of a unit: its graded cells without a check, as they stand in the source.

    source, config : see `released`
    original : the notebook that `released` returns
    content : the `Content` of the course

    Raises TaskError if one of them calls a check: in the sandbox there is none to be imported.
    """
    tasks = content.tasks(unit)
    if not asserts.in_notebook(original, tasks):  # as a rule; the steps take a moment
        return ()
    whole = released(source, config, hidden_tests=True)
    found = asserts.in_notebook(whole, tasks)
    package = re.escape(content.package.partition(".")[0])
    imports = re.compile(rf"^[ \t]*(?:from|import)[ \t]+(?:autograder|{package})\b", re.MULTILINE)
    for cell in found:
        if imports.search(cell.source):
            raise TaskError(
                f"{source}: the graded cell `{cell.grade_id}` calls a check, but {content.package} "
                f"has no task `{cell.name}` in {unit}: write it, or correct the name"
            )
    return found
