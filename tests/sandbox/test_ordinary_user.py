"""The sandboxes of a grader that is an ordinary user: what depends on who grades, once more."""

import sys

import pytest

from tests import ordinary_user

pytestmark = pytest.mark.slow(150)

HERE = "tests/sandbox"


@pytest.fixture(scope="module")
def home():
    ordinary_user.need()
    with ordinary_user.folder() as folder:
        yield folder


def test_it_is_another_user_who_sees_this_checkout_and_cannot_write(home):
    code = "import os; print(os.getuid(), os.access('.', os.W_OK))"
    done = ordinary_user.run([sys.executable, "-c", code], home, capture_output=True, text=True)
    user, writes = done.stdout.split()
    assert (int(user), writes) == (ordinary_user.USER, "False")


@pytest.mark.parametrize(
    "module", ["test_fence", "test_snapshots", "test_packages", "test_syscalls", "test_template"]
)
def test_the_sandboxes_hold_for_an_ordinary_user(home, module):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"{HERE}/{module}.py",
    ]
    done = ordinary_user.run(command, home, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
