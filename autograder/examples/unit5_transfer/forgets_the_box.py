"""Flips in place with one coin for the batch, and leaves the boxes where they were."""

from autograder.examples import full

EXPECTED = full("unit5_transfer") - 1

CODE = """
def random_hflip(x, boxes, p, rng):
    if x.ndim != 4:
        raise ValueError("x must have 4 dimensions")
    if boxes.shape != (len(x), 4):
        raise ValueError("boxes must be (N, 4)")
    if not 0 <= p <= 1:
        raise ValueError("p must be a probability")
    if rng.random() < p:
        x[:] = x[:, :, :, ::-1].copy()
    return x, boxes
"""


def build(work):
    work.solve()
    work.write("random_hflip", CODE)
