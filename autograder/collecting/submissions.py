"""Finds the submissions in ``submitted/``, and everything that looks like a misplaced one."""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from autograder.course import CourseError
from autograder.model import Repair
from autograder.untrusted import nofollow
from autograder.untrusted.text import clean_line, unseen

MAX_NAME = 128  # characters; the width of nbgrader's column, which PostgreSQL enforces
PATTERN = "*?[]"  # nbgrader reads an id with these signs as a pattern of file names
MAX_SMALL = 200  # bytes of a file that nbgrader's exchange puts beside a notebook
NOT_HANDED_IN = {"Thumbs.db", "desktop.ini"}  # files that Windows creates in a folder


# -- finding submissions --------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Submission:
    """A student's submission: the path of its file, or the reason why it cannot be graded."""

    student: str
    path: Path | None = None
    refusal: str | None = None
    repairs: tuple[Repair, ...] = ()


def id_problem(student: str) -> str | None:
    """What is wrong with a student's id, as the end of a sentence; None if it is valid.

    An id is the name of a folder, and nbgrader uses it in patterns of file names.
    """
    if not student or clean_line(student) != student:
        return "holds characters that cannot be shown"
    if (char := unseen(student)) is not None:
        return f"holds U+{ord(char):04X}, which is not seen, so it looks like another id"
    if len(student) > MAX_NAME:
        return f"is longer than the {MAX_NAME} characters of a gradebook"
    if found := [sign for sign in PATTERN if sign in student]:
        return f"holds {' and '.join(found)}, which nbgrader takes for a pattern of file names"
    if student.startswith("."):
        return "begins with a dot, and nbgrader does not see such folders"
    if student != student.strip():
        return "begins or ends with a blank, which nbgrader takes away"
    if "/" in student:
        return "holds a /, so it can be no folder's name"
    return None


def find_submissions(folder: str | Path, unit: str, units: Collection[str]) -> list[Submission]:
    """Every submission of ``unit`` in ``submitted/``, including those that seem misplaced.

    folder : ``submitted/``
    units : the names of all units of the course

    Raises CourseError if the folder does not exist.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CourseError(
            f"There is no folder {folder}. Collect submissions into "
            f"{folder.name}/<student>/{unit}/{unit}.ipynb first."
        )
    found = (look_at(place, unit, units) for place in sorted(folder.iterdir()))
    return [submission for submission in found if submission]


def look_at(place: Path, unit: str, units: Collection[str]) -> Submission | None:
    """The submission at one entry of ``submitted/``; None if nothing there looks like one."""
    name = place.name
    shown = name if clean_line(name) == name and not unseen(name) else ascii(name)[1:-1]
    if name.startswith(".") and not os.path.lexists(place / unit):
        return None  # made by a program, such as .DS_Store
    if place.is_symlink():
        return Submission(shown, refusal="it is a link: put the folder itself there")
    if not place.is_dir():
        students = f"{place.parent.name}/<student>"
        if is_ignored(place):
            return None
        return Submission(shown, refusal=what_to_do(place, "it", unit, students))
    if problem := id_problem(name):
        return Submission(shown, refusal=f"its name {problem}: rename it")
    try:
        return look_into(place, unit, units)
    except OSError as error:
        return Submission(shown, refusal=f"its folder cannot be read: {error.strerror}")


def is_ignored(path: Path) -> bool:
    """True for a file that the system or a program has created."""
    return path.name.startswith(".") or path.name in NOT_HANDED_IN


def what_to_do(path: Path, shown: str, unit: str, student: str) -> str:
    """The advice on a file outside of every unit's folder.

    shown : the name of the file in the message
    student : the student's folder in the message
    """
    belongs = f"{student}/{unit}/{unit}.ipynb"
    if path.suffix == ".ipynb":
        return f"move {shown} to {belongs}"
    if path.suffix.lower() == ".zip":
        return (
            f"{shown} is a zip: if it is a download from Moodle or Canvas, give it to "
            f"`autograder collect {unit} ZIP`; else take the notebook out and put it into {belongs}"
        )
    return f"{shown} is in no unit's folder: the notebook belongs in {belongs}"


def look_into(place: Path, unit: str, units: Collection[str]) -> Submission | None:
    """The submission in one student's folder; None if nothing there looks like one."""
    student, folder = place.name, place / unit
    where = f"{place.parent.name}/{student}"
    if folder.is_symlink():
        return Submission(student, refusal=f"{where}/{unit} is a link: put the folder itself there")
    if student in units and not folder.is_dir():
        expected = f"{place.parent.name}/<student>/{student}"
        reason = f"the folders are the wrong way round: {expected} is expected"
        return Submission(student, refusal=reason) if student == unit else None
    if not folder.is_dir():
        advice = sign_of_one(place, where, unit, units)
        return Submission(student, refusal=advice) if advice else None
    notebooks = sorted(folder.glob("*.ipynb"))
    repairs = tuple(map(Repair, not_counted(folder)))
    if folder / f"{unit}.ipynb" in notebooks:
        return Submission(student, folder / f"{unit}.ipynb", repairs=repairs)
    if len(notebooks) == 1:
        renamed = f"the file was called {clean_line(notebooks[0].name)}, not {unit}.ipynb"
        return Submission(student, notebooks[0], repairs=(Repair(renamed), *repairs))
    count = "no notebook" if not notebooks else "several notebooks"
    reason = f"there is {count} in {where}/{unit}; one called {unit}.ipynb is expected"
    return Submission(student, refusal=reason)


