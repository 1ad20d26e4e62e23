"""Right, in plain loops."""

from tests.submissions import full

EXPECTED = full("unit5_transfer")


def build(work):
    work.solve(0)
