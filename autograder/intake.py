"""Any submission -> a notebook whose shape we can trust.

The result is built anew around the instructor's released notebook: its nbgrader cells, in its
order, with its metadata. Only three things come from the submission: the sources of solution and
written cells, by their grade_id; the student's own cells, which stay behind the cell they followed;
and the outputs of experiments, which are not run again. Nothing else of the file survives.
"""

import copy
import json
import re

import nbformat.v4 as v4
from nbformat import from_dict

from autograder import nofollow, tasks
from autograder.border import clean_line, clean_outputs, clean_text
from autograder.pictures import KINDS, Refused, clean_picture

MAX_BYTES = 30_000_000  # JSON becomes up to 25 times as much in memory
TOO_LARGE = f"the file is larger than {MAX_BYTES // 10**6} MB: clear its outputs"
MAX_CELLS = 2_000
# What feedback is made with takes time that grows with the square of a cell, a line, or a gap.
MAX_SOURCE = 20_000  # characters of one cell
MAX_NOTEBOOK = 500_000  # of all cells together
MAX_LINE = 2_000
MAX_GAP = 120  # of white space in a row
# Of the pictures attached to one cell: room for three photos of a phone.
MAX_ATTACHMENTS = 20
MAX_ATTACHED = 12_000_000  # characters of base64
CUT = f"too long, cut (cells at {MAX_SOURCE:,} characters, lines at {MAX_LINE:,})"
EXPERIMENT = "experiment"  # the tag of cells that only show something
PRACTICE = "practice_"  # how the grade_id of a cell with visible checks begins
MISSING = "# This cell was missing from the submission."
TAG = re.compile(r"<(?=[A-Za-z/!?])")
DEFINES = r"^(?:(?:def|class) +{0}\b|{0} *(?::[^=\n]*)?=(?!=))"  # a line that names a task
LINK = re.compile(r"\](?=:|\((?!https?://|attachment:))")
ENTITY = re.compile(r"&(?=#)")  # a character that the text does not seem to hold
# Commands with which a formula becomes a link, a style or another part of the page.
COMMAND = re.compile(r"\\(?=(?:href|require|style|class|cssId|data|unicode|char|html\w*)(?![a-z]))")


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


def read_bytes(path, root=None):
    """The bytes of a file that was handed in. Raises Unreadable if they cannot be had.

    It is opened as `nofollow` does: a link could lead to another student's file or to a solution.

    root : the folder above it that is trusted; by default ``submitted/``, for a path
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


def read(data):
    """The cells of a notebook file, as plain dicts: see `plain`.

    data : bytes of the file, nbformat 3 or 4, with or without a byte order mark

    Raises Unreadable, saying why, if there are none to be had.
    """
    if not data.strip():
        raise Unreadable("the file is empty: ask for the notebook again")
    if len(data) > MAX_BYTES:
        raise Unreadable(TOO_LARGE)
    try:
        notebook = json.loads(data)  # in UTF-16 too, as Windows saves
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


def written_id(sources):
    """What the last line ``STUDENT_ID = "…"`` in the code of a notebook says; None without one."""
    found = re.findall(r"""^STUDENT_ID *= *(["'])(.*?)\1""", "\n".join(sources), re.MULTILINE)
    return found[-1][1] if found else None


def plain(cell):
    """One cell of unknown make, reduced to what we look at, every value of a known type."""
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
        "text": source,  # as Markdown: made `inert` unless it is the instructor's own
        "cut": len(whole) > MAX_SOURCE or any(len(s) > MAX_LINE for s in whole.split("\n")),
        "grade_id": grade_id if isinstance(grade_id, str) else None,
        "id": cell.get("id") if isinstance(cell.get("id"), str) else None,
        "outputs": outputs if isinstance(outputs, list) else [],
        "attachments": attachments if isinstance(attachments, dict) else {},
    }


