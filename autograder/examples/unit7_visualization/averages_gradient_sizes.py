"""Weighs channels by the mean SIZE of their gradients, as if signs did not matter."""

from autograder.examples import full

EXPECTED = full("unit7_visualization") - 2.25

CODE = """
def grad_cam(activations, grads):
    weights = np.abs(grads).mean(axis=(1, 2))
    cam = np.maximum((weights[:, None, None] * activations).sum(axis=0), 0)
    return cam / cam.max() if cam.max() > 0 else cam
"""


def build(work):
    work.solve()
    work.write("grad_cam", CODE)
