"""Which kind of sandbox works here."""

import functools
import shutil

from autograder.sandbox.errors import SandboxError
from autograder.sandbox.inside import confine
from autograder.sandbox.launch import Sandbox, landlock_works
from autograder.sandbox.users import spare_user

SCOPED_SIGNALS = 6  # the version of Landlock (Linux 6.12) that keeps signals inside
DESCRIPTION = {
    "bubblewrap": "bubblewrap: no network, no view of files or processes outside",
    "landlock": "Landlock, weaker than bubblewrap: no file outside can be opened, no network; "
    "whether a file exists can be asked",
    "none": "NONE: student code has all the rights of the grader, to read and change files too",
}


@functools.cache
def problem(kind):
    """None if this kind of sandbox works here, else the reason: containers often forbid namespaces.

    Tried with a process that does nothing.
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


def describe(kind):
    """What a kind of sandbox stops here, in one line."""
    if kind == "landlock" and spare_user() is None and confine.landlock_abi() < SCOPED_SIGNALS:
        return f"{DESCRIPTION[kind]}, and your other processes can be signalled"
    return DESCRIPTION[kind]


def choose(wanted="auto"):
    """The kind of sandbox to use: ``wanted``, or for "auto" the strongest that works here.

    Raises SandboxError if that is not to be had.
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
        "or, if you trust every submission, say --sandbox none."
    )