def tame(source):
    """The text without endless lines and gaps; what follows a gap keeps its indentation."""

    def shorter(gap):
        _, newline, indent = gap[0].rpartition("\n")
        return newline + indent[:MAX_GAP] if newline else gap[0][:MAX_GAP]

    source = re.sub(rf"\s{{{MAX_GAP},}}", shorter, source)
    return "\n".join(line[:MAX_LINE] for line in source.split("\n"))[:MAX_SOURCE]


def rebuild(data, released):
    """A gradable notebook from a submission and the instructor's released notebook.

    data : bytes of the submitted file
    released : the released notebook (without solutions and hidden checks); not changed

    Returns (notebook, repairs): what had to be repaired, as sentences for the student.
    Raises Unreadable.
    """
    submitted = read(data)
    places = {c.metadata.nbgrader.grade_id: c for c in released.cells if role(c)}
    known = {c.source.strip() for c in released.cells if c.cell_type == "markdown"}
    for cell in submitted:
        cell["ours"] = cell["source"].strip() in known
        if not cell["ours"]:
            cell["text"] = inert(cell["source"])
    mine, extra, repairs = sort_out(submitted, places)
    answered = any(role(places[name]) in ("solution", "written") for name in mine)
    if not answered and (other := unit_of(submitted)):
        raise Unreadable(f"this is the notebook of {other}: ask for the right one")
    cells = [own_cell(cell, repairs) for cell in extra.get(None, [])]
    for name, place in places.items():
        cells.append(filled(place, mine.get(name), repairs))
        cells += [own_cell(cell, repairs) for cell in extra.get(name, [])]
    notebook = v4.new_notebook()
    notebook.cells = [cell for cell in cells if cell]
    for key in {"kernelspec", "language_info"} & set(released.metadata):
        notebook.metadata[key] = copy.deepcopy(released.metadata[key])
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    return notebook, repairs


def unit_of(cells):
    """The unit to which the most tasks among a notebook's cells belong; None without any.

    cells : as `read` returns them
    """
    names = {cell["grade_id"] for cell in cells}
    found = {unit: len(names & set(tasks.of_unit(unit))) for unit in tasks.units()}
    unit = max(found, key=found.get)
    return unit if found[unit] else None


def inert(source):
    """Markdown with a space in every HTML tag, and in what else may lead to a script.

    Formgrader shows text cells with the lecturer's rights, so a student's must do nothing there.
    What it looks like stays the same but for these spaces, in formulas and in code too.
    """
    for pattern, broken in ((TAG, "< "), (LINK, "] "), (ENTITY, "& "), (COMMAND, r"\\ ")):
        source = pattern.sub(broken, source)
    return source


def sort_out(submitted, places):
    """Which submitted cell fills which place, and which are the student's own.

    Returns (cells by grade_id, lists of own cells by the grade_id they follow, repairs). The first
    cell with a grade_id fills its place; a copy of it becomes an ordinary cell right behind.
    """
    repairs, mine, extra, behind = [], {}, {}, None
    claimed = {cell["grade_id"] for cell in submitted}
    by_id = {c.id: g for g, c in places.items() if g not in claimed}  # lost its metadata
    ids = {cell["id"] for cell in submitted}
    lost = [g for g, c in places.items() if g not in claimed and c.id not in ids]
    order = []
    for cell in submitted:
        name = cell["grade_id"] if cell["grade_id"] in places else by_id.get(cell["id"])
        name = name or by_text(cell, behind, lost, places)
        if name in mine:
            if role(places[name]) == "solution" or not same_source(cell, places[name]):
                repairs.append(f"a second copy, run as a cell of your own: `{name}`")
                extra.setdefault(name, []).append(cell)
        elif name is None:
            extra.setdefault(behind, []).append(cell)
        else:
            mine[name] = cell
            order.append(name)
            lost = [other for other in lost if other != name]
            if cell["grade_id"] != name and role(places[name]) in ("solution", "written"):
                repairs.append(f"had lost its name, recognised by its text or place: `{name}`")
        behind = name or behind
    if order != [name for name in places if name in mine]:
        repairs.append("cells that had been moved, put back into the order of the course")
    return mine, extra, repairs


