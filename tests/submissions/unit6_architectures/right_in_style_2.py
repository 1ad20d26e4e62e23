"""Right, with a convolution of one's own and the given one for the residual block."""

EXPECTED = 7


def build(work):
    work.solve(2)
