"""Cells that try to get out of the sandbox, run for real in every kind that works.

What holds here depends on who grades, so `test_ordinary_user` runs this file again.
"""

import fcntl
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import uuid
from pathlib import Path

import numpy
import pytest

from autograder.sandbox import folders, launch, users, view
from autograder.sandbox.channel import NoAnswer
from autograder.sandbox.client import Session
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.launch import Sandbox
from autograder.sandbox.limits import MEGABYTE
from autograder.sandbox.users import FIRST_USER, USERS_PER_PROCESS, spare_user
from autograder.units import CONTENT
from tests.sandboxed import eventually, need, running, session_of, text

pytestmark = pytest.mark.slow(30)


# -- what a cell cannot do ------------------------------------------------------------------------


def test_environment_holds_nothing_of_the_graders(kind, monkeypatch):
    monkeypatch.setenv("GRADER_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", str(view.PROJECT))
    with Sandbox(kind, content=CONTENT) as sandboxed:
        session = Session(sandboxed, 0)
        names = json.loads(text(session, "import os, json; print(json.dumps(dict(os.environ)))"))
        session.close()
        assert set(names) - {"PWD", "LC_CTYPE"} == set(sandboxed.environment("/tmp"))
    assert "secret" not in names.values()


def test_network_is_out_of_reach(session):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        port = server.getsockname()[1]
        source = f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)"
        assert "Error" in text(session, source)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_what_is_shown_of_the_system_can_be_read(session):
    shown = [p for p in ("/etc/ld.so.cache", "/etc/localtime", "/usr/bin/env") if Path(p).exists()]
    assert shown
    for path in shown:
        assert text(session, f"len(open({path!r}, 'rb').read(9)) > 0") == "True"


def test_abstract_sockets_of_the_machine_are_out_of_reach(session):
    name = f"\0{uuid.uuid4()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        source = f"import socket; socket.socket(socket.AF_UNIX).connect({name!r})"
        assert "Error" in text(session, source)


@pytest.mark.parametrize(
    "path", [__file__, launch.__file__, view.PROJECT / "pyproject.toml", "/etc/hostname"]
)
def test_files_of_the_machine_cannot_be_read(session, path):
    assert Path(path).exists()
    assert "Error" in text(session, f"open({str(path)!r}).read()")


def test_gradebook_and_other_submissions_can_be_neither_read_nor_written(session, tmp_path):
    gradebook = tmp_path / "gradebook.db"
    gradebook.write_text("10 points")
    for mode in ("r", "a", "w"):
        assert "Error" in text(session, f"open({str(gradebook)!r}, {mode!r})")
    assert "Error" in text(session, f"import os; os.listdir({str(tmp_path)!r})")
    assert "Error" in text(session, f"os.unlink({str(gradebook)!r})")
    assert gradebook.read_text() == "10 points"


def test_what_the_process_is_given_cannot_be_changed(session):
    for module in ("course", "numpy"):
        source = f"import {module}; open({module}.__file__, 'a')"
        assert "Error" in text(session, source)
    assert "Error" in text(session, "import sys; open(sys.argv[0], 'a')")


def test_autograder_is_not_importable_and_course_is(session):
    assert "ModuleNotFoundError" in text(session, "import autograder")
    assert text(session, "import course.numbers; 'fine'") == "'fine'"


def test_hidden_modules_are_not_importable_and_others_are(kind):
    with session_of(kind, hidden=("images",)) as session:
        assert "Error" in text(session, "import course.images")
        assert text(session, "import course.numbers; 'fine'") == "'fine'"


def test_processes_of_the_machine_cannot_be_signalled(session):
    source = f"import os; os.kill({os.getpid()}, 0)"
    assert "Error" in text(session, source)


def test_processes_of_the_machine_cannot_be_looked_into(session):
    source = f"""
    import os
    for name in ("environ", "cmdline", "maps", "fd/0", "root/etc/passwd"):
        try:
            open("/proc/{os.getpid()}/" + name, "rb").read()
            print("seen", name)
        except OSError:
            pass
    """
    assert text(session, source) == ""


