"""Run cells in an IPython shell inside the sandbox, and record their notebook outputs.

A cell that uses up its CPU time is stopped, and large outputs are cut. `shell` imports this module,
after it has put this folder on ``sys.path``.
"""

import ast
import base64
import contextlib
import io
import os
import signal
import site
import sys
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeAlias

# Found on sys.path, beside this file: there is no package inside the sandbox.
from compile_log import CompileLog  # type: ignore[import-not-found]
from observe import Stopped, message_of  # type: ignore[import-not-found]

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

# How much of a cell's output is kept: in all less than the grader accepts in one message.
MAX_RECORDED_TEXT = 200_000  # characters, tables included
MAX_OUTPUTS = 400
MAX_PICTURES = 4_000_000  # bytes of all PNGs together
PATIENCE = 4  # how often code may catch Stopped before its process is ended

Output: TypeAlias = dict[str, Any]  # an output of a cell, as nbformat stores it


@contextlib.contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Raise Stopped in the block after ``seconds`` of CPU time.

    End the process if the block catches that more than ``PATIENCE`` times.
    """
    alarms = 0

    def on_alarm(signum: int, frame: FrameType | None) -> None:
        nonlocal alarms
        alarms += 1
        if alarms > PATIENCE:  # an `except:` in a loop catches every one
            os._exit(1)
        raise Stopped("stopped by the grader: out of CPU time")

    signal.signal(signal.SIGPROF, on_alarm)
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


class OutputRecorder:
    """Collects what a cell prints and displays, as notebook outputs, up to a limit.

    room, picture_room : how many characters and bytes of PNGs are still kept
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all outputs: the next cell starts."""
        self.outputs: list[Output] = []
        self.room, self.picture_room = MAX_RECORDED_TEXT, MAX_PICTURES

    def add(self, output: Output) -> None:
        """Append an output, unless there are too many."""
        if len(self.outputs) < MAX_OUTPUTS:
            self.outputs.append(output)

    def cut(self, text: str) -> str:
        """The part of ``text`` that there is room for; says so where it ends."""
        if self.room < 0:
            return ""
        self.room -= len(text)
        return text if self.room >= 0 else text[: self.room] + "\n… output cut by the grader\n"

    def text(self, name: str, text: str) -> None:
        """Record what was printed on the stream ``name``: "stdout" or "stderr"."""
        if not (text := self.cut(text)):
            return
        if self.outputs and self.outputs[-1].get("name") == name:
            self.outputs[-1]["text"] += text
        else:
            self.add({"output_type": "stream", "name": name, "text": text})

    def display(self, kind: str, data: dict[str, Any]) -> None:
        """Record what was displayed, as text and as PNG.

        kind : the output's type: "display_data" or "execute_result"
        data : by MIME type
        """
        kept = {"text/plain": self.cut(str(data.get("text/plain", "")))}
        picture = data.get("image/png")
        if isinstance(picture, bytes):
            picture = base64.b64encode(picture).decode()
        if isinstance(picture, str):
            self.picture_room -= len(picture) * 3 // 4
            if self.picture_room >= 0:
                kept["image/png"] = picture
            else:
                kept["text/plain"] += self.cut(" (picture left out by the grader: too large)")
        self.add({"output_type": kind, "data": kept})


class Stream(io.TextIOBase):
    """A stdout or stderr that writes into the recorder."""

    encoding = "utf-8"

    def __init__(self, recorder: OutputRecorder, name: str) -> None:
        self.recorder, self.name = recorder, name

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.recorder.text(self.name, str(text))
        return len(text)


def make_shell() -> tuple["InteractiveShell", OutputRecorder, CompileLog]:
    """Make an IPython shell without history, colours, prompts or a terminal.

    Returns it with its `OutputRecorder` and its `CompileLog`.
    """
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

    # Python's option -S leaves out the names that an interactive prompt has: exit, help, …
    site.setquit()
    site.setcopyright()
    site.sethelper()
    recorder, log = OutputRecorder(), CompileLog()

    class Publisher(DisplayPublisher):
        def publish(
            self, data: dict[str, Any], metadata: object = None, *args: object, **kwargs: object
        ) -> None:
            recorder.display("display_data", data)

    class Hook(DisplayHook):
        def write_output_prompt(self) -> None:
            pass

        def write_format_data(self, format_dict: dict[str, Any], md_dict: object = None) -> None:
            recorder.display("execute_result", format_dict)

    class Shell(InteractiveShell):
        display_pub_class = Type(Publisher)
        displayhook_class = Type(Hook)

        def showtraceback(self, *args: object, **kwargs: object) -> None:  # see `error_output`
            pass

        def showsyntaxerror(self, *args: object, **kwargs: object) -> None:
            pass

        def enable_gui(self, gui: object = None) -> None:
            pass

        def init_completer(self) -> None:  # not needed here, and slow to import
            pass

        def transform_cell(self, raw_cell: str) -> str:
            """Translate IPython's own syntax, but leave plain Python as it is.

            The search for that syntax takes longer than most cells. A single line may be a magic
            without its %, so it is searched.
            """
            try:
                ast.parse(raw_cell)
                plain = len(raw_cell.splitlines()) > 1
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                plain = False
            if plain:
                return raw_cell.rstrip("\n") + "\n"
            # IPython annotates only a part of its methods.
            python: str = super().transform_cell(raw_cell)  # type: ignore[no-untyped-call]
            log.transformed(raw_cell, python)
            return python

        def ask_exit(self) -> None:
            print("[exit() is not followed while grading: the next cell runs.]", file=sys.stderr)

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.autocall = 0
    return Shell.instance(config=config), recorder, log


def no_input(prompt: object = "") -> str:
    """Replace `input`, which nobody can answer. Raises EOFError."""
    print(prompt)
    raise EOFError("input() is not answered while grading: nobody is there to type")


def formatted(shell: "InteractiveShell", error: BaseException) -> list[str]:
    """The lines of a traceback; an exception may bring its own, as those of `practice` do."""
    own: Any = error  # IPython's protocol: it may have _render_traceback_
    try:
        return [str(line) for line in own._render_traceback_()]
    except Exception:
        kind, traceback = type(error), error.__traceback__
        lines: list[str] = shell.InteractiveTB.structured_traceback(kind, error, traceback)
        return lines


def run_cell(
    shell: "InteractiveShell", recorder: OutputRecorder, source: str, seconds: float
) -> list[Output]:
    """Run one cell for at most ``seconds`` of CPU time; return its notebook outputs."""
    recorder.clear()
    if seconds <= 0:
        return [error_output(shell, Stopped("the cells before it used up the CPU time"), 0)]
    stdout, stderr = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Stream(recorder, "stdout"), Stream(recorder, "stderr")
    failed = []
    try:
        with cpu_limit(seconds):
            # IPython annotates only a part of its methods.
            result = shell.run_cell(source, store_history=True)  # type: ignore[no-untyped-call]
            error = result.error_before_exec or result.error_in_exec
            if error is not None:
                failed = [error_output(shell, error, seconds)]
    except Stopped as stopped:  # raised in IPython's own code
        failed = [error_output(shell, stopped, seconds)]
    finally:
        sys.stdout, sys.stderr = stdout, stderr
    return recorder.outputs + failed


def error_output(shell: "InteractiveShell", error: BaseException, seconds: float) -> Output:
    """The notebook output of a cell that ended with ``error``, at most 40 lines of traceback.

    seconds : of CPU time that the cell was allowed
    """
    name, message = type(error).__name__, message_of(error)
    lines = [f"{name}: {message}"]
    if isinstance(error, Stopped):
        lines = [f"Stopped: this cell used more than the {seconds:.3g} s of CPU time left to it"]
    else:
        try:
            lines = "\n".join(formatted(shell, error)).splitlines()[-40:]
        except Exception:  # the traceback cannot be formatted: keep the line above
            pass
    lines = [line[:500] for line in lines]
    return {"output_type": "error", "ename": name, "evalue": message, "traceback": lines}
