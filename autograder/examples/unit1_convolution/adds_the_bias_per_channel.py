"""Adds the bias once for every channel."""

from autograder.examples import full

EXPECTED = full("unit1_convolution") - 1.5


def build(work):
    work.solve()
    work.edit("conv2d_valid", ("out + b", "out + x.shape[1] * b"))
