"""Small notebooks run for real, with tasks made up for the purpose."""

from dataclasses import fields

import numpy as np
import pytest
from nbformat import v4

from autograder.checking import judge
from autograder.checking.asserts import AssertCell
from autograder.checking.words import case, made, part, signed
from autograder.content import Content, Task, load
from autograder.grading import grade_notebook, notebook_run
from autograder.model import Repair, report_of
from autograder.output import words
from autograder.sandbox import launch
from autograder.sandbox.errors import SandboxError
from autograder.untrusted.text import SIGN
from tests.sandboxed import limited, need

pytestmark = pytest.mark.slow(50)


def double(x):
    return 2 * x


def triple(x):
    return 3 * x


def sum_by_hand(mine):
    return np.array([[3.0]])


def check_double(rng):
    return [part("doubles", 2, case(signed(rng, 3)), case(signed(rng, 2, 2)))]


def check_triple(rng):
    return [part("triples", 3, case(signed(rng, 3)))]


def check_sum_by_hand():
    return [part("the sum", 1, case(None))]


BANK = {
    function.__name__: Task(function.__name__, "unit", function, check, {}, {})
    for function, check in (
        (double, check_double),
        (triple, check_triple),
        (sum_by_hand, check_sum_by_hand),
    )
}
POINTS = {"double": 2, "triple": 3, "sum_by_hand": 1}
DOUBLE = "def double(x):\n    return 2 * x"
TRIPLE = "def triple(x):\n    return 3 * x"
WRONG = "def double(x):\n    return x"
DIE = "import os\nos._exit(0)"


class MadeUp(Content):
    """The content of the course with tasks made up for the purpose."""

    def tasks_if_any(self, unit):
        return BANK


CONTENT = MadeUp(**{field.name: getattr(load(), field.name) for field in fields(Content)})


@pytest.fixture(scope="module", params=["bubblewrap", "landlock"])
def sandboxed(request):
    with launch.Sandbox(need(request.param), content=CONTENT) as made:
        yield made


@pytest.fixture
def run(sandboxed):
    """``run(cells, **limits)`` executes them; returns (notebook, report)."""
    return runner(sandboxed)


@pytest.fixture
def run_unfenced():
    """The same for cells that leave a file behind, which the next process finds."""
    with launch.Sandbox("none", content=CONTENT) as made:
        yield runner(made)


@pytest.fixture
def run_alone(sandboxed):
    """The same in a sandbox of its own, for what breaks it."""
    with launch.Sandbox(sandboxed.kind, content=CONTENT) as made:
        yield lambda cells: execute_in(made, cells)


NOTHING = v4.new_notebook()  # what was handed out, which the cells here have nothing to do with


def runner(sandboxed):
    def execute_cells(cells, repairs=(), **limits):
        with limited(sandboxed, **limits):
            return execute_in(sandboxed, cells, repairs)

    return execute_cells


def execute_in(sandboxed, cells, repairs=(), own_asserts=()):
    notebook, more = v4.new_notebook(cells=cells), (repairs, b"", own_asserts)
    report = grade_notebook.grade(notebook, CONTENT, "unit", "ada", sandboxed, NOTHING, *more)
    assert not list(sandboxed.folder.glob("scratch-*"))
    return notebook, report


def code(source, **metadata):
    return v4.new_code_cell(source, metadata=metadata)


def graded(name):
    nbgrader = {"grade_id": f"test_{name}", "grade": True, "solution": False, "locked": True}
    return code(f"# Graded: {name}", nbgrader={**nbgrader, "points": POINTS[name]})


def said(cell):
    """All that a cell's outputs say."""
    found = []
    for output in cell.outputs:
        found += [output.get("text", ""), output.get("data", {}).get("text/plain", "")]
        found += [output.get("ename", ""), *output.get("traceback", [])]
    return "\n".join(found)


def scores(report):
    return {name.removeprefix("test_"): score for name, score in report.scores.items()}


# -- scores ---------------------------------------------------------------------------------------


