"""Read process trees and states from /proc."""

import os
from collections.abc import Iterator

# The kernel offers its list of children as a build option; every known distribution enables it.
LISTED = os.path.exists(f"/proc/self/task/{os.getpid()}/children")


def children(pid: int) -> list[int]:
    """The process ids of the children of ``pid``, at most the first few hundred.

    Empty if ``pid`` has ended.
    """
    if not LISTED:
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and parent(name) == pid]
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb", buffering=0) as file:
                # "12 34 ". Read once: for each further read the kernel counts from the start again.
                found += map(int, file.read(4096).rpartition(b" ")[0].split())
    except OSError:
        pass  # the process or the thread ended in between
    return found


def read(path: str, most: int) -> bytes:
    """A file of /proc, which a process can make as long as it likes.

    Raises OSError if it is longer than ``most`` bytes, or if the process is gone.
    """
    found = bytearray()
    with open(path, "rb", buffering=0) as file:
        while chunk := file.read(1 << 16):
            found += chunk
            if len(found) > most:
                raise OSError(f"{path} holds more than {most} bytes")
    return bytes(found)


def fields(pid: int | str) -> list[bytes]:
    """The fields of /proc/<pid>/stat after the process's name: b"S", b"1", …

    Raises OSError if the process is gone.
    """
    with open(f"/proc/{pid}/stat", "rb") as file:  # "12 (any name) S 1 …"
        return file.read().rpartition(b")")[2].split()


def threads(pid: int) -> list[str]:
    """The folders below /proc of the threads of ``pid``. Raises OSError if the process is gone."""
    return [f"{pid}/task/{name}" for name in os.listdir(f"/proc/{pid}/task")]


def parent(pid: int | str) -> int:
    """The process id of the parent of ``pid``; 0 if ``pid`` has ended."""
    try:
        return int(fields(pid)[1])
    except OSError:
        return 0


def delay(pid: int) -> float:
    """The seconds that the first thread of ``pid`` has waited for a processor.

    0 if the process has ended, or if the kernel does not tell. Source: sched-stats, in the kernel's
    documentation.
    """
    try:
        with open(f"/proc/{pid}/schedstat", "rb") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


def descendants(pid: int) -> Iterator[int]:
    """The process ids of the children of ``pid``, of their children, and so on."""
    left = children(pid)
    while left:
        yield (child := left.pop())
        left += children(child)
