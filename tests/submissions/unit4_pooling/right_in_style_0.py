"""Right, in plain loops."""

from tests.submissions import full

EXPECTED = full("unit4_pooling")


def build(work):
    work.solve(0)
