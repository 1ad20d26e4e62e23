"""Right, in plain loops."""

from tests.submissions import full

EXPECTED = full("unit1_convolution")


def build(work):
    work.solve(0)
