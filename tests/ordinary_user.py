"""Commands that root runs as an ordinary user, without an account or any change to the machine.

They run in a mount namespace of their own. Folders that are closed to other users (/root, say) are
empty in there, but for the Python and the checkout that run this.
"""

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autograder.sandbox import view

USER = 54321  # of nobody here


def need():
    """Skip a test that has to become an ordinary user and cannot."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user; CI runs as root")


@contextlib.contextmanager
def folder():
    """A new folder of the ordinary user's, for home and temporary files."""
    place = Path(tempfile.mkdtemp(prefix="ordinary-"))
    try:
        os.chown(place, USER, USER)
        yield place
    finally:
        shutil.rmtree(place)


def closed_places():
    """Folders that are closed to others, each with what lies in it and is needed."""
    found = {}
    for needed in {sys.prefix, os.path.realpath(sys.base_prefix), str(view.PROJECT)}:
        for place in reversed(Path(needed).parents):
            if not place.stat().st_mode & 0o001:
                found.setdefault(str(place), []).append(needed)
                break
    return found


def command(arguments, home):
    """What root runs for a command of the ordinary user's."""
    aside = f"{home}/.aside"
    script = ["set -e"]
    for place, needed in closed_places().items():
        for number, path in enumerate(needed):
            script += [
                f"mkdir -p {aside}/{number}",
                f"mount --bind {shlex.quote(path)} {aside}/{number}",
            ]
        script.append(f"mount -t tmpfs -o mode=755 none {shlex.quote(place)}")
        for number, path in enumerate(needed):
            quoted = shlex.quote(path)
            script += [f"mkdir -p {quoted}", f"mount --bind {aside}/{number} {quoted}"]
            script += [f"umount {aside}/{number}", f"rmdir {aside}/{number}"]
        script.append(f"rmdir {aside}")
    user = f"setpriv --reuid {USER} --regid {USER} --clear-groups --"
    script.append(f"exec {user} {shlex.join(map(str, arguments))}")
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", "\n".join(script)]


def run(arguments, home, **options):
    """Run a command as an ordinary user at home in this folder; returns what `subprocess` does."""
    mine = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    environment = {
        **mine,
        "HYPOTHESIS_STORAGE_DIRECTORY": f"{home}/.hypothesis",
        "HOME": str(home),
        "TMPDIR": str(home),
        "MPLCONFIGDIR": f"{home}/.matplotlib",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        command(arguments, home), cwd=view.PROJECT, env=environment, check=False, **options
    )
