"""What an author should know of a unit before students get it: `autograder release` says it."""

from __future__ import annotations

import os
from collections.abc import Iterable

import nbformat

from autograder.course import Course, CourseError
from autograder.release.sync import SyncError, sync
from autograder.wording import quoted

MOST_NAMED = 20  # files in one sentence


def accept(course: Course, units: Iterable[str]) -> None:
    """Raise CourseError with the `faults` of all these units, if they have any."""
    if found := [fault for unit in units for fault in faults(course, unit)]:
        raise CourseError("\n  ".join(["nothing was released.", *found]))


def faults(course: Course, unit: str) -> list[str]:
    """Why a unit must not be released, and what to do: sentences, none if it may be.

    Raises TaskError if its tasks cannot be read.
    """
    path, tasks = course.source(unit), course.content.tasks_if_any(unit)
    try:
        nbformat.read(path, as_version=4)
    except Exception:  # no notebook: nbgrader says so
        return []
    found = []
    try:
        if stale := sync(path, tasks, check=True):
            found.append(
                f"{unit}: these solution cells differ from the reference: {quoted(stale)}. Run "
                f"`autograder sync {unit}`, which writes the reference into them."
            )
    except SyncError as problem:
        found.append(str(problem))
    return found


def files_beside(course: Course, unit: str) -> list[str]:
    """The files beside the source notebook of a unit, which nbgrader puts into the release."""
    from nbgrader.utils import find_all_files

    notebook = course.source(unit)
    found = find_all_files(str(notebook.parent), course.directory.ignore)
    names = sorted(os.path.relpath(path, notebook.parent) for path in found)
    return [name for name in names if name != notebook.name]


def said_of_files(names: list[str]) -> str:
    """A sentence that warns the author of the files beside a notebook."""
    more = len(names) - MOST_NAMED
    listed = ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return (
        f"These files go to students, too: {listed}. Remove from the notebook's folder what they "
        "should not have, and release again."
    )
