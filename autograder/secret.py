"""The secret of a course, from which hidden inputs are drawn, so that nobody can work them out.

Without it they would follow from what students know: the code of the checks, and their own id. They
depend on the submission too, so that what one learns of them is worth nothing for the next; the
same submission gets the same inputs each time.

It lies in the course's folder, for the lecturer alone, and is never released. It goes with each
submission to the process that grades it.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

PLACE = Path(".autograder", "secret")  # below the course's folder
SIZE = 32  # bytes
OWNER, GROUP = 0o600, 0o660  # who may read and write it


class SecretError(Exception):
    """The secret of a course cannot be had; says what to do."""


def of_course(root, shared=False):
    """The secret of the course in a folder, and whether it was drawn just now: (bytes, bool).

    shared : whether a group works on the course (nbgrader's ``groupshared``)

    Raises SecretError if it cannot be read or written.
    """
    path = Path(root) / PLACE
    try:
        drawn = not path.exists() and draw(path)
        return read(path, GROUP if shared else OWNER), drawn
    except OSError as error:
        raise SecretError(
            f"The secret of the course, {path}, cannot be used ({error.strerror}). It must be a "
            "file that you can read and write: ask who made it for a copy, or, if nobody has it, "
            "delete it, and a new one is drawn."
        ) from None


def draw(path):
    """Write a new secret, unless somebody else does at the same moment; True if it is ours."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER), "w") as file:
        file.write(secrets.token_hex(SIZE) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # whole, or not at all
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def read(path, mode):
    """The secret in a file, which is closed to all others. Raises OSError and SecretError."""
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        if os.fstat(file.fileno()).st_mode & 0o777 & ~mode:
            os.fchmod(file.fileno(), mode)
        text = file.read(4 * SIZE)
    try:
        secret = bytes.fromhex(text.decode())
    except ValueError:
        secret = b""
    if len(secret) != SIZE:
        raise SecretError(
            f"The secret of the course, {path}, is damaged. Put a copy of it there, or delete it: "
            "then a new one is drawn, and the next `autograder grade` grades everything again."
        )
    return secret


def seed(secret, submission):
    """What the hidden inputs of one submission are drawn from, besides task and student.

    submission : the digest of its file, see `digest`
    """
    return hmac.digest(secret, submission.encode(), "sha256")


def digest(data):
    """A short text that stands for the bytes of a file."""
    return hashlib.sha256(data).hexdigest()
