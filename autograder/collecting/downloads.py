"""Collects the submissions in a download from Moodle or Canvas into ``submitted/``.

Both pack a class into one zip, and name each file after its student:

- Moodle (*Assignment submissions*, "Download all submissions"):
  ``Ada Lovelace_4711_assignsubmission_file/unit1_averages.ipynb``; older versions write ``_/`` for
  the ``/``, and a download without folders has ``_`` instead. A student has a new number in every
  assignment.
- Canvas (*How do I download all student submissions for an assignment?*):
  ``lovelaceada_LATE_815_99_unit1_averages.ipynb``: the name, the student's number in Canvas, the
  number and the name of the file. ``LATE`` is present if Canvas counts the submission as late.

Neither contains the student's id in the gradebook. ``nbgrader zip_collect`` takes the id from the
file name, so it would create a new student for each; it also unpacks every file, and stops at the
first submission that exists already. This module unpacks nothing to disk: it reads one notebook of
each student, up to a size limit, and writes it under a fixed name.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from autograder.collecting import collected
from autograder.collecting.collected import Collected, Left, Memory
from autograder.collecting.submissions import TIME, id_problem
from autograder.course import Course, CourseError, gradebook_problem
from autograder.untrusted import nofollow, rebuild
from autograder.untrusted.notebook import (
    MAX_BYTES,
    TOO_LARGE,
    Cell,
    Unreadable,
    read_bytes,
    read_cells,
    written_id,
)
from autograder.untrusted.text import clean_line
from autograder.wording import counted

MOODLE = re.compile(
    r"(?P<name>[^_/]+)_(?P<number>\d+)_assignsubmission_(?:file(?:_?/|_)(?P<file>.+))?"
)
# The numbers of the student and the file. Students choose the texts before and after them, so if a
# name holds such numbers twice, it is not clear which are Canvas's.
CANVAS_IDS = r"(?P<number>\d+|anon_[^_/]+)_\d+_"
CANVAS = re.compile(rf"(?:(?P<name>[^/]*?)_)??(?P<late>LATE_)?{CANVAS_IDS}(?P<file>[^/]+)")
TWO_WAYS = re.compile(r"(?=_\d+_\d+_)")
STUDENT_ID = re.compile(r"[^\W_][\w.@+ -]*")  # a valid folder name on every system
IGNORED = ("__MACOSX/", ".DS_Store")
# What zipfile raises for an archive that is damaged: ValueError for a name that is not UTF-8,
# RuntimeError for a newer format or a password.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError)
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the other methods ignore a size limit


# -- the files of a download ----------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class File:
    """A file of the download: its name, and a function that reads it or raises Unreadable."""

    name: str
    read: Callable[[], bytes]
    is_link: bool = False  # to a file or a folder; then `read` raises


def files(source: str | Path) -> list[File]:
    """Every file of a download: a zip, or the folder that it was unpacked into.

    Raises CourseError if it is neither.
    """
    source = Path(source).resolve()
    if source.is_dir():
        return [unpacked_file(source, names) for names in nofollow.walk(source)]
    try:
        archive = zipfile.ZipFile(source)
    except (OSError, *DAMAGED) as error:
        reason = getattr(error, "strerror", None) or error
        raise CourseError(
            f"{source} cannot be read as a zip ({reason}). Download it again, or give the folder "
            "that it was unpacked into."
        ) from None
    infos = [info for info in archive.infolist() if not info.is_dir()]
    return [File(info.filename, functools.partial(unpacked, archive, info)) for info in infos]


def unpacked_file(source: Path, names: Sequence[str]) -> File:
    """The `File` at ``source/names[0]/…``."""
    path = source.joinpath(*names)
    return File("/".join(names), lambda: read_bytes(path, source), path.is_symlink())


def unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """The bytes of one file in a zip. Raises Unreadable above the size limit."""
    if info.compress_type not in METHODS:
        raise Unreadable("it is packed in a way that neither Moodle nor Canvas uses")
    try:
        with archive.open(info) as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, *DAMAGED) as error:
        raise Unreadable(f"it cannot be unpacked: {error}") from None
    if len(data) > MAX_BYTES:
        raise Unreadable(TOO_LARGE)
    return data


@dataclasses.dataclass
class Handed:
    """The files that one student has handed in."""

    system: str  # "Moodle" or "Canvas"
    name: str  # of the student, from the file name
    number: str  # of the student, from the file name
    late: bool = False  # according to Canvas
    files: dict[str, File] = dataclasses.field(default_factory=dict)  # by the student's file names

    def __str__(self) -> str:
        late = ", late" if self.late else ""
        return clean_line(f"{self.name} ({self.number}{late})".strip())

    def notebook(self, unit: str) -> File:
        """The notebook to grade. Raises Unreadable unless there is exactly one."""
        found = [name for name in self.files if name.endswith(".ipynb")]
        if len(found) > 1:  # Canvas appends "-1", browsers append " (1)"
            again = rf"(?:.*/)?{re.escape(unit)}(?:-\d+| ?\(\d+\))?\.ipynb"
            found = [name for name in found if re.fullmatch(again, name)] or found
        if not found:
            for file in self.files.values():
                if file.is_link:  # it may lead to the notebook's folder
                    file.read()
        if len(found) != 1:
            what = "several notebooks" if found else "no notebook"
            names = clean_line(", ".join(sorted(self.files)), 200)
            raise Unreadable(f"there is {what}: {names or 'nothing'}")
        return self.files[found[0]]


def handed_in(found: Iterable[File]) -> tuple[list[Handed], dict[str, str]]:
    """The `Handed` of each student, and the files without a student: {name: reason}."""
    students: dict[tuple[str, str], Handed] = {}
    others: dict[str, str] = {}
    for file in found:
        if any(file.name.startswith(name) or file.name.endswith(name) for name in IGNORED):
            continue
        if match := MOODLE.match(file.name):
            system = "Moodle"
        elif match := CANVAS.fullmatch(file.name):
            system = "Canvas"
            if len(TWO_WAYS.findall(f"_{file.name}")) > 1:
                others[file.name] = "its numbers can be read in two ways"
                continue
        else:
            others[file.name] = "it is named neither as Moodle does nor as Canvas does"
            continue
        name, number = match["name"] or "", match["number"]
        late = bool(match.groupdict().get("late"))
        one = students.setdefault((name, number), Handed(system, name, number, late))
        if match["file"] or file.is_link:  # otherwise it is the content of a text field
            one.files[match["file"] or file.name] = file
    return list(students.values()), others


# -- the student of a submission ------------------------------------------------------------------


class Roster:
    """Finds students of the gradebook by their names or numbers in Moodle and Canvas.

    students : nbgrader's `Student` objects
    plain_id : `Content.plain_id`, the form in which ids are compared
    """

    def __init__(self, students: Iterable[Any], plain_id: Callable[[str], str]) -> None:
        self.plain_id = plain_id
        self.by_id: dict[str, str] = {}  # ids, by their plain form
        self.by_number: dict[str, str] = {}  # ids, by the number in Canvas
        self.by_name: dict[str, list[Any]] = {}  # `Student` objects, by plain name
        self.called: dict[str, str] = {}  # full names, by id
        for student in students:
            self.by_id[plain_id(student.id)] = student.id
            if student.lms_user_id:
                self.by_number[student.lms_user_id] = student.id
            first, last = student.first_name or "", student.last_name or ""
            self.called[student.id] = f"{first} {last}".strip()
            for name in {plain_name(first + last), plain_name(last + first)} - {""}:
                self.by_name.setdefault(name, []).append(student)

    def find(self, handed: Handed) -> str:
        """The id of the student of a submission. Raises Unreadable if it is not certain."""
        alike = self.by_name.get(plain_name(handed.name), [])
        if handed.system == "Canvas":
            if student := self.by_number.get(handed.number):
                return student
            alike = [student for student in alike if not student.lms_user_id]
        if len(alike) > 1:
            ids = ", ".join(student.id for student in alike)
            raise Unreadable(f"several students in the gradebook have this name: {ids}")
        if not alike:
            raise Unreadable("the gradebook knows no student of this name or number")
        return str(alike[0].id)

    def doubt(self, student: str, handed: Handed) -> str:
        """A remark if the student has another name in the gradebook; otherwise empty."""
        called = self.called.get(student)
        alike = [other.id for other in self.by_name.get(plain_name(handed.name), [])]
        return f"; in the gradebook {called}" if called and student not in alike else ""

    def claimed(self, data: bytes) -> str:
        """The STUDENT_ID in a notebook, in the form of the gradebook.

        Raises Unreadable if there is none or it is not valid.
        """
        code = [cell for cell in read_cells(data) if cell["kind"] == "code"]
        written = written_id(cell["source"] for cell in code)
        if written is None:  # the notebook may have looked it up, and printed it
            written = written_id(printed(code))
        written = self.plain_id(written or "")
        if not written:
            raise Unreadable("there is no STUDENT_ID in the notebook either")
        shown = clean_line(written, 50)
        if problem := id_problem(written):
            raise Unreadable(f"STUDENT_ID {shown} {problem}: the student needs another id")
        if not STUDENT_ID.fullmatch(written):
            raise Unreadable(f"STUDENT_ID is not a valid id: {shown}")
        return self.by_id.get(written, written)


def printed(cells: Iterable[Cell]) -> Iterator[str]:
    """What cells of a student's notebook have printed, as it was handed in."""
    for cell in cells:
        for output in cell["outputs"]:
            if isinstance(output, dict) and output.get("output_type") == "stream":
                text = output.get("text")
                lines = text if isinstance(text, list) else [text]
                yield "".join(line for line in lines if isinstance(line, str))


