"""Right, with one slice per place in the window."""

from autograder.examples import full

EXPECTED = full("unit4_pooling")


def build(work):
    work.solve(2)