def test_right_answers_get_all_points_and_wrong_ones_none(run):
    right = [code(DOUBLE), graded("double"), code("sum_by_hand = [[3]]"), graded("sum_by_hand")]
    wrong = [code(TRIPLE.replace("3", "4")), graded("triple")]
    _, report = run(right + wrong)
    assert scores(report) == {"double": 2, "sum_by_hand": 1, "triple": 0}
    assert report.score == 3


def test_score_is_the_only_number_that_nbgrader_finds(run):
    cells = [code(WRONG), graded("double"), code("print('100.0')\n100.0")]
    notebook, _ = run(cells)
    stream, result = notebook.cells[1].outputs
    assert (stream.output_type, stream.name) == ("stream", "stdout")
    assert (result.output_type, result.data) == ("execute_result", {"text/plain": "0.0"})
    assert "execute_result" not in [o.output_type for o in notebook.cells[2].outputs]


def test_code_of_a_graded_cell_is_not_run(run):
    cell = graded("double")
    cell.source = "double = None\nprint('mine')"
    _, report = run([code(DOUBLE), cell])
    assert report.score == 2
    assert "mine" not in said(cell)


def test_missing_function_is_named_in_its_feedback(run):
    notebook, report = run([code("x = 1"), graded("double")])
    assert report.score == 0
    assert "nothing is called `double`" in said(notebook.cells[1])


def test_error_is_shown_with_its_line_in_the_students_cell(run):
    source = "def helper(x):\n    return x.nothing\ndef double(x):\n    return helper(x)"
    notebook, _ = run([code("1"), code(source), graded("double")])
    assert "it raised AttributeError (line 2 of its cell)" in said(notebook.cells[2])


def test_graded_cell_without_a_check_is_an_error_of_the_course(run):
    cell = graded("double")
    cell.metadata.nbgrader.grade_id = "test_quadruple"
    with pytest.raises(KeyError):
        run([cell])


# -- as it stood at its graded cell ---------------------------------------------------------------


def test_later_cells_do_not_change_an_earlier_task(run):
    helper = "def helper(x):\n    return 2 * x\ndef double(x):\n    return helper(x)"
    later = "def helper(x):\n    return 0\ndouble = None\nx = np = None"
    _, report = run([code(helper), graded("double"), code(later)])
    assert report.score == 2


def test_definition_after_the_graded_cell_does_not_count(run):
    _, report = run([graded("double"), code(DOUBLE)])
    assert report.score == 0


def test_calls_of_one_task_leave_no_trace_in_another(run):
    both = "calls = []\ndef double(x):\n    calls.append(1)\n    return 2 * x\n"
    both += "def triple(x):\n    return 3 * x + len(calls)"
    _, report = run([code(both), graded("double"), graded("triple")])
    assert scores(report) == {"double": 2, "triple": 3}


def test_arguments_in_lists_can_be_written_to(run, monkeypatch):
    def total(arrays):
        return sum(arrays)

    def check_total(rng):
        return [part("adds", 2, case([signed(rng, 2), signed(rng, 2)]))]

    task = Task("double", "unit", total, check_total, {}, {})
    monkeypatch.setitem(BANK, "double", task)
    source = "def double(arrays):\n    arrays[0] += arrays[1]\n    return arrays[0]"
    _, report = run([code(source), graded("double")])
    assert report.score == 2


def test_callables_layers_and_generators_are_made_in_the_students_process(run, monkeypatch):
    def through(x, layers, rng):
        return layers["triple"].forward(x) + rng.random()

    def check_through(rng):
        layers = made("{'triple': SimpleNamespace(forward=lambda x: k * x)}", k=3.0)
        generator = made("np.random.default_rng(seed)", seed=int(rng.integers(1000)))
        calls = case(signed(rng, 3), layers, generator), case(signed(rng, 3), layers, generator)
        return [part("goes through", 2, *calls, also={"inputs"})]

    task = Task("double", "unit", through, check_through, {}, {})
    monkeypatch.setitem(BANK, "double", task)
    source = "def double(x, layers, rng):\n    return layers['triple'].forward(x) + rng.random()"
    assert run([code(source), graded("double")])[1].score == 2
    careless = source.replace("rng.random()", "np.random.random()")
    assert run([code("import numpy as np"), code(careless), graded("double")])[1].score == 0


