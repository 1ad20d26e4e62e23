"""The submission's process in the sandbox: it runs cells and answers calls.

Started as ``python shell.py FOLDER IMPORTS LIMITS CONTROL_FD SNAPSHOT_FD...``, or forked by
`sandbox.template`. The grader trusts nothing that it sends. On the control socket, the grader asks
it to ``run`` a cell, to take a ``snapshot``, and at the end what the cells ``compiled`` besides
themselves.

A snapshot is a fork: it keeps every name as it was at a graded cell. After the last cell has run it
answers ``call``, ``value`` and ``run`` on a socket of its own. So a helper that a later cell
redefines, or a check that crashes, affects no other task, and hidden inputs reach only processes
whose output nobody reads.
"""

import builtins
import json
import os
import pathlib
import resource
import socket
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

HERE = pathlib.Path(__file__).resolve().parent

if __name__ == "__main__":  # a new process, without packages (-S)
    sys.path += json.loads(sys.argv[2])
sys.path.insert(0, str(HERE))  # these are found beside this file, in no package
import wire  # type: ignore[import-not-found]  # noqa: E402
from cell_runner import (  # type: ignore[import-not-found]  # noqa: E402
    OutputRecorder,
    Stream,
    cpu_limit,
    make_shell,
    no_input,
    run_cell,
)
from compile_log import CompileLog  # type: ignore[import-not-found]  # noqa: E402
from observe import Stopped, observe  # type: ignore[import-not-found]  # noqa: E402

sys.path.remove(str(HERE))

if TYPE_CHECKING:
    import numpy as np
    from IPython.core.interactiveshell import InteractiveShell

MAX_VALUE = 100  # characters kept of the last value of a cell that a snapshot runs: a number
CELLS_SHARE = 0.9  # of the process's CPU time, for all cells together
MAX_REQUEST = 1 << 30  # bytes; the grader is trusted
# The kernel's limits and timers count whole ticks of its clock, which may be a tenth off
# `time.process_time`. This is Linux's number for the clock that they use, of this process:
# MAKE_PROCESS_CPUCLOCK(0, CPUCLOCK_PROF) in linux/posix-timers.h.
CPU_CLOCK = -8
LOW_PRIORITY = 10

Request: TypeAlias = dict[str, Any]  # the header of a request: the grader is trusted
Tensors: TypeAlias = "dict[str, np.ndarray[Any, Any]]"
Reply: TypeAlias = tuple[dict[str, Any], Tensors]  # header and arrays


# -- answering calls, in a snapshot ---------------------------------------------------------------


def answer(
    namespace: Mapping[str, Any], log: "CompileLog", request: Request, tensors: Tensors
) -> Reply:
    """Call a function (``call``) or read a variable (``value``); return what is to be sent."""

    def target(*args: object, **kwargs: object) -> object:
        value = namespace[request["name"]]
        return value(*args, **kwargs) if request["op"] == "call" else value

    with cpu_limit(request["seconds"]):  # making an argument runs code that cells may have replaced
        arguments = wire.unpack(request.get("args", []), tensors, make=wire.Made.make)
        keywords = wire.unpack(request.get("kwargs", {"dict": []}), tensors, make=wire.Made.make)
        with log.running(""):
            value, seen = observe(target, arguments, keywords)
        out: Tensors = {}
        tree = wire.pack(value, out)
    return {"value": tree, **seen}, out


def serve(sock: socket.socket, handle: Callable[[Request, Tensors], Reply]) -> None:
    """Answer the grader's requests on ``sock``, one after another, until it closes."""
    mine, arrived = os.getpid(), bytearray()

    def read(n: int) -> bytes:
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
        if os.getpid() != mine:  # student code forked and its child got here: only one may answer
            os._exit(0)
        sock.sendall(wire.encode({"id": request["id"], **header}, out))


