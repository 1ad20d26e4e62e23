"""The warm start: a fork of the template is fenced like any process, and leaves no trace."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from autograder.border import BorderError, Session
from autograder.sandbox import fence, template
from tests.fenced import need, text

pytestmark = pytest.mark.slow(10)

STATUS = ("Groups", "CapInh", "CapPrm", "CapEff", "CapAmb", "NoNewPrivs", "Seccomp", "Threads")
NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "uts")


@pytest.fixture
def fenced():
    need("bubblewrap")
    with fence.Fence("bubblewrap") as made:
        yield made


def one(fenced, source):
    """What a cell prints in a submission's process of its own, and what the kernel says of that."""
    session = Session(fenced, 1)
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


def cold(fenced, source):
    """The same in a process that was not forked from the template."""
    fenced.warm, before = False, fenced.warm
    try:
        return one(fenced, source)
    finally:
        fenced.warm = before


LOOK = """
import os, sys
print(sorted(os.listdir("/")), os.getcwd(), sorted(os.environ.items()))
print(sorted(globals()), In[:1], Out, get_ipython().execution_count, sys.path[:1])
print([name for name in sys.modules if name.startswith("course")])
import course.nn, course.plots.drawing
print(course.nn.__file__, course.plots.drawing.figure.__code__.co_filename)
"""


def test_it_has_the_rights_and_the_view_of_one_that_was_not_forked(fenced):
    warm = one(fenced, LOOK)
    assert fenced.template is not None
    assert warm == cold(fenced, LOOK)
    assert "NoNewPrivs ['1']" in warm
    assert "Seccomp ['2']" in warm


def test_every_namespace_is_its_own(fenced):
    # Root makes do without one of users: it gives each submission a user of its own.
    names = NAMESPACES if fence.spare_user() is not None else (*NAMESPACES, "user")
    ours = [os.readlink(f"/proc/self/ns/{name}") for name in names]
    # While both live they must differ; one after the other, the kernel may use a number again.
    sessions = [Session(fenced, 1) for _ in range(2)]
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


def test_it_keeps_no_files_but_its_sockets(fenced):
    # Its control socket, and one for a snapshot.
    expected = [os.devnull] * 3 + ["socket"] * 2
    assert one(fenced, "").splitlines()[-1] == str(expected)


def test_neither_the_template_nor_the_grader_can_be_seen(fenced, monkeypatch):
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
    seen = one(fenced, look)
    assert seen.splitlines()[0] == "False None True"
    assert "reached True" not in seen
    assert fenced.template is not None


def test_what_one_submission_does_the_next_does_not_see(fenced):
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
    session = Session(fenced, 1)
    with pytest.raises(BorderError):
        text(session, spoil)
    session.close()
    look = """
    import os, builtins, sys, json
    import numpy as np
    print(np.add(1, 2), builtins.sum([1]), json.loads("1"), sys.modules["wire"].pack(1, {}),
          "LEFT" in os.environ, "left" in globals(),
          os.path.exists("/tmp/left"), os.listdir("/dev/shm"))
    """
    assert one(fenced, look).splitlines()[0] == "3 1 1 1 False False False []"


def test_a_template_that_was_killed_is_done_without(fenced):
    assert one(fenced, "print(1)").startswith("1\n")
    os.kill(fenced.template.process.pid, signal.SIGKILL)
    fenced.template.process.wait()
    assert one(fenced, "print(2)").startswith("2\n")
    assert not fenced.warm


def test_a_kernel_that_refuses_is_done_without(fenced, monkeypatch):
    monkeypatch.setattr(template.Template, "fork", refuse)
    assert one(fenced, "print(1)").startswith("1\n")
    assert not fenced.warm


def refuse(self, *arguments):
    raise OSError("not here")


def test_a_template_says_why_a_fence_cannot_be_entered(fenced):
    assert one(fenced, "print(1)").startswith("1\n")
    holder = subprocess.Popen(["/bin/true"])
    holder.wait()
    with pytest.raises(OSError, match="No such process"):
        fenced.template.fork(holder.pid, {"user": None}, [])
    assert one(fenced, "print(2)").startswith("2\n")
    assert fenced.warm


def test_a_template_ends_with_its_fence():
    need("bubblewrap")
    with fence.Fence("bubblewrap") as fenced:
        one(fenced, "print(1)")
        process = fenced.template.process
        assert process.poll() is None
    assert process.poll() == 0
