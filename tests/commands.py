"""Commands that tests run as a lecturer does, in a process of their own."""

import sys

# ``python -m nbgrader``, but for `autograder`, which comes first: it saves the parser of IRIs that
# `jsonschema` would have made at each start, half of the CPU time of a command.
NBGRADER = [
    sys.executable,
    "-c",
    "import autograder, runpy; runpy.run_module('nbgrader', run_name='__main__', alter_sys=True)",
]
