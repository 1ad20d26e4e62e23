"""The warm start: a fork of the template is sandboxed like any process, and leaves no trace."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from autograder.sandbox import launch, template
from autograder.sandbox.channel import NoAnswer
from autograder.sandbox.client import Session
from autograder.sandbox.users import spare_user
from autograder.units import CONTENT
from tests.sandboxed import need, text

pytestmark = pytest.mark.slow(10)

STATUS = ("Groups", "CapInh", "CapPrm", "CapEff", "CapAmb", "NoNewPrivs", "Seccomp", "Threads")
NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "uts")


@pytest.fixture
def sandboxed():
    need("bubblewrap")
    with launch.Sandbox("bubblewrap", content=CONTENT) as made:
        yield made


def one(sandboxed, source):
    """What a cell prints in a submission's process of its own, and what the kernel says of that."""
    session = Session(sandboxed, 1)
    try:
        return text(session, source) + rights(session)
    finally:
        session.close()


def rights(session):
    """What a process may do and has open, from outside: inside there is no /proc."""
    place = Path(f"/proc/{session.control.sender}")
    lines = (place / "status").read_text().splitlines()
    status = dict(line.split(":", 1) for line in lines)
    found = [f"\n{name} {status[name].split()}" for name in STATUS]
    opened = sorted(os.readlink(file).partition(":")[0] for file in (place / "fd").iterdir())
    return "".join(found) + f"\n{opened}"


def cold(sandboxed, source):
    """The same in a process that was not forked from the template."""
    sandboxed.warm, before = False, sandboxed.warm
    try:
        return one(sandboxed, source)
    finally:
        sandboxed.warm = before


LOOK = """
import os, sys
print(sorted(os.listdir("/")), os.getcwd(), sorted(os.environ.items()))
print(sorted(globals()), In[:1], Out, get_ipython().execution_count, sys.path[:1])
print([name for name in sys.modules if name.startswith("course")])
import course.nn, course.plots.drawing
print(course.nn.__file__, course.plots.drawing.figure.__code__.co_filename)
"""


def test_it_has_the_rights_and_the_view_of_one_that_was_not_forked(sandboxed):
    warm = one(sandboxed, LOOK)
    assert sandboxed.template is not None
    assert warm == cold(sandboxed, LOOK)
    assert "NoNewPrivs ['1']" in warm
    assert "Seccomp ['2']" in warm


def test_every_namespace_is_its_own(sandboxed):
    # Root makes do without one of users: it gives each submission a user of its own.
    names = NAMESPACES if spare_user() is not None else (*NAMESPACES, "user")
    ours = [os.readlink(f"/proc/self/ns/{name}") for name in names]
    # While both live they must differ; one after the other, the kernel may use a number again.
    sessions = [Session(sandboxed, 1) for _ in range(2)]
    try:
        first, second = (
            [os.readlink(f"/proc/{session.control.sender}/ns/{name}") for name in names]
            for session in sessions
        )
    finally:
        for session in sessions:
            session.close()
    assert not set(first) & set(ours)
    assert not set(first) & set(second)


def test_it_keeps_no_files_but_its_sockets(sandboxed):
    # Its control socket, and one for a snapshot.
    expected = [os.devnull] * 3 + ["socket"] * 2
    assert one(sandboxed, "").splitlines()[-1] == str(expected)


def test_neither_the_template_nor_the_grader_can_be_seen(sandboxed, monkeypatch):
    monkeypatch.setenv("GRADERS_SECRET", "beetle")
    look = f"""
    import os
    print(os.path.exists("/proc"), os.environ.get("GRADERS_SECRET"), os.getpid() < 50)
    for process in ({os.getpid()}, os.getppid()):
        try:
            os.kill(process, 0)
            print("reached", process != os.getppid())
        except OSError:
            pass
    """
    seen = one(sandboxed, look)
    assert seen.splitlines()[0] == "False None True"
    assert "reached True" not in seen
    assert sandboxed.template is not None


def test_what_one_submission_does_the_next_does_not_see(sandboxed):
    spoil = """
    import os, sys, builtins
    import numpy as np
    np.add = builtins.sum = None
    sys.modules["json"].loads = sys.modules["wire"].pack = None
    os.environ["LEFT"] = "here"
    with open("/tmp/left", "w") as file, open("/dev/shm/left", "w") as other:
        print("left behind", file=file)
    left = 1
    os.kill(os.getpid(), 9)
    """
    session = Session(sandboxed, 1)
    with pytest.raises(NoAnswer):
        text(session, spoil)
    session.close()
    look = """
    import os, builtins, sys, json
    import numpy as np
    print(np.add(1, 2), builtins.sum([1]), json.loads("1"), sys.modules["wire"].pack(1, {}),
          "LEFT" in os.environ, "left" in globals(),
          os.path.exists("/tmp/left"), os.listdir("/dev/shm"))
    """
    assert one(sandboxed, look).splitlines()[0] == "3 1 1 1 False False False []"


def test_a_template_that_was_killed_is_done_without(sandboxed):
    assert one(sandboxed, "print(1)").startswith("1\n")
    os.kill(sandboxed.template.process.pid, signal.SIGKILL)
    sandboxed.template.process.wait()
    assert one(sandboxed, "print(2)").startswith("2\n")
    assert not sandboxed.warm


def test_a_kernel_that_refuses_is_done_without(sandboxed, monkeypatch):
    monkeypatch.setattr(template.Template, "fork", refuse)
    assert one(sandboxed, "print(1)").startswith("1\n")
    assert not sandboxed.warm


def refuse(self, *arguments):
    raise OSError("not here")


def test_a_template_says_why_a_sandbox_cannot_be_entered(sandboxed):
    assert one(sandboxed, "print(1)").startswith("1\n")
    holder = subprocess.Popen(["/bin/true"])
    holder.wait()
    with pytest.raises(OSError, match="No such process"):
        sandboxed.template.fork(holder.pid, {"user": None}, [])
    assert one(sandboxed, "print(2)").startswith("2\n")
    assert sandboxed.warm


def test_a_template_ends_with_its_sandbox():
    need("bubblewrap")
    with launch.Sandbox("bubblewrap", content=CONTENT) as sandboxed:
        one(sandboxed, "print(1)")
        process = sandboxed.template.process
        assert process.poll() is None
    assert process.poll() == 0
