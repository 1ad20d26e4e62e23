"""Treats the climb as training: subtracts lr times the gradient, whatever its length."""

from autograder.examples import full

EXPECTED = full("unit7_visualization") - 2

CODE = """
def gradient_ascent(x0, grad_fn, steps, lr):
    x = np.array(x0, float)
    for _ in range(steps):
        x = x - lr * grad_fn(x)
    return x
"""


def build(work):
    work.solve()
    work.write("gradient_ascent", CODE)
