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
import dataclasses
import os
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from autograder.sandbox.inside.processes import descendants, fields, threads
from autograder.sandbox.limits import Limits

LOOK_SECONDS = 0.1
LONGEST_PAUSE = 1.0  # seconds, after a look that took long
SHARE = 0.1  # of one CPU's time that looking may take, by longer pauses
PAGE = os.sysconf("SC_PAGE_SIZE")
# Indices into `processes.fields`. Ticks: its own, and those of children that it has waited for.
STATE, OWN, WAITED, THREADS, RESIDENT = 0, slice(11, 13), slice(13, 15), 17, 21
ENDED, RUNS = (b"Z", b"X"), b"R"
PROCESSORS = os.cpu_count() or 1
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


@dataclasses.dataclass
class Spent:
    """The CPU time of a process in ticks: its own, and that of children that it has waited for."""

    own: int
    waited: int


class Usage:
    """What a process and its descendants use together.

    cpu : seconds of CPU time that they have used so far. It is exact for what lives at a look, or
        has been waited for. Of others that come and go between two looks, those that are seen are
        taken to have kept their processors busy since the look before.
    """

    def __init__(self, pid: int) -> None:
        self.pid, self.cpu = pid, 0.0
        self.last: dict[int, Spent] = {}  # by pid, at the last look
        self.when = time.monotonic()  # the last look
        self.lock = threading.Lock()  # cells are followed by looks beside the monitor's own

    def excess(self, limits: Limits) -> str | None:
        """The limit that is exceeded; None if none is.

        The text follows a subject: "ran more than …".
        """
        with self.lock:
            return self.look(limits)

    def look(self, limits: Limits) -> str | None:
        """See `excess`."""
        resident: dict[int, int] = {}
        spent: dict[int, Spent] = {}
        running = tasks = 0
        for child in (self.pid, *descendants(self.pid)):
            try:
                told = fields(child)
                own, waited = (sum(map(int, told[part])) for part in (OWN, WAITED))
                spent[child] = Spent(own, waited)
                if child == self.pid:  # the sandbox's own
                    continue
                running += 0 if child in self.last else running_threads(child)
                tasks += int(told[THREADS])
                if told[STATE] in ENDED:
                    told = fields(living(child))
                resident[child] = int(told[RESIDENT]) * PAGE
            except OSError:  # just ended: in a fork bomb most do, and new ones replace them
                tasks += 1
            if tasks > limits.processes:
                return f"ran more than {limits.processes} processes and threads at once"
        self.add(spent, running)
        if self.cpu > limits.total_cpu:
            return f"used more than {limits.total_cpu:g} s of CPU time over all its processes"
        return excess_memory(resident, limits)

    def add(self, spent: dict[int, Spent], running: int) -> None:
        """Add what was used since the last look.

        spent : of all processes that live
        running : how many of their threads run, of those that were not there at the last look
        """
        now = time.monotonic()
        interval, self.when = now - self.when, now
        before = {pid: self.last.get(pid, Spent(0, 0)) for pid in spent}
        old = sum(spent[pid].own - before[pid].own for pid in spent if pid in self.last)
        new = sum(spent[pid].own for pid in spent if pid not in self.last)
        waited = sum(spent[pid].waited - before[pid].waited for pid in spent)
        # What had been seen of a child before it was waited for is not counted again.
        gone = sum(one.own + one.waited for pid, one in self.last.items() if pid not in spent)
        hidden = interval * min(running, PROCESSORS)
        self.cpu += max(0.0, (old + max(0, waited - gone)) / TICKS) + max(new / TICKS, hidden)
        self.last = spent


def running_threads(pid: int) -> int:
    """How many threads of a process run; its first may pause, or have ended, while others work."""
    found = 0
    for thread in threads(pid):
        with contextlib.suppress(OSError):  # it has just ended
            found += fields(thread)[STATE] == RUNS
    return found


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
    folders : those on file systems of the submission's own, whose files are counted: they take
        memory of the kernel's, which belongs to no process
    """

    def __init__(self, process: "subprocess.Popen[bytes]", limits: Limits) -> None:
        super().__init__(name=f"monitor-{process.pid}", daemon=True)
        self.process, self.limits, self.usage = process, limits, Usage(process.pid)
        self.broken: str | None = None
        self.first: int | None = None
        self.folders: Sequence[str] = ()
        self.closed = threading.Event()
        self.start()

    def look(self) -> bool:
        """End the process if a limit is exceeded or ``first`` has ended; True if it was ended.

        Sets ``broken``.
        """
        self.broken = self.broken or self.usage.excess(self.limits) or self.too_many_files()
        first = self.first
        if self.broken or (first and has_ended(first)):
            self.process.terminate()
            return True
        return False

    def too_many_files(self) -> str | None:
        """The limit on files, if there are too many; else None."""
        for folder in self.folders:
            with contextlib.suppress(OSError):  # the process has ended
                found = os.statvfs(folder)
                if found.f_files - found.f_ffree > self.limits.files:
                    return f"made more than {self.limits.files} files"
        return None

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
