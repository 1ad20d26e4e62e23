"""Right, in plain loops."""

EXPECTED = 13


def build(work):
    work.solve(0)
