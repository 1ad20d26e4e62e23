"""The reaper of a submission's processes: ``python reaper.py command...``

It runs the command and exits once every process that the command started has ended. On SIGTERM, or
when the grader dies, it kills all of them, those in other sessions too: without a process namespace
nothing else does. It starts with every submission, so it imports little.
"""

import ctypes
import os
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))

sys.path.insert(0, HERE)  # this runs as a script: the module is found beside it, in no package
from processes import descendants  # type: ignore[import-not-found]  # noqa: E402

sys.path.remove(HERE)

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
prctl = ctypes.CDLL(None).prctl


def end_all() -> None:
    """Kill every descendant.

    By process groups: killed one by one, they could start new ones faster.
    """
    while True:
        for child in descendants(os.getpid()):
            try:
                os.killpg(os.getpgid(child), signal.SIGKILL)
            except ProcessLookupError:
                pass  # it ended in between
        try:  # orphans become children of the reaper: without children no descendant is left
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.001)


def keep(command: list[str]) -> int:
    """Run ``command``; return its exit code once every process that it started has ended."""
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    signal.signal(signal.SIGTERM, lambda signum, frame: sys.exit(1))
    main = os.fork()
    try:
        if main == 0:
            try:
                os.setsid()  # keeps the command out of the reaper's process group
                prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                os.execv(command[0], command)
            finally:
                os._exit(1)
        # Close our copies of the sockets: with them open, the grader would not notice that the
        # command has closed its own.
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
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
        if os.path.exists("/proc/self"):  # else the process namespace ends with the reaper
            end_all()


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1:]))
