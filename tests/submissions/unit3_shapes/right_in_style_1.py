"""Right, by counting windows."""

from tests.submissions import full

EXPECTED = full("unit3_shapes")


def build(work):
    work.solve(1)
