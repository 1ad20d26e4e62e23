"""Makes the kit, the folder and the zip that students get. `contents` lists its files."""

from __future__ import annotations

import io
import re
import shutil
import string
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from packaging.specifiers import SpecifierSet

from autograder.cells import EXPERIMENT, PRACTICE, role
from autograder.content import Content
from autograder.course import Course, CourseError
from autograder.files import files_in
from autograder.release import review
from autograder.release.notebooks import released
from autograder.untrusted.notebook import WRITTEN_ID

HANDOUT = Path(__file__).with_name("handout")  # the files that only the kit has
FILLED_IN = {"README.md", "environment.yml"}  # templates among them: `what_is_there`, and $names
STARTER = "lab.py"  # marks a folder as a kit
DATE = (2026, 1, 1, 0, 0, 0)  # of every file in the zip, so that equal kits give equal zips


def run(units: Sequence[str] = (), into: str | Path | None = None) -> int:
    """Write the kit with these units (none: all), or update the folder ``into`` with it.

    Prints what was written; returns the exit code. Raises CourseError if it cannot be written.
    """
    course = Course()
    chosen = course.choose_units(units)
    review.accept(course, chosen, "No kit was made.")
    files = contents(course, chosen)
    place = course.root / "build" / "kit" if into is None else Path(into).resolve()
    try:
        if into is None:
            name = course.content.kit
            write(place, name, files)
            print(f"wrote {place / name}.zip and the folder {place / name}: {', '.join(chosen)}")
            return 0
        kept = bring_up_to_date(place, files)
    except OSError as error:
        where = error.filename or place
        raise CourseError(f"{where} cannot be written: {error.strerror}.") from None
    print(f"{place} is up to date." + f" Left as they were: {', '.join(kept)}." * bool(kept))
    return 0


def contents(course: Course, units: Sequence[str]) -> dict[str, bytes]:
    """The files of the kit: bytes by path (with forward slashes), sorted by path.

    units : names of the units to include

    Raises CourseError if two units have different files of the same name.
    """
    content = course.content
    files: dict[str, bytes] = {}
    for unit in units:
        for name, path in files_in(course.source(unit).parent):
            data = notebook(path, course) if path.suffix == ".ipynb" else path.read_bytes()
            if files.setdefault(name, data) != data:
                raise CourseError(f"{path}: another unit has a file of this name; rename one.")
    notebooks = [nbformat.reads(files[f"{unit}.ipynb"].decode(), as_version=4) for unit in units]
    there = what_is_there(content, units, notebooks)
    names = what_to_fill_in(content, units, there)
    for name, path in files_in(HANDOUT):
        files[name] = path.read_bytes()
        if name in FILLED_IN:
            text = said_of(there, files[name].decode())
            files[name] = string.Template(text).substitute(names).encode()
    for name, path in files_in(content.student_folder):
        files[f"{content.students}/{name}"] = path.read_bytes()
    files["requirements.txt"] = "".join(f"{line}\n" for line in content.requirements).encode()
    if content.licence:
        files["LICENSE"] = content.licence.encode()
    return dict(sorted(files.items()))


def notebook(path: Path, course: Course) -> bytes:
    """The bytes of the student version of a source notebook."""
    return f"{nbformat.writes(released(path, course.config))}\n".encode()


def what_is_there(
    content: Content, units: Sequence[str], notebooks: Sequence[NotebookNode]
) -> dict[str, bool]:
    """What the notebooks of a kit have, of what its README speaks of.

    notebooks : the released ones of these units
    """
    cells = [cell for notebook in notebooks for cell in notebook.cells]
    named = {cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in cells}
    practised = {name.partition("-")[0] for name in named if name.startswith(PRACTICE)}
    tasks = [task for unit in units for task in content.tasks_if_any(unit).values()]
    by_hand = {task.name for task in tasks if task.own_numbers}
    graded = [cell.source for cell in cells if role(cell) == "graded"]
    code = any(re.search(r"^\s*[^\s#]", source, re.MULTILINE) for source in graded)
    return {
        "practice": bool(practised),
        "by-hand": bool(by_hand),
        "practice-by-hand": any(f"{PRACTICE}{name}" in practised for name in by_hand),
        "id": any(WRITTEN_ID.search(cell.source) for cell in cells if cell.cell_type == "code"),
        "written": any(role(cell) == "written" for cell in cells),
        "experiment": any(EXPERIMENT in cell.metadata.get("tags", []) for cell in cells),
        "empty": bool(graded) and not code,
        "asserts": code,
    }


def said_of(there: Mapping[str, bool], text: str) -> str:
    """The text without the lines about what is not there: ``practice| …`` needs practice cells."""
    said = []
    for line in text.splitlines(keepends=True):
        need, mark, rest = line.partition("| ")
        if not mark or need not in there:
            said.append(line)
        elif there[need]:
            said.append(rest)
    return "".join(said)


def what_to_fill_in(
    content: Content, units: Sequence[str], there: Mapping[str, bool]
) -> dict[str, str]:
    """The values of the $names in the files of `FILLED_IN`."""
    bounds = {one.operator: one.version for one in SpecifierSet(content.python)}
    oldest, end = bounds[">="], bounds.get("<")
    last = f"to 3.{int(end.removeprefix('3.')) - 1}" if end else "or later"
    answers = ["code", *["answers by hand"] * there["by-hand"], *["sentences"] * there["written"]]
    return {
        "title": content.title,
        "kit": content.kit,
        "students": content.students,
        "python": f">={oldest},<{end}" if end else f">={oldest}",
        "versions": f"{oldest} {last}",
        "answers": " and ".join(filter(None, [", ".join(answers[:-1]), answers[-1]])),
        "notebooks": ", ".join(f"`{unit}.ipynb`" for unit in units),
        "first": f"{units[0]}.ipynb",
    }


def write(place: Path, name: str, files: Mapping[str, bytes]) -> None:
    """Write the folder ``name`` and its zip into ``place``; an existing folder is removed first."""
    if (place / name).exists():
        shutil.rmtree(place / name)
    put(place / name, files)
    (place / f"{name}.zip").write_bytes(zipped(name, files))


def zipped(folder: str, files: Mapping[str, bytes]) -> bytes:
    """The bytes of a zip with these files in a folder of this name.

    Nothing is compressed: the data files already are, and other files would compress differently
    with each version of zlib.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}", DATE)
            entry.create_system = 3  # Unix on every system, so that the permissions are used
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data)
    return buffer.getvalue()


def bring_up_to_date(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """Write the files into a student's folder, except for notebooks that exist there already.

    Returns the names of these. Raises CourseError if the folder is not a kit.
    """
    there = [name for name in files if (folder / name).exists()]
    if there and not (folder / STARTER).exists():
        raise CourseError(
            f"{folder} is not a kit, but has its own {there[0]}: choose another folder."
        )
    kept = [name for name in there if name.endswith(".ipynb")]
    put(folder, {name: data for name, data in files.items() if name not in kept})
    return kept


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder; creates it if it does not exist."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
