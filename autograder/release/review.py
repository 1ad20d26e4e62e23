"""What an author should know of a unit before students get it: `autograder release` says it."""

from __future__ import annotations

import os

from autograder.course import Course

MOST_NAMED = 20  # files in one sentence


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
