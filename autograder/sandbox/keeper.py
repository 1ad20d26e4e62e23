"""Keeps house where there is no process namespace to do it: ``python keeper.py command...``

Runs the command, and ends when all that it started has ended. On SIGTERM, or when the grader dies,
it ends all of that, in sessions of its own too. It starts with every submission, so it imports
little.
"""

import ctypes
import os
import signal
import sys
import time

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36

prctl = ctypes.CDLL(None).prctl


# The kernel's own list is an option of the kernel; all distributions known to us have it.
LISTED = os.path.exists(f"/proc/self/task/{os.getpid()}/children")


def children(pid):
    """The process ids of the children of ``pid``, of very many the first; none if it has ended."""
    if not LISTED:
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and parent(name) == pid]
    found = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb", buffering=0) as file:
                # "12 34 ". One read: for each further one the kernel counts from the first again.
                found += map(int, file.read(4096).rpartition(b" ")[0].split())
    except OSError:
        pass  # it, or the thread, ended in between
    return found


def fields(pid):
    """What /proc/<pid>/stat says after the name, which may hold anything: b"S", b"1", …

    Raises OSError if the process is gone.
    """
    with open(f"/proc/{pid}/stat", "rb") as file:  # "12 (any name) S 1 …"
        return file.read().rpartition(b")")[2].split()


def parent(pid):
    """The process id of the parent of ``pid``; 0 if it has ended."""
    try:
        return int(fields(pid)[1])
    except OSError:
        return 0


def descendants(pid):
    """The process ids of all that ``pid`` started, and of all that those started."""
    left = children(pid)
    while left:
        yield (child := left.pop())
        left += children(child)


def end_all():
    """Kill every descendant: by process groups, since one by one they could start others faster."""
    while True:
        for child in descendants(os.getpid()):
            try:
                os.killpg(os.getpgid(child), signal.SIGKILL)
            except ProcessLookupError:
                pass  # it ended in between
        try:  # a child of one that ended is ours: without children there are no descendants
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.001)


def keep(command):
    """Run ``command``; returns its exit code once all that it started has ended."""
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    signal.signal(signal.SIGTERM, lambda signum, frame: sys.exit(1))
    main = os.fork()
    try:
        if main == 0:
            try:
                os.setsid()  # so that nothing in there can be in the keeper's process group
                prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                os.execv(command[0], command)
            finally:
                os._exit(1)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # sockets, whose end the grader would not see
        code = 0
        while True:
            try:
                ended, status = os.wait()
            except ChildProcessError:
                return code
            if ended == main:
                code = abs(os.waitstatus_to_exitcode(status))
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if os.path.exists("/proc/self"):  # else it is in a namespace that ends with it
            end_all()


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1:]))
