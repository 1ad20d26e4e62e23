"""What one command costs, with everything that it starts. Linux only.

A process is normally charged to the parent that waits for it, so the CPU time and the peak memory
of the whole tree are what ``wait4`` says of the command, and of whatever it leaves behind: this
process asks the kernel to become the parent of orphans (a "subreaper") and waits for them too.

One kind of process escapes that. When a fenced process (`autograder.sandbox`) is killed, its PID
namespace goes with it, and nobody is charged. Those are found among the descendants while they
live, and their own CPU clocks are read every 10 ms: what they use after the last look, at most
10 ms each, is missing. Everything else is exact.
"""

import ctypes
import dataclasses
import os
import subprocess
import threading
import time
from pathlib import Path

LOOK_SECONDS = 0.01
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a command cost: CPU seconds of all its processes, wall seconds, and the peak resident
    memory of the largest of them in bytes."""

    cpu: float
    wall: float
    memory: int


def cost(command, log, **options):
    """Run ``command`` with its output in the file ``log``; returns its `Cost`.

    Raises RuntimeError, with the end of the output, if it does not exit with 0. The caller must
    have no other children.
    """
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    start = time.perf_counter()
    with open(log, "wb") as output, Watch() as watch:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, **options)
        waited = dict(wait_for_all())
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(waited[process.pid][0])
    if process.returncode != 0:
        said = Path(log).read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"{' '.join(command)} exited with {process.returncode}:\n{said[-3000:]}")
    charged = [usage for pid, (_, usage) in waited.items() if pid not in watch.cpu]
    cpu = sum(usage.ru_utime + usage.ru_stime for usage in charged) + sum(watch.cpu.values())
    memory = max([usage.ru_maxrss * 1024 for usage in charged] + [*watch.memory.values()])
    return Cost(cpu, wall, memory)


def wait_for_all():
    """(pid, (status, usage)) of every child and every orphan left to us, until none is left."""
    while True:
        try:
            pid, *ended = os.wait4(-1, 0)
        except ChildProcessError:
            return
        yield pid, ended


class Watch:
    """A thread that reads, while the block runs, the clocks of all fenced descendants."""

    def __init__(self):
        self.cpu, self.memory = {}, {}  # by pid: seconds, bytes
        self.outside = set()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc_info):
        self.over.set()
        self.thread.join()

    def watch(self):
        while not self.over.wait(LOOK_SECONDS):
            for pid in descendants(os.getpid()):
                if pid not in self.outside:
                    self.look(pid)

    def look(self, pid):
        """Note what one process has used, if it is in a PID namespace of its own."""
        try:
            clock = time.clock_gettime(~pid << 3 | 2)  # linux/posix-timers.h: a process's CPU time
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        except OSError:  # gone
            return
        fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        if len(fields["NSpid"].split()) == 1:
            # A process keeps its PID namespace for life.
            self.outside.add(pid)
        elif "VmHWM" in fields:
            self.cpu[pid] = clock
            self.memory[pid] = int(fields["VmHWM"].split()[0]) * 1024


def descendants(pid):
    """The pids of everything that ``pid`` has started and that still lives."""
    try:
        found = [int(p) for t in Path(f"/proc/{pid}/task").iterdir() for p in children(t)]
    except OSError:  # gone
        return
    for child in found:
        yield child
        yield from descendants(child)


def children(thread):
    """The pids of the children of one thread, as text."""
    try:
        return (thread / "children").read_text(encoding="ascii").split()
    except OSError:  # gone
        return []