def test_who_looks_at_its_callers_finds_the_inputs_and_nothing_else(run, monkeypatch):
    def at_end(x0, grad_fn):
        return x0 + grad_fn(x0)

    def check_at_end(rng):
        gradient = made("lambda x: -2 * (x - target)", target=signed(rng, 3))
        return [part("climbs", 2, case(signed(rng, 3), gradient))]

    task = Task("double", "unit", at_end, check_at_end, {}, {})
    monkeypatch.setitem(BANK, "double", task)
    source = """
import sys
def double(x0, grad_fn):
    frame, found = sys._getframe(), []
    while frame:
        found += [*frame.f_locals.values(), *frame.f_globals.values()]
        frame = frame.f_back
    for value in found:
        for name in ("expected", "reference", "task", "verdicts"):
            assert not hasattr(value, name) and name not in (value if type(value) is dict else ())
    return x0 + grad_fn(x0)
"""
    _, report = run([code(source), graded("double")])
    assert report.score == 2


# -- outputs --------------------------------------------------------------------------------------


def test_hidden_inputs_reach_no_output_whatever_the_function_does(run):
    source = """
import os, sys, warnings
def double(x):
    print("leak", x); print("leak", x, file=sys.stderr)
    warnings.warn(f"leak {x}")
    with open("leak", "a") as file:
        file.write(f"leak {x}")
    global seen
    seen = f"leak {x}"
    raise ValueError(f"leak {x}")
"""
    tell = """
import os
print("seen" in globals() and seen, os.path.exists("leak") and open("leak").read())
"""
    die = "def triple(x):\n    os.kill(-1, 9)\n    os._exit(1)"
    cells = [code(source), graded("double"), code(die), graded("triple"), code(tell)]
    cells += [code(DOUBLE), graded("double")]
    notebook, _ = run(cells)
    assert "leak" not in str([cell.get("outputs") for cell in notebook.cells])
    notes, *ran = notebook.cells
    assert "`double` is defined again below its graded cell" in notes.source
    assert "ValueError" in said(ran[1])
    assert "False False" in said(ran[4])


def test_outputs_stay_those_of_the_first_run(run_unfenced, tmp_path):
    # With one file for all processes, each run would print one more.
    shared = tmp_path / "runs"
    count = f"open({str(shared)!r}, 'a').write('x')\nprint(len(open({str(shared)!r}).read()))"
    cells = [code(count), code(DIE), code(DOUBLE), graded("double")]
    notebook, report = run_unfenced(cells)
    assert report.score == 2
    assert shared.read_text() == "xxx"
    assert said(notebook.cells[1]).strip() == "1"


def test_experiments_keep_what_was_handed_in_and_are_not_run(run):
    cell = code("raise ValueError", tags=["experiment"])
    cell.outputs = [v4.new_output("stream", name="stdout", text="loss 0.1")]
    silent = code("raise ValueError", tags=["experiment"])
    notebook, _ = run([cell, silent])
    assert said(notebook.cells[0]) == f"{grade_notebook.AS_SUBMITTED}\n\n\nloss 0.1\n\n"
    assert notebook.cells[1].outputs == []


def test_own_figures_arrive_as_pictures(run):
    notebook, _ = run([code("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")])
    assert "image/png" in notebook.cells[0].outputs[0].data


def test_practice_says_its_sentence_without_a_traceback(run):
    source = "from course import practice\npractice.compare(abs, -1.0, expect=2.0)"
    notebook, _ = run([code(source)])
    (output,) = notebook.cells[0].outputs
    assert output.ename == "NotYet"
    assert output.traceback == [f"not yet  {output.evalue}"]
    assert "it is 1, it should be 2" in output.evalue


