"""What one command costs, with everything that it starts, and the memory of a grader. Linux only.

A process is normally charged to the parent that waits for it, so the CPU time and the peak memory
of the whole tree are what ``wait4`` says of the command, and of whatever it leaves behind: this
process asks the kernel to become the parent of orphans (a "subreaper") and waits for them too.

One kind of process escapes that. When a sandboxed process (`autograder.sandbox`) is killed, its PID
namespace goes with it, and nobody is charged. Those are found among the descendants while they
live, and their own CPU clocks are read every 10 ms: what they use after the last look, at most
10 ms each, is missing. Everything else is exact.
"""

import contextlib
import ctypes
import dataclasses
import os
import statistics
import subprocess
import threading
import time
from pathlib import Path

LOOK_SECONDS = 0.01
MEMORY_SECONDS = 0.1
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a command cost: CPU seconds of all its processes, wall seconds, and the peak resident
    memory in bytes of the largest process, of the command's own and of its largest worker (0 if it
    is no grader)."""

    cpu: float
    wall: float
    memory: int
    main: int
    worker: int


def cost(command, log, watched=True, **options):
    """Run ``command`` with its output in the file ``log``; returns its `Cost`.

    watched : look at its processes while it runs; without, only its wall time is all there is

    Raises RuntimeError, with the end of the output, if it does not exit with 0. The caller must
    have no other children.
    """
    adopt_orphans()
    start = time.perf_counter()
    with open(log, "wb") as output, contextlib.ExitStack() as watching:
        watch = Monitor()
        if watched:
            watching.enter_context(watch)
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, **options)
        seen = Memory(process.pid)
        if watched:
            watching.enter_context(seen)
        waited = dict(wait_for_all())
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(waited[process.pid][0])
    if process.returncode != 0:
        said = Path(log).read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"{' '.join(command)} exited with {process.returncode}:\n{said[-3000:]}")
    charged = [usage for pid, (_, usage) in waited.items() if pid not in watch.cpu]
    cpu = sum(usage.ru_utime + usage.ru_stime for usage in charged) + sum(watch.cpu.values())
    memory = max([usage.ru_maxrss * 1024 for usage in charged] + [*watch.memory.values()])
    main = waited[process.pid][1].ru_maxrss * 1024
    return Cost(cpu, wall, memory, main, max(seen.workers.values(), default=0))


def adopt_orphans():
    """Have processes that outlive whatever started them become children of this one."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def wait_for_all():
    """(pid, (status, usage)) of every child and every orphan left to us, until none is left."""
    while True:
        try:
            pid, *ended = os.wait4(-1, 0)
        except ChildProcessError:
            return
        yield pid, ended


class Looking:
    """A thread that calls `look` every ``seconds`` while the block runs."""

    def __init__(self, seconds):
        self.seconds, self.over = seconds, threading.Event()
        self.thread = threading.Thread(target=self.monitor)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc_info):
        self.over.set()
        self.thread.join()

    def monitor(self):
        while not self.over.wait(self.seconds):
            self.look()


class Monitor(Looking):
    """Reads the clocks of all sandboxed descendants."""

    def __init__(self):
        super().__init__(LOOK_SECONDS)
        self.cpu, self.memory = {}, {}  # by pid: seconds, bytes
        self.outside = set()

    def look(self):
        for pid in descendants(os.getpid()):
            if pid not in self.outside:
                self.look_at(pid)

    def look_at(self, pid):
        """Note what one process has used, if it is in a PID namespace of its own."""
        try:
            clock = time.clock_gettime(~pid << 3 | 2)  # linux/posix-timers.h: a process's CPU time
        except OSError:  # gone
            return
        fields = status(pid)
        if len(fields.get("NSpid", "").split()) == 1:
            # A process keeps its PID namespace for life.
            self.outside.add(pid)
        elif "VmHWM" in fields:
            self.cpu[pid] = clock
            self.memory[pid] = kilobytes(fields["VmHWM"])


class Memory(Looking):
    """Reads the resident memory of an ``autograder grade --jobs``, given its pid, in bytes.

    main : that of the process itself, one number per look: it finds, hands out and records
    workers : the most that each worker had, by pid, without the sandboxes that it started

    Pages that several processes share count for each of them: this is the upper bound.
    """

    def __init__(self, pid):
        super().__init__(MEMORY_SECONDS)
        self.pid, self.main, self.workers = pid, [], {}

    def look(self):
        fields = status(self.pid)
        if "VmRSS" not in fields:  # not begun, or gone
            return
        self.main.append(kilobytes(fields["VmRSS"]))
        for worker in workers(self.pid):
            if most := status(worker).get("VmHWM"):
                self.workers[worker] = kilobytes(most)


def workers(pid):
    """The pids of the workers of a grader: what the server that it has for this forks."""
    for server in offspring(pid):
        if "multiprocessing.forkserver" in command_line(server):
            yield from offspring(server)


def command_line(pid):
    """The command of a process in one line; empty if it is gone."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ""
    return command.replace(b"\0", b" ").decode(errors="replace").strip()


def status(pid):
    """What the kernel says of a process, as text by name; empty if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return dict(line.split(":", 1) for line in lines if ":" in line)


def kilobytes(text):
    """The bytes in a line of `status`, such as ``  1234 kB``."""
    return int(text.split()[0]) * 1024


def offspring(pid):
    """The pids of the children of all threads of a process."""
    try:
        return [int(p) for t in Path(f"/proc/{pid}/task").iterdir() for p in children(t)]
    except OSError:  # gone
        return []


def descendants(pid):
    """The pids of everything that ``pid`` has started and that still lives."""
    for child in offspring(pid):
        yield child
        yield from descendants(child)


def children(thread):
    """The pids of the children of one thread, as text."""
    try:
        return (thread / "children").read_text(encoding="ascii").split()
    except OSError:  # gone
        return []


# -- what is made of it ---------------------------------------------------------------------------


def through(points):
    """The straight line through (size, seconds): (start-up, seconds for each more).

    Of several at one size the median counts: what else a machine does comes and goes.
    """
    sizes = {}
    for size, seconds in points:
        sizes.setdefault(size, []).append(seconds)
    slope, start = statistics.linear_regression(
        list(sizes), [statistics.median(seconds) for seconds in sizes.values()]
    )
    return start, slope


def reached(is_so):
    """What is said of a target."""
    return "reached" if is_so else "NOT reached"
