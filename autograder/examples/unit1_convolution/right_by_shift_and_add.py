"""Right, by shift and add."""

from autograder.examples import full

EXPECTED = full("unit1_convolution")


def build(work):
    work.solve(2)
