"""Right, by counting windows."""

EXPECTED = 14


def build(work):
    work.solve(1)
