"""Puts as many zeros between the taps as the dilation says: dilation 1 already leaves a gap."""

from autograder.examples import full

EXPECTED = full("unit1_convolution") - 1


def build(work):
    work.solve(0)
    wider = "    dh, dw = dh + 1, dw + 1\n    f, c, kh, kw"
    work.edit("dilate_kernel", ("    f, c, kh, kw", wider))
