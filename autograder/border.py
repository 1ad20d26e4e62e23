"""The grader's side of the border: drives one fenced process and believes nothing it says.

A `Session` runs cells and takes snapshots; a `Remote` is one task's function or value as it stood
at its graded cell, and answers `observe` as `autograder.checking` expects. Every wait has a
deadline, every message a size limit, and whatever is malformed ends the conversation. The reasons
for that reach the student, so none repeats what was sent: it may carry hidden inputs.
"""

import contextlib
import dataclasses
import math
import os
import re
import select
import signal
import socket
import struct
import time

from autograder.checking import Seen
from autograder.pictures import Refused, clean_picture
from autograder.sandbox import frozen, wire
from autograder.sandbox.fence import FenceError
from autograder.sandbox.keeper import descendants
from autograder.sandbox.watch import has_ended

# The process limits its own CPU time. Where it does not, the wall clock ends it: generous, since
# a busy machine must not cost an honest student points.
WALL_PER_CPU = 5.0
WALL_EXTRA = 20.0
START_SECONDS = 10.0
CHUNK = 1 << 16  # bytes that are taken from a socket at a time
CREDENTIALS = struct.Struct("3i")  # process, user and group of a sender, as the kernel knows them
# Times that processes are killed, and those that they may have started meanwhile; seconds between.
ENDING, ENDING_PAUSE = 2000, 0.0002
# Bytes of JSON, which becomes up to 25 times as much in memory.
MAX_CELL = 8 << 20  # a cell's outputs: text, and pictures as base64
MAX_ANSWER = 1 << 18  # an answer's form; its arrays are not in it
MAX_COMPILED = 200_000  # characters of what all cells compiled
# Of one cell's outputs.
MAX_TEXT = 250_000
MAX_PICTURES = 6_000_000  # characters of base64
MAX_OUTPUTS = 400
SIGN = "⚖"  # before what the grader itself says: taken out of all that was handed in
# Controls, what turns text around, and what has no width: with it a name can look like another.
CONTROL_CHARACTERS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    rf"\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f{SIGN}]"
)


class BorderError(Exception):
    """The student's process ended, ran out of time or broke the format; says which."""


ENDED = "its process ended"  # by its own doing, or by that of the machine, short of memory perhaps


class Channel:
    """Requests and replies over one socket, with limits (bytes) for a reply's form and arrays.

    ``reason`` returns why the other side was ended by us, or None if it was not.
    """

    def __init__(self, sock, max_header, max_body, reason=lambda: None):
        self.sock, self.limits, self.count, self.broken = sock, (max_header, max_body), 0, None
        self.reason, self.end = reason, math.inf  # afterwards every question fails at once
        self.arrived = bytearray()  # and not read yet
        self.sender = None  # the process that has sent last
        self.partner = None  # the only one that may, once that is known
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)

    def close(self, why="its process was ended"):
        """End the conversation; whoever asks again is told why."""
        self.broken = self.broken or why
        self.sock.close()

    def wait(self, deadline, event):
        poll = select.poll()
        poll.register(self.sock, event)
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise BorderError("did not answer in time")

    def send(self, data, deadline):
        view = memoryview(data)
        while view:
            try:
                view = view[self.sock.send(view) :]
            except BlockingIOError:
                self.wait(deadline, select.POLLOUT)

    def read(self, size, deadline):
        while len(self.arrived) < size:  # as bytes arrive: a promised length allocates nothing
            self.wait(deadline, select.POLLIN)
            chunk, told, _, _ = self.sock.recvmsg(CHUNK, socket.CMSG_SPACE(CREDENTIALS.size))
            if not chunk:
                raise BorderError(ENDED)
            for _, kind, data in told:
                if kind == socket.SCM_CREDENTIALS:
                    self.sender = CREDENTIALS.unpack(data)[0]
            if self.partner not in (None, self.sender):
                raise BorderError("another process answered for it")
            self.arrived += chunk
        data = bytes(self.arrived[:size])
        del self.arrived[:size]
        return data

    def ask(self, request, tensors=None, seconds=0.0):
        """Send one request and return its (header, tensors). Raises BorderError, then always."""
        if self.broken:
            raise BorderError(self.broken)
        self.count += 1
        deadline = min(time.monotonic() + WALL_EXTRA + WALL_PER_CPU * seconds, self.end)
        request = {"id": self.count, "seconds": seconds, **request}
        try:
            if self.has_unasked():
                raise wire.Malformed("an answer before there was a question")
            self.send(wire.encode(request, tensors), deadline)
            header, tensors = wire.read_frame(lambda n: self.read(n, deadline), *self.limits)
            if type(header.get("id")) is not int or header["id"] != self.count:
                raise wire.Malformed("an answer to another question")
        except BorderError as error:
            self.close(self.reason() or str(error))
        except OSError:
            self.close(self.reason() or ENDED)
        except wire.Malformed as error:
            self.close(f"sent an unreadable answer: {error}")
        if self.broken:
            raise BorderError(self.broken)
        return header, tensors

    def has_unasked(self):
        """True if something has arrived that was not asked for. Raises BorderError at the end."""
        try:
            if not self.sock.recv(1, socket.MSG_PEEK) and not self.arrived:
                raise BorderError(ENDED)
        except BlockingIOError:
            return bool(self.arrived)
        return True

    def waits(self):
        """True if someone is there to be asked: a killed process never answers, at once."""
        try:
            self.ask({"op": "ping"})
        except BorderError:
            return False
        return True


