"""Freezes layers by the beginning of their name, and lets frozen layers decay."""

from autograder.examples import full

EXPECTED = full("unit5_transfer") - 0.75

CODE = """
def sgd_step(params, grads, lr, frozen=(), weight_decay=0.0):
    if lr < 0 or weight_decay < 0:
        raise ValueError("lr and weight_decay must not be negative")
    if params.keys() != grads.keys():
        raise ValueError("grads does not fit params")
    for layer in frozen:
        if layer not in [name.split(".")[0] for name in params]:
            raise ValueError("frozen: no such layer")
    new = {}
    for name, w in params.items():
        if w.shape != grads[name].shape:
            raise ValueError("grads has another shape")
        g = grads[name] + weight_decay * w
        for layer in frozen:
            if name.startswith(layer):
                g = weight_decay * w
        new[name] = (w - lr * g).astype(w.dtype)
    return new
"""


def build(work):
    work.solve()
    work.write("sgd_step", CODE)
