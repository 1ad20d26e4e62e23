"""The process that computes model answers beside a server."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.content import TaskError
from autograder.marking import compute
from autograder.output import model_answers
from tests.marked import QUESTION, UNIT

pytestmark = pytest.mark.slow(20)

PARENT = """
import os, time
from autograder.marking import compute

if __name__ == "__main__":
    print(compute.pool().submit(os.getpid).result(), flush=True)
    time.sleep(600)
"""


@pytest.fixture
def pool():
    yield compute.pool()
    compute.pool().shutdown()
    compute.pool.cache_clear()


def test_it_computes_the_same_and_keeps_it(course, pool):
    assert pool.submit(os.getpid).result() != os.getpid()
    where = (course.root, course.content, UNIT, QUESTION, "ada")
    assert model_answers.kept(*where) is None
    found = compute.numbers(course, UNIT, QUESTION, "ada")
    assert found
    assert model_answers.kept(*where) == found == model_answers.numbers(*where)


def test_a_process_that_ends_is_told_and_the_next_one_goes_on(course, pool):
    os.kill(pool.submit(os.getpid).result(), signal.SIGKILL)
    with pytest.raises(TaskError, match="has ended: load the page again"):
        compute.numbers(course, UNIT, QUESTION, "ada")
    assert compute.numbers(course, UNIT, QUESTION, "ada")


def test_it_ends_with_its_server_however_that_ends(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        assert Path(f"/proc/{child}").exists()
        parent.kill()
    for _ in range(600):
        if not is_running(child):
            break
        time.sleep(0.1)
    assert not is_running(child)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
