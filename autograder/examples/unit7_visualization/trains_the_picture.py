"""Treats the climb as training: subtracts lr times the gradient, whatever its length."""

from autograder.examples import full

EXPECTED = full("unit7_visualization") - 2.5

CODE = """
def gradient_ascent(x0, grad_fn, steps, lr):
    if np.ndim(x0) < 2:
        raise ValueError("x0 needs at least 2 dimensions")
    if steps < 0:
        raise ValueError("steps must not be negative")
    x = np.array(x0, x0.dtype if x0.dtype.kind == "f" else float)
    for _ in range(steps):
        grad = np.asarray(grad_fn(x))
        if grad.shape != x.shape:
            raise ValueError("grad_fn returned another shape")
        x = (x - lr * grad).astype(x.dtype)
    return x
"""


def build(work):
    work.solve()
    work.write("gradient_ascent", CODE)
