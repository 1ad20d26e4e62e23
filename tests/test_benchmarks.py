"""The benchmarks' own functions, and a small class that is graded, killed and taken up again."""

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent import futures
from pathlib import Path

import pytest

from autograder.checking import judge
from autograder.checking.answers import Named
from autograder.units import CONTENT as content
from benchmarks import __main__ as beside_stock
from benchmarks import measure, mixed, overnight, setting
from benchmarks.measure import Cost

pytestmark = pytest.mark.slow(20)

UNIT = overnight.UNIT


def cost(cpu):
    return Cost(cpu, wall=1.0, memory=2**20, main=2**20, worker=0)


def alone(function, *arguments):
    """Call it in a process that has no other children, as `measure.cost` asks for."""
    with futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


# -- measure --------------------------------------------------------------------------------------


def test_a_cost_counts_what_a_command_starts_and_leaves_behind(tmp_path):
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    leave = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {burn!r}])"
    spent = alone(measure.cost, [sys.executable, "-c", leave], tmp_path / "log")
    assert spent.cpu > 0.3
    assert spent.memory >= spent.main > 2**20
    assert spent.worker == 0


def test_a_command_that_fails_is_no_measurement(tmp_path):
    with pytest.raises(RuntimeError, match="exited with 3:\nsorry"):
        alone(measure.cost, [sys.executable, "-c", "print('sorry'); exit(3)"], tmp_path / "log")


def test_the_line_through_batches_separates_start_up_from_each_submission():
    start, more = measure.through([(1, 5.5), (4, 7.0)])
    assert (round(start, 9), round(more, 9)) == (5.0, 0.5)


# -- beside stock nbgrader ------------------------------------------------------------------------


def test_targets_are_compared_with_the_furthest_unit():
    stock = [(1, cost(10.0)), (4, cost(40.0))]
    good = beside_stock.Measured({"stock nbgrader": stock, "autograder grade": []}, [0.1])
    good.costs["autograder grade"] = [(3, cost(0.6)), (12, cost(2.4))]
    slow = beside_stock.Measured(dict(good.costs), [0.1])
    slow.costs["autograder grade"] = [(3, cost(6.0)), (12, cost(24.0))]
    assert beside_stock.beyond(good) == pytest.approx(0.1)
    assert beside_stock.verdict([good]).count(": reached") == 2
    said = beside_stock.verdict([good, slow])
    assert said.count("NOT reached") == 2
    assert "At most 1/5.0" in said
    assert "At most 1.90" in said


def test_a_score_that_is_missing_or_not_full_is_named():
    full = {"test_a": 2.0, "test_b": 1.0}
    scores = {("ada", "test_a"): 2.0, ("ada", "test_b"): 0.5, ("bob", "test_a"): 2.0}
    assert beside_stock.differences("here", scores, ["ada", "bob"], full) == [
        "DIFFERENT: here: ada, test_b: 0.5, not 1.0",
        "DIFFERENT: here: bob, test_b: None, not 1.0",
    ]


@pytest.mark.parametrize("unit", content.units())
def test_every_unit_is_measured_and_all_its_checks_count(unit):
    assert unit in beside_stock.UNITS
    full = beside_stock.maxima(setting.PROJECT / "source" / unit / f"{unit}.ipynb")
    assert full.keys() == {f"test_{task}" for task in content.of_unit(unit)}


# -- a class of right and wrong answers ------------------------------------------------------------


@pytest.mark.parametrize("task", content.of_unit(UNIT).values(), ids=lambda task: task.name)
def test_an_answer_written_alone_does_what_it_does_in_its_bank(task):
    student = "ada"
    for function in [*task.variants.values(), *task.misconceptions.values()]:
        source, answer = mixed.answer_of(task, function, student)
        namespace = {}
        exec(f"import numpy as np\n{source}", namespace)
        written = Named(namespace, task.name, task.by_value)
        points = judge.grade(task, answer, student).points
        assert judge.grade(task, written, student).points == points, function.__name__


def test_a_class_is_killed_and_taken_up_again():
    with tempfile.TemporaryDirectory() as folder:  # a short path: sockets have none longer than 100
        told, wrong = alone(overnight.run, Path(folder), 8)
    assert wrong == []
    assert told[-1] == "56 scores expected, 56 recorded"


def survivor():
    """What is said of a process that outlives its parent."""
    measure.adopt_orphans()
    before = set(measure.descendants(os.getpid()))
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    time.sleep(0.2)
    try:
        return overnight.remaining(before, patience=0)[0]
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()


def test_what_outlives_its_parent_is_found_and_named():
    assert "time.sleep(60)" in alone(survivor)