def test_no_privileges_are_left(session):
    source = """
    import os, stat
    for attempt in (
        lambda: os.mknod("disk", stat.S_IFBLK | 0o600, os.makedev(8, 0)),
        lambda: os.chroot("."),
        lambda: os.setuid(12345),
        lambda: os.chown(".", 12345, 12345),
    ):
        try:
            attempt()
        except OSError:
            continue
        if os.stat(".").st_uid == 12345:  # where it is not refused, it does nothing
            print("allowed")
    """
    assert text(session, source) == ""


def test_limits_cannot_be_lifted(session):
    source = """
    import resource
    for name in ("AS", "CPU", "FSIZE", "NOFILE", "CORE"):
        kind = getattr(resource, "RLIMIT_" + name)
        soft, hard = resource.getrlimit(kind)
        assert soft == hard != resource.RLIM_INFINITY, name
        try:
            resource.setrlimit(kind, (hard + 1, hard + 1))
            print("lifted", name)
        except (ValueError, OSError):
            pass
    """
    assert text(session, source) == ""


def test_no_crash_starts_the_crash_handler_of_the_machine(session):
    """Where core_pattern is a pipe, a limit of 1 stops it and a limit of 0 does not."""
    source = """
    import ctypes, resource
    print(resource.getrlimit(resource.RLIMIT_CORE))
    libc, two = ctypes.CDLL(None), (ctypes.c_ulong * 2)(0, 0)
    print(libc.setrlimit(4, two), libc.prlimit(0, 4, two, None), libc.syscall(160, 4, two))
    print(libc.syscall(160, (1 << 32) + 4, two), libc.prlimit(0, 0, None, two))
    """
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    expected = (1, 1) if hard else (0, 0)
    assert text(session, source) == f"{expected}\n-1 -1 -1\n-1 0"


WALK = """
import os
import resource
print("as", os.getuid() != 0)
opened = []
for top in ("/proc", "/sys"):
    for folder, folders, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            if path.startswith(("/proc/self/", "/proc/thread-self/", f"/proc/{os.getpid()}/")):
                continue
            try:
                os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))  # and nothing is written
                opened.append(path)
            except OSError:
                pass
print(opened)
for path in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/pressure/cpu",
             "/proc/1/oom_score_adj", f"/proc/{os.getppid()}/oom_score_adj"):
    try:
        os.close(os.open(path, os.O_WRONLY))
        print("opened", path)
    except OSError:
        pass
"""


def test_nothing_below_proc_and_sys_opens_for_writing(session):
    assert text(session, WALK).splitlines() == ["as True", "[]"]


def test_root_gives_each_submission_a_user_of_its_own(kind):
    if spare_user() is None:
        pytest.skip("only root can; CI runs as root")
    with Sandbox(kind, content=CONTENT) as sandboxed:
        sessions = [Session(sandboxed, 0) for _ in range(2)]
        look = "import os; print(*os.getresuid(), *os.getresgid(), os.getgroups())"
        first, second = (text(session, look).split() for session in sessions)
        for session in sessions:
            session.close()
    for said in (first, second):
        assert len(set(said[:6])) == 1
        assert int(said[0]) >= FIRST_USER
        assert said[6:] == ["[]"]
    assert first[0] != second[0]


@pytest.mark.parametrize(
    ("first", "count", "chosen"),
    [(0, 1 << 32, (0x70000000, 0x80000000)), (0, 65536, (32766, 65535)), (0, 1, None)],
)
def test_users_are_those_that_nobody_has(monkeypatch, first, count, chosen):
    monkeypatch.setattr(users, "users", lambda: (first, count))
    monkeypatch.setattr(launch.os, "geteuid", lambda: 0)
    found = [spare_user() for _ in range(200)]
    if chosen is None:
        assert set(found) == {None}
    else:
        assert all(chosen[0] <= user < chosen[1] for user in found)
        assert len(set(found)) == USERS_PER_PROCESS


def test_the_interpreter_is_left_as_it_was(kind):
    """Root links it to where the submission's user can reach it."""
    places = [Path(os.__file__), Path(view.PYTHON), Path(numpy.__file__)]
    places += sorted(Path(os.__file__).parent.glob("*.py"))[:50]
    before = [(path.stat().st_mode, path.stat().st_uid) for path in places]
    with session_of(kind) as session:
        assert text(session, "1 + 1") == "2"
    assert [(path.stat().st_mode, path.stat().st_uid) for path in places] == before


