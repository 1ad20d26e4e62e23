"""Right, with all graded cells and most practice deleted."""

EXPECTED = 15


def build(work):
    work.solve()
    gone = ("test_", "practice_")
    work.notebook.cells = [
        c
        for c in work.notebook.cells
        if not c.metadata.get("nbgrader", {}).get("grade_id", "").startswith(gone)
    ]
