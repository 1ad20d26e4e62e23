"""Find the packages that student code may import: those of the student's kit and what they need.

The grader's environment holds others too, which students do not have: SciPy would solve a task.
"""

import re
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import TypeAlias

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# In addition to the kit: the packages that the sandboxed process itself needs, and pip for `%pip`
# in cells.
RUNNER = ("ipython", "matplotlib-inline", "numpy", "safetensors", "pip")
NOT_PACKAGES = ("..", "__pycache__")  # of a distribution's list of files

Needed: TypeAlias = tuple[str, frozenset[str]]  # a distribution's name, and extras of it
# Names of files and folders, by the folder they are in; Python imports from these folders.
Importable: TypeAlias = dict[Path, list[str]]


def needed(line: str, extras: frozenset[str]) -> Needed | None:
    """Parse a requirement: a line of a distribution's metadata, or of a requirements file.

    Returns None if the requirement does not apply here.

    extras : of the distribution that has the requirement
    """
    plain = re.match(r"[\w.-]+", line)
    if plain and not any(sign in line for sign in ";["):  # most lines; parsing is slow
        return plain[0], frozenset()
    if "extra" in line and not extras:
        return None
    one = Requirement(line)
    applies = one.marker is None or any(one.marker.evaluate({"extra": e}) for e in ("", *extras))
    return (one.name, frozenset(one.extras)) if applies else None


def required(lines: Iterable[str]) -> dict[str, metadata.Distribution]:
    """The installed distributions that these requirements ask for, and what they need, by name."""
    left = [needed(line, frozenset()) for line in lines]
    found: dict[str, metadata.Distribution] = {}
    done: set[Needed] = set()
    while left:
        one = left.pop()
        if one is None or one in done:
            continue
        done.add(one)
        name, extras = one
        distribution = installed(name)
        if distribution is None:
            continue  # perhaps for another platform; a package that needs it will say so
        found[canonicalize_name(name)] = distribution
        lines = re.findall(r"^Requires-Dist: *(.*)", head(distribution), re.MULTILINE)
        left += [needed(line, extras) for line in lines]
    return found


def installed(name: str) -> metadata.Distribution | None:
    """An installed distribution; setuptools' copies of others are for itself and do not count."""
    for one in metadata.distributions(name=name):
        if Path(str(one.locate_file(""))).name != "_vendor":
            return one
    return None


def missing(requirements: Iterable[str]) -> list[str]:
    """Those of these requirements that apply here and are not installed."""
    wanted = {line: needed(line, frozenset()) for line in requirements}
    return [line for line, one in wanted.items() if one and installed(one[0]) is None]


def head(distribution: metadata.Distribution) -> str:
    """The header of a distribution's metadata; `metadata.requires` parses the whole text."""
    text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    return text.partition("\n\n")[0]


# The results of `importable`; a worker gets them from the process that starts it.
known: dict[tuple[str, ...], Importable] = {}


def importable(requirements: tuple[str, ...]) -> Importable:
    """What may be imported: {folder that Python imports from: names of files and folders in it}.

    requirements : of the student's kit, as `Content.requirements`
    """
    if requirements not in known:
        known[requirements] = found(requirements)
    return known[requirements]


def found(requirements: tuple[str, ...]) -> Importable:
    """Look for what `importable` returns: this takes a while."""
    folders: dict[Path, set[str]] = {}
    for distribution in required([*requirements, *RUNNER]).values():
        files = distribution.read_text("RECORD") or ""
        names = set(re.findall(r"^([^/,\n]+)", files, re.MULTILINE)).difference(NOT_PACKAGES)
        names |= set((distribution.read_text("top_level.txt") or "").split())
        folder = Path(str(distribution.locate_file("")))
        folders.setdefault(folder, set()).update(
            name for name in names if not name.endswith(".pth") and (folder / name).exists()
        )
    return {folder: sorted(names) for folder, names in sorted(folders.items())}


def folders(prefixes: Iterable[str]) -> Iterator[Path]:
    """Every folder of packages of Pythons with these prefixes, and of the system's."""
    for prefix in (*prefixes, "/usr", "/usr/local"):
        for pattern in ("site-packages", "dist-packages"):
            yield from Path(prefix).glob(f"lib*/python3*/{pattern}")
