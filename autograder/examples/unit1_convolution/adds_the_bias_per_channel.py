"""Adds the bias once for every channel."""

from autograder.examples import full

EXPECTED = full("unit1_convolution") - 1.25


def build(work):
    work.solve()
    source = work.cell("conv2d_valid").source
    work.write("conv2d_valid", source.replace("out + np.asarray", "out + x.shape[1] * np.asarray"))
