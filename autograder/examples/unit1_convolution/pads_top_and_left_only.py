"""Puts the frame at the top and the left only."""

from autograder.examples import full

EXPECTED = full("unit1_convolution") - 3


def build(work):
    work.solve(0)
    work.edit("pad2d", ("+ 2 * p", "+ p"))
