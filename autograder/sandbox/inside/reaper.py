"""Keeps house where there is no process namespace to do it: ``python reaper.py command...``

Runs the command, and ends when all that it started has ended. On SIGTERM, or when the grader dies,
it ends all of that, in sessions of its own too. It starts with every submission, so it imports
little.
"""

import ctypes
import os
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))

sys.path.insert(0, HERE)  # the module lies beside this file; its package does not
from processes import descendants  # noqa: E402

sys.path.remove(HERE)

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
prctl = ctypes.CDLL(None).prctl


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
                os.setsid()  # so that nothing in there can be in the reaper's process group
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
