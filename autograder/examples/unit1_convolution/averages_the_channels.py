"""Takes the mean over the channels."""

from autograder.examples import full

EXPECTED = full("unit1_convolution") - 4


def build(work):
    work.solve()
    work.edit(
        "conv2d_valid", ("    return out if", "    out = out / x.shape[1]\n    return out if")
    )
