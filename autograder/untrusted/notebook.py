"""Reading a submitted notebook file into plain values of known types and limited sizes."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypedDict

from autograder.untrusted import nofollow
from autograder.untrusted.text import clean_line, clean_text

MAX_BYTES = 30_000_000  # JSON becomes up to 15 times as much in memory, …
MAX_BRACKETS = 500_000  # … but a list or an object, of two characters, some 70 bytes
TOO_LARGE = f"the file is larger than {MAX_BYTES // 10**6} MB: clear its outputs"
MAX_CELLS = 2_000
# Limits in characters: the time to render feedback grows with the square of a cell, line or gap.
MAX_SOURCE = 20_000  # of one cell
MAX_NOTEBOOK = 500_000  # of all cells together
MAX_LINE = 2_000
MAX_GAP = 120  # of consecutive white space
TAG = re.compile(r"<(?=[A-Za-z/!?])")
LINK = re.compile(r"\](?=:|\((?!https?://|attachment:))")
ENTITY = re.compile(r"&(?=#)")  # a numeric reference, which can hide a character
# TeX commands that make a formula a link, a style or another part of the page.
COMMAND = re.compile(r"\\(?=(?:href|require|style|class|cssId|data|unicode|char|html\w*)(?![a-z]))")


class Unreadable(Exception):
    """A file is no usable notebook; the message is for the student and the lecturer."""


class Cell(TypedDict):
    """One submitted cell: the untrusted values, reduced to known types."""

    kind: object  # its cell_type
    source: str
    text: str  # the source as Markdown: `inert`, unless the instructor wrote it
    cut: bool  # True if the source was shortened
    ours: bool  # True if the text is the instructor's; set by `rebuild.rebuild`
    grade_id: str | None
    id: str | None
    outputs: list[Any]
    attachments: dict[str, Any]


def read_bytes(path: Path, root: Path | None = None) -> bytes:
    """The bytes of a file that was handed in. Raises Unreadable if it cannot be read.

    Links are not followed (see `nofollow`): one could lead to another student's file or a solution.

    root : a trusted folder above the file; by default ``submitted/``, for a path
        ``submitted/<student>/<unit>/<file>``
    """
    root = root or path.parents[2]
    try:
        data = nofollow.read(root, *nofollow.split(path, root), most=MAX_BYTES + 1)
    except nofollow.Refused as problem:
        raise Unreadable(str(problem)) from None
    except FileNotFoundError:
        raise Unreadable(f"{clean_line(path.name)} is not a file") from None
    except OSError as error:
        raise Unreadable(f"{clean_line(path.name)} cannot be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise Unreadable(TOO_LARGE)
    return data


def read_cells(data: bytes) -> list[Cell]:
    """The cells of a notebook file: see `plain`.

    data : bytes of the file, nbformat 3 or 4, with or without a byte order mark

    Raises Unreadable, saying why, if it is no notebook or too large.
    """
    if not data.strip():
        raise Unreadable("the file is empty: ask for the notebook again")
    if len(data) > MAX_BYTES:
        raise Unreadable(TOO_LARGE)
    if data.count(b"[") + data.count(b"{") > MAX_BRACKETS:
        raise Unreadable("the file holds too many brackets for a notebook: clear its outputs")
    try:
        notebook = json.loads(data)  # accepts UTF-16 too, which Windows programs write
    except (ValueError, RecursionError):
        raise Unreadable("the file is not a notebook: it is not valid JSON") from None
    if not isinstance(notebook, dict):
        raise Unreadable("the file is JSON, but not a notebook")
    sheets = notebook.get("worksheets")  # nbformat 3
    cells = notebook.get("cells")
    if cells is None and isinstance(sheets, list):
        parts = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        cells = [cell for part in parts if isinstance(part, list) for cell in part]
    if not isinstance(cells, list):
        raise Unreadable("the file is JSON, but not a notebook: it has no cells")
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"the notebook has more than {MAX_CELLS} cells")
    found = [plain(cell) for cell in cells if isinstance(cell, dict)]
    if sum(len(cell["source"]) for cell in found) > MAX_NOTEBOOK:
        raise Unreadable(f"the notebook has more than {MAX_NOTEBOOK:,} characters of text")
    return found


# STUDENT_ID = "ada", or with a call around: STUDENT_ID = student.remembered("ada").
WRITTEN_ID = re.compile(
    r"""^STUDENT_ID *= *(?P<call>[A-Za-z_][\w.]*\( *)?(?P<quote>["'])(?P<id>.*?)(?P=quote)""",
    re.MULTILINE,
)


def written_id(sources: Iterable[str]) -> str | None:
    """The id in the last line ``STUDENT_ID = "…"`` of a notebook's code; None without one.

    An empty id in a call, ``STUDENT_ID = f("")``, is none: the function may know another.
    """
    found = list(WRITTEN_ID.finditer("\n".join(sources)))
    if not found or (found[-1]["call"] and not found[-1]["id"]):
        return None
    return found[-1]["id"]


def plain(cell: dict[str, Any]) -> Cell:
    """An untrusted cell (a JSON object), reduced to the values that we use."""
    metadata = cell.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    nbgrader = metadata.get("nbgrader")
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    source = cell.get("source", cell.get("input", ""))  # nbformat 3 says input
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    source = source.replace("\r\n", "\n").replace("\r", "\n") if isinstance(source, str) else ""
    whole = clean_text(source, MAX_SOURCE + 1)
    source = tame(whole)
    outputs = cell.get("outputs")
    attachments = cell.get("attachments")
    return {
        "kind": cell.get("cell_type"),
        "source": source,
        "text": source,
        "ours": False,
        "cut": len(whole) > MAX_SOURCE or any(len(s) > MAX_LINE for s in whole.split("\n")),
        "grade_id": grade_id if isinstance(grade_id, str) else None,
        "id": cell.get("id") if isinstance(cell.get("id"), str) else None,
        "outputs": outputs if isinstance(outputs, list) else [],
        "attachments": attachments if isinstance(attachments, dict) else {},
    }


def tame(source: str) -> str:
    """The text with its gaps, lines and length cut; what follows a gap keeps its indentation."""

    def shorter(gap: re.Match[str]) -> str:
        _, newline, indent = gap[0].rpartition("\n")
        return newline + indent[:MAX_GAP] if newline else gap[0][:MAX_GAP]

    source = re.sub(rf"\s{{{MAX_GAP},}}", shorter, source)
    return "\n".join(line[:MAX_LINE] for line in source.split("\n"))[:MAX_SOURCE]


def inert(source: str) -> str:
    """Markdown made harmless: with a space in every HTML tag, and in whatever can run a script.

    Formgrader shows text cells in a page with the lecturer's rights. Apart from these spaces the
    text looks the same, formulas and code included.
    """
    for pattern, broken in ((TAG, "< "), (LINK, "] "), (ENTITY, "& "), (COMMAND, r"\\ ")):
        source = pattern.sub(broken, source)
    return source
