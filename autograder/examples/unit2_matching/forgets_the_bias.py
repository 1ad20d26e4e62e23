"""Counts the weights of a layer, but not its biases."""

from autograder.examples import full

EXPECTED = full("unit2_matching") - 0.75

CODE = """
with_biases = layer_cost


def layer_cost(in_shape, filters, *args, **kwargs):
    cost = with_biases(in_shape, filters, *args, **kwargs)
    return {**cost, "params": cost["params"] - filters}
"""


def build(work):
    work.solve()
    source = work.cell("layer_cost").source
    work.write("layer_cost", f"{source}\n\n{CODE}")
