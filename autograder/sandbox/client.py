"""The grader's client for a sandboxed process, which it does not trust.

A `Session` runs cells and takes snapshots. A `Remote` is one task's function or value as it was at
its graded cell, and answers `observe` as `autograder.checking.judge` expects. Every wait has a
deadline and every message a size limit, and a malformed message ends the conversation. Students
read the reason, so it repeats nothing that was sent, which may contain hidden inputs.
"""

import contextlib
import math
import os
import signal
import time
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autograder.model import Observation
from autograder.sandbox import snapshots
from autograder.sandbox.channel import ENDED, Channel, Delay, NoAnswer
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.inside import wire
from autograder.sandbox.inside.processes import descendants
from autograder.sandbox.monitor import has_ended
from autograder.untrusted.outputs import clean_outputs
from autograder.untrusted.overlap import Compiled
from autograder.untrusted.text import clean_text, strings

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from autograder.sandbox.launch import Sandbox

START_SECONDS = 10.0  # of CPU time
# How often to kill all processes, since they may start others meanwhile; the pause in seconds.
ENDING, ENDING_PAUSE = 400, 0.001
# Bytes of JSON, which takes up to 25 times as much memory when decoded.
MAX_CELL = 8 << 20  # a cell's outputs: text, and pictures as base64
MAX_ANSWER = 1 << 18  # an answer without its arrays
MAX_COMPILED = 200_000  # characters of what all cells compiled


class Session:
    """One sandboxed process, for one run through a notebook.

    Raises SandboxError if it does not start; no student code has run then.

    snapshots : how many can be taken
    end : time of the monotonic clock, after which every request fails
    """

    def __init__(self, sandbox: "Sandbox", snapshots: int, end: float = math.inf) -> None:
        self.sandbox, self.limits, self.taken = sandbox, sandbox.limits, 0
        self.process, (control, *others), self.scratch = sandbox.start(snapshots)

        def reason() -> str | None:
            return self.process.broken

        wall = self.limits.wall
        self.control = Channel(control, MAX_CELL, 0, wall, reason)
        self.snapshots = [
            Channel(sock, MAX_ANSWER, self.limits.answer, wall, reason) for sock in others
        ]
        try:
            self.control.ask({"op": "ping"}, seconds=START_SECONDS)
        except NoAnswer as error:
            self.close()
            why = f"{error}{sandbox.reason() if str(error) == ENDED else ''}"
            raise SandboxError(f"The sandbox ({sandbox.kind}) did not start: {why}.") from None
        for channel in (self.control, *self.snapshots):
            channel.end = end
        first, self.process.monitor.first = self.control.sender, self.control.sender
        self.control.delay = Delay(first)
        # The processes of the sandbox itself.
        self.others: set[int] = {*descendants(self.process.pid)} - {first}
        if first is not None and sandbox.kind == "bubblewrap":
            self.process.monitor.folders = sandbox.folders(first, self.scratch)
        self.files = None if first is None else self.look(first)
        # The pids of the snapshots that were frozen once all cells had run; None before that.
        self.frozen: set[int] | None = None

    def close(self) -> None:
        """End the process and all that it started."""
        self.sandbox.stop(self.process, self.scratch)
        for channel in (self.control, *self.snapshots):
            channel.close()

    def run(self, source: str, scratch: bool = False) -> "list[NotebookNode]":
        """Run one cell; return its notebook outputs. Raises NoAnswer if the process ended.

        scratch : undo all assignments of the cell to names
        """
        request = {"op": "run", "source": source, "scratch": scratch}
        header, _ = self.control.ask(request, seconds=self.limits.cell_seconds)
        # Look now: the next cell must not be blamed for the processes that this one left behind.
        if self.process.monitor.look():
            self.control.close(self.process.broken or ENDED)
            raise NoAnswer(self.control.broken)
        return clean_outputs(header.get("outputs"))

    def compiled(self) -> Compiled:
        """Ask what the cells have compiled until now, besides themselves. Raises NoAnswer."""
        header, _ = self.control.ask({"op": "compiled"})
        return read_compiled(header)

    def snapshot(self, task: str, by_value: bool) -> "Remote":
        """Take a snapshot; return the `Remote` of ``task`` in it. Raises NoAnswer."""
        number = self.taken
        self.control.ask({"op": "snapshot", "index": number})
        self.taken += 1
        channel, process = self.snapshots[number], None
        if channel.waits() and channel.sender is not None:
            channel.partner = channel.sender
            channel.delay = Delay(channel.partner)
            folders = self.sandbox.writable(self.scratch)
            sock = self.process.sockets[1 + number]
            process = snapshots.Snapshot(channel.partner, sock, self.control.sender, folders)
        return Remote(channel, task, by_value, self.limits.call_seconds, process)

    def is_frozen(self, remote: "Remote", others: Iterable["Remote"]) -> bool:
        """True if a snapshot is as it was taken. Ends every process but it and the ``others``.

        Afterwards no process is left that has run a later cell.

        others : earlier snapshots, which are still needed
        """
        alive = [one.process for one in (remote, *others) if one.process]
        if self.frozen is None:  # the first call: all cells have just run
            first, self.process.monitor.first = self.process.monitor.first, None
            shared = first is not None and snapshots.waits_for_a_child(first)
            # A snapshot could see what later cells have sent into other sockets.
            channels = [one.channel for one in (remote, *others)]
            self.close_all_but({one for one in channels if not one.has_been_sent()})
            self.end_all_but({process.pid for process in alive})
            self.frozen = set() if shared else {one.pid for one in alive if one.is_frozen()}
        kept = {process.pid for process in alive} & self.frozen
        if not self.end_all_but(kept) or not remote.process or remote.process.pid not in kept:
            return False
        files = self.look(remote.process.pid)
        if files is None or files != self.files or not remote.process.has_slept():
            return False
        return not remote.channel.has_been_sent()

    def close_all_but(self, kept: Container[Channel]) -> None:
        """End all conversations but these."""
        for channel in (self.control, *self.snapshots):
            if channel not in kept:
                channel.close()

    def end_all_but(self, kept: set[int]) -> bool:
        """Kill all processes but these and the sandbox's own; False if some are still alive."""
        for _ in range(ENDING):
            found = {*descendants(self.process.pid)} - kept - self.others
            left = [pid for pid in found if not has_ended(pid)]
            if not left:
                return True
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(ENDING_PAUSE)
        return False

    def look(self, pid: int) -> snapshots.Entries | None:
        """List the files that ``pid`` can write to; None if they cannot all be read.

        See `snapshots.contents`.
        """
        try:
            return snapshots.contents(self.sandbox.folders(pid, self.scratch))
        except OSError:
            return None


