"""Right, with views, comprehensions and copies."""

from autograder.examples import full

EXPECTED = full("unit5_transfer")


def build(work):
    work.solve(2)
