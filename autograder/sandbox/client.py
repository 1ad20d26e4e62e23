"""The grader's side of the border: drives one sandboxed process and believes nothing it says.

A `Session` runs cells and takes snapshots; a `Remote` is one task's function or value as it stood
at its graded cell, and answers `observe` as `autograder.checking.judge` expects. Every wait has a
deadline, every message a size limit, and whatever is malformed ends the conversation. The reasons
for that reach the student, so none repeats what was sent: it may carry hidden inputs.
"""

import contextlib
import math
import os
import signal
import time

from autograder.model import Compiled, Observation
from autograder.sandbox import snapshots
from autograder.sandbox.channel import ENDED, Channel, NoAnswer
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.inside import wire
from autograder.sandbox.inside.processes import descendants
from autograder.sandbox.monitor import has_ended
from autograder.untrusted.outputs import clean_outputs
from autograder.untrusted.text import clean_text, strings

START_SECONDS = 10.0
# Times that processes are killed, and those that they may have started meanwhile; seconds between.
ENDING, ENDING_PAUSE = 2000, 0.0002
# Bytes of JSON, which becomes up to 25 times as much in memory.
MAX_CELL = 8 << 20  # a cell's outputs: text, and pictures as base64
MAX_ANSWER = 1 << 18  # an answer's form; its arrays are not in it
MAX_COMPILED = 200_000  # characters of what all cells compiled


class Session:
    """One sandboxed process, for one run through a notebook, until ``end`` of the monotonic clock.

    Raises SandboxError if it does not start. Nothing of the student's has run then.
    """

    def __init__(self, sandbox, snapshots, end=math.inf):
        self.sandbox, self.limits, self.taken = sandbox, sandbox.limits, 0
        self.process, (control, *others), self.scratch = sandbox.start(snapshots)

        def reason():
            return self.process.broken

        self.control = Channel(control, MAX_CELL, 0, reason)
        self.snapshots = [Channel(s, MAX_ANSWER, self.limits.answer, reason) for s in others]
        try:
            self.control.ask({"op": "ping"}, seconds=START_SECONDS)
        except NoAnswer as error:
            self.close()
            raise SandboxError(f"The sandbox ({sandbox.kind}) did not start: {error}.") from None
        for channel in (self.control, *self.snapshots):
            channel.end = end
        first, self.process.monitor.first = self.control.sender, self.control.sender
        self.others = {*descendants(self.process.pid)} - {first}  # ours: they make the sandbox
        self.files = self.look(first)
        self.frozen = None  # the pids of the snapshots that were, once the cells had run

    def close(self):
        self.sandbox.stop(self.process, self.scratch)
        for channel in (self.control, *self.snapshots):
            channel.close()

    def run(self, source, scratch=False):
        """Run one cell; returns its notebook outputs. Raises NoAnswer if that ended it.

        scratch : forget the names that the cell gave to something
        """
        request = {"op": "run", "source": source, "scratch": scratch}
        header, _ = self.control.ask(request, seconds=self.limits.cell_seconds)
        # At once: the next cell must not be blamed for the processes that this one has left behind.
        if self.process.monitor.look():
            self.control.close(self.process.broken or ENDED)
            raise NoAnswer(self.control.broken)
        return clean_outputs(header.get("outputs"))

    def compiled(self):
        """What the cells have compiled until now, besides themselves: a `Compiled`."""
        header, _ = self.control.ask({"op": "compiled"})
        return read_compiled(header)

    def snapshot(self, task, by_value):
        """Freeze everything as it is now; returns the `Remote` of ``task`` at this point."""
        number = self.taken
        self.control.ask({"op": "snapshot", "index": number})
        self.taken += 1
        channel, process = self.snapshots[number], None
        if channel.waits():
            channel.partner = channel.sender
            process = snapshots.Snapshot(channel.partner, self.process.sockets[1 + number])
        return Remote(channel, task, by_value, self.limits.call_seconds, process)

    def is_frozen(self, remote, others):
        """True if a snapshot is what it was; ends everything but it and the ``others``.

        Afterwards nothing is left that has seen a later cell, but what they share with it.

        others : earlier snapshots, to be asked later
        """
        alive = [one.process for one in (remote, *others) if one.process]
        if self.frozen is None:  # the first time, when cells have just run
            self.process.monitor.first = None
            self.end_all_but({process.pid for process in alive})
            self.frozen = {process.pid for process in alive if process.is_frozen()}
        kept = {process.pid for process in alive} & self.frozen
        if not self.end_all_but(kept) or not remote.process or remote.process.pid not in kept:
            return False
        files = self.look(remote.process.pid)
        if files is None or files != self.files or not remote.process.has_slept():
            return False
        try:
            return not remote.channel.broken and not remote.channel.has_unasked()
        except (NoAnswer, OSError):
            return False

    def end_all_but(self, kept):
        """End all processes but these, and those that make the sandbox; False if some live on."""
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

    def look(self, pid):
        """The files that can be written to inside; None if some cannot be looked at."""
        try:
            return snapshots.contents(self.sandbox.folders(pid, self.scratch))
        except OSError:
            return None


def read_compiled(header):
    """The untrusted answer about what was compiled, as a `Compiled`."""
    sources, room, cut = [], MAX_COMPILED, header.get("cut") is True
    told = header.get("sources")
    for source in told if isinstance(told, list) else []:
        if isinstance(source, str) and source:
            cut = cut or len(source) > room
            if room:
                sources.append(source[:room])
                room -= len(sources[-1])
    return Compiled(tuple(sources), cut, header.get("sourceless") is True)


class Remote:
    """A student's function or value, on the other side.

    process : the `frozen.Snapshot` that holds it; None if it has ended
    """

    def __init__(self, channel, name, by_value, seconds, process=None):
        self.channel, self.name, self.by_value, self.seconds = channel, name, by_value, seconds
        self.process = process

    def observe(self, args, kwargs):
        """Call the function with copies of the arguments; returns an `Observation`."""
        tensors = {}
        request = {"op": "value" if self.by_value else "call", "name": self.name}
        if not self.by_value:
            request["args"] = wire.pack(list(args), tensors)
            request["kwargs"] = wire.pack(kwargs, tensors)
        try:
            header, arrays = self.channel.ask(request, tensors, self.seconds)
        except NoAnswer as error:
            return Observation(lost=f"your code did not survive the call: {error}")
        return read_observation(header, arrays, [*map(str, range(len(args))), *kwargs])

    def run(self, source, seconds):
        """Run a cell there; returns an `Observation`, with the text of its last value or None."""
        try:
            header, arrays = self.channel.ask({"op": "run", "source": source}, {}, seconds)
        except NoAnswer as error:
            return Observation(lost=f"your code did not survive this cell: {error}")
        return read_observation(header, arrays, [])


def read_observation(header, arrays, arguments):
    """The untrusted answer to a call, as a `Observation` with nothing in it but plain values.

    arguments : the keys of the arguments that were sent
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
    return Observation(
        value=value,
        changed=tuple(key for key in arguments if key in changed),
        aliased=header.get("aliased") is True,
        warned=warned,
    )
