"""Right, with one slice per place in the window."""

from tests.submissions import full

EXPECTED = full("unit4_pooling")


def build(work):
    work.solve(2)
