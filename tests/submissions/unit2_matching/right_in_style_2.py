"""Right, with corrcoef and matrices."""

from tests.submissions import full

EXPECTED = full("unit2_matching")


def build(work):
    work.solve(2)
