"""Right, with standard scores and slices."""

from autograder.examples import full

EXPECTED = full("unit2_matching")


def build(work):
    work.solve(1)
