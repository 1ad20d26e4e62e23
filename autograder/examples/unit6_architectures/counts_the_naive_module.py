"""Lets 3 × 3 and 5 × 5 see the whole input, and takes the last layer of VGG16 for the network."""

from autograder.examples import full

EXPECTED = full("unit6_architectures") - 1.375

CODE = """
def inception_params(c_in, spec):
    sides = {"1x1": 1, "3x3_reduce": 1, "3x3": 3, "5x5_reduce": 1, "5x5": 5, "pool_proj": 1}
    counts = {name: spec[name] * (c_in * side**2 + 1) for name, side in sides.items()}
    return {**counts, "total": sum(counts.values())}
"""
ONE_LAYER = """
all_layers = vgg_params


def vgg_params(config, size, dense):
    counts = all_layers(config, size, dense)
    filters = [size[0], *[step for step in config if step != "M"]]
    conv = filters[-1] * (9 * filters[-2] + 1) if filters[1:] else 0
    return {"conv": conv, "dense": counts["dense"], "total": conv + counts["dense"]}
"""


def build(work):
    work.solve()
    work.write("inception_params", CODE)
    source = work.cell("vgg_params").source
    work.write("vgg_params", f"{source}\n\n{ONE_LAYER}")
