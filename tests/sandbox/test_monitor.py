"""What a submission's processes use together: limits that hold for root too, in every kind."""

import dataclasses
import os
import subprocess
import sys
import time
import uuid

import pytest

from autograder.sandbox import monitor
from autograder.sandbox.channel import NoAnswer
from autograder.sandbox.inside import processes
from autograder.sandbox.limits import MEGABYTE, Limits
from tests.sandboxed import eventually, need, running, session_of, text

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
        assert monitor.Usage(pid).excess(limits) is None
        tight = dataclasses.replace(limits, total_memory=150 * MEGABYTE)
        assert "used more than 0.146 GB" in monitor.Usage(pid).excess(tight)
        text(session, "os.write(go, b'0' * 6)")
        assert eventually(lambda: monitor.Usage(pid).excess(limits) is not None)


def test_memory_that_cannot_be_looked_into_counts_in_full(monkeypatch):
    def hidden(pid):
        raise PermissionError

    limits = dataclasses.replace(Limits(), total_memory=800 * MEGABYTE)
    with session_of("none") as session:
        text(session, SHARED)
        session.process.monitor.close()
        assert monitor.Usage(session.process.pid).excess(limits) is None
        monkeypatch.setattr(monitor, "proportional", hidden)
        assert monitor.Usage(session.process.pid).excess(limits) is not None


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


# A process whose first thread has ended: the kernel calls it a zombie, and its memory 0.
WITHOUT_ITS_FIRST_THREAD = """
import ctypes, os, threading, time, numpy
def hold():
    mine = numpy.ones({0} << 17)
    time.sleep(20)
for _ in range({1}):
    if os.fork() == 0:
        os.setsid()
        threading.Thread(target=hold).start()
        ctypes.CDLL(None).syscall({2}, 0)  # exit: of this thread only
time.sleep({3})
"""
EXIT = {"x86_64": 60, "aarch64": 93}.get(os.uname().machine)


def test_memory_of_processes_without_their_first_thread_counts(any_kind):
    source = WITHOUT_ITS_FIRST_THREAD.format(200, 5, EXIT, 20)
    with session_of(any_kind, total_memory=512 * MEGABYTE) as session:
        said = end_of(session, source)
        assert said == "used more than 0.5 GB of memory over all its processes"


def test_a_process_without_its_first_thread_has_not_ended(any_kind):
    with session_of(any_kind, 1) as session:
        text(session, "def f(): return 5")
        remote = session.snapshot("f", by_value=False)
        text(session, WITHOUT_ITS_FIRST_THREAD.format(1, 1, EXIT, 0.5))
        known = {session.process.monitor.first, remote.process.pid, *session.others}
        (late,) = {*processes.descendants(session.process.pid)} - known
        assert processes.fields(late)[0] == b"Z"
        assert not monitor.has_ended(late)
        assert session.is_frozen(remote, ())
        assert monitor.has_ended(late)


BUSY = """
import os, time
for _ in range(4):
    if os.fork() == 0:
        os.setsid()
        end = time.monotonic() + 20
        while time.monotonic() < end: pass
        os._exit(0)
time.sleep(20)
"""
ONE_AFTER_THE_OTHER = """
import os, time
def busy(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
for _ in range(8):
    if (child := os.fork()) == 0:
        busy(0.3)
        os._exit(0)
    os.waitpid(child, 0)
"""


def test_cpu_time_of_all_processes_together_is_limited(any_kind):
    with session_of(any_kind, total_cpu=2.0) as session:
        said = end_of(session, BUSY)
        assert said == "used more than 2 s of CPU time over all its processes"


def test_cpu_time_of_processes_that_have_ended_counts_once(any_kind):
    with session_of(any_kind) as session:
        session.process.monitor.close()  # looked at here instead
        usage = monitor.Usage(session.process.pid)
        before = usage.excess(session.limits) or usage.cpu
        text(session, ONE_AFTER_THE_OTHER)
        usage.excess(session.limits)
        assert 2.2 < usage.cpu - before < 4
        seen = usage.cpu
        text(session, "busy(0.5)")
        usage.excess(session.limits)
        assert 0.4 < usage.cpu - seen < 1


NOBODY_WAITS = """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
last = time.monotonic() + 30
while time.monotonic() < last:
    for _ in range(6):
        if os.fork() == 0:
            burn(0.03)
            os._exit(0)
    time.sleep(0.05)
"""


def test_cpu_time_of_processes_that_nobody_waits_for_is_limited(any_kind):
    """Each lives shorter than from one look to the next, and is added to no parent's time."""
    with session_of(any_kind, total_cpu=2.0, cell_seconds=60.0) as session:
        said = end_of(session, NOBODY_WAITS)
        assert said == "used more than 2 s of CPU time over all its processes"


def test_what_had_been_seen_of_a_child_is_not_counted_again():
    usage, spent = monitor.Usage(os.getpid()), monitor.Spent
    usage.add({1: spent(10, 0), 2: spent(100, 0)}, 0)
    assert usage.cpu == pytest.approx(110 / monitor.TICKS)
    usage.add({1: spent(10, 120)}, 0)  # the child used 20 more, then its parent waited for it
    assert usage.cpu == pytest.approx(130 / monitor.TICKS)
    usage.add({1: spent(15, 120), 3: spent(5, 0)}, 0)
    usage.add({1: spent(15, 120)}, 0)  # nobody waited for the third
    assert usage.cpu == pytest.approx(140 / monitor.TICKS)


def test_files_in_memory_are_limited():
    with session_of(need("bubblewrap"), files=50) as session:
        assert text(session, "for n in range(40): open(f'file{n}', 'w').close()") == ""
        said = end_of(session, "for n in range(40, 99): open(f'file{n}', 'w').close()")
        assert said == "made more than 50 files"


def test_no_file_in_memory_gets_attributes(any_kind):
    with session_of(any_kind) as session:
        source = """
        import os
        open("file", "w").close()
        try:
            os.setxattr("file", "user.a", b"1")
        except OSError as error:
            print(error.strerror)
        """
        allowed = any_kind == "none"
        assert text(session, source) == ("" if allowed else "Operation not supported")


def test_waiting_for_a_processor_is_no_time_of_its_own(any_kind):
    """A cell that has to share its processor with busy ones gets the time that it lacks."""
    only = str(min(os.sched_getaffinity(0)))
    busy = [
        subprocess.Popen(["taskset", "-c", only, sys.executable, "-c", "while True: pass"])
        for _ in range(6)
    ]
    try:
        with session_of(any_kind, wall_extra=1.5, wall_per_cpu=0.0) as session:
            first = session.process.monitor.first
            subprocess.run(["taskset", "-cp", only, str(first)], check=True, capture_output=True)
            before = time.monotonic()
            source = "import time\nwhile time.process_time() < {}: pass\n'done'"
            used = float(text(session, "import time; time.process_time()"))
            assert text(session, source.format(used + 1.0)) == "'done'"
            assert time.monotonic() - before > 1.5 or processes.delay(first) < 0.5
    finally:
        for one in busy:
            one.kill()
            one.wait()


def test_sleeping_is_time_of_its_own(any_kind):
    with session_of(any_kind, wall_extra=1.5, wall_per_cpu=0.0) as session:
        assert end_of(session, "import time; time.sleep(60)") == "did not answer in time"
