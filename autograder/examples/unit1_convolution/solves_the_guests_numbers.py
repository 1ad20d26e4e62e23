"""Right, but by hand with the numbers of a guest: no id at the top."""

from autograder.examples import full

EXPECTED = full("unit1_convolution") - 3


def build(work):
    work.solve()
    work.answer_by_hand("")
