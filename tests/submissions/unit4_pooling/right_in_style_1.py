"""Right, with frames of NaN and np.add.at."""

EXPECTED = 8


def build(work):
    work.solve(1)
