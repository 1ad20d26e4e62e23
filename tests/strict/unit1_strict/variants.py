"""Right answers: those of unit 1, below the given lines, in the dtype of the picture."""

from autograder.units.unit1_convolution import variants as unit1
from course import given


def conv2d_valid__plain_loops(x, w, b=None):
    """Seven loops, nothing vectorised."""
    x, w, b = given.convolution(x, w, b)
    return unit1.conv2d_valid__plain_loops(x, w, b).astype(x.dtype)


def conv2d_valid__im2col(x, w, b=None):
    """A matrix product over columns; Fortran order in the end."""
    x, w, b = given.convolution(x, w, b)
    return unit1.conv2d_valid__im2col(x, w, b).astype(x.dtype)


def pad2d__np_pad(x, pad, value=0.0):
    """numpy.pad after the given lines."""
    x = given.floats("x: N C H W", x)
    return unit1.pad2d__np_pad(x, given.pair("pad", pad), value).astype(x.dtype)


def pad2d__concatenates(x, pad, value=0.0):
    """Strips put together, for rows and then for columns."""
    x = given.floats("x: N C H W", x)
    return unit1.pad2d__concatenates(x, given.pair("pad", pad), value).astype(x.dtype)


def dilate_kernel__loops(w, dilation):
    """Weight by weight."""
    w = given.floats("w: F C kh kw", w)
    return unit1.dilate_kernel__loops(w, given.pair("dilation", dilation, 1)).astype(w.dtype)


def dilate_kernel__kron(w, dilation):
    """A Kronecker product with a unit corner, cut to size."""
    w = given.floats("w: F C kh kw", w)
    return unit1.dilate_kernel__kron(w, given.pair("dilation", dilation, 1)).astype(w.dtype)
