"""Opening files in folders that students can write to, without following links.

A link could lead to another student's file, to a solution, or out of the course. So every folder
below a trusted one is opened relative to its parent's descriptor, and the type of an entry is
checked on its open descriptor: nobody can exchange it between the check and the use. Pipes and
devices are refused without blocking.
"""

import contextlib
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from autograder.untrusted.text import clean_line

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
MAX_DEPTH = 30  # nested folders; each that is open takes a descriptor


class Refused(Exception):
    """An entry is not opened; the message names it and says what is needed."""


def open_in(parent: int, name: str, flags: int, noun: str) -> int:
    """A descriptor of an entry of the open folder ``parent``.

    flags : as for os.open
    noun : "file" or "folder", for the messages

    Raises FileNotFoundError, or Refused if it is a link or cannot be opened as a ``noun``.
    """
    if name in (".", "..") or "/" in name:
        raise Refused(f"{clean_line(name)} leads out of its folder: a {noun}'s name is needed")
    try:
        return os.open(name, flags, dir_fd=parent)
    except FileNotFoundError:
        raise
    except OSError as error:
        shown, problem = clean_line(name), error.strerror
    try:  # for the message only
        kind = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
    except OSError:
        raise Refused(f"{shown} cannot be read: {problem}") from None
    if stat.S_ISLNK(kind):
        raise Refused(f"{shown} is a link: the {noun} itself is needed")
    if stat.S_ISSOCK(kind) or (noun == "folder" and not stat.S_ISDIR(kind)):
        raise Refused(f"{shown} is not a {noun}")
    raise Refused(f"{shown} cannot be read: {problem}")


@contextlib.contextmanager
def folder(root: str | Path | int, *names: str, make: bool = False) -> Iterator[int]:
    """A context with a descriptor of the folder ``root/names[0]/names[1]/…``.

    root : a trusted folder, a path or a descriptor; its path may contain links
    names : of the folders below it
    make : True to make those that are missing

    Raises Refused if one is a link or no folder, and FileNotFoundError if one is missing.
    """
    opened = os.dup(root) if isinstance(root, int) else os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in names:
            if make:
                with contextlib.suppress(FileExistsError):  # `open_in` checks what it is
                    os.mkdir(name, dir_fd=opened)
            below = open_in(opened, name, FOLDER, "folder")
            os.close(opened)
            opened = below
        yield opened
    finally:
        os.close(opened)


@contextlib.contextmanager
def file(root: str | Path | int, *names: str, owner: int | None = None) -> Iterator[BinaryIO]:
    """A context with the regular file ``root/names[0]/names[1]/…``, open for reading bytes.

    owner : the uid that must own it (None: anyone); a hard link can lead to another's file

    Raises Refused if it or a folder is a link, is of another type or belongs to another account,
    and FileNotFoundError if it or a folder is missing.
    """
    *folders, name = names
    with folder(root, *folders) as parent:
        opened = open_in(parent, name, FILE, "file")
    try:
        status = os.fstat(opened)
        if not stat.S_ISREG(status.st_mode):
            raise Refused(f"{clean_line(name)} is not a file")
        if owner is not None and status.st_uid != owner:
            raise Refused(f"{clean_line(name)} belongs to another account: a copy is needed")
        with open(opened, "rb", closefd=False) as reading:
            yield reading
    finally:
        os.close(opened)


def read(root: str | Path | int, *names: str, most: int) -> bytes:
    """The first ``most`` bytes of a `file`: pass a limit + 1 to notice that it is exceeded."""
    with file(root, *names) as reading:
        return reading.read(most)


def walk(
    root: str | Path | int, *names: str, skip: Callable[[str], bool] = lambda name: False
) -> Iterator[tuple[str, ...]]:
    """The paths below a `folder`, as tuples of names, of all entries that are not folders.

    Folders that cannot be opened, or are nested too deeply, are included: opening them with `file`
    raises the reason.

    skip : a function of a name that is True for entries to leave out
    """
    with folder(root, *names) as opened:
        yield from walk_open(opened, (), skip)


def walk_open(
    opened: int, path: tuple[str, ...], skip: Callable[[str], bool]
) -> Iterator[tuple[str, ...]]:
    """`walk` from an open folder.

    opened : its descriptor
    path : the names that lead to it
    """
    with os.scandir(opened) as entries:
        found = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
    for name, is_folder in found:
        if skip(name):
            continue
        if not is_folder or len(path) >= MAX_DEPTH:
            yield (*path, name)
            continue
        with contextlib.ExitStack() as opening:
            try:
                below = opening.enter_context(folder(opened, name))
            except (Refused, FileNotFoundError):  # not readable, or exchanged since the listing
                yield (*path, name)
            else:
                yield from walk_open(below, (*path, name), skip)


def split(path: str | Path, root: str | Path) -> tuple[str, ...]:
    """The names that lead from the folder ``root`` to ``path``, which is below it."""
    return Path(path).relative_to(root).parts
