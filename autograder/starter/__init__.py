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


def write(target: Path) -> list[str]:
    """Write the starter into the folder ``target``, which is made if it does not exist.

    Returns the names of the files that exist already, which are not changed. Raises OSError if a
    file cannot be written.
    """
    kept: list[str] = []
    for name, path in files():
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(place, "xb") as file:
                file.write(path.read_bytes())
        except FileExistsError:
            kept.append(name)
    return kept