def test_names_in_practice_cells_do_not_take_those_of_a_students_helpers(run):
    mine = code("def twice(x):\n    return 2 * x\n\n\ndef double(x):\n    return twice(x)")
    practice = code("twice = double(1)\nprint(twice)")
    practice.metadata.nbgrader = {"locked": True, "grade_id": "practice_double"}
    notebook, report = run([mine, practice, code("print(twice(4))"), graded("double")])
    assert said(notebook.cells[1]).strip() == "2"
    assert said(notebook.cells[2]).strip() == "8"
    assert report.score == 2


def test_names_in_other_locked_cells_stay(run):
    drawn = code("mine = 2")
    drawn.metadata.nbgrader = {"locked": True, "grade_id": "numbers_double"}
    notebook, _ = run([drawn, code("print(mine)")])
    assert said(notebook.cells[1]).strip() == "2"


def test_outputs_of_a_notebook_are_limited_together(run, monkeypatch):
    monkeypatch.setattr(notebook_run, "MAX_SHOWN", 1500)
    cells = [code("print('x' * 1000)"), code("print('x' * 1000)"), code(DOUBLE), graded("double")]
    notebook, report = run(cells)
    assert "xxx" in said(notebook.cells[0])
    assert "too large" in said(notebook.cells[1])
    assert report.score == 2


def test_notes_come_first_and_are_no_markup(run):
    notebook, report = run(
        [code("1")], repairs=[Repair("the file was called <img onerror=alert(1)>")]
    )
    assert notebook.cells[0].cell_type == "markdown"
    assert "called &lt;img" in notebook.cells[0].source
    assert report_of(notebook) == report


def test_submission_without_faults_has_no_notes(run):
    notebook, _ = run([code(DOUBLE), graded("double")])
    assert [cell.cell_type for cell in notebook.cells] == ["code", "code"]


# -- deaths ---------------------------------------------------------------------------------------


def test_cell_that_ends_its_process_costs_only_itself(run):
    cells = [code(DOUBLE), graded("double"), code(DIE), code(TRIPLE), graded("triple")]
    notebook, report = run(cells)
    assert scores(report) == {"double": 2, "triple": 3}
    assert "Stopped by the grader: its process ended" in said(notebook.cells[3])
    assert len(report.problems) == 1


def test_only_the_grader_can_show_its_sign(run):
    forged = f"""
print("{SIGN} double: 2 of 2 points")
class Stopped(Exception):
    def _render_traceback_(self):
        return ["{SIGN} Stopped by the grader: its process ended"]
raise Stopped
"""
    cells = [code(DOUBLE), graded("double"), code(forged), code(DIE)]
    notebook, _ = run(cells)
    notes, _, check, own, died = notebook.cells
    assert notes.source.startswith(f"**Notes from the grader** {SIGN}")
    assert said(check).startswith(words.HEADING)
    assert "Stopped by the grader" in said(own)
    assert SIGN not in said(own)
    assert f"{SIGN} Stopped by the grader" in said(died)


def once(tmp_path, code):
    """Code that does something once, the first time that any process runs it."""
    mark = str(tmp_path / "mark")
    return f"import os\nif not os.path.exists({mark!r}):\n    open({mark!r}, 'w')\n    {code}\n"


def test_cell_during_which_the_machine_ended_the_process_is_run_again(run_unfenced, tmp_path):
    cells = [code(once(tmp_path, "os.kill(os.getpid(), 9)") + DOUBLE), graded("double")]
    notebook, report = run_unfenced(cells)
    assert scores(report) == {"double": 2}
    assert report.problems == ()
    assert "Stopped" not in said(notebook.cells[1])  # behind the note on the sandbox


def test_task_during_which_the_machine_ended_all_processes_is_checked_again(run_unfenced, tmp_path):
    body = once(tmp_path, "os.killpg(0, 9)").replace("\n", "\n    ")
    cells = [code(f"def double(x):\n    {body}return 2 * x"), graded("double")]
    _, report = run_unfenced([*cells, code(TRIPLE), graded("triple")])
    assert scores(report) == {"double": 2, "triple": 3}


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.kill(os.getpid(), 9)",
        "import os\nos.closerange(3, 99)",
        "import os, socket\nfor n in range(3, 9):\n    try: os.dup2(os.open('/dev/null', 0), n)\n"
        "    except OSError: pass",
        "import ctypes\nctypes.string_at(0)",
        "import gc, socket\nfor o in gc.get_objects():\n    if type(o) is socket.socket: o.close()",
        "import gc, socket\nfor o in gc.get_objects():\n    if type(o) is socket.socket:\n"
        "        try: o.send(b'x' * 99)\n        except OSError: pass",
    ],
    ids=["kill", "close", "replace", "segfault", "close sockets", "write to sockets"],
)
def test_cell_that_breaks_its_process_in_any_way_costs_only_itself(run, source):
    _, report = run([code(DOUBLE), graded("double"), code(source), code(TRIPLE), graded("triple")])
    assert scores(report) == {"double": 2, "triple": 3}


