"""Packs feedback pages so that Moodle or Canvas hand them round, or a person does.

- Moodle (*Upload multiple feedback files in a zip*) takes the student from the name of a file,
  ``fullname_number_assignsubmission_file_name``, in which only the number counts. Source: Moodle's
  ``mod/assign/feedback/file/importziplib.php``; versions before 4.1 need all five parts.
- Canvas (*Upload Submissions*) takes the first two numbers between underscores as those of the
  student and of the file that was handed in. Each upload adds a comment with the page. Source:
  Canvas's ``app/models/assignment.rb``.
"""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import itertools
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from autograder import files
from autograder.collecting import collected
from autograder.collecting.collected import Collected
from autograder.course import Course, CourseError
from autograder.output.report import results
from autograder.output.scores import csv_cell

MOODLE, CANVAS, FOLDERS = "moodle", "canvas", "folders"  # where pages go
DATE = (1980, 1, 1, 0, 0, 0)  # of all files in a zip: the same pages give the same zip


@dataclasses.dataclass(frozen=True)
class Packed:
    """A zip with pages.

    path : of the zip; None if there was nothing to pack
    inside : the names of the pages in it, by student
    same : students whose page has not changed since it was last packed for this target
    left : why a student's page is not in it, by student
    """

    path: Path | None
    inside: Mapping[str, str]
    same: list[str]
    left: Mapping[str, str]


def pack(
    course: Course, unit: str, target: str, pages: Mapping[str, Path], everyone: bool = False
) -> Packed:
    """Pack the feedback pages of a unit into a new zip in ``returned/``.

    target : `MOODLE`, `CANVAS` or `FOLDERS`
    pages : the page of each student
    everyone : also those whose page was packed before and has not changed

    Raises CourseError if a page cannot be read or the zip cannot be written.
    """
    known = collected.read(course, unit).students
    every = packed_pages(course, unit)
    hashes = every.setdefault(target, {})
    before = {} if everyone else dict(hashes)
    inside, left, same = dict[str, str](), dict[str, str](), list[str]()
    contents: dict[str, bytes] = {}
    for student, page in sorted(pages.items()):
        name, problem = name_of(student, unit, target, known.get(student))
        if problem:
            left[student] = problem
            continue
        try:
            data = page.read_bytes()
        except OSError as error:
            raise CourseError(f"{page} cannot be read: {error.strerror}.") from None
        found = hashlib.sha256(data).hexdigest()
        if before.get(student) == found:
            same.append(student)
        elif name in contents:
            left[student] = f"another page is called {name}, too"
        else:
            inside[student], contents[name], hashes[student] = name, data, found
    if not inside:
        return Packed(None, inside, same, left)
    if target == FOLDERS:
        contents["index.csv"] = index(course, inside)
    path = next(path for path in names(course, unit, target) if not path.exists())
    try:
        path.parent.mkdir(exist_ok=True)
        files.write(path, zipped(contents))
    except OSError as error:
        raise CourseError(f"{path} cannot be written: {error.strerror}.") from None
    course.remember(unit, "returned", every)
    return Packed(path, inside, same, left)


def names(course: Course, unit: str, target: str) -> Iterator[Path]:
    """The names for zips, one after another: an earlier one may not have been sent yet."""
    for number in itertools.count(1):
        again = "" if number == 1 else f"-{number}"
        yield course.root / "returned" / f"{unit}-{target}{again}.zip"


def name_of(student: str, unit: str, target: str, seen: Collected | None) -> tuple[str, str]:
    """The name of a student's page in the zip, and why it cannot be in it; one of them is empty."""
    if target == FOLDERS:
        return f"{student}/{unit}.html", ""
    if seen is None or seen.system.lower() != target:
        came = "it was not collected" if seen is None else f"it came from {seen.system}"
        return "", f"{came}, so {target.capitalize()} would not know whose it is"
    if target == MOODLE:
        name = " ".join(re.sub(r"[_/\\]", " ", seen.name).split())
        name = name.encode(errors="replace").decode()  # of a folder that is not UTF-8
        return f"{name}_{seen.number}_assignsubmission_file_{unit}.html", ""
    numbers = re.search(rf"(?:^|_)({re.escape(seen.number)}_\d+)_", PurePosixPath(seen.file).name)
    if not seen.number.isdecimal() or not numbers:
        return "", "Canvas has hidden who it is, and takes no page without a number"
    return f"student_{numbers[1]}_{unit}.html", ""


def index(course: Course, inside: Mapping[str, str]) -> bytes:
    """A table of who gets which page, as CSV, for a mail merge."""
    with results.opened(course) as book:
        people = {student.id: student for student in book.students}
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["student", "first_name", "last_name", "email", "file"])
    for student, name in inside.items():
        one = people.get(student)
        told = [one.first_name, one.last_name, one.email] if one else ["", "", ""]
        table.writerow(map(csv_cell, (student, *told, name)))
    return text.getvalue().encode()


def zipped(contents: Mapping[str, bytes]) -> bytes:
    """A zip with these files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name, DATE), content, zipfile.ZIP_DEFLATED)
    return data.getvalue()


# -- what was packed before -----------------------------------------------------------------------


def packed_pages(course: Course, unit: str) -> dict[str, dict[str, str]]:
    """The hashes of the pages that were packed: {target: {student: hash}}."""
    try:
        found = json.loads(course.notes(unit, "returned").read_text(encoding="utf-8"))
        return {str(target): dict(hashes) for target, hashes in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
