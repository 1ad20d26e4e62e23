"""Right, with formulas in loops."""

from autograder.examples import full

EXPECTED = full("unit3_shapes")


def build(work):
    work.solve(0)
