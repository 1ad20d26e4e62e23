"""Weighs channels by the mean SIZE of their gradients, as if signs did not matter."""

from autograder.examples import full

EXPECTED = full("unit7_visualization") - 1.5

CODE = """
def grad_cam(activations, grads):
    if np.ndim(activations) != 3:
        raise ValueError("activations need 3 dimensions")
    if np.shape(grads) != np.shape(activations):
        raise ValueError("grads must have the shape of the activations")
    a = activations if activations.dtype.kind == "f" else activations.astype(float)
    weights = np.abs(grads).mean(axis=(1, 2)).astype(a.dtype)
    cam = np.maximum((weights[:, None, None] * a).sum(axis=0), 0)
    return cam / cam.max() if cam.max() > 0 else cam
"""


def build(work):
    work.solve()
    work.write("grad_cam", CODE)
