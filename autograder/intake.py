"""Any submission -> a notebook whose shape we can trust.

The result is built anew around the instructor's released notebook: its nbgrader cells, in its
order, with its metadata. Only three things come from the submission: the sources of solution and
written cells, by their grade_id; the student's own cells, which stay behind the cell they followed;
and the outputs of experiments, which are not run again. Nothing else of the file survives.
"""

import base64
import binascii
import json

import nbformat.v4 as v4

from autograder.border import clean_outputs, clean_text

MAX_BYTES = 100_000_000
MAX_CELLS = 2_000
MAX_SOURCE = 200_000  # characters of one cell
MAX_NOTEBOOK = 5_000_000  # characters of all cells together
EXPERIMENT = "experiment"  # the tag of cells that only show something
MISSING = "# This cell was missing from the submission."
IMAGES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}


class Unreadable(Exception):
    """A file that no notebook can be made of; the message is for the student and the lecturer."""


def role(cell):
    """The part that nbgrader's metadata gives a cell of the released notebook.

    One of "solution" (code to write), "written" (a written answer), "graded" (hidden checks),
    "locked" (any other of the instructor's), or None.
    """
    meta = cell.metadata.get("nbgrader", {})
    if meta.get("solution"):
        return "written" if meta.get("grade") else "solution"
    if meta.get("grade"):
        return "graded"
    return "locked" if meta.get("locked") else None


def read(data):
    """The cells of a notebook file, as plain dicts: see `plain`.

    data : bytes of the file, nbformat 3 or 4, with or without a byte order mark

    Raises Unreadable, saying why, if there are none to be had.
    """
    if not data.strip():
        raise Unreadable("the file is empty: ask for the notebook again")
    if len(data) > MAX_BYTES:
        raise Unreadable(f"the file is larger than {MAX_BYTES // 10**6} MB: clear its outputs")
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise Unreadable("the file is not a notebook: it is not valid JSON in UTF-8") from None
    if not isinstance(notebook, dict):
        raise Unreadable("the file is JSON, but not a notebook")
    sheets = notebook.get("worksheets")  # nbformat 3
    cells = notebook.get("cells")
    if cells is None and isinstance(sheets, list):
        cells = [c for s in sheets if isinstance(s, dict) for c in s.get("cells") or []]
    if not isinstance(cells, list):
        raise Unreadable("the file is JSON, but not a notebook: it has no cells")
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"the notebook has more than {MAX_CELLS} cells")
    found = [plain(cell) for cell in cells if isinstance(cell, dict)]
    if sum(len(cell["source"]) for cell in found) > MAX_NOTEBOOK:
        raise Unreadable(f"the notebook has more than {MAX_NOTEBOOK:,} characters of text")
    return found


def plain(cell):
    """One cell of unknown make, reduced to what we look at, every value of a known type."""
    metadata = cell.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    nbgrader = metadata.get("nbgrader")
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    source = cell.get("source", cell.get("input", ""))  # nbformat 3 says input
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    source = source if isinstance(source, str) else ""
    outputs = cell.get("outputs")
    attachments = cell.get("attachments")
    return {
        "kind": cell.get("cell_type"),
        "source": clean_text(source.replace("\r\n", "\n").replace("\r", "\n"), MAX_SOURCE + 1),
        "grade_id": grade_id if isinstance(grade_id, str) else None,
        "id": cell.get("id") if isinstance(cell.get("id"), str) else None,
        "outputs": outputs if isinstance(outputs, list) else [],
        "attachments": attachments if isinstance(attachments, dict) else {},
    }


def rebuild(data, released):
    """A gradable notebook from a submission and the instructor's released notebook.

    data : bytes of the submitted file
    released : the released notebook (without solutions and hidden checks); not changed

    Returns (notebook, repairs): what had to be repaired, as sentences for the student.
    Raises Unreadable.
    """
    submitted = read(data)
    places = {c.metadata.nbgrader.grade_id: c for c in released.cells if role(c)}
    mine, extra, repairs = sort_out(submitted, places)
    cells = [own_cell(cell) for cell in extra.get(None, [])]
    for name, cell in places.items():
        cells.append(filled(cell, mine.get(name), repairs))
        cells += [own_cell(other) for other in extra.get(name, [])]
    notebook = v4.new_notebook(cells=[c for c in cells if c is not None])
    notebook.metadata.kernelspec = released.metadata.get("kernelspec", {})
    notebook.metadata.language_info = released.metadata.get("language_info", {})
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    return notebook, repairs


