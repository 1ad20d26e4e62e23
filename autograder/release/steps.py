"""Our step in ``nbgrader generate_assignment``, listed in nbgrader_config.py."""

from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

GOES_ON = "raises-exception"  # Jupyter's tag for a cell after whose error the next cell runs


class GoOn(NbGraderPreprocessor):
    """Lets "Run All" go on after a cell that fails.

    In a half-solved notebook the cells of open tasks fail. Without the tag, Jupyter stops at the
    first one, and "Restart Kernel and Run All Cells" has erased the figures below it.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], cell_index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Tag a code cell."""
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "code" and GOES_ON not in tags:
            cell.metadata["tags"] = [*tags, GOES_ON]
        return cell, resources
