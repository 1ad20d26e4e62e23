"""Right, by letting NumPy count."""

from autograder.examples import full

EXPECTED = full("unit3_shapes")


def build(work):
    work.solve(2)