def read_compiled(header: dict[str, Any]) -> Compiled:
    """Read the untrusted answer about what was compiled."""
    sources: list[str] = []
    room, cut = MAX_COMPILED, header.get("cut") is True
    told = header.get("sources")
    for source in told if isinstance(told, list) else []:
        if isinstance(source, str) and source:
            cut = cut or len(source) > room
            if room:
                sources.append(source[:room])
                room -= len(sources[-1])
    return Compiled(tuple(sources), cut, header.get("sourceless") is True)


class Remote:
    """A student's function or value in a snapshot.

    name : of the function or variable
    by_value : True for a variable
    seconds : of CPU time for each call
    process : the snapshot; None if it has ended
    """

    def __init__(
        self,
        channel: Channel,
        name: str,
        by_value: bool,
        seconds: float,
        process: snapshots.Snapshot | None = None,
    ) -> None:
        self.channel, self.name, self.by_value, self.seconds = channel, name, by_value, seconds
        self.process = process

    def delay(self) -> float:
        """The seconds that the snapshot has waited for a processor."""
        return self.channel.delay()

    def observe(self, args: Sequence[object], kwargs: Mapping[str, object]) -> Observation:
        """Call the function with copies of the arguments, or read the variable."""
        tensors: wire.Tensors = {}
        request: dict[str, Any] = {"op": "value" if self.by_value else "call", "name": self.name}
        if not self.by_value:
            request["args"] = wire.pack(list(args), tensors)
            request["kwargs"] = wire.pack(dict(kwargs), tensors)
        try:
            header, arrays = self.channel.ask(request, tensors, self.seconds)
        except NoAnswer as error:
            return Observation(lost=f"your code did not survive the call: {error}")
        return read_observation(header, arrays, [*map(str, range(len(args))), *kwargs])

    def compiled(self) -> Compiled:
        """Ask what its calls have compiled. Raises NoAnswer."""
        header, _ = self.channel.ask({"op": "compiled"})
        return read_compiled(header)

    def run(self, source: str, seconds: float) -> Observation:
        """Run a cell in the snapshot; the observed value is the last value's text, or None.

        seconds : of CPU time
        """
        try:
            header, arrays = self.channel.ask({"op": "run", "source": source}, {}, seconds)
        except NoAnswer as error:
            return Observation(lost=f"your code did not survive this cell: {error}")
        return read_observation(header, arrays, [])


def read_observation(
    header: dict[str, Any], arrays: wire.Tensors, arguments: Iterable[str]
) -> Observation:
    """Read the untrusted answer to a call: the observation holds plain values only.

    arguments : the keys of the arguments that were sent: positions as text, and names
    """
    error, line = header.get("error"), header.get("line")
    if header.get("stopped") is True:
        return Observation(stopped=True)
    if error is not None:
        if not (isinstance(error, list) and len(error) == 2):
            return Observation(lost="sent an unreadable answer: a malformed error")
        name, message = clean_text(error[0], 100), clean_text(error[1], 500)
        line = line if type(line) is int and 0 < line < 1000 else None
        return Observation(error=(name, message), line=line)
    try:
        value = wire.unpack(header.get("value"), arrays)
    except wire.Malformed as problem:
        return Observation(lost=f"sent an unreadable answer: {problem}")
    changed, warned = strings(header.get("changed")), strings(header.get("warned"))
    hashes = header.get("states")
    states = tuple(
        (key, clean_text(hashes[key], 100))
        for key in arguments
        if isinstance(hashes, dict) and key in hashes
    )
    return Observation(
        value=value,
        changed=tuple(key for key in arguments if key in changed),
        aliased=header.get("aliased") is True,
        warned=warned,
        joined=header.get("joined") is True,
        states=states,
    )
