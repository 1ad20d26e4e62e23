"""Right, with formulas in loops."""

EXPECTED = 14


def build(work):
    work.solve(0)
