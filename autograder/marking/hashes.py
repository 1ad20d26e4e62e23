"""Hashes by which marking sees that something has changed."""

from __future__ import annotations

import hashlib
import json

from nbformat import NotebookNode


def hashed(*values: object) -> str:
    """A hash of values that JSON knows."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def of_answer(cell: NotebookNode) -> str:
    """The hash of what a student wrote into a cell."""
    return hashed(cell.source, cell.get("attachments") or {})
