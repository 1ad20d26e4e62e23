"""Source notebooks -> what students get, through nbgrader's own steps."""

import copy
from pathlib import Path

import nbformat
from traitlets.utils.importstring import import_item


def released(source, config=None):
    """The released form of a source notebook: no solutions, no hidden checks, locked cells.

    source : path of the source notebook
    config : traitlets Config, as read from nbgrader_config.py

    These are the steps of ``nbgrader generate_assignment`` without the gradebook, so that a
    submission can be rebuilt from what the instructor has, whatever lies in ``release/``.
    """
    from nbgrader.converters import GenerateAssignment  # which takes seconds to import
    from nbgrader.preprocessors import SaveCells

    source = Path(source)
    notebook = nbformat.read(source, as_version=4)
    resources = {"metadata": {"name": source.stem, "path": str(source.parent)}, "nbgrader": {}}
    for step in GenerateAssignment(config=config).preprocessors:
        step = import_item(step) if isinstance(step, str) else step
        if not issubclass(step, SaveCells):
            notebook, resources = step(config=config)(copy.deepcopy(notebook), resources)
    return notebook
