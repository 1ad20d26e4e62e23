"""Convolves as mathematicians do, with the kernel turned by 180°."""

from autograder.examples import full

EXPECTED = full("unit1_convolution") - 5


def build(work):
    work.solve()
    work.edit("conv2d_valid", ("    windows =", "    w = np.flip(w, (2, 3))\n    windows ="))