def result_of_cell(shell: "InteractiveShell", recorder: OutputRecorder, request: Request) -> Reply:
    """Run a cell; return, as `answer` does, the text of its last value, or its error."""
    value, error = None, None
    for output in run_cell(shell, recorder, request["source"], request["seconds"]):
        if output["output_type"] == "error":
            error = [output["ename"], ""]
        elif output["output_type"] == "execute_result" and value is None:
            value = output["data"]["text/plain"][:MAX_VALUE]
    if error:
        return {"error": error, "stopped": error[0] == Stopped.__name__}, {}
    return {"value": wire.pack(value, {})}, {}


def serve_snapshot(
    sock: socket.socket, shell: "InteractiveShell", recorder: OutputRecorder, log: "CompileLog"
) -> None:
    """Answer requests in a snapshot, on its own socket, until that closes."""
    log.begin_anew()

    def handle(request: Request, tensors: Tensors) -> Reply:
        recorder.clear()
        if request["op"] == "ping":
            return {}, {}
        try:
            if request["op"] == "run":
                return result_of_cell(shell, recorder, request)
            if request["op"] == "compiled":
                return log.report(), {}
            return answer(shell.user_ns, log, request, tensors)
        except BaseException as error:  # raised outside `observe`: while packing, for instance
            stopped = isinstance(error, Stopped)
            return {"error": [type(error).__name__, ""], "stopped": stopped}, {}

    sys.stdout, sys.stderr = Stream(recorder, "stdout"), Stream(recorder, "stderr")
    serve(sock, handle)


class Sockets:
    """The process's sockets. A fork keeps none of them, or, if it is a snapshot, its own.

    Otherwise a process that a cell has forked would keep a socket open, and the grader would not
    see that this process has ended.

    kept : the socket that the next fork keeps
    """

    def __init__(self, descriptors: list[int]) -> None:
        self.control, *self.snapshots = (socket.socket(fileno=number) for number in descriptors)
        self.kept: socket.socket | None = None
        for sock in (self.control, *self.snapshots):
            sock.set_inheritable(False)
        os.register_at_fork(after_in_child=self.close_others)

    def close_others(self) -> None:
        """Close all sockets but ``kept``."""
        for sock in (self.control, *self.snapshots):
            if sock is not self.kept:
                sock.close()


def main(
    folder: str,
    limits: dict[str, int],
    descriptors: list[int],
    environment: dict[str, str] | None = None,
    made: tuple["InteractiveShell", OutputRecorder, CompileLog] | None = None,
) -> None:
    """Limit this process, then answer the grader's requests until its socket closes.

    folder : holds the course's student package and ``runner``, the folder of this file
    limits : values by the names of the constants in `resource`
    descriptors : of the control socket, and of one socket for each snapshot
    environment : replaces the process's own; for a fork of the template
    made : the result of `make_shell`; for a fork of the template
    """
    # Hard limits, which student code cannot raise.
    cpu_seconds = limits["RLIMIT_CPU"]
    for name, value in limits.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]  # set by the machine; it cannot be raised
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))
    if "RLIMIT_NPROC" not in limits:
        os.nice(LOW_PRIORITY)  # the monitor has to run before a fork bomb does
    if environment is not None:
        os.environ.clear()
        os.environ.update(environment)
    sys.path.insert(0, folder)  # the course's student package and nothing else of ours
    sys.path.append("")  # for modules that a cell writes, as in Jupyter
    # The grader has found the fonts once: finding them again would take seconds.
    fonts, place = f"{folder}/runner/matplotlib", os.environ["MPLCONFIGDIR"]
    os.makedirs(place)
    for name in os.listdir(fonts):
        os.symlink(f"{fonts}/{name}", f"{place}/{name}")
    sockets = Sockets(descriptors)
    shell, recorder, log = made or make_shell()
    builtins.input = no_input
    log.start()

    def handle(request: Request, tensors: Tensors) -> Reply:
        match request["op"]:
            case "ping":
                return {}, {}
            case "run":
                # All cells together stay below the process's own limit, where it would be killed.
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
                        serve_snapshot(mine, shell, recorder, log)
                    finally:
                        os._exit(1)
                sockets.kept = None
                mine.close()
                return {}, {}
        raise ValueError(f"unknown request {request['op']!r}")

    serve(sockets.control, handle)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[3]), list(map(int, sys.argv[4:])))
