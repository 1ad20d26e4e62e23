"""What all processes of a submission use together: the kernel's limits are for each of them.

A thread in the grader looks every tenth of a second, adds up, and ends the sandbox if it is too
much. That holds for root too, whom the kernel does not hold to a number of processes, and needs no
cgroup, which few containers may make. What happens between two looks is not seen: a hard cap is
the service manager's (README).

Sources: proc_pid_stat(5), proc_tid_children(5) and proc_pid_smaps(5).
"""

import os
import threading
import time
from pathlib import Path

from autograder.sandbox.inside.processes import descendants, fields

LOOK_SECONDS = 0.1
LONGEST_PAUSE = 1.0  # after a look that took long
SHARE = 0.1  # of one CPU's time that a look may take before that
PAGE = os.sysconf("SC_PAGE_SIZE")
THREADS, RESIDENT = 17, 21  # places in /proc/<pid>/stat after the name, which may hold anything
GIGABYTE = 1 << 30


def proportional(pid):
    """Bytes of memory, with what n processes share counted as an nth. Raises OSError."""
    kilobytes = Path(f"/proc/{pid}/smaps_rollup").read_bytes().partition(b"Pss:")[2].split()[0]
    return int(kilobytes) * 1024


def excess(pid, limits):
    """The limit that the descendants of ``pid`` break together, as a sentence's end, or None."""
    resident, tasks = {}, 0
    for child in descendants(pid):
        try:
            told = fields(child)
            resident[child] = int(told[RESIDENT]) * PAGE
            tasks += int(told[THREADS])
        except OSError:  # ended just now: in a fork bomb most do, and others take their place
            tasks += 1
        if tasks > limits.processes:
            return f"ran more than {limits.processes} processes and threads at once"
    memory = sum(resident.values())
    if memory > limits.total_memory:  # what is shared was counted several times
        for child, most in resident.items():
            try:
                memory -= max(0, most - proportional(child))
            except OSError:  # ended, or hidden: it counts in full
                continue
            if memory <= limits.total_memory:
                return None
        size = limits.total_memory / GIGABYTE
        return f"used more than {size:.3g} GB of memory over all its processes"
    return None


def has_ended(pid):
    """True if a process is no more, or only waits for its parent to notice its end."""
    try:
        return fields(pid)[0] == b"Z"
    except OSError:
        return True


class Monitor(threading.Thread):
    """Ends ``process`` (a Popen) once its descendants break a limit together.

    ``broken`` then says which, before the process ends; else it is None. Also ends it when the
    process ``first`` among the descendants has ended, if that is set (a pid).
    """

    def __init__(self, process, limits):
        super().__init__(name=f"monitor-{process.pid}", daemon=True)
        self.process, self.limits, self.broken, self.first = process, limits, None, None
        self.closed = threading.Event()
        self.start()

    def look(self):
        """Set ``broken`` if a limit is; ends the process then, and if ``first`` has ended.

        Returns True if it was ended.
        """
        self.broken = self.broken or excess(self.process.pid, self.limits)
        first = self.first
        if self.broken or (first and has_ended(first)):
            self.process.terminate()
            return True
        return False

    def run(self):
        pause = LOOK_SECONDS
        while not self.closed.wait(pause):
            began = time.thread_time()
            if self.look():
                return
            rest = (time.thread_time() - began) / SHARE
            pause = min(max(LOOK_SECONDS, rest), LONGEST_PAUSE)

    def close(self):
        self.closed.set()
        self.join()
