"""Right, in plain loops."""

from autograder.examples import full

EXPECTED = full("unit1_convolution")


def build(work):
    work.solve(0)
