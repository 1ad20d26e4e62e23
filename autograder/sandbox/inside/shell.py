"""The sandboxed process: an IPython shell that runs cells and answers calls.

Started as ``python shell.py FOLDER IMPORTS LIMITS CONTROL_FD SNAPSHOT_FD...``, or forked by
`template`. Nothing here is trusted by the grader, which asks on the control socket to ``run`` a
cell, to take a ``snapshot``, and in the end what the cells ``compiled`` besides themselves.

A snapshot is a fork: the child keeps every name exactly as it was at that graded cell and, after
the last cell has run, answers ``call``, ``value`` and ``run`` on a socket of its own. So a helper
that a later cell redefines, or a check that crashes, touches no other task, and hidden inputs are
seen only by processes whose output nobody reads.
"""

import ast
import base64
import builtins
import contextlib
import io
import json
import os
import pathlib
import resource
import signal
import site
import socket
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent

if __name__ == "__main__":  # started anew, without packages (-S)
    sys.path += json.loads(sys.argv[2])
sys.path.insert(0, str(HERE))  # these lie beside this file; the package they belong to does not
import wire  # noqa: E402
from compile_log import CompileLog  # noqa: E402
from observe import Stopped, message_of, observe  # noqa: E402

sys.path.remove(str(HERE))

# What is kept of a cell's output. Together it stays below what the grader takes in one message.
MAX_TEXT = 200_000  # characters, tables included
MAX_OUTPUTS = 400
MAX_VALUE = 100  # characters of a cell's last value, where only a number counts
MAX_PICTURES = 4_000_000  # bytes of all PNGs together
CELLS_SHARE = 0.9  # of the process's CPU time, for all cells together
MAX_REQUEST = 1 << 30  # the grader is trusted
# The kernel's limits and timers count whole ticks of its clock, which may be a tenth off the time
# that `time.process_time` tells. This is Linux's number for the clock they go by, of this process:
# MAKE_PROCESS_CPUCLOCK(0, CPUCLOCK_PROF) in linux/posix-timers.h.
CPU_CLOCK = -8
LOW_PRIORITY = 10
PATIENCE = 4  # times that code may swallow being stopped


@contextlib.contextmanager
def cpu_limit(seconds):
    """Raise Stopped in the block after ``seconds`` of CPU time; end the process if that is vain."""
    alarms = 0

    def on_alarm(signum, frame):
        nonlocal alarms
        alarms += 1
        if alarms > PATIENCE:  # an `except:` in a loop swallows every one of them
            os._exit(1)
        raise Stopped("stopped by the grader: out of CPU time")

    signal.signal(signal.SIGPROF, on_alarm)
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


class OutputRecorder:
    """Collects what a cell prints and displays, as notebook outputs, up to a limit."""

    def __init__(self):
        self.clear()

    def clear(self):
        self.outputs, self.room, self.picture_room = [], MAX_TEXT, MAX_PICTURES

    def add(self, output):
        if len(self.outputs) < MAX_OUTPUTS:
            self.outputs.append(output)

    def cut(self, text):
        """As much of ``text`` as there is room for; says so where it ends."""
        if self.room < 0:
            return ""
        self.room -= len(text)
        return text if self.room >= 0 else text[: self.room] + "\n… output cut by the grader\n"

    def text(self, name, text):
        if not (text := self.cut(text)):
            return
        if self.outputs and self.outputs[-1].get("name") == name:
            self.outputs[-1]["text"] += text
        else:
            self.add({"output_type": "stream", "name": name, "text": text})

    def display(self, kind, data):
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

    def __init__(self, recorder, name):
        self.recorder, self.name = recorder, name

    def writable(self):
        return True

    def write(self, text):
        self.recorder.text(self.name, str(text))
        return len(text)