def by_text(cell, behind, lost, places):
    """Which of the ``lost`` places a cell fills that kept neither name nor id; None if none.

    A locked cell is known by its text, a solution by what it defines, and a written answer by where
    it stands: a text of the student's own behind the same cell.
    """
    names = list(places)
    for name in lost:
        kind, before = role(places[name]), names[: names.index(name)][-1:]
        if same_source(cell, places[name]):
            return name
        if kind == "solution" and re.search(DEFINES.format(name), cell["source"], re.M):
            return name
        if kind == "written" and [behind] == before and is_written(cell):
            return name
    return None


def is_written(cell):
    """True for a text cell of the student's own."""
    return cell["kind"] == "markdown" and not cell["ours"] and bool(cell["source"].strip())


def same_source(cell, place):
    """True if nothing was written into the cell, or taken out of it."""
    return cell["source"].strip() == place.source.strip()


def filled(place, cell, repairs):
    """The instructor's cell ``place``, with what the student is to write in it (a new node)."""
    kind, name = role(place), place.metadata.nbgrader.grade_id
    new = from_dict(place)  # a copy, as deep as it goes
    experiment = EXPERIMENT in new.metadata.pop("tags", [])
    if experiment:
        new.metadata.tags = [EXPERIMENT]
    if new.cell_type == "code":
        new.outputs, new.execution_count = [], None
    if cell is None:
        if kind == "solution":
            new.source = MISSING
        what = "an empty cell" if kind == "solution" else "the original"
        repairs.append(f"missing, {what} was put in its place: `{name}`")
    elif kind in ("solution", "written"):
        if cell["cut"]:
            repairs.append(f"{CUT}: `{name}`")
        if not same_source(cell, place):  # else not a character is changed: nbgrader compares
            new.source = cell["text" if new.cell_type == "markdown" else "source"]
        if new.cell_type == "markdown":
            attach(new, cell, f"`{name}`", repairs)
    else:
        if not same_source(cell, place):
            what = "stands above your output" if experiment else "was used"
            repairs.append(f"a locked cell that had been changed, the original {what}: `{name}`")
        if experiment:
            new.outputs = [from_dict(output) for output in clean_outputs(cell["outputs"])]
    return new


def new_cell(kind, source, **more):
    """A cell without an id. nbformat's own makers would validate each by itself, which is slow."""
    return from_dict({"cell_type": kind, "metadata": {}, "source": source, **more})


def own_cell(cell, repairs):
    """A cell of the student's own; None if there is nothing in it."""
    if not cell["source"].strip():
        return None
    if cell["cut"]:
        repairs.append(f"{CUT}: a cell of your own")
    if cell["kind"] == "code":
        return new_cell("code", cell["source"], outputs=[], execution_count=None)
    text = cell["text"]
    if cell["kind"] == "raw":  # not text to be set, and it would reach the page as it is
        text = "\n".join("    " + line for line in text.split("\n"))
    node = new_cell("markdown", text)
    attach(node, cell, "a cell of your own", repairs)
    return node


def attach(node, cell, where, repairs):
    """Keep the pictures pasted into a text cell, if that is what they are; else say why not.

    where : what a repair calls the cell
    """
    kept, room = {}, MAX_ATTACHED
    for number, (name, bundle) in enumerate(cell["attachments"].items()):
        if number == MAX_ATTACHMENTS:
            repairs.append(f"more than {number} pictures in a cell, the rest left out: {where}")
            break
        try:
            kind, picture = attached(bundle, room)
        except Refused as why:
            shown = re.sub(r"[^\w. -]", "", clean_line(name, 60)) or "unnamed"
            repairs.append(f"a picture left out, {why}: `{shown}` in {where}")
            continue
        kept[clean_text(name, 200)] = {kind: picture}
        room -= len(picture)
    if kept:
        node.attachments = kept


def attached(bundle, room):
    """(kind, base64) of the picture in an attachment, of ``room`` characters at most."""
    for kind in KINDS:
        if isinstance(bundle, dict) and kind in bundle:
            return kind, clean_picture(bundle[kind], kind, room)
    raise Refused("it is no PNG or JPEG (save it as one)")