class Session:
    """One fenced process, for one run through a notebook, until ``end`` of the monotonic clock.

    Raises FenceError if it does not start: nothing of the student's has run, so it is not to blame.
    """

    def __init__(self, fence, snapshots, end=math.inf):
        self.fence, self.limits, self.taken = fence, fence.limits, 0
        self.process, (control, *others), self.scratch = fence.start(snapshots)

        def reason():
            return self.process.broken

        self.control = Channel(control, MAX_CELL, 0, reason)
        self.snapshots = [Channel(s, MAX_ANSWER, self.limits.answer, reason) for s in others]
        try:
            self.control.ask({"op": "ping"}, seconds=START_SECONDS)
        except BorderError as error:
            self.close()
            raise FenceError(f"The sandbox ({fence.kind}) did not start: {error}.") from None
        for channel in (self.control, *self.snapshots):
            channel.end = end
        first, self.process.watch.first = self.control.sender, self.control.sender
        self.others = {*descendants(self.process.pid)} - {first}  # ours: they make the fence
        self.files = self.look(first)
        self.frozen = None  # the pids of the snapshots that were, once the cells had run

    def close(self):
        self.fence.stop(self.process, self.scratch)
        for channel in (self.control, *self.snapshots):
            channel.close()

    def run(self, source, scratch=False):
        """Run one cell; returns its notebook outputs. Raises BorderError if that ended it.

        scratch : forget the names that the cell gave to something
        """
        request = {"op": "run", "source": source, "scratch": scratch}
        header, _ = self.control.ask(request, seconds=self.limits.cell_seconds)
        # At once: the next cell must not be blamed for the processes that this one has left behind.
        if self.process.watch.look():
            self.control.close(self.process.broken or ENDED)
            raise BorderError(self.control.broken)
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
            process = frozen.Snapshot(channel.partner, self.process.sockets[1 + number])
        return Remote(channel, task, by_value, self.limits.call_seconds, process)

    def is_frozen(self, remote, others):
        """True if a snapshot is what it was; ends everything but it and the ``others``.

        Afterwards nothing is left that has seen a later cell, but what they share with it.

        others : earlier snapshots, to be asked later
        """
        alive = [one.process for one in (remote, *others) if one.process]
        if self.frozen is None:  # the first time, when cells have just run
            self.process.watch.first = None
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
        except (BorderError, OSError):
            return False

    def end_all_but(self, kept):
        """End all processes but these, and those that make the fence; False if some live on."""
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
            return frozen.contents(self.fence.folders(pid, self.scratch))
        except OSError:
            return None


