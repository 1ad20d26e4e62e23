"""Right: sets of names, plain loops over places and pictures."""

EXPECTED = 15


def build(work):
    work.solve(0)
