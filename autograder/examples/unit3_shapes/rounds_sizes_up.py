"""Rounds half a window up to a whole one."""

from autograder.examples import full

EXPECTED = full("unit3_shapes") - 2.5

CODE = """
def fit_report(n, kernel, stride=1, pad=0, dilation=1):
    if stride < 1 or dilation < 1 or pad < 0:
        raise ValueError("stride and dilation must be at least 1, pad at least 0")
    reach = dilation * (kernel - 1) + 1
    room = n + 2 * pad - reach
    if room < 0:
        raise ValueError("the kernel is longer than the padded line")
    return -(-room // stride) + 1, room % stride
"""


def build(work):
    work.solve(0)
    work.write("fit_report", CODE)
