"""What a submission's processes use together: limits that hold for root too, in every kind."""

import dataclasses
import uuid

import pytest

from autograder.sandbox import monitor
from autograder.sandbox.channel import NoAnswer
from autograder.sandbox.inside import processes
from autograder.sandbox.limits import MEGABYTE, Limits
from tests.sandboxed import eventually, running, session_of, text

pytestmark = pytest.mark.slow(40)


def end_of(session, source):
    """Why running a cell ended the session; what it said if it did not."""
    try:
        return text(session, source)
    except NoAnswer as error:
        return str(error)


# Each of these ends by itself within half a minute, should nothing else end it.

FORK_BOMBS = {
    "in Python": """
import os, time
first = os.getpid()
for _ in range(11):  # at most 2048
    os.fork()
if os.getpid() == first:  # or with its end the session would end before anyone looks
    time.sleep(20)
os.execv("/bin/sleep", ["{0}", "20"])
""",
    "in a shell, out of the process group": """
import subprocess
bomb = 'f() {{ if [ $1 -gt 0 ]; then f $(($1 - 1)) | f $(($1 - 1)); else exec sleep 20; fi; }}; '
subprocess.run(["timeout", "20", "sh", "-c", bomb + ": {0}; f 11"])
""",
}

SPREAD = """
import os, time, numpy
for _ in range(6):
    if os.fork() == 0:
        mine = numpy.ones(25 << 20)  # 200 MB
        time.sleep(20)
        os._exit(0)
time.sleep(20)
"""

SHARED = """
import os, time, numpy
ours, (ready, go) = numpy.ones(25 << 20), os.pipe()
for _ in range(6):
    if os.fork() == 0:
        os.read(ready, 1)
        ours += 1
        time.sleep(20)
        os._exit(0)
"""


def test_processes_are_limited(any_kind):
    with session_of(any_kind, processes=16) as session:
        source = """
        import os, time
        for _ in range(100):
            if os.fork() == 0:
                time.sleep(20)
                os._exit(0)
        time.sleep(20)
        """
        said = end_of(session, source)
        # Whom the kernel holds to the number gets an error; root, the end.
        assert "BlockingIOError" in said or said == "ran more than 16 processes and threads at once"


def test_threads_count_as_processes(any_kind):
    with session_of(any_kind, processes=16) as session:
        source = """
        import threading, time
        for _ in range(100):
            threading.Thread(target=time.sleep, args=(20,), daemon=True).start()
        time.sleep(20)
        """
        said = end_of(session, source)
        expected = ("can't start new thread", "ran more than 16 processes and threads at once")
        assert said.endswith(expected)


def test_the_cell_that_starts_too_many_processes_is_the_one_that_is_ended(any_kind, monkeypatch):
    """Even if the watching thread comes too late: the next cell must not pay for it."""
    monkeypatch.setattr(monitor, "LOOK_SECONDS", 600.0)
    with session_of(any_kind, processes=16) as session:
        source = """
        import os, time
        for _ in range(20):
            if os.fork() == 0:
                time.sleep(20)
                os._exit(0)
        """
        assert end_of(session, source) == "ran more than 16 processes and threads at once"
        assert session.control.broken == "ran more than 16 processes and threads at once"


@pytest.mark.parametrize("bomb", FORK_BOMBS)
def test_processes_that_start_processes_all_end(any_kind, bomb):
    marker = f"marker-{uuid.uuid4()}"
    with session_of(any_kind) as session:
        said = end_of(session, FORK_BOMBS[bomb].format(marker))
        errors = ("BlockingIOError", "returncode=")  # of whom the kernel holds to the number
        assert said == "ran more than 64 processes and threads at once" or any(
            error in said for error in errors
        )
        session.process.terminate()
        assert eventually(lambda: session.process.poll() is not None)
        assert eventually(lambda: not running(marker))


def test_memory_spread_over_processes_is_limited(any_kind):
    with session_of(any_kind, total_memory=512 * MEGABYTE) as session:
        said = end_of(session, SPREAD)
        assert said == "used more than 0.5 GB of memory over all its processes"


def test_shared_memory_counts_once_until_it_is_written_to(any_kind):
    limits = dataclasses.replace(Limits(), total_memory=800 * MEGABYTE)
    with session_of(any_kind) as session:
        text(session, SHARED)
        session.process.monitor.close()  # looked at here instead
        pid = session.process.pid
        assert monitor.excess(pid, limits) is None
        tight = dataclasses.replace(limits, total_memory=150 * MEGABYTE)
        assert "used more than 0.146 GB" in monitor.excess(pid, tight)
        text(session, "os.write(go, b'0' * 6)")
        assert eventually(lambda: monitor.excess(pid, limits) is not None)


def test_memory_that_cannot_be_looked_into_counts_in_full(monkeypatch):
    def hidden(pid):
        raise PermissionError

    limits = dataclasses.replace(Limits(), total_memory=800 * MEGABYTE)
    with session_of("none") as session:
        text(session, SHARED)
        session.process.monitor.close()
        assert monitor.excess(session.process.pid, limits) is None
        monkeypatch.setattr(monitor, "proportional", hidden)
        assert monitor.excess(session.process.pid, limits) is not None


def test_watch_ends_with_its_session(any_kind):
    with session_of(any_kind) as session:
        assert session.process.monitor.is_alive()
    assert not session.process.monitor.is_alive()
    assert session.process.broken is None


def test_descendants_are_found_without_the_kernels_list_of_children(any_kind, monkeypatch):
    with session_of(any_kind) as session:
        source = """
        import subprocess
        command = ["sh", "-c", "sleep 20 & echo started; wait"]
        subprocess.Popen(command, stdout=subprocess.PIPE).stdout.readline()
        """
        assert "started" in text(session, source)
        found = set(processes.descendants(session.process.pid))
        assert len(found) >= 3  # the shell, sh and sleep
        monkeypatch.setattr(processes, "LISTED", False)
        assert set(processes.descendants(session.process.pid)) == found
