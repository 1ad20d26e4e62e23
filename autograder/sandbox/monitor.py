"""Limit what all processes of a submission use together: the kernel's limits are for each process.

A process whose first thread has ended looks like one that has ended itself (its state is Z, its
memory 0), while its other threads run on. So threads are asked where the process says nothing.

A thread in the grader adds it up every tenth of a second, and ends the sandbox if it is too much.
This also works for root, whose number of processes the kernel does not limit, and needs no cgroup,
which few containers may create. It misses what happens between two looks: for a hard limit, use the
service manager (README).

Sources: proc_pid_stat(5), proc_tid_children(5) and proc_pid_smaps(5).
"""

import contextlib
import os
import subprocess
import threading
import time
from pathlib import Path

from autograder.sandbox.inside.processes import descendants, fields, threads
from autograder.sandbox.limits import Limits

LOOK_SECONDS = 0.1
LONGEST_PAUSE = 1.0  # seconds, after a look that took long
SHARE = 0.1  # of one CPU's time that looking may take, by longer pauses
PAGE = os.sysconf("SC_PAGE_SIZE")
# Indices into `processes.fields`. CPU: of the process, and of children that it has waited for.
STATE, CPU, THREADS, RESIDENT = 0, slice(11, 15), 17, 21
ENDED = (b"Z", b"X")
TICKS = os.sysconf("SC_CLK_TCK")
GIGABYTE = 1 << 30


def proportional(pid: int) -> int:
    """A process's memory in bytes, where 1/n of each part counts that n processes share.

    Raises OSError if it cannot be read.
    """
    told = Path(f"/proc/{living(pid)}/smaps_rollup").read_bytes()
    return int(told.partition(b"Pss:")[2].split()[0]) * 1024


def living(pid: int) -> str:
    """What stands for a process in /proc: its folder, or that of a thread that lives on.

    Raises OSError if the process is gone.
    """
    if fields(pid)[STATE] not in ENDED:
        return str(pid)
    for thread in threads(pid):
        with contextlib.suppress(OSError):  # this one has just ended
            if fields(thread)[STATE] not in ENDED:
                return thread
    return str(pid)


def has_ended(pid: int) -> bool:
    """True if a process is gone, or all of its threads have ended."""
    try:
        return fields(living(pid))[STATE] in ENDED
    except OSError:
        return True


class Usage:
    """What the descendants of a process use together.

    cpu : seconds of CPU time that they have used so far. Missing is what those used since the last
        look that have ended without anybody waiting for them.
    """

    def __init__(self, pid: int) -> None:
        self.pid, self.cpu = pid, 0.0
        self.last = 0.0  # the CPU time of those that lived at the last look

    def excess(self, limits: Limits) -> str | None:
        """The limit that is exceeded; None if none is.

        The text follows a subject: "ran more than …".
        """
        resident: dict[int, int] = {}
        ticks = tasks = 0
        for child in descendants(self.pid):
            try:
                told = fields(child)
                ticks += sum(map(int, told[CPU]))
                tasks += int(told[THREADS])
                if told[STATE] in ENDED:
                    told = fields(living(child))
                resident[child] = int(told[RESIDENT]) * PAGE
            except OSError:  # just ended: in a fork bomb most do, and new ones replace them
                tasks += 1
            if tasks > limits.processes:
                return f"ran more than {limits.processes} processes and threads at once"
        now = ticks / TICKS
        self.cpu += max(0.0, now - self.last)
        self.last = now
        if self.cpu > limits.total_cpu:
            return f"used more than {limits.total_cpu:g} s of CPU time over all its processes"
        return excess_memory(resident, limits)


def excess_memory(resident: dict[int, int], limits: Limits) -> str | None:
    """The limit on memory, if processes exceed it; else None.

    resident : the memory of each process in bytes, by its pid
    """
    memory = sum(resident.values())
    if memory > limits.total_memory:  # shared memory was counted several times
        for child, most in resident.items():
            try:
                memory -= max(0, most - proportional(child))
            except (OSError, IndexError):  # ended, or not readable: it counts in full
                continue
            if memory <= limits.total_memory:
                return None
        size = limits.total_memory / GIGABYTE
        return f"used more than {size:.3g} GB of memory over all its processes"
    return None


class Monitor(threading.Thread):
    """A thread that ends ``process`` once its descendants exceed a limit together.

    broken : the limit, see `Usage.excess`, set before the process is ended; else None
    first : pid of a descendant; the process is ended once it has ended. None: not watched
    """

    def __init__(self, process: "subprocess.Popen[bytes]", limits: Limits) -> None:
        super().__init__(name=f"monitor-{process.pid}", daemon=True)
        self.process, self.limits, self.usage = process, limits, Usage(process.pid)
        self.broken: str | None = None
        self.first: int | None = None
        self.closed = threading.Event()
        self.start()

    def look(self) -> bool:
        """End the process if a limit is exceeded or ``first`` has ended; True if it was ended.

        Sets ``broken``.
        """
        self.broken = self.broken or self.usage.excess(self.limits)
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
