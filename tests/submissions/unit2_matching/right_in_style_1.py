"""Right, with standard scores and slices."""

EXPECTED = 13


def build(work):
    work.solve(1)
