"""Right, by letting NumPy count."""

from tests.submissions import full

EXPECTED = full("unit3_shapes")


def build(work):
    work.solve(2)
