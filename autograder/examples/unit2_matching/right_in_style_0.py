"""Right, in plain loops."""

from autograder.examples import full

EXPECTED = full("unit2_matching")


def build(work):
    work.solve(0)
