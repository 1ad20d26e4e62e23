"""Cells that run in a sandbox for real, for the tests of what they can and cannot do."""

import contextlib
import textwrap
import time
from pathlib import Path

import pytest

from autograder.sandbox import probe
from autograder.sandbox.client import Session
from autograder.sandbox.launch import Sandbox
from autograder.sandbox.limits import Limits
from autograder.units import CONTENT


def need(kind):
    if problem := probe.problem(kind):
        pytest.skip(problem)
    return kind


@contextlib.contextmanager
def limited(sandboxed, **limits):
    """A shared sandbox with these limits for a while; nothing in it may break it."""
    warm, before = sandboxed.warm, sandboxed.limits
    sandboxed.limits = Limits(**limits)
    try:
        yield sandboxed
        assert sandboxed.warm == warm, "the template was ended, and tests that follow do without"
    finally:
        sandboxed.limits = before


@contextlib.contextmanager
def session_of(kind, snapshots=0, hidden=(), warm=True, **limits):
    """A session in a sandbox of its own; with ``warm``, forked from a template where that works."""
    with Sandbox(kind, content=CONTENT, hidden=hidden) as sandboxed:
        sandboxed.warm = sandboxed.warm and warm
        with session_in(sandboxed, snapshots, **limits) as session:
            yield session


@contextlib.contextmanager
def session_in(sandboxed, snapshots=0, **limits):
    """A session in a sandbox that tests share."""
    with limited(sandboxed, **limits):
        session = Session(sandboxed, snapshots)
        try:
            yield session
        finally:
            session.close()


def text(session, source):
    """What a cell printed, showed, or raised."""
    found = []
    for output in session.run(textwrap.dedent(source)):
        found += [output.get("text", ""), output.get("data", {}).get("text/plain", "")]
        found += [f"{output['ename']}: {output['evalue']}"] if "ename" in output else []
    return "".join(found).strip()


def eventually(condition):
    """True as soon as ``condition()`` is; what it waits for is not instant, but certain."""
    for _ in range(500):
        if condition():
            return True
        time.sleep(0.02)
    return False


def running(marker):
    """Process ids of those started with ``marker`` among their arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if marker.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            pass
    return found
