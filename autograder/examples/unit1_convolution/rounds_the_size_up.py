"""Rounds the output size up where a stride leaves pixels over."""

from autograder.examples import full

EXPECTED = full("unit1_convolution") - 1.25


def build(work):
    work.solve(0)
    source = work.cell("conv2d").source
    for side in "hw":
        source = source.replace(f"// s{side} + 1", f"/ s{side}").replace(
            f"o{side} = (", f"o{side} = 1 + math.ceil(("
        )
    source = source.replace("- 1) / sh", "- 1) / sh)").replace("- 1) / sw", "- 1) / sw)")
    work.write("conv2d", "import math\n\n\n" + source)
