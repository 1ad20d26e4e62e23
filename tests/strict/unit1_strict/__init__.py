"""Convolution, padding and dilation, with everything that a function can be asked for."""
