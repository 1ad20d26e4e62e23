"""Takes the mean over the channels."""

from autograder.examples import full

EXPECTED = full("unit1_convolution") - 4


def build(work):
    work.solve()
    source = work.cell("conv2d_valid").source
    work.write(
        "conv2d_valid",
        source.replace("    return out if", "    out = out / x.shape[1]\n    return out if"),
    )
