"""Executors: processes of this machine, or the workers of a Dask cluster.

Both have ``results(function, jobs)``, which yields pairs of a job and its finished future, in the
order of completion. An item of ``jobs`` that is `Graded` already passes through. Jobs are taken
from the iterator only while there is room, so memory use does not grow with the class size. The job
of a worker that dies is run again.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Self, TypeAlias, TypeVar

from autograder.course import CourseError
from autograder.model import Graded
from autograder.sandbox import packages

if TYPE_CHECKING:
    from autograder.grading.job import Job

    Grader: TypeAlias = Callable[[Job], Graded]
    Result: TypeAlias = tuple[Job | Graded, Future[Graded] | None]

R = TypeVar("R")

CONNECT_SECONDS = 15  # timeout of the connection to a Dask scheduler
PAUSES = (0, 1, 5)  # seconds to wait after each failed attempt to start a process
AHEAD = 256  # jobs that a cluster holds at a time; constant, since its workers come and go


def window(
    submit: Callable[[Job], Future[Graded]], jobs: Iterable[Job | Graded], size: int
) -> Iterator[Result]:
    """Pairs of a job and its future in the order of completion, with at most ``size`` under way.

    An item that is `Graded` already is yielded at once, with None instead of a future.
    """
    begun: dict[Future[Graded], Job] = {}
    for job in jobs:
        if isinstance(job, Graded):
            yield job, None
            continue
        begun[submit(job)] = job
        if len(begun) >= size:
            yield from done(begun)
    while begun:
        yield from done(begun)


def done(begun: dict[Future[Graded], Job]) -> Iterator[tuple[Job, Future[Graded]]]:
    """Wait until at least one future is done; removes the done ones from the dictionary."""
    for future in futures.wait(begun, return_when=futures.FIRST_COMPLETED).done:
        yield begun.pop(future), future


class Processes:
    """``count`` worker processes of this machine. If one dies, new ones repeat its work.

    requirements : of the student's kit, see `packages.importable`; resolved once for all workers
    """

    def __init__(self, count: int, requirements: tuple[str, ...] = ()) -> None:
        self.count, self.requirements = count, requirements
        self.pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:  # also if the caller stopped early
        if self.pool:
            end(self.pool)

    def at_once(self) -> int:
        """The number of jobs that run at the same time."""
        return self.count

    def ask_all(self, function: Callable[..., R], *arguments: object) -> dict[str, R]:
        """Call ``function`` on every worker; returns the results by worker: here only one."""
        return {"this machine": function(*arguments)}

    def submit(self, function: Grader, job: Job) -> Future[Graded]:
        for pause in PAUSES:
            try:
                self.pool = self.pool or new_pool(self.count, self.requirements)
                return self.pool.submit(function, job)
            except (BrokenProcessPool, OSError) as error:  # OSError: the process limit is reached
                if self.pool:
                    end(self.pool)
                self.pool, problem = None, error
                time.sleep(pause)
        raise CourseError(
            f"No worker process can be started, or it ends at once ({problem}): is there memory "
            "left? What was graded is recorded; run the command again for the rest."
        )

    def results(self, function: Grader, jobs: Iterable[Job | Graded]) -> Iterator[Result]:
        """See the module. If a worker dies twice on the same job, its future has the exception."""
        suspects: list[Job] = []

        def submit(job: Job) -> Future[Graded]:
            return self.submit(function, job)

        for job, future in window(submit, jobs, 2 * self.count):
            if isinstance(job, Graded) or future is None:
                yield job, future
            elif isinstance(future.exception(), BrokenProcessPool):
                suspects.append(job)  # and all others under way: any of them may be the cause
            else:
                yield job, future
        for job in suspects:
            yield from window(submit, [job], 1)


def new_pool(count: int, requirements: tuple[str, ...]) -> ProcessPoolExecutor:
    """Make a pool of workers that fork from one process with the grader imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["autograder.grading.preload"])
    known = {requirements: packages.importable(requirements)}
    return futures.ProcessPoolExecutor(
        count, mp_context=context, initializer=begin, initargs=(known,)
    )


def end(pool: ProcessPoolExecutor) -> None:
    """End a pool of `new_pool`, which may be broken, and its workers."""
    if sys.version_info < (3, 11, 5) and pool._broken and pool._call_queue:  # type: ignore[attr-defined]
        # A job that a dead worker has read in part blocks the thread that writes it, and the pool
        # waits for this thread: CPython's issue 94777, mended in 3.11.5 by the same line.
        pool._call_queue._reader.close()  # type: ignore[attr-defined]
    pool.shutdown(cancel_futures=True)


def begin(known: dict[tuple[str, ...], packages.Importable]) -> None:
    """Initialize a worker: it gets the resolved kit, and ends as soon as its parent process ends.

    known : the result of `packages.importable`, by requirements
    """
    packages.known.update(known)
    process = multiprocessing.parent_process()
    assert process is not None  # a worker has one
    parent = process.sentinel

    def watch() -> None:
        wait([parent])
        os._exit(1)  # the worker's sandbox ends too

    threading.Thread(target=watch, daemon=True).start()


class Cluster:
    """The workers of the Dask scheduler at ``address``, such as ``tcp://10.0.0.1:8786``.

    Raises CourseError if it does not answer or has no workers.
    """

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client, Security
        except ImportError:
            raise CourseError(
                "--scheduler needs Dask: install this course with its extra `cluster`."
            ) from None
        certificates = Security().get_connection_args("client")["ssl_context"]
        if address.startswith("tls:") and not certificates:
            raise CourseError(
                "tls:// needs certificates: name them under distributed.comm.tls in Dask's "
                "configuration here, as on the cluster."
            )
        try:
            self.client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise CourseError(f"No Dask scheduler answers at {address}: {error}") from None
        self.executor = self.client.get_executor(pure=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.client.close()

    def at_once(self) -> int:
        """The number of jobs that run at the same time; it changes as workers come and go."""
        return sum(self.client.nthreads().values())

    def ask_all(self, function: Callable[..., R], *arguments: object) -> dict[str, R]:
        """Call ``function`` on every worker; returns the results by the worker's address."""
        answers: dict[str, R] = self.client.run(function, *arguments, on_error="return")
        if not answers:
            raise CourseError("The Dask scheduler has no workers yet: start some (`dask worker`).")
        for worker, answer in answers.items():
            if isinstance(answer, Exception):
                raise CourseError(
                    f"The worker {worker} cannot grade; perhaps this course is not installed "
                    f"there, or an old version of it: {answer}"
                )
        return answers

    def results(self, function: Grader, jobs: Iterable[Job | Graded]) -> Iterator[Result]:
        """See the module. Dask itself gives the job of a lost worker to another, a few times."""
        yield from window(lambda job: self.executor.submit(function, job), jobs, AHEAD)
