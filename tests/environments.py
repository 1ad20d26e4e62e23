"""Environments outside of the checkout, for what is installed into them; nothing is downloaded."""

import os
import site
import venv

# Only our tests and our terminal know these.
NOT_THEIRS = ("PYTHONPATH", "COURSE_STRICT")


def create(place):
    """Make a virtual environment in a folder; returns its Python.

    It sees the packages of the environment that the tests run in, pip among them, and none of ours:
    those are found by `.pth` files, which Python reads in an environment's own folder only.
    """
    venv.create(place, symlinks=os.name == "posix")
    (packages,) = place.glob("lib/python*/site-packages")
    lines = "".join(f"{path}\n" for path in site.getsitepackages())
    (packages / "tests.pth").write_text(lines, encoding="utf-8")
    return place / "bin" / "python"


def variables(folder):
    """The variables that a program runs with there; Jupyter keeps its settings in ``folder``."""
    kept = {name: value for name, value in os.environ.items() if name not in NOT_THEIRS}
    kinds = ("CONFIG", "DATA", "RUNTIME")
    return kept | {f"JUPYTER_{kind}_DIR": str(folder / kind) for kind in kinds}
