"""Test cells, metadata and the file around them, tampered with."""

import json

import nbformat

from autograder.cells import role
from tests.hostile import BY_HAND, FUNCTIONS, PAD, earns, refused

FULL_MARKS = {
    "output_type": "execute_result",
    "data": {"text/plain": "15.0"},
    "metadata": {},
    "execution_count": 1,
}


def _graded(work):
    return [cell for cell in work.notebook.cells if role(cell) == "graded"]


def makes_graded_cells_worth_a_thousand(work):
    """Every graded cell is worth 1000 points, unlocked, and tagged so that it is not run."""
    for cell in _graded(work):
        cell.metadata.nbgrader.update(points=1000, locked=False, solution=True)
        cell.metadata.tags = ["skip-execution", "remove-cell", "experiment"]


@earns(PAD)
def swaps_the_types_of_cells(work):
    """Graded cells are Markdown and solution cells are raw, with one right answer in them."""
    work.solve_pad2d()
    for cell in work.notebook.cells:
        if role(cell) == "graded":
            cell.cell_type = "markdown"
        elif role(cell) == "solution":
            cell.cell_type = "raw"


def brings_full_marks_along(work):
    """Every cell comes with outputs that say 15 points, as graded cells end."""
    for cell in work.notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.from_dict(FULL_MARKS)]


def writes_its_own_checks(work):
    """The sources of graded cells are replaced by an assertion that holds and by 100.0."""
    for cell in _graded(work):
        cell.source = "assert True\n100.0"


@earns(PAD)
def adds_graded_cells(work):
    """Forty more graded cells of its own making, with names that no unit has."""
    work.solve_pad2d()
    for number in range(40):
        work.after("setup", "100.0")
        meta = {"grade_id": f"test_bonus{number}", "points": 100, "schema_version": 3}
        work.notebook.cells[-1].metadata.nbgrader = meta | {
            "grade": True,
            "solution": False,
            "locked": True,
        }


def claims_a_written_answer(work):
    """Graded cells say that a person grades them, and that 100 points were given."""
    for cell in _graded(work):
        cell.metadata.nbgrader.update(solution=True, task=True, manual_score=100, extra_credit=50)
        cell.cell_type = "markdown"


@earns(PAD)
def turns_the_notebook_around(work):
    """All cells in reverse, with one right answer somewhere."""
    work.solve_pad2d()
    work.notebook.cells.reverse()


@earns(PAD)
def repeats_every_graded_cell(work):
    """Every graded cell thirty times, the later ones printing points."""
    work.solve_pad2d()
    for cell in _graded(work):
        copy = nbformat.from_dict({**cell, "source": "print('15 of 15 points')\n15.0"})
        work.notebook.cells += [copy] * 30


def deletes_everything_graded(work):
    """No graded cell, no solution cell, no setup."""
    kept = [cell for cell in work.notebook.cells if role(cell) is None]
    work.notebook.cells = kept


@earns(PAD)
def loses_all_metadata(work):
    """Saved by a program that knows no metadata; cells are found by their ids."""
    work.solve_pad2d()
    for cell in work.notebook.cells:
        cell.metadata = {}


def exchanges_names(work):
    """The right `pad2d` is handed in under the names of all other functions."""
    work.solve_pad2d()
    source = work.cell("pad2d").source
    for task in FUNCTIONS:
        work.write(task, source)
    work.write("pad2d", "pad2d = None")


def changes_locked_cells(work):
    """Locked cells define the answers to the exercises by hand and lie about NumPy."""
    for cell in work.notebook.cells:
        if role(cell) == "locked":
            cell.source = (
                "import numpy as np\nnp.array_equal = np.allclose = lambda *a, **k: True\n"
            )
            cell.source += "\n".join(f"{task} = 1" for task in BY_HAND)


@earns(PAD)
def has_an_old_schema(work):
    """nbgrader's metadata of its first version, or without any."""
    work.solve_pad2d()
    for number, cell in enumerate(work.notebook.cells):
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.pop("schema_version")
            cell.metadata.nbgrader.pop("task", None)
            if number % 2:
                cell.metadata.nbgrader.update(schema_version=1, cell_type="code")


@earns(PAD)
def is_of_notebook_format_3(work):
    """One worksheet of nbformat 3, as IPython 2 wrote it."""
    work.solve_pad2d()
    cells = [{**cell, "input": cell.source} for cell in work.notebook.cells]
    for cell in cells:
        if cell["cell_type"] == "code":
            del cell["source"]
    notebook = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {},
        "worksheets": [{"cells": cells}],
    }
    work.raw = json.dumps(notebook).encode()


@earns(PAD)
def is_of_a_future_format(work):
    """Version numbers that are no numbers, and a metadata block that is a list."""
    work.solve_pad2d()
    notebook = json.loads(work.data()) | {
        "nbformat": "9" * 99,
        "nbformat_minor": -1,
        "metadata": [None],
    }
    work.raw = json.dumps(notebook).encode()


