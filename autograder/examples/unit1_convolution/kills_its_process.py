"""pad2d ends the process that calls it, and so does a cell of the student's own."""

from autograder.examples import full

EXPECTED = full("unit1_convolution") - 3


def build(work):
    work.solve(0)
    work.write("pad2d", "import os\n\n\ndef pad2d(x, pad, value=0.0):\n    os._exit(0)")
    work.after("test_pad2d", "os.kill(os.getpid(), 9)")
