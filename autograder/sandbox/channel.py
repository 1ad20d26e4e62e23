"""Requests and replies over one socket to a process that is not trusted."""

import math
import select
import socket
import struct
import time

from autograder.sandbox.inside import wire

# The process limits its own CPU time. Where it does not, the wall clock ends it: generous, since
# a busy machine must not cost an honest student points.
WALL_PER_CPU = 5.0
WALL_EXTRA = 20.0
CHUNK = 1 << 16  # bytes that are taken from a socket at a time
CREDENTIALS = struct.Struct("3i")  # process, user and group of a sender, as the kernel knows them


class NoAnswer(Exception):
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
            raise NoAnswer("did not answer in time")

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

    def ask(self, request, tensors=None, seconds=0.0):
        """Send one request and return its (header, tensors). Raises NoAnswer, then always."""
        if self.broken:
            raise NoAnswer(self.broken)
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
        except NoAnswer as error:
            self.close(self.reason() or str(error))
        except OSError:
            self.close(self.reason() or ENDED)
        except wire.Malformed as error:
            self.close(f"sent an unreadable answer: {error}")
        if self.broken:
            raise NoAnswer(self.broken)
        return header, tensors

    def has_unasked(self):
        """True if something has arrived that was not asked for. Raises NoAnswer at the end."""
        try:
            if not self.sock.recv(1, socket.MSG_PEEK) and not self.arrived:
                raise NoAnswer(ENDED)
        except BlockingIOError:
            return bool(self.arrived)
        return True

    def waits(self):
        """True if someone is there to be asked: a killed process never answers, at once."""
        try:
            self.ask({"op": "ping"})
        except NoAnswer:
            return False
        return True
