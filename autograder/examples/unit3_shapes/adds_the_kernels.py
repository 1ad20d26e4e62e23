"""Adds every kernel to the receptive field, whatever strides came before."""

from autograder.examples import full

EXPECTED = full("unit3_shapes") - 2.5

CODE = """
def receptive_field(layers):
    size, jump, found = 1, 1, []
    for kernel, stride, dilation in layers:
        size = size + (kernel - 1) * dilation
        jump = jump * stride
        found.append((size, jump))
    return found
"""


def build(work):
    work.solve()
    work.write("receptive_field", CODE)
