"""Leaves out the ReLU after the sum, so that a block with weights of 0 is always the identity."""

from autograder.examples import full

EXPECTED = full("unit6_architectures") - 0.75

CODE = """
def residual_forward(x, w1, w2, ws=None):
    hidden = np.maximum(np.einsum("mc,nchw->nmhw", w1, x), 0)
    out = np.einsum("fm,nmhw->nfhw", w2, hidden)
    shortcut = x if ws is None else np.einsum("fc,nchw->nfhw", ws, x)
    return out + shortcut
"""


def build(work):
    work.solve()
    work.write("residual_forward", CODE)
