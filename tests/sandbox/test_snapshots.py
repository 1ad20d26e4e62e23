"""A snapshot counts as frozen while the kernel says that it shares nothing with later cells."""

import os
import signal
import textwrap

import pytest

from autograder.sandbox import snapshots as frozen
from autograder.sandbox.client import Session
from autograder.sandbox.inside.processes import descendants
from autograder.sandbox.launch import Sandbox
from autograder.sandbox.monitor import has_ended
from autograder.units import CONTENT
from tests.sandboxed import need, text

pytestmark = pytest.mark.slow(20)

DEFINE = "def f(): return 5"


@pytest.fixture(params=["bubblewrap", "landlock", "none"], scope="module")
def sandboxed(request):
    with Sandbox(need(request.param), content=CONTENT) as made:
        yield made


@pytest.fixture
def session(sandboxed):
    session = Session(sandboxed, 2)
    session.run(DEFINE)
    yield session
    session.close()


def snapshots(session, before="", between=""):
    """Two snapshots, and which of them are frozen in the end."""
    text(session, before)
    first = session.snapshot("f", by_value=False)
    text(session, between)
    both = [first, session.snapshot("f", by_value=False)]
    last = session.is_frozen(both[1], both[:1])
    return both, [session.is_frozen(both[0], both[1:]), last]


def test_what_shares_nothing_is_frozen_and_answers(session):
    both, which = snapshots(session, between="def f(): return 6")
    assert which == [True, True]
    assert [one.observe((), {}).value for one in both] == [5, 6]


@pytest.mark.parametrize(
    "cell",
    [
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        "import numpy as np\nnp.linalg.svd(np.ones((9, 9)))",
        "%timeit -n1 -r1 1 + 1",
        "import tempfile",
        "help(len)",
        "import subprocess\nsubprocess.run(['echo', '1'], check=True)",
        "import threading\nt = threading.Thread(target=print); t.start(); t.join()",
    ],
)
def test_what_honest_cells_do_leaves_snapshots_frozen(session, cell):
    assert snapshots(session, cell, cell)[1] == [True, True]


SHARED = {
    "a file": "open('late', 'w').close()",
    "an empty folder": "import os; os.mkdir('late')",
    "an open file": "import os; kept = open('late', 'w'); os.remove('late')",
    "a pipe": "import os; ends = os.pipe()",
    "a socket": "import socket; pair = socket.socketpair()",
    "memory": "import mmap; shared = mmap.mmap(-1, 4096)",
    "a copy of a file's descriptor": "import os; kept = os.open('/usr', os.O_RDONLY)",
}


@pytest.mark.parametrize("what", SHARED)
def test_what_shares_something_is_not_frozen(session, what):
    assert snapshots(session, before=SHARED[what])[1] == [False, False]


@pytest.mark.parametrize("change", ["open('mine', 'a').write('more')", "import os; os.utime('.')"])
def test_files_that_change_behind_a_snapshot_are_seen(session, change):
    assert snapshots(session, between=f"{change}\nopen('late', 'w').close()")[1] == [False] * 2


def test_a_thread_that_a_fork_starts_is_seen(session):
    start = (
        "import os, threading, time\nos.register_at_fork(after_in_child=lambda: threading.Thread("
    )
    assert snapshots(session, start + "target=time.sleep, args=(60,)).start())")[1] == [False] * 2


def test_a_process_that_has_run_since_is_not_frozen(session):
    remote = session.snapshot("f", by_value=False)
    assert remote.process.is_frozen()
    remote.channel.waits()
    assert not remote.process.is_frozen()


def test_a_signal_that_was_handled_or_waits_is_seen(session):
    text(session, "import signal\nsignal.signal(signal.SIGUSR1, lambda *a: None)")
    remote = session.snapshot("f", by_value=False)
    os.kill(remote.process.pid, signal.SIGUSR1)
    assert not remote.process.is_frozen()