def test_after_too_many_deaths_what_stood_before_the_last_counts(run):
    cells = [code(DOUBLE), graded("double"), *(code(DIE) for _ in range(3))]
    notebook, report = run([*cells, code(TRIPLE), graded("triple")], deaths=1)
    assert scores(report) == {"double": 2, "triple": 0}
    assert len(report.problems) == 2
    assert "its process kept ending" in said(notebook.cells[-1])


def test_practice_of_a_function_that_ends_its_process_is_tried_once(run):
    names = ["practice_double", "practice_triple", "practice_double-more"]
    practice = [
        code(f"print({name!r})\nimport os\n{end}", nbgrader={"grade_id": name, "locked": True})
        for name, end in zip(names, ["os._exit(0)", "", "os._exit(0)"], strict=True)
    ]
    cells = [code(DOUBLE), graded("double"), *practice, code(TRIPLE), graded("triple")]
    notebook, report = run(cells, deaths=1)
    assert scores(report) == {"double": 2, "triple": 3}
    assert "Stopped by the grader" in said(notebook.cells[3])
    assert "practice_triple" in said(notebook.cells[4])
    assert "another practice cell of this task" in said(notebook.cells[5])
    assert len(report.problems) == 1


@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(-1, 9)", "os.kill(os.getppid(), 9)"])
def test_function_that_ends_processes_costs_only_its_own_task(run, end):
    killer = f"import os\ndef double(x):\n    {end}\n    return 2 * x"
    cells = [code(killer), graded("double"), code(TRIPLE), graded("triple")]
    _, report = run([*cells, code("sum_by_hand = [[3]]"), graded("sum_by_hand")])
    assert report.scores["test_triple"] == 3
    assert report.scores["test_sum_by_hand"] == 1


def test_every_task_may_end_all_processes_and_the_last_still_counts(run):
    killer = "import os\ndef double(x):\n    os.kill(-1, 9); os._exit(0)\ntriple = double"
    cells = [code(killer), graded("double"), graded("triple")]
    notebook, report = run([*cells, code("sum_by_hand = [[3]]"), graded("sum_by_hand")])
    assert scores(report) == {"double": 0, "triple": 0, "sum_by_hand": 1}
    assert "did not survive the call" in said(notebook.cells[2])


def test_snapshot_that_is_never_made_costs_only_its_own_task(run):
    no_fork = "import os\nfork, os.fork = os.fork, lambda: 1"
    cells = [code(DOUBLE), code(no_fork), graded("double"), code("os.fork = fork")]
    _, report = run([*cells, code(TRIPLE), graded("triple")])
    assert scores(report) == {"double": 0, "triple": 3}


def test_process_that_does_not_start_is_no_grade(run_alone, monkeypatch):
    monkeypatch.setattr(notebook_run, "PAUSES", (0, 0))
    monkeypatch.setattr(launch.Sandbox, "sandboxed", lambda *args: ["/bin/false"])
    with pytest.raises(SandboxError, match="did not start"):
        run_alone([code(DOUBLE), graded("double")])


def test_process_that_does_not_start_at_first_is_started_again(run_alone, monkeypatch):
    monkeypatch.setattr(notebook_run, "PAUSES", (0, 0))
    commands, right = iter([["/bin/false"], ["/bin/false"]]), launch.Sandbox.sandboxed

    def command(*arguments):
        return next(commands, None) or right(*arguments)

    monkeypatch.setattr(launch.Sandbox, "sandboxed", command)
    _, report = run_alone([code(DOUBLE), graded("double")])
    assert scores(report) == {"double": 2}


