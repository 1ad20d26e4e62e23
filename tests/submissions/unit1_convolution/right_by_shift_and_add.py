"""Right, by shift and add."""

from tests.submissions import full

EXPECTED = full("unit1_convolution")


def build(work):
    work.solve(2)
