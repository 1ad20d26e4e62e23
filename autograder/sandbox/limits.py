"""What one submission may use."""

import dataclasses

MEGABYTE = 1 << 20


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one submission may use. CPU times in seconds, sizes in bytes."""

    cell_seconds: float = 10.0
    call_seconds: float = 5.0
    cpu_seconds: int = 120  # in all, per process
    memory: int = 2048 * MEGABYTE  # address space, per process
    total_memory: int = 3072 * MEGABYTE  # of all processes, what they share counted once
    processes: int = 64  # and threads
    file_size: int = 64 * MEGABYTE
    open_files: int = 256
    scratch: int = 128 * MEGABYTE  # of /tmp and of /dev/shm
    answer: int = 4 * MEGABYTE  # one message over the border
    deaths: int = 3  # processes that may die before the rest is left ungraded

    def resources(self, processes):
        """Names and values for ``setrlimit``; ``processes`` is None where it cannot be limited."""
        limits = {
            "RLIMIT_AS": self.memory,
            "RLIMIT_CPU": self.cpu_seconds,
            "RLIMIT_FSIZE": self.file_size,
            "RLIMIT_NOFILE": self.open_files,
            "RLIMIT_CORE": 0,
        }
        return limits if processes is None else {**limits, "RLIMIT_NPROC": processes}
