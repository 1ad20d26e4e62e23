"""Flips in place with one coin for the batch, and leaves the boxes where they were."""

from autograder.examples import full

EXPECTED = full("unit5_transfer") - 1.125

CODE = """
def random_hflip(x, boxes, p, rng):
    if rng.random() < p:
        x[:] = x[:, :, :, ::-1].copy()
    return x, boxes
"""


def build(work):
    work.solve()
    work.write("random_hflip", CODE)
