"""`autograder grade --scheduler` on a real Dask cluster: a scheduler and workers started here."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from distributed import Client, get_task_stream
from nbgrader.api import Gradebook

from autograder import examples
from autograder.commands import cli
from autograder.course import Course
from autograder.grading import workers
from autograder.grading.job import ENGINE
from autograder.grading.run import Options, Run
from autograder.sandbox import probe
from autograder.units import CONTENT

pytestmark = pytest.mark.slow(40)

UNIT = examples.UNIT
PATIENCE = 300  # seconds until something that has to come counts as never to come
CLASS = {
    "ada": "right_by_loops",
    "bo": "blank",
    "cy": "flips_the_kernel",
    "di": "kills_its_process",
    "ed": "right_by_windows",
    "fay": "skips_execution",
}


class Cluster:
    """A `dask scheduler`, and the `dask worker` processes that were added to it."""

    def __init__(self, folder):
        self.folder, self.processes = Path(folder), []
        file = self.folder / "scheduler.json"
        where = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        self.start("scheduler", *where, "--scheduler-file", file)
        self.wait_until(file.exists)
        self.client = Client(scheduler_file=str(file), timeout=PATIENCE, set_as_default=False)
        self.address = self.client.scheduler.address

    def start(self, *arguments, **environment):
        """Start ``dask …`` in a process group of its own; returns the process."""
        with open(self.folder / f"log{len(self.processes)}", "w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *map(str, arguments)],
                cwd=self.folder,
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def add(self, name, **environment):
        """Start a worker, as the README says, and wait until it is there; returns its process."""
        options = ["--nthreads", 1, "--name", name, "--local-directory", self.folder]
        worker = self.start("worker", self.address, *options, "--no-dashboard", **environment)
        self.wait_until(lambda: name in self.addresses())
        return worker

    @contextlib.contextmanager
    def one_more(self, name, **environment):
        """A worker that is killed at the end of the block."""
        worker = self.add(name, **environment)
        try:
            yield worker
        finally:
            kill(worker)
            self.wait_until(lambda: name not in self.addresses())

    def addresses(self):
        """The workers' addresses, by the names that they were started with."""
        workers = self.client.scheduler_info()["workers"]
        return {worker["name"]: address for address, worker in workers.items()}

    def busy(self, name):
        """Whether the worker is grading."""
        return bool(self.client.processing().get(self.addresses().get(name)))

    def wait_until(self, true):
        end = time.monotonic() + PATIENCE
        while not true():
            logs = sorted(self.folder.glob("log*"))
            assert time.monotonic() < end, "\n".join(log.read_text() for log in logs)
            time.sleep(0.02)

    def close(self):
        for process in reversed(self.processes):
            kill(process)


