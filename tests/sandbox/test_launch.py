"""The sandbox from the inside: cells that try to get out, run for real in every kind that works."""

import fcntl
import json
import os
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

from autograder.sandbox import folders, launch, probe, users, view
from autograder.sandbox.channel import NoAnswer
from autograder.sandbox.client import Session
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.inside.wire import Made
from autograder.sandbox.launch import Sandbox
from autograder.sandbox.limits import MEGABYTE
from autograder.sandbox.users import FIRST_USER, USERS_PER_PROCESS, spare_user
from autograder.units import CONTENT
from tests.sandboxed import eventually, need, running, session_of, text

pytestmark = pytest.mark.slow(50)


@pytest.fixture(params=["bubblewrap", "landlock"], scope="module")
def kind(request):
    return need(request.param)


@pytest.fixture(params=["bubblewrap", "landlock", "none"])
def any_kind(request):
    return need(request.param)


@pytest.fixture(scope="module")
def session(kind):
    """A session to run cells in that leave nothing behind."""
    with session_of(kind) as session:
        yield session


# -- what a cell can do ---------------------------------------------------------------------------


def test_working_folder_is_writable_and_empty_for_every_session(kind):
    with Sandbox(kind, content=CONTENT) as sandboxed:
        for _ in range(2):
            session = Session(sandboxed, 0)
            assert text(session, "import os; os.path.exists('mine')") == "False"
            assert text(session, "open('mine', 'w').write('abc')") == "3"
            assert text(session, "import tempfile; tempfile.mkstemp()[0] > 0") == "True"
            session.close()


def test_module_written_by_a_cell_can_be_imported(session):
    text(session, "open('helper_of_mine.py', 'w').write('answer = 42')")
    assert text(session, "import helper_of_mine; helper_of_mine.answer") == "42"


def test_figures_arrive_as_pictures(session):
    outputs = session.run("import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    assert [set(output["data"]) for output in outputs] == [{"text/plain", "image/png"}]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 + 1", "2"),
        ("1 + 1;", ""),
        ("import asyncio\nawait asyncio.sleep(0, 'later')", "'later'"),
        ("%matplotlib inline", ""),
        ("%%time\n7", "7"),
        ("%timeit -n1 -r1 -q 0\n'timed'", "'timed'"),
        ("input()", "EOFError"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("import sys; sys.stdout = None", ""),
        ("print('still here')", "still here"),
        ("import os; os.fork(); 'once'", "'once'"),
        ("%%bash\necho hello", "hello"),
        ("def f(:", "SyntaxError"),
    ],
)
def test_cells_do_what_they_do_in_jupyter(session, source, expected):
    assert expected in text(session, source)


def test_shell_command_of_a_cell_shows_its_output_or_an_error(session):
    assert text(session, "!echo hel''lo") in ("hello", "OSError: out of pty devices")


def test_exception_that_cannot_be_shown_is_an_error_like_any_other(session):
    source = """
    class Odd(Exception):
        def __str__(self):
            return self.nothing
    raise Odd
    """
    assert text(session, source).startswith(("Odd", "AttributeError"))


def test_cell_that_sees_every_cell_through_a_transformer_changes_only_its_own_side(session):
    source = """
    import ast
    class Seven(ast.NodeTransformer):
        def visit_Constant(self, node):
            return ast.copy_location(ast.Constant(7), node)
    transformers = get_ipython().ast_transformers
    transformers.append(Seven())
    """
    text(session, source)
    assert text(session, "1") == "7"
    assert text(session, "transformers.clear()") == ""
    assert text(session, "1") == "1"


def test_output_is_cut_where_it_becomes_too_much(session):
    out = text(session, "for i in range(400_000):\n    print(i)")
    assert out.endswith("… output cut by the grader")
    assert len(out) < 250_000
    many = "import sys\nfor i in range(5000):\n    print('a'); print('b', file=sys.stderr)"
    assert len(session.run(many)) == 400


def test_too_many_pictures_are_left_out_without_harm(session):
    source = """
    from IPython.display import publish_display_data
    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + bytes(4)
    one = (1).to_bytes(4, "big")
    head = b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", one + one + bytes([8, 0, 0, 0, 0]))
    for _ in range(9):
        png = head + chunk(b"IDAT", bytes(999_000)) + chunk(b"IEND", b"")
        publish_display_data({"image/png": png})
    """
    outputs = session.run(textwrap.dedent(source))
    assert sum("image/png" in output["data"] for output in outputs) == 4
    assert "too large" in outputs[-1]["data"]["text/plain"]


