"""Right, with corrcoef and matrices."""

from autograder.examples import full

EXPECTED = full("unit2_matching")


def build(work):
    work.solve(2)
