"""Limit what all processes of a submission use together: the kernel's limits are for each process.

A thread in the grader adds it up every tenth of a second, and ends the sandbox if it is too much.
This also works for root, whose number of processes the kernel does not limit, and needs no cgroup,
which few containers may create. It misses what happens between two looks: for a hard limit, use the
service manager (README).

Sources: proc_pid_stat(5), proc_tid_children(5) and proc_pid_smaps(5).
"""

import os
import subprocess
import threading
import time
from pathlib import Path

from autograder.sandbox.inside.processes import descendants, fields
from autograder.sandbox.limits import Limits

LOOK_SECONDS = 0.1
LONGEST_PAUSE = 1.0  # seconds, after a look that took long
SHARE = 0.1  # of one CPU's time that looking may take, by longer pauses
PAGE = os.sysconf("SC_PAGE_SIZE")
THREADS, RESIDENT = 17, 21  # indices into `processes.fields`
GIGABYTE = 1 << 30


def proportional(pid: int) -> int:
    """A process's memory in bytes, where 1/n of each part counts that n processes share.

    Raises OSError if it cannot be read.
    """
    kilobytes = Path(f"/proc/{pid}/smaps_rollup").read_bytes().partition(b"Pss:")[2].split()[0]
    return int(kilobytes) * 1024


def excess(pid: int, limits: Limits) -> str | None:
    """The limit that the descendants of ``pid`` exceed together; None if they exceed none.

    The text follows a subject: "ran more than …".
    """
    resident: dict[int, int] = {}
    tasks = 0
    for child in descendants(pid):
        try:
            told = fields(child)
            resident[child] = int(told[RESIDENT]) * PAGE
            tasks += int(told[THREADS])
        except OSError:  # just ended: in a fork bomb most do, and new ones replace them
            tasks += 1
        if tasks > limits.processes:
            return f"ran more than {limits.processes} processes and threads at once"
    memory = sum(resident.values())
    if memory > limits.total_memory:  # shared memory was counted several times
        for child, most in resident.items():
            try:
                memory -= max(0, most - proportional(child))
            except OSError:  # ended, or not readable: it counts in full
                continue
            if memory <= limits.total_memory:
                return None
        size = limits.total_memory / GIGABYTE
        return f"used more than {size:.3g} GB of memory over all its processes"
    return None


def has_ended(pid: int) -> bool:
    """True if a process is gone or is a zombie."""
    try:
        return fields(pid)[0] == b"Z"
    except OSError:
        return True


class Monitor(threading.Thread):
    """A thread that ends ``process`` once its descendants exceed a limit together.

    broken : the limit, see `excess`, set before the process is ended; else None
    first : pid of a descendant; the process is ended once it has ended. None: not watched
    """

    def __init__(self, process: "subprocess.Popen[bytes]", limits: Limits) -> None:
        super().__init__(name=f"monitor-{process.pid}", daemon=True)
        self.process, self.limits = process, limits
        self.broken: str | None = None
        self.first: int | None = None
        self.closed = threading.Event()
        self.start()

    def look(self) -> bool:
        """End the process if a limit is exceeded or ``first`` has ended; True if it was ended.

        Sets ``broken``.
        """
        self.broken = self.broken or excess(self.process.pid, self.limits)
        first = self.first
        if self.broken or (first and has_ended(first)):
            self.process.terminate()
            return True
        return False

    def run(self) -> None:
        pause = LOOK_SECONDS
        while not self.closed.wait(pause):
            began = time.thread_time()
            if self.look():
                return
            rest = (time.thread_time() - began) / SHARE
            pause = min(max(LOOK_SECONDS, rest), LONGEST_PAUSE)

    def close(self) -> None:
        """Stop watching."""
        self.closed.set()
        self.join()
