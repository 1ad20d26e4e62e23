"""Right, with np.where, index arrays and sets of names."""

from autograder.examples import full

EXPECTED = full("unit5_transfer")


def build(work):
    work.solve(1)
