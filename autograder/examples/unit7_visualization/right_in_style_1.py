"""Right: copies of everything, reshapes, matrices."""

from autograder.examples import full

EXPECTED = full("unit7_visualization")


def build(work):
    work.solve(1)
