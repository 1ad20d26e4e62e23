"""Right, with corrcoef and matrices."""

EXPECTED = 13


def build(work):
    work.solve(2)