@dataclasses.dataclass(frozen=True)
class Compiled:
    """What cells compiled besides themselves, as the student's process tells it.

    cut : True if there were more sources than are kept
    sourceless : True if code was made that has no source, from bytes or from a syntax tree
    """

    sources: tuple[str, ...] = ()
    cut: bool = False
    sourceless: bool = False


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
        """Call the function with copies of the arguments; returns a `Seen`, whatever happens."""
        tensors = {}
        request = {"op": "value" if self.by_value else "call", "name": self.name}
        if not self.by_value:
            request["args"] = wire.pack(list(args), tensors)
            request["kwargs"] = wire.pack(kwargs, tensors)
        try:
            header, arrays = self.channel.ask(request, tensors, self.seconds)
        except BorderError as error:
            return Seen(lost=f"your code did not survive the call: {error}")
        return read_observation(header, arrays, [*map(str, range(len(args))), *kwargs])


def read_observation(header, arrays, arguments):
    """The untrusted answer to a call, as a `Seen` with nothing in it but plain values.

    arguments : the keys of the arguments that were sent
    """
    error, line = header.get("error"), header.get("line")
    if header.get("stopped") is True:
        return Seen(stopped=True)
    if error is not None:
        if not (isinstance(error, list) and len(error) == 2):
            return Seen(lost="sent an unreadable answer: a malformed error")
        name, message = clean_text(error[0], 100), clean_text(error[1], 500)
        line = line if type(line) is int and 0 < line < 1000 else None
        return Seen(error=(name, message), line=line)
    try:
        value = wire.unpack(header.get("value"), arrays)
    except wire.Malformed as problem:
        return Seen(lost=f"sent an unreadable answer: {problem}")
    changed, warned = strings(header.get("changed")), strings(header.get("warned"))
    return Seen(
        value=value,
        changed=tuple(key for key in arguments if key in changed),
        aliased=header.get("aliased") is True,
        warned=warned,
    )


def strings(value):
    """At most 20 short strings, from whatever was sent as a list of strings."""
    items = value[:20] if isinstance(value, list) else []
    return tuple(clean_text(item, 80) for item in items)


# -- notebook outputs -----------------------------------------------------------------------------


def clean_text(value, limit=MAX_TEXT):
    """Text without control characters, escapes or our sign, from a string or a list of strings.

    Of a line that was written over, as progress bars do, what was written last is left.
    """
    if isinstance(value, list):
        value = "".join(item for item in value if isinstance(item, str))
    text = value if isinstance(value, str) else ""
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in text[:limit].split("\n"))
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", "\n".join(lines))
    return CONTROL_CHARACTERS.sub("", text)


def clean_line(value, limit=MAX_TEXT):
    """The same on one line: for names, which must not write lines of their own anywhere."""
    return re.sub(r"[\t\n]+", " ", clean_text(value, limit))


def clean_outputs(outputs):
    """Notebook outputs rebuilt from untrusted ones: text, PNG pictures and errors, nothing else."""
    kept, room, picture_room = [], MAX_TEXT, MAX_PICTURES
    for output in outputs[:MAX_OUTPUTS] if isinstance(outputs, list) else []:
        if not isinstance(output, dict) or room <= 0:
            continue
        match output.get("output_type"):
            case "stream":
                name = "stderr" if output.get("name") == "stderr" else "stdout"
                text = clean_text(output.get("text"), room)
                kept.append({"output_type": "stream", "name": name, "text": text})
                room -= len(text)
            case "display_data" | "execute_result":
                data = output.get("data")
                data = data if isinstance(data, dict) else {}
                text, png = clean_text(data.get("text/plain"), room), data.get("image/png")
                picture = {}
                try:
                    if png is not None:
                        picture["image/png"] = clean_picture(png, "image/png", picture_room)
                except Refused as why:
                    text += f"{SIGN} [Picture left out: {why}.]"
                shown = {"text/plain": text, **picture}
                kept.append({"output_type": "display_data", "data": shown, "metadata": {}})
                room -= len(text)
                picture_room -= sum(map(len, picture.values()))
            case "error":
                lines = output.get("traceback")
                lines = lines[:60] if isinstance(lines, list) else []
                error = {
                    "output_type": "error",
                    "ename": clean_text(output.get("ename"), 100),
                    "evalue": clean_text(output.get("evalue"), 500),
                    "traceback": [clean_text(line, 1000) for line in lines],
                }
                kept.append(error)
                room -= sum(map(len, error["traceback"]))
    return kept
