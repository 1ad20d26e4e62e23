"""Right, by Fourier transform: NumPy warns at every call, on stderr."""

from autograder.examples import full
from autograder.units.unit1_convolution.variants import conv2d_valid__fourier

EXPECTED = full("unit1_convolution")


def build(work):
    work.solve()
    work.use("conv2d_valid", conv2d_valid__fourier)
