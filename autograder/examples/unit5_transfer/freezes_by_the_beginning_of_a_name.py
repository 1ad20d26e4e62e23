"""Freezes layers by the beginning of their name, and lets frozen layers decay."""

from autograder.examples import full

EXPECTED = full("unit5_transfer") - 1

CODE = """
def sgd_step(params, grads, lr, frozen=(), weight_decay=0.0):
    new = {}
    for name, w in params.items():
        g = grads[name] + weight_decay * w
        for layer in frozen:
            if name.startswith(layer):
                g = weight_decay * w
        new[name] = w - lr * g
    return new
"""


def build(work):
    work.solve()
    work.write("sgd_step", CODE)
