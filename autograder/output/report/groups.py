"""Groups of wrong answers that behave alike and that nobody has named (`checking.behaviour`)."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping, Sequence

from autograder.course import CourseError
from autograder.model import Behaviour
from autograder.output.report.results import Student
from autograder.untrusted.text import clean_text

LEAST = 2  # students of a group that is listed
DOCSTRING = re.compile(r'^[ \t]*"""[\s\S]*?"""[ \t]*\n', re.MULTILINE)
MOST_LINES, MOST_CHARACTERS = 40, 3000  # of code that is shown


@dataclasses.dataclass(frozen=True)
class Group:
    """Students whose answers to a task do the same in all probes, by name, with the shortest code.

    code : cleaned text, without the docstring that all have
    """

    task: str
    behaviour: Behaviour
    students: tuple[str, ...]
    code: str

    @property
    def key(self) -> str:
        """The whole id: the same wherever the same is done in the same probes."""
        return f"{self.task}:{hash_of(self.behaviour)}"

    @property
    def id(self) -> str:
        """The id that people use: the task, and enough of the hash for a class."""
        return self.key[: len(self.task) + 7]


def hash_of(behaviour: Behaviour) -> str:
    """A hash of the probes and what came in them, in hex."""
    return hashlib.sha256(" ".join([behaviour.probes, *behaviour.values]).encode()).hexdigest()


def groups(students: Sequence[Student]) -> list[Group]:
    """All groups of a class, the largest first; those of one student come last."""
    found: dict[tuple[str, str], list[tuple[Student, Behaviour]]] = {}
    for student in students:
        for grade in student.report.grades if student.report else ():
            verdict = grade.verdict
            if verdict.behaviour and verdict.unnamed:
                place = verdict.task, hash_of(verdict.behaviour)
                found.setdefault(place, []).append((student, verdict.behaviour))
    made = [
        Group(
            task,
            members[0][1],
            tuple(student.name for student, _ in members),
            min((shown_code(student.code, task) for student, _ in members), key=by_length),
        )
        for (task, _), members in found.items()
    ]
    return sorted(made, key=lambda group: (-len(group.students), group.key))


def shown_code(code: Mapping[str, str], task: str) -> str:
    """The code of an answer as it is shown: cleaned, cut, and without the first docstring."""
    text = clean_text(code.get(task, "")).expandtabs(4)
    text = DOCSTRING.sub("", text, count=1).strip("\n")
    lines = text[:MOST_CHARACTERS].split("\n")
    cut = len(lines) > MOST_LINES or len(text) > MOST_CHARACTERS
    return "\n".join([*lines[:MOST_LINES], *["…"] * cut])


def by_length(code: str) -> tuple[bool, int, str]:
    """The shortest code first, none last."""
    return not code, len(code), code


def find(made: Sequence[Group], wanted: str) -> Group:
    """The group whose id begins with ``wanted``. Raises CourseError if it is not exactly one."""
    task, _, digits = wanted.partition(":")
    fits = [group for group in made if digits and group.key.startswith(f"{task}:{digits}")]
    if len(fits) == 1:
        return fits[0]
    if fits:
        names = ", ".join(group.key[: len(wanted) + 4] for group in fits)
        raise CourseError(f"{wanted} is the beginning of several groups: {names}.")
    raise CourseError(
        f"There is no group {wanted}: `autograder name UNIT` lists those that nobody has named."
    )
