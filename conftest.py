"""For the tests and for the notebooks, whose cells nbval runs."""

import os

import pytest
from nbval.plugin import IPyNbCell

from course.experiments import NEEDS


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """A cell of a source notebook fails if its experiment does, where a student's prints a line.

    All functions in there are ours: whatever is wrong is a failure.
    """
    result = yield
    if isinstance(item, IPyNbCell):
        said = "".join(out.get("text", "") for out in item.test_outputs)
        if NEEDS in said:
            pytest.fail(said, pytrace=False)
    return result


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_auto_num_workers():
    """One more than processors: many tests wait for a browser, a server or a limit of time."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items):
    """Mark notebooks as slow, and run the slowest files first.

    With xdist, whoever is free takes the next file: long ones must not come last.
    """

    def seconds(item):
        """What ``pytest.mark.slow(…)`` says of a file: CPU time, about."""
        slow = item.get_closest_marker("slow")
        return slow.args[0] if slow else 0

    for item in items:
        if item.path.suffix == ".ipynb":
            item.add_marker(pytest.mark.slow(20))
    items.sort(key=seconds, reverse=True)
