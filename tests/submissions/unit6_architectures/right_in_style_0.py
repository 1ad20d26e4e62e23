"""Right, line by line and pixel by pixel."""

from tests.submissions import full

EXPECTED = full("unit6_architectures")


def build(work):
    work.solve(0)
