"""Commands that tests run as a lecturer does, in a process of their own."""

import sys

# ``python -m nbgrader``, in a process that `startup.prepare` has made light: it saves half of the
# CPU time of a command.
NBGRADER = [
    sys.executable,
    "-c",
    "from autograder import startup; startup.prepare(); "
    "import runpy; runpy.run_module('nbgrader', run_name='__main__', alter_sys=True)",
]
