"""Right, with formulas in loops."""

from tests.submissions import full

EXPECTED = full("unit3_shapes")


def build(work):
    work.solve(0)
