"""The student's own run as HTML: the outputs of the cells that a question is about."""

from __future__ import annotations

import html as escape
import re
from collections.abc import Iterable

from nbformat import NotebookNode

from autograder.marking.answers import anonymous

BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
LONGEST = 20_000  # characters of one output


def html(outputs: Iterable[NotebookNode], student: str) -> str:
    """Texts and pictures of outputs, without the student's id in the texts.

    Only PNG and JPEG pictures and plain text are shown: a page of ours holds no HTML of a student.
    """
    return "\n".join(filter(None, (one(output, student) for output in outputs)))


def one(output: NotebookNode, student: str) -> str:
    """One output as HTML; empty if there is nothing to show."""
    kind = output.get("output_type")
    if kind == "stream":
        return text(output.get("text", ""), student)
    if kind == "error":
        return text(f"{output.get('ename')}: {output.get('evalue')}", student)
    data = output.get("data", {})
    for mime in ("image/png", "image/jpeg"):
        picture = joined(data.get(mime, ""))
        if picture and BASE64.fullmatch(picture):
            described = output.get("metadata", {}).get(mime, {}).get("alt", "")
            alt = escape.escape(str(described) or "A figure of the student's run", quote=True)
            return f'<img src="data:{mime};base64,{"".join(picture.split())}" alt="{alt}">'
    return text(data.get("text/plain", ""), student)


def text(source: object, student: str) -> str:
    """A text output as HTML."""
    said = joined(source)[:LONGEST].rstrip()
    return f"<pre>{escape.escape(anonymous(said, student))}</pre>" if said.strip() else ""


def joined(source: object) -> str:
    """A text that a notebook may keep as a list of lines."""
    return "".join(map(str, source)) if isinstance(source, list) else str(source)
