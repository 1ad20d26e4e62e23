"""Whatever ends the grader, its workers or its disk: the next run grades the rest, and loses and
invents nothing."""

import contextlib
import dataclasses
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent import futures
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder import examples, files
from autograder.commands import cli
from autograder.content import Content
from autograder.course import Course, CourseError
from autograder.grading import job, record, workers
from autograder.grading.job import ENGINE, version
from autograder.grading.run import Options, Run
from autograder.sandbox.inside import processes
from autograder.units import CONTENT as content
from tests.sandboxed import need

pytestmark = pytest.mark.slow(60)

UNIT = examples.UNIT
FULL = examples.full()
STUDENTS = ("ada", "emmy", "grace", "lise", "mary")
GRADE = [sys.executable, "-m", "autograder.commands.cli", "grade", UNIT, "--jobs", "2"]
PATIENCE = 60  # seconds until something that should happen soon is taken not to happen


def grade(**options):
    """Grade the current course in this process; returns the outcomes by student."""
    run = Run(Course(), UNIT, Options(**options))
    return {graded.student: graded for graded in run}


def scores():
    """What the gradebook holds, by student."""
    with Gradebook("sqlite:///gradebook.db") as book:
        return {s.student.id: s.score for s in book.find_assignment(UNIT).submissions}


def slow(work):
    """Right answers, and a cell that takes a while and can be seen from outside."""
    work.solve()
    work.after("setup", "import subprocess\nsubprocess.run(['sleep', '8'])")


@pytest.fixture
def class_of_five(hand_in):
    for student in STUDENTS:
        hand_in(student)