def kill(process):
    """Kill a process and the worker that it may be the nanny of: as if the machine were gone."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def started():
    with tempfile.TemporaryDirectory(prefix="cluster-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(folder)
        try:
            yield cluster
        finally:
            cluster.client.close()
            cluster.close()


@pytest.fixture(scope="module")
def cluster():
    """A cluster with the workers "one" and "two"."""
    with started() as cluster:
        cluster.add("one")
        cluster.add("two")
        yield cluster


@pytest.fixture
def handed_in(course, hand_in):
    """The current course with six submissions; the scores that they must get, by student."""
    every = examples.every()
    for student, name in CLASS.items():
        hand_in(student, every[name].build)
    return {student: every[name].EXPECTED for student, name in CLASS.items()}


def scores():
    with Gradebook("sqlite:///gradebook.db") as book:
        return {s.student.id: s.score for s in book.find_assignment(UNIT).submissions}


def refusal(cluster, capsys):
    """What `autograder grade` says when it does not begin, and records nothing."""
    code = cli.main(["grade", UNIT, "--scheduler", cluster.address])
    said = capsys.readouterr().err
    assert code == cli.IMPOSSIBLE, said
    assert scores() == {}
    assert not os.path.exists("autograded")
    return said


def test_two_workers_give_the_scores_that_this_machine_gives(cluster, handed_in):
    with get_task_stream(cluster.client) as stream:
        graded = Run(Course(), UNIT, Options(scheduler=cluster.address))
        there = {each.student: each for each in graded}
    assert [each.failure for each in there.values() if each.failure] == []
    assert scores() == handed_in
    assert {task["worker"] for task in stream.data} == set(cluster.addresses().values())

    options = Options(jobs=2, force=True, dry_run=True)
    here = {each.student: each for each in Run(Course(), UNIT, options)}
    assert {name: each.report.scores for name, each in there.items()} == {
        name: each.report.scores for name, each in here.items()
    }
    assert [there[name].report.misconceptions for name in CLASS] == [
        here[name].report.misconceptions for name in CLASS
    ]
    # What has been graded there need not be graded again here.
    assert all(each.unchanged for each in Run(Course(), UNIT, Options()))


def test_workers_that_die_cost_nothing(cluster, handed_in, hand_in):
    for number in range(4):
        hand_in(f"more{number}")
        handed_in[f"more{number}"] = 15
    cluster.wait_until(lambda: {"one", "two"} <= cluster.addresses().keys())
    command = [sys.executable, "-m", "autograder.commands.cli", "grade", UNIT]
    with cluster.one_more("mortal") as machine:
        process = subprocess.Popen(
            [*command, "--scheduler", cluster.address],
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        with process:
            cluster.wait_until(
                lambda: (
                    (cluster.busy("mortal") and cluster.busy("two")) or process.poll() is not None
                )
            )
            assert process.poll() is None, process.stdout.read()
            (worker,) = cluster.client.run(os.getpid, workers=[cluster.addresses()["two"]]).values()
            os.kill(worker, signal.SIGKILL)  # its nanny starts another
            kill(machine)
            printed = process.stdout.read()
    assert process.returncode == cli.DONE, printed
    assert "FAILED" not in printed
    assert scores() == handed_in
    cluster.wait_until(lambda: {"one", "two"} == cluster.addresses().keys())


def test_a_scheduler_that_does_not_answer(course, hand_in, monkeypatch, capsys):
    hand_in("ada")
    monkeypatch.setattr(workers, "CONNECT_SECONDS", 1)
    for address in ("tcp://127.0.0.1:1", "nonsense://here"):
        assert cli.main(["grade", UNIT, "--scheduler", address]) == cli.IMPOSSIBLE
        said = capsys.readouterr().err
        assert f"No Dask scheduler answers at {address}" in said
        assert said.count("\n") == 1
    assert not os.path.exists("autograded")


def test_tls_without_certificates(course, hand_in, capsys):
    hand_in("ada")
    assert cli.main(["grade", UNIT, "--scheduler", "tls://127.0.0.1:1"]) == cli.IMPOSSIBLE
    assert "needs certificates" in capsys.readouterr().err


def test_a_scheduler_without_workers(course, hand_in, capsys):
    hand_in("ada")
    with started() as cluster:
        assert "has no workers yet" in refusal(cluster, capsys)


def test_without_dask_the_extra_is_named(course, hand_in, monkeypatch, capsys):
    hand_in("ada")
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert cli.main(["grade", UNIT, "--scheduler", "tcp://127.0.0.1:1"]) == cli.IMPOSSIBLE
    assert "`cluster`" in capsys.readouterr().err


def other_course(folder):
    """A folder with a later version of the course, for PYTHONPATH."""
    folder = folder / "later"
    for package in (ENGINE, CONTENT.student_folder):
        shutil.copytree(package, folder / package.name)
    with open(folder / "autograder" / "units" / UNIT / "checks.py", "a") as file:
        file.write("# Changed.\n")
    return str(folder)


def no_course(folder):
    """A folder in which `autograder` is something else, for PYTHONPATH."""
    folder = folder / "unrelated"
    folder.mkdir()
    (folder / "autograder.py").touch()
    return str(folder)


@pytest.mark.parametrize(
    ("course_there", "said"),
    [
        (other_course, "has another version of the course"),
        (no_course, "this course is not installed there"),
    ],
)
def test_a_worker_with_another_course_is_refused(
    cluster, handed_in, tmp_path, capsys, course_there, said
):
    path = course_there(tmp_path)
    with cluster.one_more("stranger", PYTHONPATH=path):
        address = cluster.addresses()["stranger"]
        refused = refusal(cluster, capsys)
        assert said in refused
        assert address in refused


def broken_sandbox(folder):
    """A PATH on which bubblewrap is found, and does not work: as in most containers."""
    if probe.choose() != "bubblewrap":
        pytest.skip("bubblewrap does not work here, so a worker cannot differ in it")
    program = folder / "bin" / "bwrap"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'No permissions to create a new namespace' >&2\nexit 1\n")
    program.chmod(0o755)
    return f"{program.parent}{os.pathsep}{os.environ['PATH']}"


def test_a_worker_with_another_sandbox_is_refused(cluster, handed_in, tmp_path, capsys):
    with cluster.one_more("container", PATH=broken_sandbox(tmp_path)):
        address = cluster.addresses()["container"]
        assert address in refusal(cluster, capsys)


@pytest.mark.parametrize(
    ("variable", "value"), [("PYTHONPATH", other_course), ("PATH", broken_sandbox)]
)
def test_a_worker_that_comes_late_grades_nothing_wrongly(
    cluster, handed_in, tmp_path, variable, value
):
    """It was not there to be asked. Its jobs fail and wait for the next run; no grade is wrong."""
    environment = {variable: value(tmp_path)}
    run = Run(Course(), UNIT, Options(scheduler=cluster.address))
    with get_task_stream(cluster.client) as stream, cluster.one_more("late", **environment):
        late, graded = cluster.addresses()["late"], list(run)
    failed = {each.student for each in graded if each.failure}
    assert late in {task["worker"] for task in stream.data}
    assert failed
    assert scores() == {name: score for name, score in handed_in.items() if name not in failed}
