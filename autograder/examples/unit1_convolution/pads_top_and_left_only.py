"""Puts the frame at the top and the left only."""

from autograder.examples import full

EXPECTED = full("unit1_convolution") - 3


def build(work):
    work.solve(0)
    source = work.cell("pad2d").source
    work.write("pad2d", source.replace("+ 2 * p", "+ p"))
