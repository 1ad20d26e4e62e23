"""conv2d runs forever."""

from autograder.examples import full

EXPECTED = full("unit1_convolution") - 3


def build(work):
    work.solve()
    # On negative numbers: the notebook's own cells have few, and would take ten seconds each.
    work.write(
        "conv2d",
        "def conv2d(x, w, b=None, stride=1, pad=0, dilation=1):\n"
        "    while x.min() < 0:\n        pass\n    return x",
    )
