"""Adds every kernel to the receptive field, whatever strides came before."""

from autograder.examples import full

EXPECTED = full("unit3_shapes") - 1.75

CODE = """
def receptive_field(layers):
    size, jump, found = 1, 1, []
    for layer in layers:
        if len(layer) != 3 or min(layer) < 1:
            raise ValueError("layers: three numbers each, all at least 1")
        kernel, stride, dilation = layer
        size = size + (kernel - 1) * dilation
        jump = jump * stride
        found.append((size, jump))
    return found
"""


def build(work):
    work.solve()
    work.write("receptive_field", CODE)
