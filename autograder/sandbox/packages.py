"""Which installed packages student code may import: those of the student's kit, and what they need.

The grader's environment holds others too, which students do not have: SciPy would answer a task.
"""

import re
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

KIT, EXTRA = "convnet-course", "jupyter"  # the distribution and extra that the kit's students have
# What the process in the sandbox needs besides, and what every student has: pip answers `%pip`.
RUNNER = ("safetensors", "pip")
NOT_PACKAGES = ("..", "__pycache__")  # of a distribution's list of files


def needed(line, extras):
    """The requirement on a line of a distribution's metadata: (name, extras).

    None if it does not apply here.
    """
    if not any(sign in line for sign in ";["):  # most lines; to parse one takes long
        return re.match(r"[\w.-]+", line)[0], frozenset()
    if "extra" in line and not extras:
        return None
    one = Requirement(line)
    applies = one.marker is None or any(one.marker.evaluate({"extra": e}) for e in ("", *extras))
    return (one.name, frozenset(one.extras)) if applies else None


def required(lines):
    """The installed distributions that these requirements ask for, and what they need, by name."""
    left, found, done = [needed(line, frozenset()) for line in lines], {}, set()
    while left:
        one = left.pop()
        if one is None or one in done:
            continue
        done.add(one)
        name, extras = one
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # for another platform perhaps; what does need it says so
        found[canonicalize_name(name)] = distribution
        lines = re.findall(r"^Requires-Dist: *(.*)", head(distribution), re.MULTILINE)
        left += [needed(line, extras) for line in lines]
    return found


def head(distribution):
    """The head of a distribution's metadata: `metadata.requires` parses the whole, a page long."""
    text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    return text.partition("\n\n")[0]


def kit_requirements():
    """What the student's kit requires, as lines of a requirements file."""
    lines = [
        re.sub(rf" *(;|and) extra == \"{EXTRA}\"$", "", line)
        for line in metadata.requires(KIT) or []
    ]
    return [line for line in lines if "extra ==" not in line]


known = {}  # what `kit` has found; a worker is told it by the process that starts it


def kit():
    """What may be imported: {folder that Python imports from: names of files and folders in it}."""
    if not known:
        known.update(found())
    return known


def found():
    """The same, looked for: that takes a while."""
    folders = {}
    for distribution in required([*kit_requirements(), *RUNNER]).values():
        files = distribution.read_text("RECORD") or ""
        names = set(re.findall(r"^([^/,\n]+)", files, re.MULTILINE)).difference(NOT_PACKAGES)
        names |= set((distribution.read_text("top_level.txt") or "").split())
        folder = Path(distribution.locate_file(""))
        folders.setdefault(folder, set()).update(
            name for name in names if not name.endswith(".pth") and (folder / name).exists()
        )
    return {folder: sorted(names) for folder, names in sorted(folders.items())}


def folders(prefixes):
    """Every folder of packages below these folders of a Python, or of the system."""
    for prefix in (*prefixes, "/usr", "/usr/local"):
        for pattern in ("site-packages", "dist-packages"):
            yield from Path(prefix).glob(f"lib*/python3*/{pattern}")
