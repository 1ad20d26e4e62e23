"""The folders of sandboxes: claimed by a lock while the grader lives, removed afterwards."""

import contextlib
import fcntl
import os
import subprocess
import tempfile
from pathlib import Path
from typing import TextIO

from autograder.sandbox.users import owner


def claimed_folder() -> tuple[Path, TextIO]:
    """Make a folder for a sandbox; return it and its claim, a file that is locked while open."""
    new = Path(tempfile.mkdtemp(prefix="new-sandbox-"))
    claim = open(new / "claim", "w")  # noqa: SIM115  (the sandbox closes it)
    fcntl.flock(claim, fcntl.LOCK_EX)
    folder = new.with_name(new.name.removeprefix("new-"))
    new.rename(folder)
    return folder, claim


def remove_abandoned() -> None:
    """Remove the folders of killed graders: those that nobody claims any more."""
    for folder in Path(tempfile.gettempdir()).glob("sandbox-*"):
        with contextlib.suppress(OSError), open(folder / "claim") as claim:
            if owner(folder) == os.geteuid():
                fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_sandbox(folder)


def remove_sandbox(folder: Path) -> None:
    """Remove a sandbox's folder; files that are linked into it keep their mode (`view.lend`)."""
    for scratch in folder.glob("scratch-*"):
        remove(scratch)
    subprocess.run(["rm", "-rf", "--", folder], stderr=subprocess.DEVNULL, check=False)


def remove(folder: str | Path) -> None:
    """Remove a folder that student code could write to.

    It may hold folders without permissions, or be nested more deeply than Python can follow.
    """
    with contextlib.suppress(OSError):
        os.rmdir(folder)  # most are empty
        return
    for command in (["chmod", "-R", "u+rwx", "--"], ["rm", "-rf", "--"]):
        subprocess.run([*command, folder], stderr=subprocess.DEVNULL, check=False)
