"""Opens JupyterLab in this folder, with the settings of the course: ``python lab.py``.

Options are JupyterLab's: ``python lab.py --help``.
"""

import os
import sys

OLDEST = (3, 11)  # of Python


def main():
    """Run JupyterLab; returns its exit code."""
    here = os.path.dirname(os.path.abspath(__file__))
    if sys.version_info < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        return f"This Python is too old: the course needs {wanted} or later. See README.md."
    try:
        from jupyterlab.labapp import main as jupyterlab
    except ImportError:
        return (
            f"JupyterLab is not installed for {sys.executable}. Is the course's environment active "
            "in this terminal? See README.md."
        )
    os.chdir(here)
    settings = [os.path.join(here, "settings"), os.environ.get("JUPYTER_CONFIG_PATH")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, settings))
    return jupyterlab()


if __name__ == "__main__":
    sys.exit(main())