@earns(PAD)
def holds_values_of_the_wrong_types(work):
    """Cells, metadata, sources, outputs and attachments of every type but the right one."""
    work.solve_pad2d()
    notebook = json.loads(work.data())
    odd = [None, 5, "text", [], {}, True, -1e999, [[[]]], {"a": {"b": [None]}}]
    broken = [{"cell_type": kind, "source": value} for kind in odd for value in odd]
    broken += [{"cell_type": "code", "metadata": value, "outputs": value} for value in odd]
    broken += [{"cell_type": "markdown", "source": "x", "attachments": {"a": v}} for v in odd]
    broken += [{"metadata": {"nbgrader": v}, "source": ["1", v], "id": v} for v in odd]
    notebook["cells"] = [*odd, *broken, *notebook["cells"]]
    work.raw = json.dumps(notebook).encode()


def has_a_cell_of_ten_megabytes(work):
    """One solution cell of ten megabytes of spaces, brackets and quotes."""
    work.write("pad2d", "(" * 3_000_000 + " " * 4_000_000 + '"' * 3_000_000)


def has_metadata_of_ten_megabytes(work):
    """Ten megabytes of metadata in the notebook and in a graded cell."""
    work.notebook.metadata.kernelspec = {"name": "x" * 5_000_000, "display_name": "x"}
    work.cell("test_pad2d").metadata.nbgrader.comment = "x" * 5_000_000


@refused("more than 2000 cells")
def has_thousands_of_cells(work):
    """Six thousand cells that each do nothing."""
    work.notebook.cells += [nbformat.v4.new_code_cell("1")] * 6_000


@refused("more than 500,000 characters")
def has_megabytes_of_cells(work):
    """A hundred cells, each as long as one may be."""
    line = "# " + "x" * 997 + "\n"
    work.notebook.cells += [nbformat.v4.new_code_cell(line * 19)] * 100


@refused("larger than 30 MB")
def is_a_file_of_forty_megabytes(work):
    """Valid JSON, most of it white space."""
    work.raw = b" " * 40_000_000 + work.data()


def attaches_everything(work):
    """Attachments to code and graded cells, of kinds that run in a browser, and very large."""
    bundle = {"text/html": "<script>alert(1)</script>", "image/svg+xml": "<svg onload=alert(1)>"}
    for cell in work.notebook.cells:
        cell.attachments = {"a.png": bundle | {"image/png": "x" * 200_000}}


@refused("not valid JSON")
def nests_without_end(work):
    """A hundred thousand opening brackets."""
    work.raw = b'{"cells": ' + b"[" * 100_000


@refused("not valid JSON")
def holds_a_number_of_too_many_digits(work):
    """An integer of a hundred thousand digits, which takes long to read."""
    work.raw = b'{"nbformat": ' + b"7" * 100_000 + b', "cells": []}'


@earns(PAD)
def is_written_in_utf_16(work):
    """Valid, but in another encoding."""
    work.solve_pad2d()
    work.raw = work.data().decode().encode("utf-16")


@earns(PAD)
def says_everything_twice(work):
    """The same keys twice: the list of cells that counts is the last."""
    work.solve_pad2d()
    work.raw = work.data().replace(b"{", b'{"cells": [], "nbformat": 2, "metadata": 0,', 1)


@earns(PAD)
def holds_no_characters(work):
    """Lone surrogates, null characters and byte order marks in sources and names."""
    work.solve_pad2d()
    work.cell("pad2d").source += "\n# \ud800 \x00 \ufeff \u2028 end"
    notebook = json.loads(json.dumps(work.notebook))
    notebook["cells"].append(
        {"cell_type": "code", "source": "\ud800\x00", "metadata": {"\ud800": 1}}
    )
    work.raw = b"\xef\xbb\xbf" + json.dumps(notebook).encode()


def marks_its_cells_as_experiments(work):
    """Solutions and its own cells are tagged as experiments, whose outputs are kept."""
    for cell in work.notebook.cells:
        cell.metadata.tags = ["experiment"]
        if cell.cell_type == "code":
            cell.outputs = [nbformat.from_dict(FULL_MARKS)]
            said = "test_conv2d: 3 of 3 points"
            cell.outputs.append(nbformat.v4.new_output("stream", text=said))


def asks_for_another_kernel(work):
    """A kernel and a language of its own, and cells with magics for other languages."""
    work.notebook.metadata.kernelspec = {"name": "evil", "argv": ["sh", "-c", "id"]}
    work.notebook.metadata.language_info = {"name": "bash", "pygments_lexer": "../../evil"}
    work.write("pad2d", "%%bash\necho 'test_pad2d: 3 of 3 points'; exit 0")
    work.write("conv2d", "%%javascript\nalert(1)")
    work.write("conv2d_valid", "%%python\nprint(15.0)")
