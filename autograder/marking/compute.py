"""Computes the numbers of model answers in a process of its own.

They may train networks for half a minute. Beside such a thread of its own process a server takes
seconds for a mark: each time that it reads from the gradebook or the network it waits for its turn.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from autograder.content import TaskError
from autograder.course import Course
from autograder.output import model_answers


def numbers(course: Course, unit: str, question: str, student: str) -> dict[str, Any]:
    """`model_answers.numbers`. Raises TaskError."""
    where = (unit, question, student)
    if (found := model_answers.kept(course.root, course.content, *where)) is not None:
        return found
    try:
        return pool().submit(computed, course.root, *where).result()
    except BrokenProcessPool:
        pool.cache_clear()
        raise TaskError("The process that computes them has ended: load the page again.") from None


@functools.cache
def pool() -> ProcessPoolExecutor:
    """One process, started when it is first needed, which computes one answer after another."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, mp_context=context, initializer=begin)


def begin() -> None:
    """Prepare the process: it gives way to the server, and ends when that has ended."""
    os.nice(10)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's, which may go on
    parent = multiprocessing.parent_process()
    assert parent is not None  # this is not the main process

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def computed(root: Path, unit: str, question: str, student: str) -> dict[str, Any]:
    """The numbers, in this process."""
    return model_answers.numbers(root, course_at(root).content, unit, question, student)


@functools.cache
def course_at(root: Path) -> Course:
    """The course in a folder."""
    return Course(root)
