"""Networks of the course in another dtype, for comparisons that float32 is too coarse for."""

from course import nn


def in_dtype(network, dtype):
    """Convert the parameters of all layers, in place, so that the network computes in this dtype.

    Returns the network.
    """
    for layer in network.layers.values():
        if isinstance(layer, nn.Container):
            in_dtype(layer, dtype)
        else:
            layer.params = {name: array.astype(dtype) for name, array in layer.params.items()}
    return network