def test_an_ordinary_grader_does_not_choose_users(monkeypatch):
    monkeypatch.setattr(launch.os, "geteuid", lambda: 1000)
    assert spare_user() is None


def test_folder_that_the_submissions_user_cannot_reach_is_refused(monkeypatch, tmp_path):
    if spare_user() is None:
        pytest.skip("only root gives submissions another user; CI runs as root")
    need("landlock")
    tmp_path.chmod(0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(SandboxError, match="is closed to other users"):
        Sandbox("landlock", content=CONTENT)
    assert not list(tmp_path.iterdir())


def test_metadata_of_files_that_others_use_stay(session):
    source = """
    import errno, numpy, os
    for path in (numpy.__file__, os.path.dirname(numpy.__file__), os.__file__):
        before = os.stat(path)
        for change in (lambda: os.chmod(path, 0), lambda: os.utime(path, (1, 1)),
                       lambda: os.chown(path, os.getuid(), -1),
                       lambda: os.fchmod(os.open(path, os.O_RDONLY), 0),
                       lambda: os.setxattr(path, "user.left", b"behind")):
            try:
                change()
            except OSError:
                pass
        after = os.stat(path)
        try:
            left = os.listxattr(path)
        except OSError as error:  # under Landlock there are none
            left = [] if error.errno == errno.ENOTSUP else error
        print(before == after, left)
    """
    assert text(session, source).splitlines() == ["True []"] * 3


def test_devices_can_be_used_and_their_times_stay(session):
    """Everybody may write to them, and so set their times to now."""
    places = [f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty")]

    def times():
        found = [os.stat(place) for place in places if os.path.exists(place)]
        return [(status.st_atime_ns, status.st_mtime_ns, status.st_ctime_ns) for status in found]

    before = times()
    source = f"""
    import contextlib, os
    for place in {places}:
        for flags in (os.O_RDONLY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC):
            with contextlib.suppress(OSError):
                os.utime(place)
                opened = os.open(place, flags)
                os.utime(opened)
                os.close(opened)
    print(len(open("/dev/urandom", "rb").read(3)), len(open("/dev/zero", "rb").read(3)))
    print(open("/dev/null", "w").write("fine"))
    """
    assert text(session, source).splitlines() == ["3 3", "4"]
    assert times() == before


def test_locks_on_files_that_others_use_are_none(session):
    source = """
    import fcntl, numpy
    first, second = open(numpy.__file__), open(numpy.__file__)
    def alone(file, how):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    for lock in (alone, fcntl.flock, fcntl.lockf):
        for file in (first, second):
            try:
                lock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                print("locked by", lock.__name__)
    for command in (fcntl.F_SETLEASE, fcntl.F_NOTIFY, 8, 10):
        try:
            fcntl.fcntl(first, command, 0)
            print("allowed", command)
        except OSError:
            pass
    """
    assert text(session, source) == ""
    with open(numpy.__file__) as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # nobody inside holds one


def test_other_processes_cannot_be_limited_or_slowed_down(session):
    source = f"""
    import os, resource
    for attempt in (
        lambda: resource.prlimit({os.getpid()}, resource.RLIMIT_FSIZE),
        lambda: resource.prlimit(os.getppid(), resource.RLIMIT_FSIZE),
        lambda: os.setpriority(os.PRIO_PROCESS, {os.getpid()}, 19),
        lambda: os.setpriority(os.PRIO_USER, 0, 19),
        lambda: os.setpriority(os.PRIO_PGRP, 0, 19),
        lambda: os.sched_setaffinity({os.getpid()}, [0]),
    ):
        try:
            attempt()
            print("allowed")
        except OSError:
            pass
    os.nice(1); print(resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 0)
    """
    assert text(session, source) == "True"


def test_private_folder_that_would_be_seen_is_empty_inside_the_sandbox(kind, monkeypatch):
    private = Path(os.path.realpath(json.__file__)).parent.parent / "wsgiref"
    assert (private / "__init__.py").exists()
    monkeypatch.setattr(view, "private_paths", lambda content: [private])
    with session_of(kind) as session:
        assert "Error" in text(session, f"open({str(private / '__init__.py')!r})")
        assert "Error" in text(session, f"open({str(private / 'new')!r}, 'w')")
        assert "Error" in text(session, "import wsgiref.util")


# -- limits ---------------------------------------------------------------------------------------


def test_memory_that_is_not_there_is_an_error_of_the_cell(session):
    assert "MemoryError" in text(session, "bytes(4 << 30)")
    assert text(session, "'alive'") == "'alive'"


def test_files_and_descriptors_are_limited(kind):
    with session_of(kind, file_size=MEGABYTE, open_files=64) as session:
        assert "File too large" in text(session, "open('f', 'wb').write(bytes(2 << 20))")
        assert "Too many open files" in text(session, "[open('f') for _ in range(99)]")


def test_lower_limits_of_the_machine_are_kept(any_kind):
    source = f"""
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
    from autograder.sandbox.client import Session
    from autograder.sandbox.launch import Sandbox
    with Sandbox({any_kind!r}) as sandboxed:
        session = Session(sandboxed, 0)
        outputs = session.run("import resource; resource.getrlimit(resource.RLIMIT_NOFILE)")
        session.close()
    print(outputs[0]["data"]["text/plain"])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "(128, 128)"


# -- the end --------------------------------------------------------------------------------------

LINGER = """
import subprocess, os
for new_session in (False, True):
    subprocess.Popen(["/bin/sh", "-c", "sleep 60; : {0}"], start_new_session=new_session)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv("/bin/sh", ["sh", "-c", "sleep 60; : {0}"])
    os._exit(0)
"""


def test_everything_that_was_started_ends_with_the_session(any_kind):
    marker = f"marker-{uuid.uuid4()}"
    with Sandbox(any_kind, content=CONTENT) as sandboxed:
        session = Session(sandboxed, 0)
        session.run(LINGER.format(marker))
        assert eventually(lambda: len(running(marker)) == 3)
        session.close()
        assert eventually(lambda: not running(marker))


def test_everything_ends_when_the_process_ends_itself(any_kind):
    marker = f"marker-{uuid.uuid4()}"
    with session_of(any_kind) as session:
        with pytest.raises(NoAnswer):
            session.run(LINGER.format(marker) + "os.kill(os.getpid(), 9)")
        assert eventually(lambda: session.process.poll() is not None)
        assert eventually(lambda: not running(marker))


def test_everything_ends_when_the_grader_is_killed_while_a_cell_runs(any_kind):
    marker = f"marker-{uuid.uuid4()}"
    cell = LINGER.format(marker) + "import time\ntime.sleep(60)"
    source = f"""
    from autograder.sandbox.client import Session
    from autograder.sandbox.launch import Sandbox
    sandboxed = Sandbox({any_kind!r})
    print(sandboxed.folder, flush=True)
    Session(sandboxed, 0).run({cell!r})
    """
    grader = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(source)], stdout=subprocess.PIPE, text=True
    )
    with grader:
        folder = grader.stdout.readline().strip()
        assert eventually(lambda: len(set(running(marker)) - {grader.pid}) == 3)
        grader.send_signal(signal.SIGKILL)
    assert eventually(lambda: not running(marker))
    folders.remove_sandbox(Path(folder))


def test_snapshot_in_the_middle_of_a_question_ends_with_the_session(any_kind):
    with Sandbox(any_kind, content=CONTENT) as sandboxed:
        session = Session(sandboxed, 1)
        session.run("def f(): pass")
        remote = session.snapshot("f", by_value=False)
        assert remote.channel.waits()
        remote.channel.send(b"\0", time.monotonic() + 9)  # it waits for the rest of a question
        session.close()
        assert session.process.poll() is not None
        assert remote.observe((), {}).lost


def test_folders_are_removed_whatever_was_done_to_them(any_kind):
    source = """
    import os
    here = os.getcwd()
    os.mkdir("locked"); open("locked/file", "w").close(); os.chmod("locked", 0)
    for _ in range(1500):
        os.mkdir("d"); os.chdir("d")
    os.chdir(here)
    'made'
    """
    with Sandbox(any_kind, content=CONTENT) as sandboxed:
        session = Session(sandboxed, 0)
        assert text(session, source) == "'made'"
        session.close()
        assert not list(sandboxed.folder.glob("scratch-*"))
    assert not sandboxed.folder.exists()
