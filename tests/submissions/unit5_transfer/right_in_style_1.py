"""Right, with np.where, index arrays and sets of names."""

from tests.submissions import full

EXPECTED = full("unit5_transfer")


def build(work):
    work.solve(1)
