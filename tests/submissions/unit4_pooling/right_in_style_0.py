"""Right, in plain loops."""

EXPECTED = 8


def build(work):
    work.solve(0)