# -- what it cannot do ----------------------------------------------------------------------------


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


WALK = """
import os
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
    import numpy, os
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
        print(before == after, os.listxattr(path))
    """
    assert text(session, source).splitlines() == ["True []"] * 3


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


# -- limits ---------------------------------------------------------------------------------------


def test_memory_that_is_not_there_is_an_error_of_the_cell(session):
    assert "MemoryError" in text(session, "bytes(4 << 30)")
    assert text(session, "'alive'") == "'alive'"


def test_files_and_descriptors_are_limited(kind):
    with session_of(kind, file_size=MEGABYTE, open_files=64) as session:
        assert "File too large" in text(session, "open('f', 'wb').write(bytes(2 << 20))")
        assert "Too many open files" in text(session, "[open('f') for _ in range(99)]")


def test_cell_is_stopped_when_its_cpu_time_is_up_and_the_next_one_runs(kind):
    with session_of(kind, cell_seconds=0.2) as session:
        assert "Stopped" in text(session, "x = 1\nwhile True: pass")
        assert text(session, "x") == "1"


def test_cell_that_swallows_being_stopped_ends_its_process(kind):
    with session_of(kind, cell_seconds=0.2) as session:
        swallow = """
        while True:
            try:
                while True:
                    sum(range(1000))
            except BaseException:
                pass
        """
        with pytest.raises(NoAnswer, match="its process ended"):
            session.run(textwrap.dedent(swallow))


# Busy for a moment at each tick of the kernel's clock, which takes it for busy all the time.
BUSY_AT_TICKS = """
import time
COARSE = 6  # CLOCK_MONOTONIC_COARSE: the time of the last tick
while True:
    before = time.clock_gettime(COARSE)
    time.sleep(max(0, before + 0.0038 - time.monotonic()))
    while time.clock_gettime(COARSE) == before:
        pass
"""


@pytest.mark.parametrize(
    ("cell", "seconds"), [("while True: pass", 6), (BUSY_AT_TICKS, 1)], ids=["busy", "at ticks"]
)
def test_cells_together_are_stopped_before_the_process_would_be_killed(kind, cell, seconds):
    with session_of(kind, 1, cell_seconds=seconds, cpu_seconds=5) as session:
        session.run("def f(): return 5")
        remote = session.snapshot("f", by_value=False)
        for _ in range(9):
            assert "Stopped" in text(session, cell)
        assert remote.observe((), {}).value == 5


def test_making_an_argument_is_stopped_as_a_call_is(kind):
    with session_of(kind, 1, call_seconds=0.2) as session:
        source = """
        import numpy as np
        def forever(seed):
            while True:
                pass
        np.random.default_rng = forever
        def f(rng):
            return 5
        """
        assert text(session, source) == ""
        remote = session.snapshot("f", by_value=False)
        assert remote.observe((Made("np.random.default_rng(seed)", {"seed": 1}),), {}).stopped


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


# -- choosing -------------------------------------------------------------------------------------


def test_the_strongest_kind_that_works_is_chosen(monkeypatch):
    monkeypatch.setattr(probe, "problem", {"bubblewrap": None}.get)
    assert probe.choose() == "bubblewrap"
    monkeypatch.setattr(probe, "problem", {"bubblewrap": "broken"}.get)
    assert probe.choose() == "landlock"


def test_no_sandbox_is_never_chosen_unasked(monkeypatch):
    problems = {"bubblewrap": "bwrap is broken", "landlock": "Landlock is broken"}
    monkeypatch.setattr(probe, "problem", problems.get)
    with pytest.raises(SandboxError, match=r"bwrap is broken.*Landlock is broken.*--sandbox none"):
        probe.choose()
    for kind in ("bubblewrap", "landlock"):
        with pytest.raises(SandboxError, match="broken"):
            probe.choose(kind)
    assert probe.choose("none") == "none"


def test_unknown_kind_is_refused():
    with pytest.raises(SandboxError, match="unknown sandbox 'docker'"):
        probe.choose("docker")


def test_missing_bubblewrap_is_said(monkeypatch):
    monkeypatch.setattr(probe.shutil, "which", lambda name: None)
    assert "not installed" in probe.problem.__wrapped__("bubblewrap")


def test_kernel_without_landlock_is_said(monkeypatch):
    monkeypatch.setattr(probe, "landlock_works", lambda: False)
    assert "no Landlock" in probe.problem.__wrapped__("landlock")


