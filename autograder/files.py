"""Finding, reading, hashing and atomically writing files."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path


def files_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """(name, path) of the files below a folder, sorted, without hidden files and caches.

    A name is relative to the folder and has forward slashes.
    """
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in name.parts):
            yield name.as_posix(), path


def digest(parts: Mapping[Path, Iterable[Path]], begin: str = "") -> str:
    """A hash of names and contents, in hex: of code, for instance, to see whether it has changed.

    parts : dict from a folder to paths in it; folders and compiled code among them do not count
    begin : what else the hash depends on
    """
    found = hashlib.sha256(begin.encode())
    for folder, paths in parts.items():
        for path in sorted(paths):
            if path.is_file() and path.suffix != ".pyc":
                found.update(f"{path.relative_to(folder)}\n".encode() + path.read_bytes())
    return found.hexdigest()


def text_of(path: Path) -> str:
    """The text of a file; empty if it cannot be read as UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def write(path: Path, content: bytes, mode: int = 0o444) -> None:
    """Write a file atomically; like nbgrader's files it is read-only by default. Raises OSError."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with open(draft, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # else a power cut could leave an empty file under the new name
    draft.chmod(mode)
    os.replace(draft, path)
