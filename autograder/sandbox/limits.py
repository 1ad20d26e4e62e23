"""The limits on what one submission may use."""

import dataclasses

MEGABYTE = 1 << 20


@dataclasses.dataclass(frozen=True)
class Limits:
    """The limits on what one submission may use. CPU times in seconds, sizes in bytes."""

    cell_seconds: float = 10.0
    call_seconds: float = 5.0
    cpu_seconds: int = 120  # in all, per process
    total_cpu: float = 360.0  # of all processes in one run through the notebook, checks included
    memory: int = 2048 * MEGABYTE  # address space, per process
    total_memory: int = 3072 * MEGABYTE  # of all processes; shared memory counts once
    processes: int = 64  # and threads, in all
    file_size: int = 64 * MEGABYTE
    open_files: int = 256
    scratch: int = 128 * MEGABYTE  # each of /tmp and /dev/shm
    files: int = 50_000  # in each of them, with bubblewrap
    answer: int = 4 * MEGABYTE  # the arrays of one answer
    deaths: int = 3  # processes that may die before the rest is left ungraded
    # A process limits its own CPU time. If it does not, it is ended after a wall time in seconds.
    # The time that it waits for a processor does not count: a busy machine, or a neighbour who
    # keeps all processors busy, must not cost an honest student points.
    wall_per_cpu: float = 5.0
    wall_extra: float = 20.0
    wall_checks: float = 600.0  # for all checks, beyond the wall time for all cells

    def wall(self, cpu_seconds: float) -> float:
        """The wall time in seconds after which what may use this CPU time is given up."""
        return self.wall_extra + self.wall_per_cpu * cpu_seconds

    def resources(self, processes: int | None) -> dict[str, int]:
        """The limits for ``setrlimit``, by the names of its resources.

        processes : value of RLIMIT_NPROC; None leaves it out
        """
        limits = {
            "RLIMIT_AS": self.memory,
            "RLIMIT_CPU": self.cpu_seconds,
            "RLIMIT_FSIZE": self.file_size,
            "RLIMIT_NOFILE": self.open_files,
        }
        return limits if processes is None else {**limits, "RLIMIT_NPROC": processes}
