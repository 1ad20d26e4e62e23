"""Where submissions are graded: in processes of this machine, or by the workers of a Dask cluster.

Both have ``results(function, jobs)``, which yields pairs of a job and its finished future, in the
order in which they are done; what among the jobs is `Graded` already passes through. Jobs are taken
one by one as there is room, so that what waits in memory does not grow with the class; and a worker
that dies takes no job with it.
"""

import multiprocessing
import os
import threading
import time
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait

from autograder.course import CourseError
from autograder.model import Graded
from autograder.sandbox import packages

CONNECT_SECONDS = 15
PAUSES = (0, 1, 5)  # seconds after a process that could not be started
AHEAD = 256  # jobs given to a cluster before their turn: its workers come and go


def window(submit, jobs, size):
    """Pairs of a job and its future, as they are done, with at most ``size`` begun at a time.

    What is `Graded` already comes back at once, with None in the place of a future.
    """
    begun = {}
    for job in jobs:
        if isinstance(job, Graded):
            yield job, None
            continue
        begun[submit(job)] = job
        if len(begun) >= size:
            yield from done(begun)
    while begun:
        yield from done(begun)


def done(begun):
    """Wait for one future or more; takes them out of the dictionary."""
    for future in futures.wait(begun, return_when=futures.FIRST_COMPLETED).done:
        yield begun.pop(future), future


class Processes:
    """``count`` processes of this machine. Where one dies, new ones do its work again.

    requirements : of the student's kit, see `packages.kit`: looked up once, for all of them
    """

    def __init__(self, count, requirements=()):
        self.count, self.requirements, self.pool = count, requirements, None

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):  # also when the results are no longer wanted
        if self.pool:
            self.pool.shutdown(cancel_futures=True)

    def at_once(self):
        """How many jobs are worked on at the same time."""
        return self.count

    def ask_all(self, function, *arguments):
        """What ``function`` returns on every worker, by name: here they are all alike."""
        return {"this machine": function(*arguments)}

    def submit(self, function, job):
        for pause in PAUSES:
            try:
                self.pool = self.pool or new_pool(self.count, self.requirements)
                return self.pool.submit(function, job)
            except (BrokenProcessPool, OSError) as error:  # OSError: no process more to be had
                self.pool, problem = None, error
                time.sleep(pause)
        raise CourseError(
            f"No worker process can be started, or it ends at once ({problem}): is there memory "
            "left? What was graded is recorded; run the command again for the rest."
        )

    def results(self, function, jobs):
        """See the module. A job in whose hands a worker died twice comes with that exception."""
        suspects = []

        def submit(job):
            return self.submit(function, job)

        for job, future in window(submit, jobs, 2 * self.count):
            if future and isinstance(future.exception(), BrokenProcessPool):
                suspects.append(job)  # with all that were begun: which of them did it is not known
            else:
                yield job, future
        for job in suspects:
            yield from window(submit, [job], 1)


def new_pool(count, requirements):
    """Workers that import the grader once and fork from there, and end with this process."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["autograder.grading.preload"])
    known = {requirements: packages.kit(requirements)}
    return futures.ProcessPoolExecutor(
        count, mp_context=context, initializer=begin, initargs=(known,)
    )


def begin(known):
    """Begin a worker: it knows the `packages.kit`, and ends with the process that it works for."""
    packages.known.update(known)
    parent = multiprocessing.parent_process().sentinel

    def watch():
        wait([parent])
        os._exit(1)  # the sandbox it has started ends with it

    threading.Thread(target=watch, daemon=True).start()


class Cluster:
    """The workers of the Dask scheduler at ``address``, such as ``tcp://10.0.0.1:8786``.

    Raises CourseError if it does not answer or has no workers.
    """

    def __init__(self, address):
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

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.client.close()

    def at_once(self):
        """How many jobs are worked on at the same time; it changes as workers come and go."""
        return sum(self.client.nthreads().values())

    def ask_all(self, function, *arguments):
        """What ``function`` returns on every worker, by the worker's address."""
        answers = self.client.run(function, *arguments, on_error="return")
        if not answers:
            raise CourseError("The Dask scheduler has no workers yet: start some (`dask worker`).")
        for worker, answer in answers.items():
            if isinstance(answer, Exception):
                raise CourseError(
                    f"The worker {worker} cannot grade; perhaps this course is not installed "
                    f"there, or an old version of it: {answer}"
                )
        return answers

    def results(self, function, jobs):
        """See the module. Dask gives the work of a lost worker to another, a few times."""
        yield from window(lambda job: self.executor.submit(function, job), jobs, AHEAD)
