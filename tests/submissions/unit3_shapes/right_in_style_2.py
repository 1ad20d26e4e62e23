"""Right, by letting NumPy count."""

EXPECTED = 14


def build(work):
    work.solve(2)
