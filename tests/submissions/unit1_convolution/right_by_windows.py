"""Right, with sliding windows and tensordot."""

EXPECTED = 15


def build(work):
    work.solve(1)
