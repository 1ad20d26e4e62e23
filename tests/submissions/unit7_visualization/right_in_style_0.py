"""Right: sets of names, plain loops over places and pictures."""

from tests.submissions import full

EXPECTED = full("unit7_visualization")


def build(work):
    work.solve(0)
