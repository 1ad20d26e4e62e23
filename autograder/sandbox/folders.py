"""The sandbox's own folders: claimed while their owner lives, removed after it."""

import contextlib
import fcntl
import os
import subprocess
import tempfile
from pathlib import Path

from autograder.sandbox.users import owner


def claimed_folder():
    """A new folder for a sandbox, and the open file that says that its owner lives."""
    new = Path(tempfile.mkdtemp(prefix="new-sandbox-"))
    claim = open(new / "claim", "w")  # noqa: SIM115  (open as long as its sandbox)
    fcntl.flock(claim, fcntl.LOCK_EX)
    folder = new.with_name(new.name.removeprefix("new-"))
    new.rename(folder)
    return folder, claim


def remove_abandoned():
    """Remove what graders have left that were killed: folders that nobody claims any more."""
    for folder in Path(tempfile.gettempdir()).glob("sandbox-*"):
        with contextlib.suppress(OSError), open(folder / "claim") as claim:
            if owner(folder) == os.geteuid():
                fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_sandbox(folder)


def remove_sandbox(folder):
    """Remove a sandbox's folder; what is linked into it stays as it is (`view.lend`)."""
    for scratch in folder.glob("scratch-*"):
        remove(scratch)
    subprocess.run(["rm", "-rf", "--", folder], stderr=subprocess.DEVNULL, check=False)


def remove(folder):
    """Remove a folder that student code could write to: locked, or deeper than Python can go."""
    with contextlib.suppress(OSError):
        os.rmdir(folder)  # most are empty
        return
    for command in (["chmod", "-R", "u+rwx", "--"], ["rm", "-rf", "--"]):
        subprocess.run([*command, folder], stderr=subprocess.DEVNULL, check=False)