def test_checks_together_have_an_end(run):
    sleeper = "import time\ndef triple(x):\n    time.sleep(60)"
    cells = [code(DOUBLE), graded("double"), code(sleeper), graded("triple")]
    notebook, report = run(cells, cpu_seconds=1, wall_extra=2.0, wall_checks=0.5)
    assert scores(report) == {"double": 0, "triple": 0}  # the last is checked first
    assert "did not answer in time" in said(notebook.cells[3])


# -- limits ---------------------------------------------------------------------------------------


def test_endless_cell_is_stopped_and_keeps_what_it_defined(run):
    notebook, report = run(
        [code(f"{DOUBLE}\nwhile True:\n    pass"), graded("double")], cell_seconds=0.2
    )
    assert report.score == 2
    assert report.problems == ("cell 1 ran out of time",)
    assert "Stopped" in said(notebook.cells[1])


def test_of_many_cells_that_ran_out_of_time_the_first_are_named(run):
    practice, *own = [code("while True:\n    pass") for _ in range(5)]
    practice.metadata.nbgrader = {"grade_id": "practice_double", "locked": True}
    _, report = run([code(DOUBLE), practice, *own, graded("double")], cell_seconds=0.1)
    assert report.problems == ("`practice_double`, cell 3, cell 4 and 2 more ran out of time",)


def test_endless_function_loses_its_task_only(run):
    endless = "def double(x):\n    while True:\n        pass"
    cells = [code(endless), graded("double"), code(TRIPLE), graded("triple")]
    notebook, report = run(cells, call_seconds=0.2)
    assert scores(report) == {"double": 0, "triple": 3}
    assert "too much CPU time" in said(notebook.cells[1])


def test_function_that_swallows_being_stopped_loses_its_task_only(run):
    stubborn = "def double(x):\n    while True:\n        try:\n            sum(range(999))\n"
    stubborn += "        except BaseException:\n            pass"
    cells = [code(stubborn), graded("double"), code(TRIPLE), graded("triple")]
    _, report = run(cells, call_seconds=0.2)
    assert scores(report) == {"double": 0, "triple": 3}


def test_sleepers_lose_what_they_slept_in_only(run):
    sleepy = "import time\ndef double(x):\n    time.sleep(60)"
    cells = [code(sleepy), graded("double"), code("time.sleep(60)"), code(TRIPLE), graded("triple")]
    notebook, report = run(cells, cell_seconds=0.5, call_seconds=0.5, wall_extra=2.0)
    assert scores(report) == {"double": 0, "triple": 3}
    assert "did not answer in time" in said(notebook.cells[3])


def test_notebook_that_takes_too_long_is_not_run_to_its_end(run):
    # A CPU limit below zero puts the end of all waiting before the first cell.
    notebook, report = run([code("print('ran')"), code(DOUBLE), graded("double")], cpu_seconds=-9)
    assert report.score == 0
    assert report.problems == ("cell 1, cell 2 ran out of time",)
    assert "took too long" in said(notebook.cells[1])


def test_lists_of_texts_in_place_of_numbers_do_not_stop_the_grading(run):
    odd = "def double(x):\n    return [['a', 10**400, None, {1: (2,)}], float('nan')]"
    _, report = run([code(odd), graded("double"), code("sum_by_hand = [['a'], 10**400]")])
    assert report.score == 0


@pytest.mark.parametrize(
    "value",
    [
        "...",
        "10**400",
        "'\\ud800'",
        "[[10**400, 1.5]]",
        "[[1], [2, 3]]",
        "{1: 2}",
        "[[float('nan')]]",
    ],
)
def test_by_hand_answers_of_any_kind_are_only_wrong(run, value):
    notebook, report = run([code(f"sum_by_hand = {value}"), graded("sum_by_hand")])
    assert report.score == 0
    assert "FAIL" in said(notebook.cells[1])


