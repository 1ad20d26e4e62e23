"""Puts as many zeros between the taps as the dilation says: dilation 1 already leaves a gap."""

from autograder.examples import full

EXPECTED = full("unit1_convolution") - 1


def build(work):
    work.solve(0)
    source = work.cell("dilate_kernel").source
    wrong = source.replace("    f, c, kh, kw", "    dh, dw = dh + 1, dw + 1\n    f, c, kh, kw")
    work.write("dilate_kernel", wrong)
