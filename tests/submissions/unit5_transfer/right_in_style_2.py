"""Right, with views, comprehensions and copies."""

EXPECTED = 12


def build(work):
    work.solve(2)
