"""Leaves out the ReLU after the sum, so that a block with weights of 0 is always the identity."""

from autograder.examples import full

EXPECTED = full("unit6_architectures") - 0.75

CODE = """
def residual_forward(x, w1, w2, ws=None):
    if np.ndim(x) != 4:
        raise ValueError("x needs 4 dimensions")
    if np.ndim(w1) != 2 or w1.shape[1] != x.shape[1]:
        raise ValueError("w1 does not fit the channels of x")
    if np.ndim(w2) != 2 or w2.shape[1] != len(w1):
        raise ValueError("w2 does not fit w1")
    if ws is None and len(w2) != x.shape[1]:
        raise ValueError("a block that changes the channels needs ws")
    if ws is not None and ws.shape != (len(w2), x.shape[1]):
        raise ValueError("ws has the wrong shape")
    if x.dtype.kind != "f":
        x = x.astype(float)
    hidden = np.maximum(np.einsum("mc,nchw->nmhw", w1, x), 0)
    out = np.einsum("fm,nmhw->nfhw", w2, hidden)
    shortcut = x if ws is None else np.einsum("fc,nchw->nfhw", ws, x)
    return (out + shortcut).astype(x.dtype)
"""


def build(work):
    work.solve()
    work.write("residual_forward", CODE)
