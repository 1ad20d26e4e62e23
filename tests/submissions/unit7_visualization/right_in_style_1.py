"""Right: copies of everything, reshapes, matrices."""

EXPECTED = 15


def build(work):
    work.solve(1)
