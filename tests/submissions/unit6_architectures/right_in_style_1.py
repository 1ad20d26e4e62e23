"""Right, with channels last and all pixels in one long matrix."""

EXPECTED = 7


def build(work):
    work.solve(1)
