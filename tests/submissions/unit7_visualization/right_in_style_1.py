"""Right: copies of everything, reshapes, matrices."""

from tests.submissions import full

EXPECTED = full("unit7_visualization")


def build(work):
    work.solve(1)