def sign_of_one(place: Path, where: str, unit: str, units: Collection[str]) -> str | None:
    """The advice on a student's folder without a folder of the unit; None if there is none.

    where : the student's folder in the message
    """
    inside = sorted(place.iterdir())
    stray = [path for path in inside if not path.is_dir() and not is_ignored(path)]
    folders = [path.name for path in inside if path.is_dir()]
    others = set(folders) - set(units)
    similar = [name for name in others if (place / name / f"{unit}.ipynb").is_file()]
    similar = similar or difflib.get_close_matches(unit, others, n=1, cutoff=0.8)
    notebooks = [path for path in stray if path.suffix == ".ipynb"]
    if similar and not notebooks:
        return f"rename {where}/{clean_line(similar[0])} to {where}/{unit}"
    # If there are folders of other units, a stray file rarely belongs to this unit.
    likely = [
        path for path in stray if path.suffix.lower() == ".zip" or len(folders) == len(others)
    ]
    for path in [*notebooks, *likely][:1]:
        return what_to_do(path, f"{where}/{clean_line(path.name)}", unit, where)
    return None


# -- the files of nbgrader's exchange beside a notebook -------------------------------------------


TIME = "timestamp.txt"  # when the notebook was handed in
SECRET = "submission_secret.txt"  # nbgrader hands out the feedback by it


def small_file(path: Path) -> str | None:
    """The text of a small file beside a notebook; None if there is none.

    path : ``submitted/<student>/<unit>/<file>``

    Raises `nofollow.Refused` if it is a link, not a file, or too large.
    """
    root = path.parents[2]
    try:
        data = nofollow.read(root, *nofollow.split(path, root), most=MAX_SMALL + 1)
    except FileNotFoundError:
        return None
    if len(data) > MAX_SMALL:
        raise nofollow.Refused(f"{path.name} is larger than {MAX_SMALL} bytes")
    return data.decode(errors="replace")


def small_text(path: Path) -> str:
    """The text of a `small_file`; empty if there is none or it is refused."""
    try:
        return small_file(path) or ""
    except nofollow.Refused:
        return ""


def stamp(folder: Path) -> str:
    """The text of ``timestamp.txt`` in a submission's folder; empty if it is not a valid time."""
    from nbgrader.utils import gettz, parse_utc

    text = small_text(folder / TIME).strip()
    zone = text.split(" ")[2:]  # parse_utc ignores an unknown zone, and reads "4:30 pm" as 4:30
    try:
        parse_utc(text)
    except (ValueError, OverflowError):
        return ""
    return "" if zone and not (re.fullmatch("[+-]?[0-9]+", zone[0]) or gettz(zone[0])) else text


def not_counted(folder: Path) -> Iterator[str]:
    """A sentence for each file of nbgrader's exchange that does not count, with the reason."""
    for name in (TIME, SECRET):
        try:
            there = small_file(folder / name) is not None
        except nofollow.Refused as problem:
            yield f"{name} does not count: {problem}"
            continue
        if name == TIME and there and not stamp(folder):
            yield f"{name} does not count: it is not a time such as 2026-11-20 16:30:00 UTC"
