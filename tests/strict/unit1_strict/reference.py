"""The right answers, which refuse bad input by name, keep dtypes and return new arrays.

So do those of unit 1, by `course.given`; its check does not ask for it.
"""

from autograder.units.unit1_convolution import reference as unit1


def conv2d_valid(x, w, b=None):
    """Slide every filter over every picture: no padding, stride 1, no flip."""
    return unit1.conv2d_valid(x, w, b)


def pad2d(x, pad, value=0.0):
    """Put a frame of ``value`` around every plane of every picture."""
    return unit1.pad2d(x, pad, value)


def dilate_kernel(w, dilation):
    """Spread the weights of a kernel apart, with zeros between them."""
    return unit1.dilate_kernel(w, dilation)
