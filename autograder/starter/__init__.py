"""The starter: the files that a new course folder begins with.

In a checkout they are at its root, which is a course folder itself. In the wheel they are in this
package, where setup.py has copied them. This module imports only the standard library and
`autograder.files`, because setup.py imports it.
"""

from collections.abc import Iterator
from pathlib import Path

from autograder.files import files_in

HERE = Path(__file__).resolve().parent
CONFIG = "nbgrader_config.py"  # a folder with this file is a course
CONTENTS = (".gitignore", "source", "nbgrader_config.json", CONFIG)  # in the order of writing

# What a course of one's own has in the place of `source` (docs/own-course.md), by name.
EMPTY = {
    "course_settings.py": '''\
"""The settings of this course."""

c = get_config()  # noqa: F821  (nbgrader provides it)
c.Content.package = "staff.units"
''',
    "sample/__init__.py": '"""What the notebooks import. Students get it."""\n',
    "staff/__init__.py": '"""What students do not get."""\n',
    "staff/units/__init__.py": '''\
"""The content of the course: a package for each unit."""

import functools

import autograder
from autograder.content import Content

CONTENT = Content(
    package=__name__,
    students="sample",
    title="A course without a title",
    kit="course-kit",
    requirements=("numpy>=2.0", "jupyterlab>=4.2", "nbgrader>=0.9.5,<0.10"),
)
check = functools.partial(autograder.check_with, CONTENT)
''',
}


def folder() -> Path:
    """The folder that holds the starter: this package, or the root of the checkout."""
    return HERE if (HERE / CONFIG).is_file() else HERE.parents[1]


def files() -> Iterator[tuple[str, Path]]:
    """(name, path) of each file of the starter, in order; a name has forward slashes."""
    for entry in CONTENTS:
        place = folder() / entry
        if place.is_dir():
            yield from ((f"{entry}/{name}", path) for name, path in files_in(place))
        else:
            yield entry, place


def write(target: Path, empty: bool = False) -> list[str]:
    """Write the starter into the folder ``target``, which is made if it does not exist.

    empty : with an empty folder ``source`` and the files of `EMPTY` in the place of the units

    Returns the names of the files that exist already, which are not changed. Raises OSError if a
    file cannot be written.
    """
    kept: list[str] = []
    if empty:
        (target / "source").mkdir(parents=True, exist_ok=True)
        for name, text in EMPTY.items():
            put(target, name, text.encode(), kept)
    for name, path in files():
        if not empty or not name.startswith("source/"):
            put(target, name, path.read_bytes(), kept)
    return kept


def put(target: Path, name: str, data: bytes, kept: list[str]) -> None:
    """Write one file into the folder ``target``; if it exists, add its name to ``kept``."""
    place = target / name
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(place, "xb") as file:
            file.write(data)
    except FileExistsError:
        kept.append(name)
