"""Cells that run in a fence for real, for the tests of what they can and cannot do."""

import contextlib
import textwrap
import time
from pathlib import Path

import pytest

from autograder.border import Session
from autograder.sandbox import fence
from autograder.sandbox.fence import Fence, Limits


def need(kind):
    if problem := fence.problem(kind):
        pytest.skip(problem)
    return kind


@contextlib.contextmanager
def limited(fenced, **limits):
    """A fence that tests share, with these limits for a while; what is in it must not break it."""
    warm, before = fenced.warm, fenced.limits
    fenced.limits = Limits(**limits)
    try:
        yield fenced
        assert fenced.warm == warm, "the template was ended, and tests that follow do without"
    finally:
        fenced.limits = before


@contextlib.contextmanager
def session_of(kind, snapshots=0, hidden=(), warm=True, **limits):
    """A session in a fence of its own; with ``warm``, forked from a template where that works."""
    with Fence(kind, hidden=hidden) as fenced:
        fenced.warm = fenced.warm and warm
        with session_in(fenced, snapshots, **limits) as session:
            yield session


@contextlib.contextmanager
def session_in(fenced, snapshots=0, **limits):
    """A session in a fence that tests share."""
    with limited(fenced, **limits):
        session = Session(fenced, snapshots)
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
