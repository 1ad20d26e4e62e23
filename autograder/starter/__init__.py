"""The starter: the files that a new course folder begins with.

In a checkout they lie at its root, which is a course folder itself. In the wheel they lie in the
folder of this package, where setup.py has copied them. This module needs the standard library
alone, because setup.py imports it.
"""

from pathlib import Path

from autograder.files import files_in

HERE = Path(__file__).resolve().parent
CONFIG = "nbgrader_config.py"  # what makes a folder a course
CONTENTS = (".gitignore", "source", "nbgrader_config.json", CONFIG)  # in the order of writing


def folder():
    """The folder that holds the starter: of the installed package, or the root of the checkout."""
    return HERE if (HERE / CONFIG).is_file() else HERE.parents[1]


def files():
    """(name, path) of each file of the starter, in order; a name has forward slashes."""
    for entry in CONTENTS:
        place = folder() / entry
        if place.is_dir():
            yield from ((f"{entry}/{name}", path) for name, path in files_in(place))
        else:
            yield entry, place


def write(target):
    """Write the starter into the folder ``target``, which is made if it does not exist.

    Returns the names of the files that were there already: they are left as they were. Raises
    OSError if something cannot be written.
    """
    kept = []
    for name, path in files():
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(place, "xb") as file:
                file.write(path.read_bytes())
        except FileExistsError:
            kept.append(name)
    return kept
