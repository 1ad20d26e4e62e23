"""Right, with one slice per place in the window."""

EXPECTED = 8


def build(work):
    work.solve(2)