def test_a_process_that_was_stopped_or_has_ended_is_not_frozen(session):
    remote = session.snapshot("f", by_value=False)
    os.kill(remote.process.pid, signal.SIGSTOP)
    assert not remote.process.is_frozen()
    os.kill(remote.process.pid, signal.SIGKILL)
    assert not remote.process.is_frozen()
    assert frozen.Snapshot(2**22 + 1, 0).state is None


def test_a_process_with_a_child_is_not_frozen(session):
    fork = """
    import os
    real, main = os.fork, os.getpid()
    def again():
        if os.getppid() == main and real() == 0:
            os._exit(0)
    os.register_at_fork(after_in_child=again)
    """
    assert snapshots(session, textwrap.dedent(fork))[1] == [False, False]


def test_an_answer_sent_ahead_is_seen(session):
    ahead = """
    import gc
    (sockets,) = [one for one in gc.get_objects() if type(one).__name__ == "Sockets"]
    for sock in sockets.snapshots:
        sock.send(b"ahead")
    """
    assert text(session, ahead) == ""
    assert all(channel.has_unasked() for channel in session.snapshots)


def test_nothing_but_the_snapshots_lives_on(session):
    text(session, "import os, time\nif os.fork() == 0: time.sleep(99)")
    both, which = snapshots(session)
    assert which == [True, True]
    left = {*frozen_processes(session)}
    assert left == {one.process.pid for one in both}


def frozen_processes(session):
    """What lives of a session, besides what makes its sandbox."""
    found = {pid for pid in descendants(session.process.pid) if not has_ended(pid)}
    return found - session.others


def test_contents_tell_every_change(tmp_path):
    seen = [frozen.contents([str(tmp_path)])]

    def another():
        seen.append(frozen.contents([str(tmp_path)]))
        return seen[-1] != seen[-2]

    (tmp_path / "a").mkdir()
    assert another()
    (tmp_path / "a" / "b").write_text("1")
    assert another()
    os.utime(tmp_path / "a" / "b", (1, 1))
    assert another()
    (tmp_path / "a" / "link").symlink_to("/")
    assert another()
    assert not another()
    (tmp_path / "a" / "link").unlink()
    assert another()


def test_of_a_full_folder_no_more_is_read_than_is_allowed(tmp_path, monkeypatch):
    for number in range(20):
        (tmp_path / str(number)).touch()
    assert len(frozen.contents([str(tmp_path)])) == 21
    looked = []
    lstat = os.lstat
    monkeypatch.setattr(os, "lstat", lambda path: looked.append(path) or lstat(path))
    monkeypatch.setattr(frozen, "MOST_FILES", 5)
    assert frozen.contents([str(tmp_path)]) is None
    assert len(looked) == 6


def test_a_snapshot_with_very_many_mappings_is_not_read_to_the_end(session, monkeypatch):
    remote = session.snapshot("f", by_value=False)
    assert remote.process.is_frozen()
    monkeypatch.setattr(frozen, "MOST_MAPS", 1000)
    assert not remote.process.is_frozen()


def test_a_process_that_waits_for_a_vforked_child_is_seen(session):
    vfork = """
    import ctypes, os, threading, time
    number = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
    def child():
        if ctypes.CDLL(None).syscall(number, 0x100 | 0x4000 | 17, 0, 0, 0, 0) == 0:
            while True:
                time.sleep(1)
    threading.Thread(target=child, daemon=True).start()
    time.sleep(0.3)
    """
    first = session.process.monitor.first
    assert not frozen.waits_for_a_child(first)
    assert text(session, vfork) == ""
    assert frozen.waits_for_a_child(first)


def test_only_a_child_of_the_submission_is_a_snapshot(session):
    remote = session.snapshot("f", by_value=False)
    first = session.process.monitor.first
    assert frozen.Snapshot(remote.process.pid, remote.process.sock, first).state is not None
    assert frozen.Snapshot(remote.process.pid, remote.process.sock, os.getpid()).state is None
