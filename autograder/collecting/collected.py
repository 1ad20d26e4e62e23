"""What `autograder collect` has seen of each student, so that feedback finds the way back.

The file ``.autograder/<unit>/collected.json`` holds the names and numbers under which Moodle or
Canvas knows a submission, and the submissions that were not collected, with the reason.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.course import Course, CourseError


@dataclasses.dataclass(frozen=True)
class Collected:
    """A submission as it was downloaded.

    system : "Moodle" or "Canvas"
    name, number : of the student there, from the name of the file
    file : the name of the notebook in the download
    late : according to Canvas
    """

    system: str
    name: str
    number: str
    file: str
    late: bool = False


@dataclasses.dataclass(frozen=True)
class Left:
    """A submission that was not collected.

    who : the student as shown in lists, or the name of a file that nobody can be found for
    why : the reason, with what to do
    student : the id; empty if it is not known
    name, number : as in `Collected`; empty for a file of nobody
    """

    who: str
    why: str
    student: str = ""
    name: str = ""
    number: str = ""


@dataclasses.dataclass(frozen=True)
class Memory:
    """What is known of a unit: submissions by student, and those left out by ``who``."""

    students: Mapping[str, Collected] = dataclasses.field(default_factory=dict)
    left: Mapping[str, Left] = dataclasses.field(default_factory=dict)


def place(course: Course, unit: str) -> Path:
    """The file for a unit."""
    return course.notes(unit, "collected")


def read(course: Course, unit: str) -> Memory:
    """What is known of a unit. Raises CourseError if the file is damaged."""
    path = place(course, unit)
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        students = {student: Collected(**one) for student, one in told["students"].items()}
        left = [Left(**one) for one in told["left"]]
        return Memory(students, {one.who: one for one in left})
    except FileNotFoundError:
        return Memory()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CourseError(
            f"{path} cannot be read ({error}). Remove it, and collect the downloads of {unit} once "
            "more: what is in submitted/ already stays."
        ) from None


def add(course: Course, unit: str, new: Memory) -> None:
    """Keep what a download has brought, beside what is known from others. Raises CourseError.

    A student who has been collected now is left out no longer, and files of nobody are those of
    the last download.
    """
    known = read(course, unit)
    students = {**known.students, **new.students}
    here = {(one.name, one.number) for one in new.students.values()}
    left = {
        who: one
        for who, one in known.left.items()
        if one.number and one.student not in new.students and (one.name, one.number) not in here
    }
    left |= new.left
    told = {
        "students": {student: dataclasses.asdict(one) for student, one in sorted(students.items())},
        "left": [dataclasses.asdict(one) for _, one in sorted(left.items())],
    }
    course.remember(unit, "collected", told)
