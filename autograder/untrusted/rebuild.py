"""Rebuilding a submission as a notebook with a trusted structure.

The result consists of the nbgrader cells of the instructor's released notebook, in their order and
with their metadata. Only three things are taken from the submission: the sources of solution and
written cells, by their grade_id; the student's own cells, each after the cell that it followed; and
the outputs of experiments, which are not run again. Everything else in the file is dropped.
"""

import copy
import re
from collections.abc import Mapping, Sequence

import nbformat.v4 as v4
from nbformat import NotebookNode, from_dict

from autograder.cells import DEFINES, EXPERIMENT, new_cell, role
from autograder.content import Content
from autograder.model import Repair
from autograder.untrusted.notebook import MAX_LINE, MAX_SOURCE, Cell, Unreadable, inert, read_cells
from autograder.untrusted.outputs import clean_outputs
from autograder.untrusted.pictures import KINDS, Refused, clean_picture
from autograder.untrusted.text import clean_line, clean_text

# Limits for the pictures attached to one cell.
MAX_ATTACHMENTS = 20
MAX_ATTACHED = 12_000_000  # characters of base64: enough for three photos from a phone
CUT = f"too long, cut (cells at {MAX_SOURCE:,} characters, lines at {MAX_LINE:,})"
MISSING = "# This cell was missing from the submission."


def rebuild(
    data: bytes, released: NotebookNode, content: Content
) -> tuple[NotebookNode, list[Repair]]:
    """A gradable notebook from a submission and the instructor's released notebook.

    data : bytes of the submitted file
    released : the released notebook (without solutions and hidden checks); not changed
    content : of the course

    Returns (notebook, repairs). Raises Unreadable for a file that is no notebook, is too large, or
    belongs to another unit.
    """
    submitted = read_cells(data)
    places = {c.metadata.nbgrader.grade_id: c for c in released.cells if role(c)}
    known = {c.source.strip() for c in released.cells if c.cell_type == "markdown"}
    for cell in submitted:
        cell["ours"] = cell["source"].strip() in known
        if not cell["ours"]:
            cell["text"] = inert(cell["source"])
    mine, extra, repairs = sort_out(submitted, places)
    answered = any(role(places[name]) in ("solution", "written") for name in mine)
    if not answered and (other := unit_of(submitted, content)):
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


def unit_of(cells: Sequence[Cell], content: Content) -> str | None:
    """The unit with the most tasks among a notebook's cells; None if they have no task.

    cells : from `read_cells`
    """
    names = {cell["grade_id"] for cell in cells}
    found = {unit: len(names & set(content.of_unit(unit))) for unit in content.units()}
    unit = max(found, key=lambda unit: found[unit], default=None)
    return unit if unit and found[unit] else None


# In what follows, `places` are the cells of the released notebook that have a role, by grade_id.


def sort_out(
    submitted: Sequence[Cell], places: Mapping[str, NotebookNode]
) -> tuple[dict[str, Cell], dict[str | None, list[Cell]], list[Repair]]:
    """Assign each submitted cell to a place, or to the student's own cells.

    Returns (cells by grade_id, lists of own cells by the grade_id they follow, repairs). The first
    cell with a grade_id fills its place; a copy of it becomes an own cell after it.
    """
    repairs: list[Repair] = []
    mine: dict[str, Cell] = {}
    extra: dict[str | None, list[Cell]] = {}
    behind: str | None = None
    claimed = {cell["grade_id"] for cell in submitted}
    # Places whose cell may have lost its metadata, by the cell's id.
    by_id = {c.id: g for g, c in places.items() if g not in claimed}
    ids = {cell["id"] for cell in submitted}
    lost = [g for g, c in places.items() if g not in claimed and c.id not in ids]
    order: list[str] = []
    for cell in submitted:
        name = cell["grade_id"] if cell["grade_id"] in places else by_id.get(cell["id"])
        name = name or by_text(cell, behind, lost, places)
        if name is None:
            extra.setdefault(behind, []).append(cell)
        elif name in mine:
            if role(places[name]) == "solution" or not same_source(cell, places[name]):
                repairs.append(Repair("a second copy, run as a cell of your own", f"`{name}`"))
                extra.setdefault(name, []).append(cell)
        else:
            mine[name] = cell
            order.append(name)
            lost = [other for other in lost if other != name]
            if cell["grade_id"] != name and role(places[name]) in ("solution", "written"):
                repairs.append(
                    Repair("had lost its name, recognised by its text or place", f"`{name}`")
                )
        behind = name or behind
    if order != [name for name in places if name in mine]:
        repairs.append(Repair("cells that had been moved, put back into the order of the course"))
    return mine, extra, repairs


