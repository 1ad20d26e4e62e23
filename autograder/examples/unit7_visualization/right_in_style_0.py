"""Right: sets of names, plain loops over places and pictures."""

from autograder.examples import full

EXPECTED = full("unit7_visualization")


def build(work):
    work.solve(0)
