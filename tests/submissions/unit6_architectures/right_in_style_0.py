"""Right, line by line and pixel by pixel."""

EXPECTED = 7


def build(work):
    work.solve(0)
