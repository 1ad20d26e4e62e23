"""Choose the kind of sandbox: find out which ones work here."""

import functools
import shutil

from autograder.sandbox.errors import SandboxError
from autograder.sandbox.inside import confine
from autograder.sandbox.launch import Sandbox, landlock_works
from autograder.sandbox.users import spare_user

SCOPED_SIGNALS = 6  # the version of Landlock (Linux 6.12) that stops signals to processes outside
DESCRIPTION = {
    "bubblewrap": "bubblewrap: no network, no view of files or processes outside",
    "landlock": "Landlock, weaker than bubblewrap: no file outside can be opened, no network; "
    "whether a file exists can be asked",
    "none": "NONE: student code has all the rights of the grader, to read and change files too",
}


@functools.cache
def problem(kind: str) -> str | None:
    """Start a process that does nothing in this kind of sandbox; return why that fails, or None.

    It often fails in containers, which forbid namespaces.
    """
    if kind == "none":
        return None
    if kind == "bubblewrap" and shutil.which("bwrap") is None:
        return "bubblewrap (bwrap) is not installed"
    if kind == "landlock" and not landlock_works():
        return "this kernel has no Landlock"
    try:
        with Sandbox(kind, fonts=False) as sandbox:
            said = sandbox.attempt()
    except (OSError, SandboxError) as error:
        said = str(error)
    return said and f"{kind} does not work here: {said}"


def describe(kind: str) -> str:
    """Describe in one line what a kind of sandbox prevents here."""
    if kind == "landlock" and spare_user() is None and confine.landlock_abi() < SCOPED_SIGNALS:
        return f"{DESCRIPTION[kind]}, and your other processes can be signalled"
    return DESCRIPTION[kind]


def choose(wanted: str = "auto") -> str:
    """Choose the kind of sandbox: ``wanted``, or for "auto" the strongest that works here.

    Raises SandboxError if it does not work.
    """
    kinds = ("bubblewrap", "landlock", "none")
    if wanted not in ("auto", *kinds):
        raise SandboxError(f"unknown sandbox {wanted!r}: use auto, {', '.join(kinds)}")
    found = []
    for kind in kinds[:2] if wanted == "auto" else (wanted,):
        if (said := problem(kind)) is None:
            return kind
        found.append(said)
    raise SandboxError(
        f"No sandbox: {'; '.join(found)}. Install bubblewrap (`apt-get install bubblewrap`), "
        "or, if you trust every submission, use --sandbox none."
    )
