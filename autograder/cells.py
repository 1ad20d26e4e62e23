"""What the cells of a course's notebook are for, as nbgrader's metadata says."""

from nbformat import from_dict

EXPERIMENT = "experiment"  # the tag of cells that only show something
PRACTICE = "practice_"  # how the grade_id of a cell with visible checks begins
DEFINES = r"^(?:(?:def|class) +{0}\b|{0} *(?::[^=\n]*)?=(?!=))"  # a line that names a task


def role(cell):
    """The part that nbgrader's metadata gives a cell of the released notebook.

    One of "solution" (code to write), "written" (a written answer), "graded" (hidden checks),
    "locked" (any other of the instructor's), or None.
    """
    meta = cell.metadata.get("nbgrader", {})
    if meta.get("solution"):
        return "written" if meta.get("grade") else "solution"
    if meta.get("grade"):
        return "graded"
    return "locked" if meta.get("locked") else None


def new_cell(kind, source, **more):
    """A cell without an id. nbformat's own makers would validate each by itself, which is slow."""
    return from_dict({"cell_type": kind, "metadata": {}, "source": source, **more})
