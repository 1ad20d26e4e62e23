"""Processes in a sandbox: one for each submission, and holders, which keep a sandbox for a fork."""

import os
import select
import signal
import subprocess
from collections.abc import Sequence
from typing import Any

from autograder.sandbox.inside import processes
from autograder.sandbox.limits import Limits
from autograder.sandbox.monitor import Monitor
from autograder.sandbox.template import PATIENCE

STOP_SECONDS = 10  # wall time for the sandbox to end its processes by itself
HOLDER = ["/usr/bin/cat"]  # the command of a holder: it runs until its input ends


class Process(subprocess.Popen[bytes]):
    """A sandboxed process, monitored until `stop`.

    sockets : the inodes of its sockets
    """

    sockets: Sequence[int] = ()

    def __init__(self, command: Sequence[str], limits: Limits, **options: Any) -> None:
        super().__init__(command, **options)
        self.monitor = Monitor(self, limits)

    @property
    def broken(self) -> str | None:
        """The limit for which it was ended, as `monitor.excess` says it; else None."""
        return self.monitor.broken

    def stop(self) -> None:
        """End the process and all that it started."""
        self.monitor.close()
        self.terminate()  # bubblewrap's namespace, or `reaper`, ends all the others
        try:
            self.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # the usual case: all have ended
        self.wait()
        for pipe in filter(None, (self.stdin, self.stdout, self.stderr)):
            pipe.close()


def waiting(holder: Process) -> int:
    """Wait until a holder's sandbox is complete; return the pid of its ``cat``. Raises OSError."""
    assert holder.stdin is not None, "a holder is started with a pipe as its input"
    assert holder.stdout is not None, "a holder is started with a pipe as its output"
    holder.stdin.write(b"\n")
    if not select.select([holder.stdout], [], [], PATIENCE)[0] or not holder.stdout.read(1):
        raise OSError("the sandbox was not completed")
    return list(processes.descendants(holder.pid))[-1]
