"""Requests and replies over a socket to an untrusted process."""

import math
import select
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from autograder.sandbox.inside import processes, wire

CHUNK = 1 << 16  # bytes to receive at a time
LOOK_SECONDS = 1.0  # how often to look how long a process has waited, since it may end at any time
# How much longer a process may take because it waits for a processor, which its own children may
# keep busy: so many times its wall time.
MOST_DELAY = 4
CREDENTIALS = struct.Struct("3i")  # process, user and group of a sender, from the kernel


class NoAnswer(Exception):
    """The student's process ended, ran out of time or broke the format; the message says which."""


ENDED = "its process ended"  # by itself, or killed by the kernel, perhaps for lack of memory


class Delay:
    """Returns the seconds that a process has waited for a processor, also once it has ended.

    pid : of the process; None: returns 0
    """

    def __init__(self, pid: int | None) -> None:
        self.pid, self.last = pid, 0.0

    def __call__(self) -> float:
        if self.pid is not None:
            self.last = max(self.last, processes.delay(self.pid))
        return self.last


class Channel:
    """Requests and replies over one socket.

    max_header, max_body : limits in bytes for a reply's JSON and for its arrays
    wall : returns the wall time in seconds to wait for what may use so many seconds of CPU time
    reason : returns why the grader ended the other process, or None if it did not
    end : time of the monotonic clock, after which every request fails
    delay : returns the seconds that the other process has waited for a processor until now; they do
        not count
    sender : pid of the process that sent last
    partner : pid of the only process that may send; None while any may
    broken : why the conversation has ended; None while it goes on
    """

    def __init__(
        self,
        sock: socket.socket,
        max_header: int,
        max_body: int,
        wall: Callable[[float], float],
        reason: Callable[[], str | None] = lambda: None,
    ) -> None:
        self.sock, self.limits = sock, (max_header, max_body)
        self.wall, self.reason = wall, reason
        self.end = math.inf
        self.delay: Callable[[], float] = Delay(None)
        self.delay_before = 0.0  # the request
        self.delayed = 0.0  # since then, as far as it is known
        self.allowed = 0.0  # the wall time of the request
        self.count = 0  # of requests
        self.broken: str | None = None
        self.arrived = bytearray()  # received and not read yet
        self.sender: int | None = None
        self.partner: int | None = None
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)  # so that `has_unasked` sees it

    def close(self, why: str = "its process was ended") -> None:
        """End the conversation; later requests fail with this reason."""
        self.broken = self.broken or why
        self.sock.close()

    def wait(self, deadline: float, event: int) -> None:
        """Wait for POLLIN or POLLOUT. Raises NoAnswer at the deadline (monotonic clock)."""
        poll = select.poll()
        poll.register(self.sock, event)
        while True:
            left = deadline + self.delayed - time.monotonic()
            if left > 0 and poll.poll(min(left, LOOK_SECONDS) * 1000):
                return
            # Only now, since most answers come at once.
            self.delayed = min(self.delay() - self.delay_before, MOST_DELAY * self.allowed)
            if deadline + self.delayed <= time.monotonic():
                raise NoAnswer("did not answer in time")

    def send(self, data: bytes, deadline: float) -> None:
        """Send all of ``data``. Raises NoAnswer at the deadline, OSError if the socket breaks."""
        view = memoryview(data)
        while view:
            try:
                view = view[self.sock.send(view) :]
            except BlockingIOError:
                self.wait(deadline, select.POLLOUT)

    def read(self, size: int, deadline: float) -> bytes:
        """Receive this many bytes. Raises NoAnswer, or OSError if the socket breaks."""
        while len(self.arrived) < size:  # memory is allocated for what arrives, not for ``size``
            self.wait(deadline, select.POLLIN)
            chunk, told, _, _ = self.sock.recvmsg(CHUNK, socket.CMSG_SPACE(CREDENTIALS.size))
            if not chunk:
                raise NoAnswer(ENDED)
            for _, kind, data in told:
                if kind == socket.SCM_CREDENTIALS:
                    self.sender = CREDENTIALS.unpack(data)[0]
            if self.partner not in (None, self.sender):
                raise NoAnswer("another process answered for it")
            self.arrived += chunk
        data = bytes(self.arrived[:size])
        del self.arrived[:size]
        return data

    def ask(
        self, request: dict[str, Any], tensors: wire.Tensors | None = None, seconds: float = 0.0
    ) -> tuple[dict[str, Any], wire.Tensors]:
        """Send one request; return the reply's (header, tensors).

        Raises NoAnswer; once it has, every later call does.

        seconds : of CPU time that the other process may use
        """
        if self.broken:
            raise NoAnswer(self.broken)
        self.count += 1
        self.delay_before, self.delayed = self.delay(), 0.0
        self.allowed = self.wall(seconds)
        deadline = min(time.monotonic() + self.allowed, self.end + self.delay_before)
        request = {"id": self.count, "seconds": seconds, **request}
        try:
            if self.has_unasked():
                raise wire.Malformed("an answer before there was a question")
            self.send(wire.encode(request, tensors), deadline)
            header, arrays = wire.read_frame(lambda n: self.read(n, deadline), *self.limits)
            if type(header.get("id")) is not int or header["id"] != self.count:
                raise wire.Malformed("an answer to another question")
        except NoAnswer as error:
            self.close(self.reason() or str(error))
        except OSError:
            self.close(self.reason() or ENDED)
        except wire.Malformed as error:
            self.close(f"sent an unreadable answer: {error}")
        if self.broken:
            raise NoAnswer(self.broken)
        return header, arrays

    def has_unasked(self) -> bool:
        """True if something arrived without a request. Raises NoAnswer if the process ended."""
        try:
            if not self.sock.recv(1, socket.MSG_PEEK) and not self.arrived:
                raise NoAnswer(ENDED)
        except BlockingIOError:
            return bool(self.arrived)
        return True

    def has_been_sent(self) -> bool:
        """True if something arrived without a request, or the conversation has ended."""
        try:
            return self.broken is not None or self.has_unasked()
        except (NoAnswer, OSError):
            return True

    def waits(self) -> bool:
        """True if the other process answers; False at once if it was killed."""
        try:
            self.ask({"op": "ping"})
        except NoAnswer:
            return False
        return True
