"""Right, with sliding windows and tensordot."""

from tests.submissions import full

EXPECTED = full("unit1_convolution")


def build(work):
    work.solve(1)