def test_task_seconds_bound_all_calls_of_a_task(run, monkeypatch):
    monkeypatch.setattr(judge, "TASK_SECONDS", -1)
    notebook, report = run([code(DOUBLE), graded("double")])
    assert report.score == 0
    assert "took too long" in said(notebook.cells[1])


# -- what is frozen shares something: checked in turn ----------------------------------------------


def test_answers_that_use_files_get_their_points(run):
    cells = [
        code("import os\nkept = open('log', 'w')\nopen('factor', 'w').write('2')"),
        code("def double(x):\n    kept.write('called')\n    return int(open('factor').read()) * x"),
        graded("double"),
        code("open('factor', 'w').write('3')"),
        code("def triple(x):\n    return int(open('factor').read()) * x"),
        graded("triple"),
    ]
    _, report = run(cells)
    assert scores(report) == {"double": 2, "triple": 3}


def test_what_is_written_behind_a_graded_cell_does_not_count(run):
    late = "def double(x):\n    names = {}\n    exec(open('late').read(), names)\n"
    cells = [
        code(late + "    return names['double'](x)"),
        graded("double"),
        code(TRIPLE),
        graded("triple"),
        code(f"open('late', 'w').write({DOUBLE!r})"),
    ]
    _, report = run(cells)
    assert scores(report) == {"double": 0, "triple": 3}


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


TELLS = """
def double(x):
    open("asked", "a").write(f"HIDDEN {x!r}")
    return 2 * x
"""


@pytest.mark.parametrize("end", ["", "os._exit(1)"])
def test_nothing_that_a_run_in_turn_puts_out_is_kept(run, end):
    """Cells behind could learn what the checks asked, those too that no other run has got to."""
    tell = "import os\nif os.path.exists('asked'): print(open('asked').read())\nopen('mine', 'a')"
    cells = [code(TELLS), graded("double"), code(tell), code(end), code(tell), code(tell)]
    notebook, report = run(cells, deaths=1)
    assert scores(report) == {"double": 2}
    assert "HIDDEN" not in "\n".join(map(said, code_cells(notebook)))


def test_a_run_in_turn_that_its_checks_end_goes_on_with_the_next_task(run):
    kill = "def double(x):\n    import os\n    os.kill(os.getppid(), 9)\n    return 2 * x"
    cells = [
        code("open('mine', 'w')"),
        code(kill),
        graded("double"),
        code(TRIPLE),
        graded("triple"),
    ]
    notebook, report = run(cells)
    assert scores(report)["triple"] == 3
    assert "Stopped" not in "\n".join(map(said, code_cells(notebook)))


# -- cells with asserts of their own --------------------------------------------------------------


def with_asserts(sandboxed, cells, **sources):
    """Run cells, of which those graded cells are plain ones, with these sources."""
    own = [AssertCell(f"test_{name}", source, POINTS[name]) for name, source in sources.items()]
    return execute_in(sandboxed, cells, own_asserts=tuple(own))


def test_own_asserts_see_what_stands_above_them_and_leave_nothing_below(sandboxed):
    later = code("print(sorted(name for name in globals() if 'double' in name or 'hid' in name))")
    cells = [code(DOUBLE), graded("double"), code("double = None"), later, graded("triple")]
    cells[1].source = "visible = double(1)"
    hidden = "visible = double(1)\nhidden = double(4)\nassert hidden == 8"
    _, report = with_asserts(sandboxed, cells, double=hidden, triple="assert visible == 2\n1.5")
    assert scores(report) == {"double": 2, "triple": 1.5}
    assert "['double']" in said(later)
    assert "8" not in said(cells[1])


def test_own_asserts_of_a_cell_that_ends_its_process_earn_nothing(sandboxed):
    cells = [code("import os\ndef double(x):\n    os._exit(0)"), graded("double"), code(TRIPLE)]
    sources = {"double": "assert double(1) == 2", "triple": "assert triple(1) == 3"}
    notebook, report = with_asserts(sandboxed, [*cells, graded("triple")], **sources)
    assert scores(report) == {"double": 0, "triple": 3}
    assert "your code did not survive this cell" in said(notebook.cells[1])
