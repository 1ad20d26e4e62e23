"""The fenced process: an IPython shell that runs cells and answers calls.

Started by `fence` as ``python shell.py LIMITS CONTROL_FD SNAPSHOT_FD...``. Nothing here is trusted
by the grader, which asks on the control socket to ``run`` a cell or to take a ``snapshot``.

A snapshot is a fork: the child keeps every name exactly as it was at that graded cell and, after
the last cell has run, answers ``call`` and ``value`` on a socket of its own. So a helper that a
later cell redefines, or a check that crashes, touches no other task, and hidden inputs are seen
only by processes whose output nobody reads.
"""

import base64
import contextlib
import io
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import sys

HERE = pathlib.Path(__file__).resolve().parent


sys.path.insert(0, str(HERE))  # these two lie beside this file; the package they belong to does not
import wire  # noqa: E402
from observe import Stopped, observe  # noqa: E402

sys.path.remove(str(HERE))

MAX_TEXT = 200_000  # characters of output kept per cell
MAX_DISPLAYS = 50  # tables and pictures kept per cell
MAX_PICTURE = 2_000_000  # bytes of one PNG
MAX_REQUEST = 1 << 30  # the grader is trusted


def on_alarm(signum, frame):
    """The signal handler of `cpu_limit`."""
    raise Stopped("stopped by the grader: out of CPU time")


@contextlib.contextmanager
def cpu_limit(seconds):
    """Raise Stopped in the block after ``seconds`` of CPU time."""
    signal.signal(signal.SIGPROF, on_alarm)
    signal.setitimer(signal.ITIMER_PROF, seconds, 1.0)  # again, should an `except:` swallow it
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


class Recorder:
    """Collects what a cell prints and displays, as notebook outputs, up to a limit."""

    def __init__(self):
        self.clear()

    def clear(self):
        self.outputs, self.room, self.displays = [], MAX_TEXT, 0

    def text(self, name, text):
        if self.room < 0 or not text:
            return
        self.room -= len(text)
        if self.room < 0:
            text = text[: self.room] + "\n… output cut by the grader\n"
        if self.outputs and self.outputs[-1].get("name") == name:
            self.outputs[-1]["text"] += text
        else:
            self.outputs.append({"output_type": "stream", "name": name, "text": text})

    def display(self, kind, data):
        self.displays += 1
        if self.displays > MAX_DISPLAYS:
            return
        kept = {"text/plain": str(data.get("text/plain", ""))[:MAX_TEXT]}
        picture = data.get("image/png")
        if isinstance(picture, bytes) and len(picture) <= MAX_PICTURE:
            kept["image/png"] = base64.b64encode(picture).decode()
        elif isinstance(picture, str) and len(picture) <= MAX_PICTURE * 4 // 3 + 4:
            kept["image/png"] = picture
        self.outputs.append({"output_type": kind, "data": kept})


class Stream(io.TextIOBase):
    """A stdout or stderr that writes into the recorder."""

    encoding = "utf-8"

    def __init__(self, recorder, name):
        self.recorder, self.name = recorder, name

    def writable(self):
        return True

    def write(self, text):
        self.recorder.text(self.name, str(text))
        return len(text)


