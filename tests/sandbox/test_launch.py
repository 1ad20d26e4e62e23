"""Cells in the sandbox and their time, and how a sandbox is chosen and started."""

import os
import signal
import tempfile
import textwrap
from pathlib import Path

import pytest

from autograder.sandbox import launch, probe, view
from autograder.sandbox.channel import NoAnswer
from autograder.sandbox.client import Session
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.inside.wire import Made
from autograder.sandbox.launch import Sandbox
from autograder.units import CONTENT
from tests.sandboxed import need, session_of, text

pytestmark = pytest.mark.slow(50)


# -- what a cell can do ---------------------------------------------------------------------------


def test_working_folder_is_writable_and_empty_for_every_session(kind):
    with Sandbox(kind, content=CONTENT) as sandboxed:
        for _ in range(2):
            session = Session(sandboxed, 0)
            assert text(session, "import os; os.path.exists('mine')") == "False"
            assert text(session, "open('mine', 'w').write('abc')") == "3"
            assert text(session, "import tempfile; tempfile.mkstemp()[0] > 0") == "True"
            session.close()


def test_module_written_by_a_cell_can_be_imported(session):
    text(session, "open('helper_of_mine.py', 'w').write('answer = 42')")
    assert text(session, "import helper_of_mine; helper_of_mine.answer") == "42"


def test_figures_arrive_as_pictures(session):
    outputs = session.run("import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    assert [set(output["data"]) for output in outputs] == [{"text/plain", "image/png"}]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 + 1", "2"),
        ("1 + 1;", ""),
        ("import asyncio\nawait asyncio.sleep(0, 'later')", "'later'"),
        ("%matplotlib inline", ""),
        ("%%time\n7", "7"),
        ("%timeit -n1 -r1 -q 0\n'timed'", "'timed'"),
        ("input()", "EOFError"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("import sys; sys.stdout = None", ""),
        ("print('still here')", "still here"),
        ("import os; os.fork(); 'once'", "'once'"),
        ("%%bash\necho hello", "hello"),
        ("def f(:", "SyntaxError"),
    ],
)
def test_cells_do_what_they_do_in_jupyter(session, source, expected):
    assert expected in text(session, source)


def test_shell_command_of_a_cell_shows_its_output_or_an_error(session):
    assert text(session, "!echo hel''lo") in ("hello", "OSError: out of pty devices")


def test_exception_that_cannot_be_shown_is_an_error_like_any_other(session):
    source = """
    class Odd(Exception):
        def __str__(self):
            return self.nothing
    raise Odd
    """
    assert text(session, source).startswith(("Odd", "AttributeError"))


def test_cell_that_sees_every_cell_through_a_transformer_changes_only_its_own_side(session):
    source = """
    import ast
    class Seven(ast.NodeTransformer):
        def visit_Constant(self, node):
            return ast.copy_location(ast.Constant(7), node)
    transformers = get_ipython().ast_transformers
    transformers.append(Seven())
    """
    text(session, source)
    assert text(session, "1") == "7"
    assert text(session, "transformers.clear()") == ""
    assert text(session, "1") == "1"


def test_output_is_cut_where_it_becomes_too_much(session):
    out = text(session, "for i in range(400_000):\n    print(i)")
    assert out.endswith("… output cut by the grader")
    assert len(out) < 250_000
    many = "import sys\nfor i in range(5000):\n    print('a'); print('b', file=sys.stderr)"
    assert len(session.run(many)) == 400


def test_too_many_pictures_are_left_out_without_harm(session):
    source = """
    from IPython.display import publish_display_data
    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + bytes(4)
    one = (1).to_bytes(4, "big")
    head = b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", one + one + bytes([8, 0, 0, 0, 0]))
    for _ in range(9):
        png = head + chunk(b"IDAT", bytes(999_000)) + chunk(b"IEND", b"")
        publish_display_data({"image/png": png})
    """
    outputs = session.run(textwrap.dedent(source))
    assert sum("image/png" in output["data"] for output in outputs) == 4
    assert "too large" in outputs[-1]["data"]["text/plain"]


