"""The roles of a course notebook's cells, read from nbgrader's metadata."""

import html

from nbformat import NotebookNode, from_dict

EXPERIMENT = "experiment"  # the tag of cells that only show something
PRACTICE = "practice_"  # how the grade_id of a cell with visible checks begins
DEFINES = r"^(?:(?:def|class) +{0}\b|{0} *(?::[^=\n]*)?=(?!=))"  # a line that names a task


def role(cell: NotebookNode) -> str | None:
    """The role of a cell of the released notebook.

    One of "solution" (code to write), "written" (a written answer), "graded" (hidden checks),
    "locked" (any other cell of the instructor's), or None for a cell without nbgrader's metadata.
    """
    meta = cell.metadata.get("nbgrader", {})
    if meta.get("solution"):
        return "written" if meta.get("grade") else "solution"
    if meta.get("grade"):
        return "graded"
    return "locked" if meta.get("locked") else None


def new_cell(kind: str, source: str, **more: object) -> NotebookNode:
    """A cell without an id. nbformat's own constructors are slow: they validate every cell."""
    return from_dict({"cell_type": kind, "metadata": {}, "source": source, **more})


def is_cleared(cell: NotebookNode) -> bool:
    """True if nothing is left in a text cell: no picture, and no text but blanks (``&nbsp;``)."""
    return not html.unescape(cell.source).strip() and not cell.get("attachments")