def sort_out(submitted, places):
    """Which submitted cell fills which place, and which are the student's own.

    Returns (cells by grade_id, lists of own cells by the grade_id they follow, repairs). The first
    cell with a grade_id fills its place; a copy of it becomes an ordinary cell right behind.
    """
    repairs, mine, extra, behind = [], {}, {}, None
    claimed = {cell["grade_id"] for cell in submitted}
    by_id = {c.id: g for g, c in places.items() if g not in claimed}  # lost its metadata
    order = []
    for cell in submitted:
        name = cell["grade_id"] if cell["grade_id"] in places else by_id.get(cell["id"])
        if name in mine:
            if role(places[name]) == "solution" or not same_source(cell, places[name]):
                repairs.append(
                    f"there was a second copy of `{name}`: it was run as a cell of your own"
                )
                extra.setdefault(name, []).append(cell)
        elif name is None:
            extra.setdefault(behind, []).append(cell)
        else:
            mine[name] = cell
            order.append(name)
            if cell["grade_id"] != name:
                repairs.append(f"`{name}` had lost its name: it was recognised by its cell id")
        behind = name or behind
    if order != [name for name in places if name in mine]:
        repairs.append("cells had been moved: they were put back into the order of the course")
    return mine, extra, repairs


def same_source(cell, place):
    """True if nothing was written into the cell, or taken out of it."""
    return cell["source"].strip() == place.source.strip()


def filled(place, cell, repairs):
    """The instructor's cell ``place``, with what the student is to write in it (a new node)."""
    kind, name = role(place), place.metadata.nbgrader.grade_id
    new = own_node(place.cell_type, place.source)
    new.metadata.update({key: value for key, value in place.metadata.items() if key != "tags"})
    tags = [tag for tag in place.metadata.get("tags", []) if tag == EXPERIMENT]
    if tags:
        new.metadata.tags = tags
    if cell is None:
        if kind == "solution":
            new.source = MISSING
        repairs.append(
            f"`{name}` was missing" + ("" if kind == "solution" else ": it was put back")
        )
    elif kind in ("solution", "written"):
        if len(cell["source"]) > MAX_SOURCE:
            repairs.append(f"`{name}` was longer than {MAX_SOURCE:,} characters: the rest was cut")
        new.source = cell["source"][:MAX_SOURCE]
        if kind == "written":
            attach(new, cell)
    else:
        if not same_source(cell, place):
            repairs.append(f"the locked cell `{name}` had been changed: the original was used")
        if tags:
            new.outputs = [v4.new_output(**output) for output in clean_outputs(cell["outputs"])]
    return new


def own_cell(cell):
    """A cell of the student's own; None if there is nothing in it."""
    source = cell["source"][:MAX_SOURCE]
    if not source.strip():
        return None
    if cell["kind"] == "raw":  # would reach the feedback page as it is
        return own_node("markdown", "\n".join("    " + line for line in source.split("\n")))
    node = own_node("markdown" if cell["kind"] != "code" else "code", source)
    if node.cell_type == "markdown":
        attach(node, cell)
    return node


def own_node(kind, source):
    """A new code or markdown cell."""
    return v4.new_code_cell(source) if kind == "code" else v4.new_markdown_cell(source)


def attach(node, cell):
    """Keep the pictures pasted into a text cell, if that is what they are."""
    kept = {}
    for name, bundle in list(cell["attachments"].items())[:20]:
        for kind, magic in IMAGES.items():
            try:
                content = base64.b64decode(bundle[kind], validate=True)
            except (KeyError, TypeError, ValueError, binascii.Error):
                continue
            if content.startswith(magic):
                kept[clean_text(name, 200)] = {kind: base64.b64encode(content).decode()}
    if kept and node.cell_type == "markdown":
        node.attachments = kept
