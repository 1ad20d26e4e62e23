"""conv2d runs forever."""

from autograder.examples import full

EXPECTED = full("unit1_convolution") - 3


def build(work):
    work.solve()
    work.write(
        "conv2d",
        "def conv2d(x, w, b=None, stride=1, pad=0, dilation=1):\n    while True:\n        pass",
    )