def make_shell():
    """An IPython shell without history, colours, prompts or a terminal.

    Returns it with its `OutputRecorder` and its `CompileLog`.
    """
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

    # Without packages of its own (-S), Python lacks what a person types at its prompt.
    site.setquit()
    site.setcopyright()
    site.sethelper()
    recorder, log = OutputRecorder(), CompileLog()

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

        def init_completer(self):  # nobody types here, and what it imports takes long
            pass

        def transform_cell(self, raw_cell):
            """Plain Python is left as it is, without the search for IPython's own syntax: that
            takes longer than to run most cells. (A single line may be a magic without its %.)"""
            try:
                ast.parse(raw_cell)
                plain = len(raw_cell.splitlines()) > 1
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                plain = False
            if plain:
                return raw_cell.rstrip("\n") + "\n"
            python = super().transform_cell(raw_cell)
            log.transformed(raw_cell, python)
            return python

        def ask_exit(self):
            print("[exit() is not followed while grading: the next cell runs.]", file=sys.stderr)

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.autocall = 0
    return Shell.instance(config=config), recorder, log


def no_input(prompt=""):
    """Stands for `input`: nobody is there to type."""
    print(prompt)
    raise EOFError("input() is not answered while grading: nobody is there to type")


def formatted(shell, error):
    """The lines of a traceback; an exception may bring its own, as those of `practice` do."""
    try:
        return [str(line) for line in error._render_traceback_()]
    except Exception:
        return shell.InteractiveTB.structured_traceback(type(error), error, error.__traceback__)


def run_cell(shell, recorder, source, seconds):
    """Run one cell for at most ``seconds`` of CPU time; returns its notebook outputs."""
    recorder.clear()
    if seconds <= 0:
        return [error_output(shell, Stopped("the cells before it used up the CPU time"), 0)]
    stdout, stderr = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Stream(recorder, "stdout"), Stream(recorder, "stderr")
    failed = []
    try:
        with cpu_limit(seconds):
            result = shell.run_cell(source, store_history=True)
            error = result.error_before_exec or result.error_in_exec
            if error is not None:
                failed = [error_output(shell, error, seconds)]
    except Stopped as stopped:  # between two of IPython's own lines
        failed = [error_output(shell, stopped, seconds)]
    finally:
        sys.stdout, sys.stderr = stdout, stderr
    return recorder.outputs + failed


def error_output(shell, error, seconds):
    """The notebook output of a cell that ended with ``error``."""
    name, message = type(error).__name__, message_of(error)
    lines = [f"{name}: {message}"]
    if isinstance(error, Stopped):
        lines = [f"Stopped: this cell used more than the {seconds:.3g} s of CPU time left to it"]
    else:
        try:
            lines = "\n".join(formatted(shell, error)).splitlines()[-40:]
        except Exception:  # an exception that cannot even be shown
            pass
    lines = [line[:500] for line in lines]
    return {"output_type": "error", "ename": name, "evalue": message, "traceback": lines}


# -- answering calls, in a snapshot ---------------------------------------------------------------


def answer(namespace, request, tensors):
    """Answer one ``call`` of a function, or one look at a ``value``; returns (header, tensors)."""

    def target(*args, **kwargs):
        value = namespace[request["name"]]
        return value(*args, **kwargs) if request["op"] == "call" else value

    with cpu_limit(request["seconds"]):  # making an argument may run what a cell put into NumPy
        arguments = wire.unpack(request.get("args", []), tensors, make=True)
        keywords = wire.unpack(request.get("kwargs", {"dict": []}), tensors, make=True)
        value, seen = observe(target, arguments, keywords)
        out = {}
        tree = wire.pack(value, out)
    return {"value": tree, **seen}, out


def serve(sock, handle):
    """Answer the grader's requests on ``sock``, one after another, until it closes."""
    mine, arrived = os.getpid(), bytearray()

    def read(n):
        while len(arrived) < n:
            chunk = sock.recv(1 << 16)
            if not chunk:
                os._exit(0)
            arrived.extend(chunk)
        data = bytes(arrived[:n])
        del arrived[:n]
        return data

    while True:
        request, tensors = wire.read_frame(read, MAX_REQUEST, MAX_REQUEST)
        header, out = handle(request, tensors)
        if os.getpid() != mine:  # a fork in student code that ran on to here: only one may answer
            os._exit(0)
        sock.sendall(wire.encode({"id": request["id"], **header}, out))