# -- limits ---------------------------------------------------------------------------------------


def test_cell_is_stopped_when_its_cpu_time_is_up_and_the_next_one_runs(kind):
    with session_of(kind, cell_seconds=0.2) as session:
        assert "Stopped" in text(session, "x = 1\nwhile True: pass")
        assert text(session, "x") == "1"


def test_cell_that_swallows_being_stopped_ends_its_process(kind):
    with session_of(kind, cell_seconds=0.2) as session:
        swallow = """
        while True:
            try:
                while True:
                    sum(range(1000))
            except BaseException:
                pass
        """
        with pytest.raises(NoAnswer, match="its process ended"):
            session.run(textwrap.dedent(swallow))


# Busy for a moment at each tick of the kernel's clock, which takes it for busy all the time.
BUSY_AT_TICKS = """
import time
COARSE = 6  # CLOCK_MONOTONIC_COARSE: the time of the last tick
while True:
    before = time.clock_gettime(COARSE)
    time.sleep(max(0, before + 0.0038 - time.monotonic()))
    while time.clock_gettime(COARSE) == before:
        pass
"""


@pytest.mark.parametrize(
    ("cell", "seconds"), [("while True: pass", 6), (BUSY_AT_TICKS, 1)], ids=["busy", "at ticks"]
)
def test_cells_together_are_stopped_before_the_process_would_be_killed(kind, cell, seconds):
    with session_of(kind, 1, cell_seconds=seconds, cpu_seconds=5) as session:
        session.run("def f(): return 5")
        remote = session.snapshot("f", by_value=False)
        for _ in range(9):
            assert "Stopped" in text(session, cell)
        assert remote.observe((), {}).value == 5


def test_making_an_argument_is_stopped_as_a_call_is(kind):
    with session_of(kind, 1, call_seconds=0.2) as session:
        source = """
        import numpy as np
        def forever(seed):
            while True:
                pass
        np.random.default_rng = forever
        def f(rng):
            return 5
        """
        assert text(session, source) == ""
        remote = session.snapshot("f", by_value=False)
        assert remote.observe((Made("np.random.default_rng(seed)", {"seed": 1}),), {}).stopped


# -- choosing -------------------------------------------------------------------------------------


def test_the_strongest_kind_that_works_is_chosen(monkeypatch):
    monkeypatch.setattr(probe, "problem", {"bubblewrap": None}.get)
    assert probe.choose() == "bubblewrap"
    monkeypatch.setattr(probe, "problem", {"bubblewrap": "broken"}.get)
    assert probe.choose() == "landlock"


def test_no_sandbox_is_never_chosen_unasked(monkeypatch):
    problems = {"bubblewrap": "bwrap is broken", "landlock": "Landlock is broken"}
    monkeypatch.setattr(probe, "problem", problems.get)
    with pytest.raises(SandboxError, match=r"bwrap is broken.*Landlock is broken.*--sandbox none"):
        probe.choose()
    for kind in ("bubblewrap", "landlock"):
        with pytest.raises(SandboxError, match="broken"):
            probe.choose(kind)
    assert probe.choose("none") == "none"


def test_unknown_kind_is_refused():
    with pytest.raises(SandboxError, match="unknown sandbox 'docker'"):
        probe.choose("docker")


def test_missing_bubblewrap_is_said(monkeypatch):
    monkeypatch.setattr(probe.shutil, "which", lambda name: None)
    assert "not installed" in probe.problem.__wrapped__("bubblewrap")


def test_kernel_without_landlock_is_said(monkeypatch):
    monkeypatch.setattr(probe, "landlock_works", lambda: False)
    assert "no Landlock" in probe.problem.__wrapped__("landlock")