@contextlib.contextmanager
def grader():
    """A running ``autograder grade``, with its output to be read; ended in any case."""
    process = subprocess.Popen(
        GRADE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def children(pid):
    """{pid: command line} of what a process has started itself and that still lives."""
    return commands(processes.children(pid))


def descendants(pid):
    """The same, with what these have started."""
    return commands(processes.descendants(pid))


def commands(pids):
    """{pid: command line} of those processes that still live."""
    found = {}
    for pid in pids:
        with contextlib.suppress(OSError):  # any process can end at any moment
            found[pid] = Path(f"/proc/{pid}/cmdline").read_text()
    return found


def sandbox_of(pid):
    """(worker, sandbox): the pids of one in which a slow cell runs and of its parent, in time."""

    def look():
        for parent in descendants(pid):
            for child, command in children(parent).items():
                inside = descendants(child).values()
                if "bwrap" in command and any(c.startswith("sleep") for c in inside):
                    return parent, child
        return None

    return until(look)


def until(true):
    """Wait for something to become true; returns it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if value := true():
            return value
        time.sleep(0.02)
    raise AssertionError("it did not happen")


def alive(pid):
    """True if a process lives and is no mere remainder that nobody has looked after yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def finish():
    """Grade what is left, in the usual way; returns what was printed."""
    done = subprocess.run(GRADE, capture_output=True, text=True, check=False)
    assert done.returncode == cli.DONE, done.stdout + done.stderr
    return done.stdout


# -- killed ---------------------------------------------------------------------------------------


def test_the_run_after_a_killed_grader_does_the_rest_and_nothing_twice(class_of_five, hand_in):
    hand_in("zoe", slow)
    with grader() as process:
        printed = [next(process.stdout) for _ in range(4)]  # a title and three students
        before = {line.split()[0] for line in printed[1:]}
        family = descendants(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        until(lambda: not [pid for pid in family if alive(pid)])
    assert set(scores()) >= before
    assert set(scores().values()) == {FULL}
    again = finish()
    assert scores() == dict.fromkeys([*STUDENTS, "zoe"], FULL)
    kept = {line.split()[0] for line in again.splitlines() if "(unchanged)" in line}
    assert before <= kept
    assert "zoe" not in kept


def test_a_killed_worker_costs_nothing(class_of_five, hand_in):
    for student in ("yva", "zoe"):
        hand_in(student, slow)
    with grader() as process:
        worker, _ = sandbox_of(process.pid)
        os.kill(worker, signal.SIGKILL)
        printed, _ = process.communicate()
    assert process.returncode == cli.DONE, printed
    assert scores() == dict.fromkeys([*STUDENTS, "yva", "zoe"], FULL)
    assert "FAILED" not in printed


def test_a_killed_sandbox_costs_nothing(hand_in):
    hand_in("zoe", slow)
    with grader() as process:
        _, sandbox = sandbox_of(process.pid)
        os.kill(sandbox, signal.SIGKILL)
        printed, _ = process.communicate()
    assert process.returncode == cli.DONE, printed
    assert scores() == {"zoe": FULL}
    assert "left out" not in printed


def test_a_submission_that_a_worker_dies_of_is_named_and_the_others_are_graded(
    class_of_five, monkeypatch
):
    deadly = workers.Processes.submit

    def submit(self, function, job):
        return deadly(self, die if job.student == "grace" else function, job)

    monkeypatch.setattr(workers.Processes, "submit", submit)
    outcomes = grade(jobs=2)
    assert "BrokenProcessPool" in outcomes["grace"].failure
    assert scores() == {student: FULL for student in STUDENTS if student != "grace"}


def die(job):
    os._exit(1)


# -- between two steps ----------------------------------------------------------------------------


def record_and_die(student, notebook, calls):
    """Record in a process that ends, as by a power cut, at a call of a function.

    Returns how many calls it made until its end, which came earlier if it was done.
    """
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        made = 0

        def count(frame, event, argument):
            nonlocal made
            made += event in ("call", "c_call")
            if made >= calls:
                os.write(tell, str(made).encode())
                os._exit(0)

        with record.Recorder(Course(), UNIT) as recorder:
            sys.setprofile(count)
            recorder.record(student, notebook)
            sys.setprofile(None)
        os.write(tell, str(made).encode())
        os._exit(0)
    os.waitpid(child, 0)
    made = int(os.read(told, 20))
    os.close(told)
    os.close(tell)
    return made


def test_a_grade_is_recorded_wholly_or_not_at_all(course, hand_in, tmp_path):
    hand_in("ada")
    grade(dry_run=True)
    (draft,) = Path(".autograder", UNIT).glob("*.ipynb")
    notebook = draft.read_text()
    empty = shutil.copy("gradebook.db", tmp_path)

    def start_again():
        for place in ("gradebook.db", "gradebook.db-journal", "autograded"):
            remove(course / place)
        shutil.copy(empty, course)

    grade()  # or the first would take more calls than those that are counted on
    start_again()
    in_all = record_and_die("ada", notebook, float("inf"))
    seen = set()
    # What follows the commit is short, so there are more looks near the end, and one behind it.
    late = [in_all - before for before in (300, 200, 100, 50, 10)]
    for calls in [*range(1, in_all, in_all // 20), *late, float("inf")]:
        start_again()
        assert record_and_die("ada", notebook, calls) <= calls
        whole = Path(f"autograded/ada/{UNIT}/{UNIT}.ipynb").exists()
        seen.add((scores().get("ada"), whole))
        assert not whole or scores() == {"ada": FULL}
        assert grade()["ada"].unchanged == whole
        assert scores() == {"ada": FULL}
        files.write(draft, notebook.encode())  # used up by `grade`
    assert seen == {(None, False), (FULL, False), (FULL, True)}


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


# -- disk and gradebook ---------------------------------------------------------------------------

ON_A_SMALL_DISK = """
import os, shutil, sys
from pathlib import Path
from autograder.commands import cli

small, course, unit = sys.argv[1:]
os.chdir(shutil.copytree(course, Path(small, "course")))
grade = ["grade", unit, "--sandbox", "none"]
filler = os.open("filler", os.O_WRONLY | os.O_CREAT)
try:
    while True:
        os.write(filler, bytes(1 << 12))
except OSError:
    os.close(filler)
print("full", cli.main(grade), flush=True)
os.remove("filler")
print("room", cli.main(grade), flush=True)
"""


def test_on_a_full_disk_it_says_so_and_the_next_run_does_all(course, class_of_five, tmp_path):
    need("bubblewrap")  # which makes the disk
    small = tmp_path / "small"
    small.mkdir()
    disk = ["bwrap", "--dev-bind", "/", "/", "--size", str(20 << 20), "--tmpfs", str(small), "--"]
    command = [*disk, sys.executable, "-c", ON_A_SMALL_DISK, str(small), str(course), UNIT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    printed = done.stdout + done.stderr
    assert f"full {cli.IMPOSSIBLE}" in printed
    assert "No space left" in printed or "disk is full" in printed
    assert "Traceback" not in printed
    after = printed.partition("full 2")[2]
    assert f"room {cli.DONE}" in after
    full = [
        line for line in after.splitlines() if line.split()[1:4] == [f"{FULL:g}", "of", f"{FULL:g}"]
    ]
    assert len(full) == len(STUDENTS)


def test_a_locked_gradebook_stops_the_run_and_the_next_one_does_the_rest(class_of_five, capsys):
    run = iter(Run(Course(), UNIT, Options()))
    first = next(run)
    other = sqlite3.connect("gradebook.db")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CourseError, match=r"database is locked.*run the command again"):
        list(run)
    other.rollback()
    other.close()
    assert scores() == {first.student: FULL}
    assert finish().count("(unchanged)") == 1
    assert scores() == dict.fromkeys(STUDENTS, FULL)


def test_a_second_grader_is_told_to_wait(class_of_five, capsys):
    with record.Recorder(Course(), UNIT):
        assert cli.main(["grade", UNIT]) == cli.IMPOSSIBLE
    assert "Another `autograder grade` is at work" in capsys.readouterr().err
    assert cli.main(["grade", UNIT]) == cli.DONE


# -- after a change -------------------------------------------------------------------------------


def ignores_value(work):
    """Right answers, but for a pad2d whose frame is always 0."""
    work.solve()
    work.edit("pad2d", ("constant_values=value", "constant_values=0"))


@pytest.fixture
def changed_check(monkeypatch):
    """``changed_check()`` makes ignoring the value cost all points of pad2d, from then on."""

    def change():
        task = content.of_unit(UNIT)["pad2d"]
        check = task.check

        def check_pad2d(rng):
            return [part for part in check(rng) if "value" in part.name]

        tasks = {**content.of_unit(UNIT), "pad2d": dataclasses.replace(task, check=check_pad2d)}
        monkeypatch.setattr(Content, "of_unit", lambda self, unit: tasks)
        monkeypatch.setattr(job, "version", lambda content, unit: "after the change")

    return change


@pytest.fixture
def in_this_process(monkeypatch):
    """Grade in this process, where a test can change what grades; returns the students graded."""
    graded = []

    def submit(self, function, job):
        graded.append(job.student)
        future = futures.Future()
        future.set_result(function(job))
        return future

    monkeypatch.setattr(workers.Processes, "submit", submit)
    return graded


def test_a_dry_run_shows_what_a_changed_check_does_and_records_nothing(
    hand_in, changed_check, in_this_process, capsys
):
    hand_in("ada")
    hand_in("eve", ignores_value)
    grade()
    assert scores() == {"ada": FULL, "eve": FULL - 1.25}
    changed_check()

    outcomes = grade(dry_run=True)
    assert outcomes["ada"].changes() == {}
    assert list(outcomes["eve"].changes()) == ["test_pad2d"]
    assert scores() == {"ada": FULL, "eve": FULL - 1.25}
    assert len(in_this_process) == 4

    outcomes = grade()  # records what has been graded, and grades nothing again
    assert len(in_this_process) == 4
    assert list(outcomes["eve"].changes()) == ["test_pad2d"]
    assert scores()["eve"] == outcomes["eve"].report.score < 14
    assert all(graded.unchanged for graded in grade().values())
    assert not list(Path(".autograder", UNIT).glob("*.ipynb"))


def test_a_changed_check_touches_its_own_unit_only(tmp_path, monkeypatch):
    project = tmp_path / "project"
    for package in (ENGINE, content.student_folder):
        shutil.copytree(package, project / package.name)
    monkeypatch.setattr(job, "ENGINE", project / "autograder")
    copied = dataclasses.replace(content)
    vars(copied)["folder"] = project / "autograder" / "units"
    vars(copied)["student_folder"] = project / "course"

    def versions():
        version.cache_clear()
        return {unit: version(copied, unit) for unit in copied.units()}

    try:
        before = versions()
        with open(project / "autograder" / "units" / "unit3_shapes" / "checks.py", "a") as file:
            file.write("# changed\n")
        after = versions()
        assert {unit for unit in before if before[unit] != after[unit]} == {"unit3_shapes"}
        with open(project / "autograder" / "checking" / "compare.py", "a") as file:
            file.write("# changed\n")
        assert not set(versions().values()) & set(after.values())
    finally:
        version.cache_clear()


def test_grades_and_comments_by_hand_survive_regrading(hand_in):
    hand_in("ada")
    grade()
    with Gradebook("sqlite:///gradebook.db") as book:
        book.find_grade("test_pad2d", UNIT, UNIT, "ada").manual_score = 0.5
        book.find_comment("pad2d", UNIT, UNIT, "ada").manual_comment = "Well said."
        book.db.commit()
    grade(force=True)
    assert scores() == {"ada": 12.5}
    with Gradebook("sqlite:///gradebook.db") as book:
        assert book.find_comment("pad2d", UNIT, UNIT, "ada").comment == "Well said."
