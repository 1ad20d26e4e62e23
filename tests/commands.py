"""Commands that tests run as a lecturer does, in a process of their own."""

import sys
from pathlib import Path

# A folder for PYTHONPATH: what `startup.prepare` does to a process, for one that is not ours. It
# saves half of the CPU time of a command of nbgrader, and of the start of a Jupyter server.
LIGHT = str(Path(__file__).with_name("light"))

# ``python -m nbgrader``, prepared.
NBGRADER = [
    sys.executable,
    "-c",
    "from autograder import startup; startup.prepare(); "
    "import runpy; runpy.run_module('nbgrader', run_name='__main__', alter_sys=True)",
]