@pytest.mark.parametrize("kind", ["bubblewrap", "landlock"])
def test_sandbox_in_which_nothing_runs_is_taken_not_to_work(monkeypatch, kind):
    need(kind)
    monkeypatch.setattr(view, "python", lambda folder: "/does/not/exist")
    said = probe.problem.__wrapped__(kind)
    assert said.startswith(f"{kind} does not work here: ")
    assert "No such file" in said or "not found" in said.lower()


def test_sandbox_that_does_not_answer_is_taken_not_to_work(monkeypatch):
    monkeypatch.setattr(launch, "PROBE_SECONDS", 0.2)
    monkeypatch.setattr(Sandbox, "sandboxed", lambda *args: ["/bin/sh", "-c", "exec sleep 60"])
    assert "it did not answer" in probe.problem.__wrapped__("bubblewrap")


def test_folder_that_a_killed_grader_left_is_removed_by_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    child = os.fork()
    if child == 0:
        launch.Sandbox("none", content=CONTENT)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    (left,) = tmp_path.glob("sandbox-*")
    with launch.Sandbox("none", content=CONTENT) as mine, launch.Sandbox("none") as other:
        assert not left.exists()
        assert mine.visible.exists()
        assert other.visible.exists()
    assert not list(tmp_path.glob("*sandbox-*"))


def test_private_folder_is_hidden_under_every_name_it_is_seen_by(monkeypatch, tmp_path):
    project = tmp_path / "environment" / "src" / "project"
    project.mkdir(parents=True)
    (tmp_path / "environment" / "lib").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "environment")
    seen = [str(tmp_path / "environment"), str(tmp_path / "link")]
    monkeypatch.setattr(view, "interpreter_paths", lambda: seen)
    monkeypatch.setattr(view, "private_paths", lambda content: [project])
    places = [place for place, _ in view.hiding_places(CONTENT)]
    assert places == [Path(folder) / "src" / "project" for folder in seen]
    ours = view.rules(tmp_path / "visible", None, CONTENT)["read"]
    environment = [path for path in ours if path.startswith(str(tmp_path / "environment"))]
    assert environment == [str(tmp_path / "environment" / "lib")]


def test_links_are_not_followed_around_what_is_hidden(tmp_path):
    (tmp_path / "private").mkdir()
    (tmp_path / "public" / "deep").mkdir(parents=True)
    (tmp_path / "public" / "link").symlink_to(tmp_path / "private")
    (tmp_path / "link").symlink_to(tmp_path / "private")
    parts = set(view.without(tmp_path, {tmp_path / "private"}))
    assert parts == {tmp_path / "public"}
    assert set(view.without(tmp_path / "public", {tmp_path / "public" / "deep"})) == set()


def test_private_folder_that_would_be_seen_is_empty_inside_the_sandbox(kind, monkeypatch):
    private = Path(os.path.realpath(json.__file__)).parent.parent / "wsgiref"
    assert (private / "__init__.py").exists()
    monkeypatch.setattr(view, "private_paths", lambda content: [private])
    with session_of(kind) as session:
        assert "Error" in text(session, f"open({str(private / '__init__.py')!r})")
        assert "Error" in text(session, f"open({str(private / 'new')!r}, 'w')")
        assert "Error" in text(session, "import wsgiref.util")


def test_process_that_cannot_be_started_is_a_sandbox_error(monkeypatch):
    monkeypatch.setattr(Sandbox, "sandboxed", lambda *args: ["/does/not/exist"])
    with (
        Sandbox("none", content=CONTENT) as sandboxed,
        pytest.raises(SandboxError, match="could not be started"),
    ):
        Session(sandboxed, 3)


def test_process_that_ends_at_once_is_a_sandbox_error(monkeypatch):
    monkeypatch.setattr(Sandbox, "sandboxed", lambda *args: ["/bin/false"])
    with (
        Sandbox("none", content=CONTENT) as sandboxed,
        pytest.raises(SandboxError, match="did not start"),
    ):
        Session(sandboxed, 3)


def test_what_bubblewrap_says_of_a_start_that_fails_is_said(monkeypatch):
    need("bubblewrap")
    monkeypatch.setattr(view, "mounts", lambda *args: ["--ro-bind", "/does/not/exist", "/usr"])
    with (
        Sandbox("bubblewrap", content=CONTENT) as sandboxed,
        pytest.raises(SandboxError, match=r"its process ended \(bwrap: .*/does/not/exist.*\)\.$"),
    ):
        Session(sandboxed, 0)
