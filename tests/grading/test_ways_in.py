"""nbgrader's own ways to grade: the Autograde button, the command and the API.

Where the sandbox is not in force, none of them runs a student's code, and each says what to do.
A notebook is handed in with a spy: a cell that writes a file, inside pytest's folder only.
"""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
import urllib.parse
import urllib.request
import venv
from pathlib import Path

import nbformat
import pytest

from autograder import examples
from autograder.commands import cli
from autograder.course import Course
from autograder.grading.run import Options, Run
from autograder.sandbox import view
from tests import servers
from tests.commands import LIGHT

pytestmark = pytest.mark.slow(90)

UNIT = examples.UNIT
ANSWERS = 120  # seconds
SPY = "import os, pathlib; pathlib.Path({trace!r}).write_text(str(os.listdir({folder!r})))"
REFUSED = "Nothing was released, graded or written"
INSTALL = "python -m pip install -e"


@pytest.fixture(scope="module")
def graded(released_course, tmp_path_factory):
    """A course in which ada's submission, with a spy, has a grade; and the file that a spy writes.

    Made once, and not to be written into.
    """
    folder = tmp_path_factory.mktemp("graded")
    course, trace = folder / "course", folder / "trace"
    shutil.copytree(released_course, course)
    released = nbformat.read(course / "release" / UNIT / f"{UNIT}.ipynb", as_version=4)
    work = examples.Work("ada", released)
    work.solve()
    work.after("conv2d", SPY.format(trace=str(trace), folder=str(folder)))
    path = course / "submitted" / "ada" / UNIT / f"{UNIT}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(work.data())
    assert not any(one.failure for one in Run(Course(course), UNIT, Options()))
    assert not trace.exists()
    return course, trace


@pytest.fixture
def course(graded, tmp_path, monkeypatch):
    """A copy. Called "course", Python, started beside it, would take it for a package."""
    folder = shutil.copytree(graded[0], tmp_path / "convnets")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def home(course, tmp_path):
    """The home of a lecturer whose nbgrader knows where the course is."""
    home = tmp_path / "home"
    (home / ".jupyter").mkdir(parents=True)
    add_config(home, f"c.CourseDirectory.root = {str(course)!r}")
    return home


def add_config(home, line):
    """A line more in the lecturer's own configuration of nbgrader."""
    with open(home / ".jupyter" / "nbgrader_config.py", "a") as file:
        file.write(f"{line}\n")


def environment(home, **more):
    """The lecturer's environment: no grader, and no settings of who runs the tests.

    more : further variables; folders of a PYTHONPATH come before `LIGHT`
    """
    keep = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    paths = [more.pop("PYTHONPATH")] if "PYTHONPATH" in more else []
    keep["PYTHONPATH"] = os.pathsep.join([*paths, LIGHT])
    return {**keep, "HOME": str(home), "OPENBLAS_NUM_THREADS": "1", **more}


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A Python with nbgrader and all other packages of this environment, but not `autograder`."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    [packages] = folder.glob("lib/python*/site-packages")
    # Of a folder that is named here the .pth files are not read: those of editable installs.
    (packages / "locked.pth").write_text(sysconfig.get_paths()["purelib"])
    (folder / "share").symlink_to(Path(sys.prefix) / "share")  # templates of pages
    code = "import nbgrader, importlib.util as u; print(u.find_spec('autograder'))"
    found = subprocess.check_output([python, "-c", code], cwd=folder, env=environment(folder))
    assert found == b"None\n", "install the course with --editable, as `make setup` does"
    return python


@pytest.fixture
def trace(graded):
    """A file that is there once a spy has run."""
    graded[1].unlink(missing_ok=True)
    return graded[1]


def state(course):
    """All that grading could change: the gradebook, and what was handed in and graded."""
    connection = sqlite3.connect(course / "gradebook.db")
    try:
        rows = list(connection.iterdump())
    finally:
        connection.close()
    folders = [course / "submitted", course / "autograded"]
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return rows, {path: path.read_bytes() for path in paths}


