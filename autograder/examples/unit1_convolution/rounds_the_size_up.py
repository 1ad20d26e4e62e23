"""Rounds the output size up where a stride leaves pixels over."""

from autograder.examples import full

EXPECTED = full("unit1_convolution") - 1.75


def build(work):
    work.solve(0)
    for side in "hw":
        size = (f"o{side} = (", f"o{side} = 1 + math.ceil(("), (f" // s{side} + 1", f" / s{side})")
        work.edit("conv2d", *size)
    work.write("conv2d", "import math\n\n\n" + work.cell("conv2d").source)