@pytest.mark.parametrize("kind", ["bubblewrap", "landlock"])
def test_sandbox_in_which_nothing_runs_is_taken_not_to_work(monkeypatch, kind):
    need(kind)
    monkeypatch.setattr(view, "python", lambda folder: "/does/not/exist")
    said = probe.problem.__wrapped__(kind)
    assert said.startswith(f"{kind} does not work here: ")
    assert "No such file" in said or "not found" in said.lower()


def test_sandbox_that_does_not_answer_is_taken_not_to_work(monkeypatch):
    monkeypatch.setattr(launch, "PROBE_SECONDS", 0.2)
    monkeypatch.setattr(Sandbox, "sandboxed", lambda *args: ["/bin/sh", "-c", "exec sleep 60"])
    assert "it did not answer" in probe.problem.__wrapped__("bubblewrap")


def test_folder_that_a_killed_grader_left_is_removed_by_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    child = os.fork()
    if child == 0:
        launch.Sandbox("none", content=CONTENT)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    (left,) = tmp_path.glob("sandbox-*")
    with launch.Sandbox("none", content=CONTENT) as mine, launch.Sandbox("none") as other:
        assert not left.exists()
        assert mine.visible.exists()
        assert other.visible.exists()
    assert not list(tmp_path.glob("*sandbox-*"))


def test_private_folder_is_hidden_under_every_name_it_is_seen_by(monkeypatch, tmp_path):
    project = tmp_path / "environment" / "src" / "project"
    project.mkdir(parents=True)
    (tmp_path / "environment" / "lib").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "environment")
    seen = [str(tmp_path / "environment"), str(tmp_path / "link")]
    monkeypatch.setattr(view, "interpreter_paths", lambda: seen)
    monkeypatch.setattr(view, "private_paths", lambda content: [project])
    places = [place for place, _ in view.hiding_places(CONTENT)]
    assert places == [Path(folder) / "src" / "project" for folder in seen]
    ours = view.rules(tmp_path / "visible", None, CONTENT)["read"]
    environment = [path for path in ours if path.startswith(str(tmp_path / "environment"))]
    assert environment == [str(tmp_path / "environment" / "lib")]


def test_links_are_not_followed_around_what_is_hidden(tmp_path):
    (tmp_path / "private").mkdir()
    (tmp_path / "public" / "deep").mkdir(parents=True)
    (tmp_path / "public" / "link").symlink_to(tmp_path / "private")
    (tmp_path / "link").symlink_to(tmp_path / "private")
    parts = set(view.without(tmp_path, {tmp_path / "private"}))
    assert parts == {tmp_path / "public"}
    assert set(view.without(tmp_path / "public", {tmp_path / "public" / "deep"})) == set()


def test_process_that_cannot_be_started_is_a_sandbox_error(monkeypatch):
    monkeypatch.setattr(Sandbox, "sandboxed", lambda *args: ["/does/not/exist"])
    with (
        Sandbox("none", content=CONTENT) as sandboxed,
        pytest.raises(SandboxError, match="could not be started"),
    ):
        Session(sandboxed, 3)


def test_process_that_ends_at_once_is_a_sandbox_error(monkeypatch):
    monkeypatch.setattr(Sandbox, "sandboxed", lambda *args: ["/bin/false"])
    with (
        Sandbox("none", content=CONTENT) as sandboxed,
        pytest.raises(SandboxError, match="did not start"),
    ):
        Session(sandboxed, 3)


def test_what_bubblewrap_says_of_a_start_that_fails_is_said(monkeypatch):
    need("bubblewrap")
    monkeypatch.setattr(view, "mounts", lambda *args: ["--ro-bind", "/does/not/exist", "/usr"])
    with (
        Sandbox("bubblewrap", content=CONTENT) as sandboxed,
        pytest.raises(SandboxError, match=r"its process ended \(bwrap: .*/does/not/exist.*\)\.$"),
    ):
        Session(sandboxed, 0)