def make_shell(recorder):
    """An IPython shell without history, colours, prompts or a terminal."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

    class Publisher(DisplayPublisher):
        def publish(self, data, metadata=None, **kwargs):
            recorder.display("display_data", data)

    class Hook(DisplayHook):
        def write_output_prompt(self):
            pass

        def write_format_data(self, format_dict, md_dict=None):
            recorder.display("execute_result", format_dict)

    class Shell(InteractiveShell):
        display_pub_class = Type(Publisher)
        displayhook_class = Type(Hook)

        def showtraceback(self, *args, **kwargs):  # we build the error output ourselves
            pass

        def showsyntaxerror(self, *args, **kwargs):
            pass

        def enable_gui(self, gui=None):
            pass

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.autocall = 0
    return Shell.instance(config=config)


def formatted(shell, error):
    """The lines of a traceback; an exception may bring its own, as those of `practice` do."""
    try:
        return [str(line) for line in error._render_traceback_()]
    except Exception:
        return shell.InteractiveTB.structured_traceback(type(error), error, error.__traceback__)


def run_cell(shell, recorder, source, seconds):
    """Run one cell; returns its notebook outputs."""
    recorder.clear()
    stdout, stderr = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Stream(recorder, "stdout"), Stream(recorder, "stderr")
    error = None
    try:
        with cpu_limit(seconds):
            result = shell.run_cell(source, store_history=False)
        error = result.error_before_exec or result.error_in_exec
    except Stopped as stopped:  # between two of IPython's own lines
        error = stopped
    finally:
        sys.stdout, sys.stderr = stdout, stderr
    outputs = list(recorder.outputs)
    if error is not None:
        if isinstance(error, Stopped):
            lines = [f"Stopped: this cell used more than {seconds:g} s of CPU time"]
        else:
            lines = "\n".join(formatted(shell, error)).splitlines()[-40:]
        outputs.append(
            {
                "output_type": "error",
                "ename": type(error).__name__,
                "evalue": str(error)[:500],
                "traceback": [line[:500] for line in lines],
            }
        )
    return outputs


# -- answering calls, in a snapshot ---------------------------------------------------------------


def answer(namespace, request, tensors):
    """Answer one ``call`` of a function, or one look at a ``value``; returns (header, tensors)."""

    def own(tree):  # arrays off the wire are read-only views; the student gets ordinary ones
        value = wire.unpack(tree, tensors)
        return value.copy() if hasattr(value, "copy") else value

    arguments = [own(tree) for tree in request.get("args", [])]
    keywords = {key: own(tree) for key, tree in request.get("kwargs", {}).items()}

    def target(*args, **kwargs):
        value = namespace[request["name"]]
        return value(*args, **kwargs) if request["op"] == "call" else value

    with cpu_limit(request["seconds"]):
        value, seen = observe(target, arguments, keywords)
        out = {}
        tree = wire.pack(value, out)
    return {"value": tree, **seen}, out


def requests(sock):
    """The grader's requests on ``sock``, one after another, until it closes."""

    def read(n):
        data = bytearray()
        while len(data) < n:
            chunk = sock.recv(min(n - len(data), 1 << 20))
            if not chunk:
                os._exit(0)
            data += chunk
        return bytes(data)

    while True:
        yield wire.read_frame(read, MAX_REQUEST, MAX_REQUEST)


def reply(sock, request, header, tensors=None):
    """Answer one request, by its number."""
    sock.sendall(wire.encode({"id": request["id"], **header}, tensors))


def become_snapshot(sock, namespace, recorder):
    """The forked child's whole life."""
    sys.stdout, sys.stderr = Stream(recorder, "stdout"), Stream(recorder, "stderr")
    for request, tensors in requests(sock):
        recorder.clear()
        try:
            header, out = answer(namespace, request, tensors)
        except Stopped as stopped:  # while its answer was being packed
            header, out = {"error": ["Stopped", str(stopped)], "stopped": True}, {}
        reply(sock, request, header, out)


def main(limits, *descriptors):
    """Limit this process, then do what the grader asks until its socket closes."""
    # Hard limits: what runs in here cannot lift them.
    for name, value in json.loads(limits).items():
        resource.setrlimit(getattr(resource, name), (value, value))
    sys.path.insert(0, str(HERE.parent))  # the course's student package and nothing else of ours
    # The list of fonts, found once by the grader: finding them again would take seconds.
    shutil.copytree(HERE / "matplotlib", os.environ["MPLCONFIGDIR"], dirs_exist_ok=True)
    control, *snapshots = (socket.socket(fileno=int(number)) for number in descriptors)
    for sock in (control, *snapshots):
        sock.set_inheritable(False)
    recorder = Recorder()
    shell = make_shell(recorder)
    for request, _ in requests(control):
        match request["op"]:
            case "run":
                outputs = run_cell(shell, recorder, request["source"], request["seconds"])
                reply(control, request, {"outputs": outputs})
            case "snapshot":
                mine = snapshots[request["index"]]
                if os.fork() == 0:
                    for sock in (control, *snapshots):
                        if sock is not mine:
                            sock.close()  # or the grader would not see the others end
                    try:
                        become_snapshot(mine, shell.user_ns, recorder)
                    finally:
                        os._exit(1)
                mine.close()
                reply(control, request, {})


if __name__ == "__main__":
    main(*sys.argv[1:])