def by_text(
    cell: Cell, behind: str | None, lost: Sequence[str], places: Mapping[str, NotebookNode]
) -> str | None:
    """The one of the ``lost`` places that a cell without grade_id and id fills; None if none.

    A locked cell is recognised by its text, a solution by the name it defines, and a written answer
    by its position: a text cell of the student's own after the same cell as in ``places``.

    behind : the grade_id of the cell before it
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


def is_written(cell: Cell) -> bool:
    """True for a text cell of the student's own."""
    return cell["kind"] == "markdown" and not cell["ours"] and bool(cell["source"].strip())


def same_source(cell: Cell, place: NotebookNode) -> bool:
    """True if the student has not changed the cell's source."""
    unchanged: bool = cell["source"].strip() == place.source.strip()
    return unchanged


def filled(place: NotebookNode, cell: Cell | None, repairs: list[Repair]) -> NotebookNode:
    """A copy of the instructor's cell ``place`` with the student's answer; adds to ``repairs``.

    cell : the submitted cell; None if it is missing
    """
    kind, name = role(place), place.metadata.nbgrader.grade_id
    new = from_dict(place)  # a deep copy
    experiment = EXPERIMENT in new.metadata.pop("tags", [])
    if experiment:
        new.metadata.tags = [EXPERIMENT]
    if new.cell_type == "code":
        new.outputs, new.execution_count = [], None
    if cell is None:
        if kind == "solution":
            new.source = MISSING
        what = "an empty cell" if kind == "solution" else "the original"
        repairs.append(Repair(f"missing, {what} was put in its place", f"`{name}`"))
    elif kind in ("solution", "written"):
        if cell["cut"]:
            repairs.append(Repair(CUT, f"`{name}`"))
        if not same_source(cell, place):  # else keep it exactly, because nbgrader compares sources
            new.source = cell["text" if new.cell_type == "markdown" else "source"]
        if new.cell_type == "markdown":
            attach(new, cell, f"`{name}`", repairs)
    else:
        if not same_source(cell, place):
            what = "stands above your output" if experiment else "was used"
            repairs.append(
                Repair(f"a locked cell that had been changed, the original {what}", f"`{name}`")
            )
        if experiment:
            new.outputs = [from_dict(output) for output in clean_outputs(cell["outputs"])]
    return new


def own_cell(cell: Cell, repairs: list[Repair]) -> NotebookNode | None:
    """A new cell from one of the student's own; None if it is empty. Adds to ``repairs``."""
    if not cell["source"].strip():
        return None
    if cell["cut"]:
        repairs.append(Repair(CUT, "a cell of your own"))
    if cell["kind"] == "code":
        return new_cell("code", cell["source"], outputs=[], execution_count=None)
    text = cell["text"]
    if cell["kind"] == "raw":  # shown as a code block: a raw cell would reach the page unescaped
        text = "\n".join("    " + line for line in text.split("\n"))
    node = new_cell("markdown", text)
    attach(node, cell, "a cell of your own", repairs)
    return node


def attach(node: NotebookNode, cell: Cell, where: str, repairs: list[Repair]) -> None:
    """Add the valid pictures among a text cell's attachments to ``node``, the rest to ``repairs``.

    where : the name of the cell in a repair
    """
    kept: dict[str, dict[str, str]] = {}
    room = MAX_ATTACHED
    for number, (name, bundle) in enumerate(cell["attachments"].items()):
        if number == MAX_ATTACHMENTS:
            repairs.append(
                Repair(f"more than {number} pictures in a cell, the rest left out", where)
            )
            break
        try:
            kind, picture = attached(bundle, room)
        except Refused as why:
            shown = re.sub(r"[^\w. -]", "", clean_line(name, 60)) or "unnamed"
            repairs.append(Repair(f"a picture left out, {why}", f"`{shown}` in {where}"))
            continue
        kept[clean_text(name, 200)] = {kind: picture}
        room -= len(picture)
    if kept:
        node.attachments = kept


def attached(bundle: object, room: int) -> tuple[str, str]:
    """(kind, base64) of the picture in an attachment. Raises `pictures.Refused`.

    room : the most characters of base64
    """
    for kind in KINDS:
        if isinstance(bundle, dict) and kind in bundle:
            return kind, clean_picture(bundle[kind], kind, room)
    raise Refused("it is no PNG or JPEG (save it as one)")
