"""Check from outside that a snapshot is still as it was at its graded cell.

A fork has its own memory, but may share other things with later cells: files, open descriptors,
mapped memory, signals. The process cannot be asked, since code in it may have replaced what
answers. The kernel tells whether a process has run since, and what it has open.

Whatever cannot be read counts as shared.

Sources: proc_pid_status(5), proc_pid_maps(5), proc_pid_fd(5), proc_pid_stat(5), and for schedstat
the kernel's Documentation/scheduler/sched-stats.rst.
"""

import itertools
import os
import re
import stat
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from autograder.sandbox.inside.processes import children, fields, read, threads

SLEEPS = "S (sleeping)"
# A process that has answered is polled until it sleeps, at most LOOKS times: first AT_ONCE times
# without a pause, then PAUSE seconds apart.
LOOKS, AT_ONCE, PAUSE = 2000, 50, 0.0005
SWITCHES = ("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")
PENDING = ("SigPnd", "ShdPnd")
# A line of memory that others can write to: shared, or mapped from a file without a name. (Not
# shared from /usr, read-only inside: the C library maps a table from there.)
SHARED = re.compile(rb"^\S+ ...(?:s \S+ \S+ \d+ +(?!/usr/)[^ ]|. .* \(deleted\)$)", re.MULTILINE)
# Indices into `processes.fields`: page faults without the disk, of all threads there ever were, and
# when the process began.
STATE, PARENT, GROUP, SESSION, FAULTS, BEGAN = 0, 1, 2, 3, 7, 19
MOST_FILES = 10_000  # that `contents` lists
MOST_MAPS = 1 << 20  # bytes; ours have about 50,000

# How often it has run, for how many ns, and its fields GROUP to BEGAN. Each alone could be forged:
# a thread that executes a program begins with new counts, and a pid may be used again.
State: TypeAlias = tuple[int, bytes, bytes, bytes, bytes, bytes]
Entries: TypeAlias = set[tuple[int, str, int, int]]  # see `contents`


def status(pid: int) -> dict[str, str]:
    """The fields of /proc/<pid>/status, by name. Raises OSError if the process has ended."""
    lines = Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def state(pid: int) -> State | None:
    """The state of a process that sleeps, without threads, children or pending signals.

    None for any other process. Raises OSError if it has ended.
    """
    told = status(pid)
    pending = any(int(told[name], 16) for name in PENDING)
    if told["State"] != SLEEPS or told["Threads"] != "1" or pending or children(pid):
        return None
    more = fields(pid)
    ran = read(f"/proc/{pid}/schedstat", MOST_MAPS).split()[0]
    switches = sum(int(told[name]) for name in SWITCHES)
    return switches, ran, more[GROUP], more[SESSION], more[FAULTS], more[BEGAN]


def waits_for_a_child(pid: int) -> bool:
    """True if a thread of ``pid`` waits without a break, as it does for a child that it vforked.

    Such a child has all of its parent's memory, until it executes a program or ends.
    """
    for _ in range(LOOKS):
        try:
            if not any(fields(thread)[STATE] == b"D" for thread in threads(pid)):
                return False
        except OSError:  # a thread has just ended, or the process
            if not os.path.exists(f"/proc/{pid}"):
                return False
        time.sleep(PAUSE)  # it may wait for a disk
    return True


class Snapshot:
    """The process of a snapshot, which waits for its first request.

    pid : as the grader sees it
    sock : the inode of the process's end of its socket
    parent : the only process that may have made it; None for any
    folders : those that it can write to, as they are called inside
    """

    def __init__(
        self, pid: int, sock: int, parent: int | None = None, folders: Iterable[str] = ()
    ) -> None:
        self.pid, self.sock = pid, sock
        self.folders = tuple(os.fsencode(folder.rstrip("/") + "/") for folder in folders)
        # Later the parent could hide that it waits, by executing another program.
        alone = parent is None or not waits_for_a_child(parent)
        self.state = self.settled() if alone and self.is_child_of(parent) else None
        self.files = self.opened()

    def is_child_of(self, parent: int | None) -> bool:
        """True if ``parent`` has made it; a grandchild could share the memory of its parent."""
        try:
            return parent is None or int(fields(self.pid)[PARENT]) == parent
        except OSError:
            return False

    def settled(self) -> State | None:
        """Wait until it sleeps; return its `state`, or None if it does not sleep soon."""
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

    def has_slept(self) -> bool:
        """True if it has not run since this object was made."""
        try:
            return self.state is not None and state(self.pid) == self.state
        except (OSError, LookupError, ValueError):
            return False

    def is_frozen(self) -> bool:
        """True if it has not run since, and shares nothing with any other process."""
        try:
            return self.has_slept() and self.files_are_its_own() and self.memory_is_its_own()
        except OSError:
            return False

    def opened(self) -> dict[str, tuple[str, bytes, int]] | None:
        """What it has open, by descriptor: where that leads to, its position and its flags, and
        when its mode, owner or times were changed, in ns.

        None if it has ended.
        """
        folder = f"/proc/{self.pid}"
        try:
            return {
                number: (
                    os.readlink(f"{folder}/fd/{number}"),
                    read(f"{folder}/fdinfo/{number}", MOST_MAPS),
                    os.stat(f"{folder}/fd/{number}").st_ctime_ns,
                )
                for number in os.listdir(f"{folder}/fd")
            }
        except OSError:
            return None

    def files_are_its_own(self) -> bool:
        """True if it has nothing open but its socket, and nobody has changed its descriptors.

        A fork shares their flags with the process that it was forked from.
        """
        opened = self.opened()
        if opened is None or opened != self.files:
            return False
        return {place for place, _, _ in opened.values()} <= {os.devnull, f"socket:[{self.sock}]"}

    def memory_is_its_own(self) -> bool:
        """True if it shares no memory, and maps no file that anything inside can write to."""
        maps = read(f"/proc/{self.pid}/maps", MOST_MAPS)
        return not SHARED.search(maps) and not any(folder in maps for folder in self.folders)


def contents(folders: Iterable[str]) -> Entries | None:
    """List every file and folder in these folders, in a form that shows any replacement or change.

    Each as (number of the folder in ``folders``, path in it, inode, time of the last change in
    ns). None if there are too many. Raises OSError if one cannot be read.
    """
    found: Entries = set()
    left = [(number, folder, "") for number, folder in enumerate(folders)]
    while left:
        number, folder, place = left.pop()
        with os.scandir(folder) as entries:
            for name in itertools.chain(["."], (entry.name for entry in entries)):
                path = os.path.join(folder, name)
                info = os.lstat(path)
                found.add((number, f"{place}/{name}", info.st_ino, info.st_ctime_ns))
                if len(found) > MOST_FILES:
                    return None
                if name != "." and stat.S_ISDIR(info.st_mode):
                    left.append((number, path, f"{place}/{name}"))
    return found