def result_of_cell(shell, recorder, request):
    """Run a cell; returns, as `answer` does, the text of its last value, or its error."""
    value, error = None, None
    for output in run_cell(shell, recorder, request["source"], request["seconds"]):
        if output["output_type"] == "error":
            error = [output["ename"], ""]
        elif output["output_type"] == "execute_result" and value is None:
            value = output["data"]["text/plain"][:MAX_VALUE]
    if error:
        return {"error": error, "stopped": error[0] == Stopped.__name__}, {}
    return {"value": wire.pack(value, {})}, {}


def serve_snapshot(sock, shell, recorder):
    """The forked child's whole life."""

    def handle(request, tensors):
        recorder.clear()
        if request["op"] == "ping":
            return {}, {}
        try:
            if request["op"] == "run":
                return result_of_cell(shell, recorder, request)
            return answer(shell.user_ns, request, tensors)
        except BaseException as error:  # while the answer was looked at or packed
            stopped = isinstance(error, Stopped)
            return {"error": [type(error).__name__, ""], "stopped": stopped}, {}

    sys.stdout, sys.stderr = Stream(recorder, "stdout"), Stream(recorder, "stderr")
    serve(sock, handle)


class Sockets:
    """The process's own sockets: of those, a fork of it has at most one, its snapshot's.

    Else the grader would not see the process end while one lives that a cell has forked.
    """

    def __init__(self, descriptors):
        self.control, *self.snapshots = (socket.socket(fileno=number) for number in descriptors)
        self.kept = None
        for sock in (self.control, *self.snapshots):
            sock.set_inheritable(False)
        os.register_at_fork(after_in_child=self.close_others)

    def close_others(self):
        for sock in (self.control, *self.snapshots):
            if sock is not self.kept:
                sock.close()


def main(folder, limits, descriptors, environment=None, made=None):
    """Limit this process, then do what the grader asks until its socket closes.

    folder : what holds the course's student package and the folder of this file, as seen from here
    limits : names of resources, and how much of each
    descriptors : of the control socket, and of one for each snapshot
    environment, made : in a fork, what takes the place of its environment, and `make_shell`'s
    """
    # Hard limits: what runs in here cannot lift them.
    cpu_seconds = limits["RLIMIT_CPU"]
    for name, value in limits.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]  # the machine's own, which cannot be raised
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))
    if "RLIMIT_NPROC" not in limits:
        os.nice(LOW_PRIORITY)  # who ends a fork bomb has to come before it
    if environment is not None:
        os.environ.clear()
        os.environ.update(environment)
    sys.path.insert(0, folder)  # the course's student package and nothing else of ours
    sys.path.append("")  # modules that a cell wrote, as in Jupyter
    # The list of fonts, found once by the grader: finding them again would take seconds.
    fonts, place = f"{folder}/runner/matplotlib", os.environ["MPLCONFIGDIR"]
    os.makedirs(place)
    for name in os.listdir(fonts):
        os.symlink(f"{fonts}/{name}", f"{place}/{name}")
    sockets = Sockets(descriptors)
    shell, recorder, log = made or make_shell()
    builtins.input = no_input
    log.start()

    def handle(request, tensors):
        match request["op"]:
            case "ping":
                return {}, {}
            case "run":
                # All cells together stay below the process's own limit, which would be its end.
                left = CELLS_SHARE * cpu_seconds - time.clock_gettime(CPU_CLOCK)
                seconds = min(request["seconds"], left)
                names = dict(shell.user_ns)
                with log.running(request["source"]):
                    outputs = run_cell(shell, recorder, request["source"], seconds)
                if request["scratch"]:
                    shell.user_ns.clear()
                    shell.user_ns.update(names)
                return {"outputs": outputs}, {}
            case "compiled":
                return log.report(), {}
            case "snapshot":
                mine = sockets.kept = sockets.snapshots[request["index"]]
                if os.fork() == 0:
                    try:
                        serve_snapshot(mine, shell, recorder)
                    finally:
                        os._exit(1)
                sockets.kept = None
                mine.close()
                return {}, {}

    serve(sockets.control, handle)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[3]), list(map(int, sys.argv[4:])))