def plain_name(text: str) -> str:
    """A name in the form for comparison: its letters and digits only, in lower case."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFC", text).casefold())


# -- the command ----------------------------------------------------------------------------------


def place(course: Course, unit: str, student: str, data: bytes, replace: bool) -> str:
    """Write a notebook into ``submitted/``; returns the state to print, such as ``new``.

    Raises Unreadable if the notebook is another unit's, if another one exists and ``replace`` is
    False, if it would be written through a link, or if the student's id is not valid.
    """
    from autograder.files import write

    if problem := id_problem(student):
        raise Unreadable(f"the id {clean_line(student)} {problem}: change it in the gradebook")
    try:
        other = rebuild.unit_of(read_cells(data), course.content)
    except Unreadable:
        other = None  # the grader will report what is wrong with it
    if other not in (None, unit):
        raise Unreadable(f"this is the notebook of {other}")

    root = course.folder(course.directory.submitted_directory, "", "")
    folder = course.folder(course.directory.submitted_directory, student, unit)
    path = folder / f"{unit}.ipynb"
    root.mkdir(parents=True, exist_ok=True)
    try:
        with nofollow.folder(root, *nofollow.split(folder, root), make=True) as opened:
            before = sorted(name for name in os.listdir(opened) if name.endswith(".ipynb"))
    except nofollow.Refused as problem:
        raise Unreadable(f"it is not written to {folder}: {problem}") from None
    if path.name in before and same(path, data):
        return "as it was"
    if before and not replace:
        raise Unreadable(f"{student} has another one in {folder}: see --replace")
    write(path, data)
    if not before:
        return "new"
    stale = os.path.lexists(folder / TIME)
    return "replaced" + (f"; {TIME} beside it is the earlier one's" if stale else "")


def same(path: Path, data: bytes) -> bool:
    """True if a file in ``submitted/`` holds these bytes."""
    try:
        return read_bytes(path) == data
    except Unreadable:  # such as a link
        return False


def run(
    course: Course,
    unit: str,
    source: str | Path,
    ids_from_notebooks: bool = False,
    replace: bool = False,
) -> int:
    """Collect the notebooks of a download; returns the exit code: 1 if one is not collected.

    unit : the name of the unit
    source : the zip from Moodle or Canvas, or the folder that it was unpacked into
    ids_from_notebooks : use STUDENT_ID if the gradebook does not hold a student
    replace : overwrite other notebooks in ``submitted/``

    Raises CourseError if a file or the gradebook cannot be read or written.
    """
    try:
        with course.gradebook() as book:
            roster = Roster(book.students, course.content.plain_id)
    except SQLAlchemyError as error:
        raise CourseError(gradebook_problem(course, error)) from None
    students, others = handed_in(files(source))
    if not students and not others:
        raise CourseError(f"There is nothing in {source}. Download it again.")
    whose: dict[str, list[Handed]] = {}
    left = [Left(clean_line(name), why) for name, why in others.items()]
    seen: dict[str, Collected] = {}

    def leave(handed: Handed, problem: Unreadable, student: str = "") -> None:
        left.append(Left(str(handed), str(problem), student, handed.name, handed.number))

    def identify(handed: Handed) -> str:
        try:
            return roster.find(handed)
        except Unreadable:
            if not ids_from_notebooks:
                raise
            return roster.claimed(handed.notebook(unit).read())

    for handed in students:
        try:
            whose.setdefault(identify(handed), []).append(handed)
        except Unreadable as problem:
            leave(handed, problem)
    for student, candidates in sorted(whose.items()):
        try:
            if len(candidates) > 1:
                raise Unreadable(f"{' and '.join(map(str, candidates))} would all be {student}")
            [handed] = candidates
            notebook = handed.notebook(unit)
            done_so = place(course, unit, student, notebook.read(), replace)
            print(f"{student:<24} {done_so:<9} {handed}{roster.doubt(student, handed)}")
            seen[student] = Collected(
                handed.system, handed.name, handed.number, notebook.name, handed.late
            )
        except Unreadable as problem:
            for handed in candidates:
                leave(handed, problem, student)
        except OSError as error:
            raise CourseError(f"{error.filename} cannot be written: {error.strerror}.") from None
    collected.add(course, unit, Memory(seen, {one.who: one for one in left}))
    print(f"{unit}: {len(seen)} of {counted(students, 'submission')} collected")
    if left:
        print(f"NOT collected, {len(left)}, for the reason given with each:")
        for one in sorted(left, key=lambda one: one.who):
            print(f"    {one.who}: {one.why}")
        if students:
            print(
                "Enter students with `nbgrader db student add ID --first-name=… --last-name=…` (or "
                "`nbgrader db student import`), or put a file into "
                f"submitted/ID/{unit}/{unit}.ipynb yourself; then run this again."
            )
        else:
            print("Give the zip as it was downloaded.")
    return 1 if left else 0
