"""Right, with a convolution of one's own and the given one for the residual block."""

from autograder.examples import full

EXPECTED = full("unit6_architectures")


def build(work):
    work.solve(2)
