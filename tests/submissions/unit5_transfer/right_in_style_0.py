"""Right, in plain loops."""

EXPECTED = 12


def build(work):
    work.solve(0)