def nbgrader(home, folder, *arguments, python=sys.executable, **variables):
    """The exit code of an nbgrader command in a folder, and what it said."""
    done = subprocess.run(
        [python, "-m", "nbgrader", *arguments],
        cwd=folder,
        env=environment(home, **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


# -- what can go wrong ----------------------------------------------------------------------------


def missing_package(course):
    package = course.parent / "shadow" / "safetensors"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ModuleNotFoundError('no safetensors here')")
    return {"PYTHONPATH": str(package.parent)}


def broken_grader(course):
    package = course.parent / "shadow" / "autograder"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("import sys; sys.exit('half an upgrade')")
    return {"PYTHONPATH": str(package.parent)}


def grader_of_another_course(course):
    package = course / "autograder"
    package.mkdir()
    (package / "__init__.py").write_text("")
    return {"PYTHONPATH": str(view.PROJECT)}


def settings(text):
    return lambda course: (course / "course_settings.py").write_text(text) and {}


def added(line):
    """A line at the end of nbgrader_config.py."""

    def add(course):
        with open(course / "nbgrader_config.py", "a") as file:
            file.write(f"\n{line}\n")
        return {}

    return add


NAME = "c.CourseDirectory.course_id = convnets"  # without quotation marks
SYNTAX = "c.CourseDirectory.course_id = = 1"
SETTINGS = {
    "a name in the settings": (settings(NAME), "line 1: NameError: name 'convnets'"),
    "syntax of the settings": (settings(f"\n{SYNTAX}"), "(course_settings.py, line 2)"),
    "settings that exit": (settings("exit(1)"), "line 1: SystemExit: 1"),
    "a name in an added line": (added(NAME), "NameError: name 'convnets'"),
    "syntax of an added line": (added(SYNTAX), "SyntaxError: invalid syntax"),
}
DAMAGE = {
    **SETTINGS,
    "a package": (missing_package, "no safetensors here"),
    "the grader": (broken_grader, "SystemExit: half an upgrade"),
    "another grader": (grader_of_another_course, "the grader of another course folder"),
    "other steps": (settings("c.Autograde.autograde_preprocessors = []"), "the steps of Autograde"),
    "the sandbox": (settings("c.SandboxExecute.sandbox = 'wall'"), "unknown sandbox 'wall'"),
}


# -- formgrader -----------------------------------------------------------------------------------


class Server:
    """A running Jupyter server with formgrader."""

    def __init__(self, url, token):
        self.url, self.token = url, token

    def ask(self, path, method="GET"):
        """The text of a page; raises HTTPError if there is none."""
        request = urllib.request.Request(urllib.parse.urljoin(self.url, path), method=method)
        request.add_header("Authorization", f"token {self.token}")
        with urllib.request.urlopen(request, timeout=ANSWERS) as answer:
            return answer.read().decode()

    def press(self, button):
        """What a button of formgrader is answered."""
        return json.loads(self.ask(f"formgrader/api/{button}", "POST"))

    def autograde(self):
        """What the Autograde button of our submission is answered."""
        return self.press(f"submission/{UNIT}/ada/autograde")


@contextlib.contextmanager
def server(python, folder, home):
    """A Jupyter server that a lecturer has started in a folder, with a Python."""
    enabled = {
        "ServerApp": {"jpserver_extensions": {"nbgrader.server_extensions.formgrader": True}}
    }
    (home / ".jupyter" / "jupyter_server_config.json").write_text(json.dumps(enabled))
    command = [python, "-m", "jupyter_server"]
    runtime, log = home / ".local/share/jupyter/runtime", home / "log.txt"
    with servers.running(command, folder, environment(home), runtime, log) as listening:
        yield Server(*listening)


def test_the_spy_leaves_a_trace_where_nothing_sandboxes_it(tmp_path):
    trace = tmp_path / "trace"
    exec(SPY.format(trace=str(trace), folder=str(tmp_path)))
    assert trace.read_text() == "[]"


@pytest.mark.parametrize("started_in", ["the parent folder", "the course"])
def test_a_server_without_the_grader_runs_nothing_and_says_what_to_do(
    started_in, course, home, trace, bare
):
    before = state(course)
    folder = course if started_in == "the course" else course.parent
    with server(bare, folder, home) as formgrader:
        answer = formgrader.autograde()
        buttons = [f"assignment/{UNIT}/assign", f"assignment/{UNIT}/generate_feedback"]
        others = [formgrader.press(button) for button in buttons]
        pages = [
            formgrader.ask(f"formgrader/{page}")
            for page in ("manage_assignments", f"manage_submissions/{UNIT}", f"gradebook/{UNIT}")
        ]
        [row] = json.loads(formgrader.ask(f"formgrader/api/submissions/{UNIT}"))
        [notebook] = json.loads(formgrader.ask(f"formgrader/api/submitted_notebooks/{UNIT}/{UNIT}"))
        pages.append(formgrader.ask(f"formgrader/submissions/{notebook['id']}/"))
    assert not trace.exists()
    for said in (answer, *others):
        assert not said["success"]
        assert f"{REFUSED}: this course's grader cannot be loaded" in said["log"]
        assert INSTALL in said["log"]
    assert state(course) == before
    assert not (course / "feedback").exists()
    assert row["score"] == examples.full()
    assert all("<title>" in page for page in pages)
    assert "conv2d" in pages[-1]


def test_a_server_started_elsewhere_grades_in_the_sandbox(course, home, trace):
    (course / "late_rule.py").write_text(
        "from nbgrader.plugins import LateSubmissionPlugin as Rule"
    )
    settings("c.AssignLatePenalties.plugin_class = 'late_rule.Rule'")(course)
    with server(sys.executable, course.parent, home) as formgrader:
        answer = formgrader.autograde()
        assert answer["success"], answer
        assert "sandbox: " in answer["log"]
        assert not trace.exists()
        [row] = json.loads(formgrader.ask(f"formgrader/api/submissions/{UNIT}"))
        assert row["score"] == examples.full()

        # Formgrader reads the lecturer's own configuration again each time it is asked.
        stock = ["nbgrader.preprocessors.Execute", "nbgrader.preprocessors.SaveAutoGrades"]
        add_config(home, f"c.Autograde.autograde_preprocessors = {stock}")
        before = state(course)
        answer = formgrader.autograde()
    assert not trace.exists()
    assert not answer["success"]
    assert f"{REFUSED}: the steps of Autograde are not those" in answer["log"]
    assert state(course) == before


def test_a_server_does_not_grade_with_settings_that_cannot_be_loaded(course, home, trace):
    settings(NAME)(course)
    before = state(course)
    with server(sys.executable, course.parent, home) as formgrader:
        answer = formgrader.autograde()
        assert "<title>" in formgrader.ask("formgrader/manage_assignments")
    assert not trace.exists()
    assert not answer["success"]
    assert (
        "course_settings.py cannot be loaded (line 1: NameError: name 'convnets'" in answer["log"]
    )
    assert state(course) == before


# -- the command ----------------------------------------------------------------------------------


@pytest.mark.parametrize("what", DAMAGE)
def test_the_command_runs_nothing_if_a_part_is_wrong_and_names_it(what, course, home, trace):
    damage, said = DAMAGE[what]
    variables, before = damage(course), state(course)
    code, output = nbgrader(home, course.parent, "autograde", UNIT, "--force", **variables)
    assert not trace.exists()
    assert code == 1
    told = output[output.index(REFUSED) :]
    assert said in told
    assert "Traceback" not in told
    assert state(course) == before


STEPS = ["autograde", "generate_assignment", "generate_feedback"]
EXCHANGE = ["collect", "release_assignment", "release_feedback"]


@pytest.mark.parametrize("step", [*STEPS, *EXCHANGE])
def test_no_command_begins_without_the_grader(step, course, home, trace, bare):
    before = state(course)
    again = ["--force"] if step in STEPS else []
    code, output = nbgrader(home, course, step, UNIT, *again, python=bare)
    assert not trace.exists()
    assert code == 1
    assert f"{REFUSED}: this course's grader cannot be loaded" in output
    assert INSTALL in output
    assert "Traceback" not in output
    assert state(course) == before


def test_without_the_grader_and_the_configuration_nothing_runs(course, home, trace, bare):
    added(SYNTAX)(course)
    before = state(course)
    code, output = nbgrader(home, course, "autograde", UNIT, "--force", python=bare)
    assert not trace.exists()
    assert code != 0
    assert "'autograder.grading.exporters.CheckedExporter' could not be imported" in output
    assert state(course) == before


def test_steps_from_the_command_line_do_not_go_around_the_sandbox(course, home, trace):
    steps = "--Autograde.autograde_preprocessors=nbgrader.preprocessors.Execute"
    code, output = nbgrader(home, course, "autograde", UNIT, "--force", steps)
    assert not trace.exists()
    assert code == 1
    assert "the steps of Autograde are not those" in output


def test_the_command_started_elsewhere_grades_in_the_sandbox(course, home, trace):
    code, output = nbgrader(home, course.parent, "autograde", UNIT, "--force")
    assert not trace.exists()
    assert code == 0, output
    assert "sandbox: " in output


@pytest.mark.parametrize("what", SETTINGS)
def test_our_own_commands_say_what_is_wrong_with_the_settings(what, course, capsys):
    damage, told = SETTINGS[what]
    damage(course)
    assert cli.main(["grade", UNIT]) == cli.IMPOSSIBLE
    said = capsys.readouterr().err
    assert told in said
    assert "Correct it" in said


def test_settings_beside_the_configuration_are_in_force(course):
    settings("c.CourseDirectory.course_id = 'convnets'")(course)
    assert Course().directory.course_id == "convnets"


# -- the API --------------------------------------------------------------------------------------

API = """
import json, sys
from nbgrader.apps import NbGraderAPI
from nbgrader.apps.baseapp import NbGrader
from traitlets.config import Config

unit, root, read = sys.argv[1:]
config = Config()
config.CourseDirectory.root = root
if read == "read":
    app = NbGrader()
    app.initialize([])
    config.merge(app.config)
print("\\n" + json.dumps(NbGraderAPI(config=config).autograde(unit, "ada")))
"""


def ask_api(python, course, home, read):
    """What NbGraderAPI answers in a script that has read the course's configuration or has not."""
    command = [python, "-c", API, UNIT, str(course), read]
    done = subprocess.check_output(command, cwd=home, env=environment(home), text=True)
    return json.loads(done.splitlines()[-1])


def test_the_api_without_the_grader_runs_nothing_and_says_what_to_do(course, home, trace, bare):
    before = state(course)
    answer = ask_api(bare, course, home, "read")
    assert not trace.exists()
    assert not answer["success"]
    assert f"{REFUSED}: this course's grader cannot be loaded" in answer["log"]
    assert state(course) == before


def test_the_api_grades_in_the_sandbox(course, home, trace):
    answer = ask_api(sys.executable, course, home, "read")
    assert not trace.exists()
    assert answer["success"], answer
    assert "sandbox: " in answer["log"]


@pytest.mark.parametrize("released_again", [False, True])
def test_the_api_that_has_not_read_the_configuration_finds_no_kernel(
    released_again, course, home, trace
):
    if released_again:  # nbgrader keeps what it knows of a notebook that has been handed in
        with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as book:
            book.execute("UPDATE notebook SET kernelspec = '{}'")
            book.commit()
        Course().release(UNIT)
    before, _ = state(course)
    answer = ask_api(sys.executable, course, home, "unread")
    assert not trace.exists()
    assert not answer["success"]
    assert "No such kernel named none" in answer["error"] + answer["log"]
    assert "'If nothing is graded' in docs/lecturer.md" in answer["log"]
    assert state(course)[0] == before
