"""For the tests and for the notebooks, whose kernels inherit the environment."""

import os

import pytest

# Experiment cells tell a student in a line what is wrong with a function of theirs. In here all
# functions are ours: whatever is wrong is a failure.
os.environ["COURSE_STRICT"] = "1"


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_auto_num_workers():
    """One more than processors: many tests wait for a browser, a server or a limit of time."""
    return (os.cpu_count() or 1) + 1
