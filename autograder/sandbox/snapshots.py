"""Whether a snapshot is still what it was at its graded cell: asked of the kernel, from outside.

A fork keeps its memory to itself, but may share with later cells what lies outside of it: files,
open descriptors, mapped memory, signals. The process itself cannot be asked, since code in it may
have changed what answers. The kernel says whether a process has run since, and what it has open.

Whatever cannot be seen counts as shared.

Sources: proc_pid_status(5), proc_pid_maps(5), proc_pid_fd(5).
"""

import os
import re
import stat
import time
from pathlib import Path

from autograder.sandbox.inside.processes import children, fields

SLEEPS = "S (sleeping)"
LOOKS, AT_ONCE, PAUSE = 2000, 50, 0.0001  # until a process that has answered sleeps again
SWITCHES = ("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")
PENDING = ("SigPnd", "ShdPnd")
# A line of shared memory. From /usr, which nothing inside can write to, the C library maps a table.
SHARED = re.compile(rb"^\S+ ...s \S+ \S+ \d+ +(?!/usr/)[^ ]", re.MULTILINE)
GROUP, SESSION = 2, 3  # places in /proc/<pid>/stat after the name
MOST_FILES = 10_000  # that are looked at


def status(pid):
    """What /proc says of a process, by name. Raises OSError if it has ended."""
    lines = Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def state(pid):
    """How often a process that sleeps, alone and undisturbed, has run, and whose group it is in.

    None if it does not sleep so. Raises OSError if it has ended.
    """
    told = status(pid)
    pending = any(int(told[name], 16) for name in PENDING)
    if told["State"] != SLEEPS or told["Threads"] != "1" or pending or children(pid):
        return None
    more = fields(pid)
    return sum(int(told[name]) for name in SWITCHES), more[GROUP], more[SESSION]


class Snapshot:
    """A snapshot's process, which waits for its first question.

    pid : as seen from here
    sock : the inode of its own end of its socket
    """

    def __init__(self, pid, sock):
        self.pid, self.sock = pid, sock
        self.state = self.settled()

    def settled(self):
        """Its `state` once it sleeps; None if that does not happen soon."""
        before = None
        for number in range(LOOKS):
            try:
                now = state(self.pid)
            except (OSError, LookupError):
                return None
            if now is not None and now == before:
                return now
            before = now
            if number < AT_ONCE:
                os.sched_yield()
            else:
                time.sleep(PAUSE)
        return None

    def has_slept(self):
        """True if it has not run since."""
        try:
            return self.state is not None and state(self.pid) == self.state
        except (OSError, LookupError, ValueError):
            return False

    def is_frozen(self):
        """True if it has not run since, and shares nothing with any other process."""
        try:
            return self.has_slept() and self.files_are_its_own() and self.memory_is_its_own()
        except OSError:
            return False

    def files_are_its_own(self):
        """True if it has nothing open but its socket."""
        folder = f"/proc/{self.pid}/fd"
        opened = {os.readlink(f"{folder}/{number}") for number in os.listdir(folder)}
        return opened <= {os.devnull, f"socket:[{self.sock}]"}

    def memory_is_its_own(self):
        """True if no memory is shared, but for files that nothing inside can write to."""
        return not SHARED.search(Path(f"/proc/{self.pid}/maps").read_bytes())


def contents(folders):
    """Every file and folder in these folders, with what tells that it is another or was changed.

    None if there are too many. Raises OSError if one cannot be looked at.
    """
    found, left = set(), [(number, folder, "") for number, folder in enumerate(folders)]
    while left:
        number, folder, place = left.pop()
        with os.scandir(folder) as entries:
            names = [".", *(entry.name for entry in entries)]
        for name in names:
            path = os.path.join(folder, name)
            info = os.lstat(path)
            found.add((number, f"{place}/{name}", info.st_ino, info.st_ctime_ns))
            if name != "." and stat.S_ISDIR(info.st_mode):
                left.append((number, path, f"{place}/{name}"))
        if len(found) > MOST_FILES:
            return None
    return found
