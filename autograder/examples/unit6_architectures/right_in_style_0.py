"""Right, line by line and pixel by pixel."""

from autograder.examples import full

EXPECTED = full("unit6_architectures")


def build(work):
    work.solve(0)
