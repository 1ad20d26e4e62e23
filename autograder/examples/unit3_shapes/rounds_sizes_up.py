"""Rounds half a window up to a whole one."""

from autograder.examples import full

EXPECTED = full("unit3_shapes") - 1.75

CODE = """
def fit_report(n, kernel, stride=1, pad=0, dilation=1):
    room = n + 2 * pad - dilation * (kernel - 1) - 1
    return -(-room // stride) + 1, room % stride
"""


def build(work):
    work.solve(0)
    work.write("fit_report", CODE)
