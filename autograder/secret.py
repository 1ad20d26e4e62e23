"""The secret of a course, which seeds the hidden inputs so that students cannot predict them.

Without it the inputs would follow from the code of the checks and the student's id. They depend on
the submission too: the same submission gets the same inputs each time, and inputs that leak from
one submission do not help with the next.

The secret is a file in the course's folder that only the lecturer can read. It is never released,
but passed to the processes that grade.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

PLACE = Path(".autograder", "secret")  # below the course's folder
SIZE = 32  # bytes
OWNER, GROUP = 0o600, 0o660  # file modes


class SecretError(Exception):
    """The secret of a course cannot be used; the message says what to do."""


def of_course(root: str | Path, shared: bool = False) -> tuple[bytes, bool]:
    """The secret of the course in a folder, and True if this call has drawn it.

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
            "file that you can read and write: ask whoever made it for a copy, or, if nobody has "
            "one, delete it: then a new one is drawn."
        ) from None


def draw(path: Path) -> bool:
    """Write a new secret; False if another process has written one at the same moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ignored = path.parent / ".gitignore"
    if not ignored.exists():
        ignored.write_text("*\n")  # nothing of this folder belongs into a repository
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER), "w") as file:
        file.write(secrets.token_hex(SIZE) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # atomic
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def read(path: Path, mode: int) -> bytes:
    """The secret in a file, whose permissions are reduced to ``mode``.

    Raises OSError if it cannot be read, and SecretError if it is damaged.
    """
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


def seed(secret: bytes, submission: str) -> bytes:
    """The seed of one submission's hidden inputs, besides task and student.

    submission : identifies the submission, such as the `digest` of its file
    """
    return hmac.digest(secret, submission.encode(), "sha256")


def digest(data: bytes) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
