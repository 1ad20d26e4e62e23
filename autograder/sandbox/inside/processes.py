"""What /proc says of processes."""

import os

# The kernel's own list is an option of the kernel; all distributions known to us have it.
LISTED = os.path.exists(f"/proc/self/task/{os.getpid()}/children")


def children(pid):
    """The process ids of the children of ``pid``, of very many the first; none if it has ended."""
    if not LISTED:
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and parent(name) == pid]
    found = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb", buffering=0) as file:
                # "12 34 ". One read: for each further one the kernel counts from the first again.
                found += map(int, file.read(4096).rpartition(b" ")[0].split())
    except OSError:
        pass  # it, or the thread, ended in between
    return found


def fields(pid):
    """What /proc/<pid>/stat says after the name, which may hold anything: b"S", b"1", …

    Raises OSError if the process is gone.
    """
    with open(f"/proc/{pid}/stat", "rb") as file:  # "12 (any name) S 1 …"
        return file.read().rpartition(b")")[2].split()


def parent(pid):
    """The process id of the parent of ``pid``; 0 if it has ended."""
    try:
        return int(fields(pid)[1])
    except OSError:
        return 0


def descendants(pid):
    """The process ids of all that ``pid`` started, and of all that those started."""
    left = children(pid)
    while left:
        yield (child := left.pop())
        left += children(child)
