"""Right, in plain loops."""

from autograder.examples import full

EXPECTED = full("unit4_pooling")


def build(work):
    work.solve(0)
