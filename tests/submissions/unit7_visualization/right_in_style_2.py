"""Right: strips of panels, slices, recursion, np.interp."""

EXPECTED = 15


def build(work):
    work.solve(2)
