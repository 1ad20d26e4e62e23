"""What students get: a folder, and the same as a zip. `contents` says what is in it."""

import io
import shutil
import string
import zipfile
from pathlib import Path

import nbformat
from packaging.specifiers import SpecifierSet

from autograder.course import Course, CourseError
from autograder.files import files_in
from autograder.release.notebooks import released

HANDOUT = Path(__file__).with_name("handout")  # the files that only the kit has
FILLED_IN = {"README.md", "environment.yml"}  # those of them that hold $names
STARTER = "lab.py"  # a folder that has it is a kit
DATE = (2026, 1, 1, 0, 0, 0)  # of every file in the zip: the same kit is the same zip


def run(units=(), into=None):
    """Write the kit with these units (none: all), or bring the folder ``into`` up to date with it.

    Prints what was written; returns the exit code. Raises CourseError if it cannot be written.
    """
    course = Course()
    chosen = course.choose_units(units)
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


def contents(course, units):
    """The files of the kit: bytes by path, with forward slashes, in order.

    course : a `folders.Course`
    units : names of the units to put in

    Raises CourseError if two units bring a file of the same name.
    """
    content, files = course.content, {}
    for unit in units:
        for name, path in files_in(course.source(unit).parent):
            data = notebook(path, course) if path.suffix == ".ipynb" else path.read_bytes()
            if files.setdefault(name, data) != data:
                raise CourseError(f"{path}: another unit has a file of this name; rename one.")
    names = what_to_fill_in(content, units)
    for name, path in files_in(HANDOUT):
        files[name] = path.read_bytes()
        if name in FILLED_IN:
            files[name] = string.Template(files[name].decode()).substitute(names).encode()
    for name, path in files_in(content.student_folder):
        files[f"{content.students}/{name}"] = path.read_bytes()
    files["requirements.txt"] = "".join(f"{line}\n" for line in content.requirements).encode()
    if content.licence:
        files["LICENSE"] = content.licence.encode()
    return dict(sorted(files.items()))


def notebook(path, course):
    """The bytes of a source notebook as students get it."""
    return f"{nbformat.writes(released(path, course.config))}\n".encode()


def what_to_fill_in(content, units):
    """What the names in the files of `FILLED_IN` stand for."""
    bounds = {one.operator: one.version for one in SpecifierSet(content.python)}
    oldest, end = bounds[">="], bounds.get("<")
    last = f"to 3.{int(end.removeprefix('3.')) - 1}" if end else "or later"
    return {
        "title": content.title,
        "kit": content.kit,
        "students": content.students,
        "python": f">={oldest},<{end}" if end else f">={oldest}",
        "versions": f"{oldest} {last}",
        "notebooks": ", ".join(f"`{unit}.ipynb`" for unit in units),
        "first": f"{units[0]}.ipynb",
    }


def write(place, name, files):
    """Write the folder ``name`` and its zip into ``place``; what was in the folder is gone."""
    if (place / name).exists():
        shutil.rmtree(place / name)
    put(place / name, files)
    (place / f"{name}.zip").write_bytes(zipped(name, files))


def zipped(folder, files):
    """The bytes of a zip of these files, in a folder of this name.

    Nothing is compressed: the data are already, and the rest would differ from zlib to zlib.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}", DATE)
            entry.create_system = 3  # Unix, wherever it was made, so that this counts:
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data)
    return buffer.getvalue()


def bring_up_to_date(folder, files):
    """Write the files into a student's folder, but for the notebooks that are there already.

    Returns the names of these. Raises CourseError if the folder is in use for something else.
    """
    there = [name for name in files if (folder / name).exists()]
    if there and not (folder / STARTER).exists():
        raise CourseError(
            f"{folder} is no kit, and has a {there[0]} of its own: choose another folder."
        )
    kept = [name for name in there if name.endswith(".ipynb")]
    put(folder, {name: data for name, data in files.items() if name not in kept})
    return kept


def put(folder, files):
    """Write files into a folder, which is made if it does not exist."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
