"""Right, by shift and add."""

EXPECTED = 15


def build(work):
    work.solve(2)
