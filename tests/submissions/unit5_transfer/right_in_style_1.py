"""Right, with np.where, index arrays and sets of names."""

EXPECTED = 12


def build(work):
    work.solve(1)
