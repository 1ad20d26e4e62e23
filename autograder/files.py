"""Files found in a folder, read, and written whole or not at all."""

import os


def files_in(folder):
    """(name, path) of the files in a folder, in order, without hidden files and caches.

    A name is relative to the folder and has forward slashes.
    """
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in name.parts):
            yield name.as_posix(), path


def text_of(path):
    """The text of a file; empty if there is none to be had."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def write(path, content):
    """Put a file in its place, read-only as nbgrader does, whole or not at all."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with open(draft, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # or a power cut could leave an empty file under the new name
    draft.chmod(0o444)
    os.replace(draft, path)
