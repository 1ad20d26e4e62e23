"""Nothing solved; every graded cell is tagged so that Jupyter does not run it, and worth 100."""

EXPECTED = 0


def build(work):
    for cell in work.notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata.tags = ["skip-execution"]
            cell.metadata.nbgrader.points = 100
            cell.metadata.nbgrader.locked = False
