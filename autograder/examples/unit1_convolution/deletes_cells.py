"""Right, with all graded cells and most practice deleted."""

from autograder.examples import full

EXPECTED = full("unit1_convolution")


def build(work):
    work.solve()
    gone = ("test_", "practice_")
    work.notebook.cells = [
        c
        for c in work.notebook.cells
        if not c.metadata.get("nbgrader", {}).get("grade_id", "").startswith(gone)
    ]
