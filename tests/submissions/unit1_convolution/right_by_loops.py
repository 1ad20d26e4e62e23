"""Right, in plain loops."""

EXPECTED = 15


def build(work):
    work.solve(0)
