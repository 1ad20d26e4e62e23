"""Right, with standard scores and slices."""

from tests.submissions import full

EXPECTED = full("unit2_matching")


def build(work):
    work.solve(1)
