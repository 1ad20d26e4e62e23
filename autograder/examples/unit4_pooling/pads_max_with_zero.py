"""Puts a frame of zeros around the picture before it takes the largest pixel."""

from autograder.examples import full

EXPECTED = full("unit4_pooling") - 1

CODE = """
without_zeros = pool2d


def pool2d(x, kernel, stride=None, pad=0, mode="max"):
    out = without_zeros(x, kernel, stride, pad, mode)
    if mode == "average" or pad == 0:
        return out
    rows, columns = (pad, pad) if isinstance(pad, int) else pad
    frame = ((0, 0), (0, 0), (rows, rows), (columns, columns))
    return without_zeros(np.pad(x, frame), kernel, stride)
"""


def build(work):
    work.solve()
    source = work.cell("pool2d").source
    work.write("pool2d", f"{source}\n\n{CODE}")
