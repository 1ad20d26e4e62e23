"""Convolves as mathematicians do, with the kernel turned by 180°."""

from autograder.examples import full

EXPECTED = full("unit1_convolution") - 5


def build(work):
    work.solve()
    source = work.cell("conv2d_valid").source
    work.write(
        "conv2d_valid", source.replace("x = _float(x)", "x = _float(x)\n    w = np.flip(w, (2, 3))")
    )
