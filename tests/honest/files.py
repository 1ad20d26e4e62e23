"""How it was saved: other editors, other systems, other names."""

import json

import nbformat

from autograder.cells import role
from autograder.examples import UNIT
from autograder.sandbox.view import PROJECT
from tests.honest import RIGHT, honest
from tests.honest.cells import RECOGNISED, draw_by_hand, id_cell


def as_json(work):
    """The notebook as a dict, to be changed as other editors do; `save` hands it in."""
    return json.loads(nbformat.writes(work.notebook))


def save(work, notebook, **how):
    work.raw = json.dumps(notebook, **{"ensure_ascii": False, "indent": 1, **how}).encode()


@honest()
def saves_from_vscode(work):
    """VS Code: its own metadata, ids kept, no kernel name that we know."""
    notebook = as_json(work)
    notebook["metadata"] = {
        "kernelspec": {"display_name": ".venv (3.12.3)", "language": "python", "name": "python3"},
        "language_info": {"name": "python", "version": "3.12.3", "pygments_lexer": "ipython3"},
        "vscode": {"interpreter": {"hash": "31f2aee4e71d21fbe5cf8b01ff0e069b"}},
    }
    for cell in notebook["cells"]:
        cell["metadata"]["vscode"] = {"languageId": "python"}
    save(work, notebook)


@honest()
def saves_from_colab(work):
    """Google Colab: nbformat 4.0, ids of its own in the metadata, outputs as HTML and JSON."""
    notebook = as_json(work)
    notebook["nbformat_minor"] = 0
    notebook["metadata"] = {
        "colab": {"provenance": [], "toc_visible": True},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
    }
    for number, cell in enumerate(notebook["cells"]):
        del cell["id"]
        cell["metadata"] |= {"id": f"x{number}", "colab": {"base_uri": "https://localhost:8080/"}}
        if cell["cell_type"] == "code":
            cell["metadata"]["outputId"] = f"o{number}"
            data = {
                "text/plain": ["array([1])"],
                "text/html": ["<div>array</div>"],
                "application/vnd.google.colaboratory.intrinsic+json": {"type": "string"},
            }
            output = {"output_type": "execute_result", "data": data, "metadata": {}}
            cell["outputs"] = [{**output, "execution_count": 1}]
    save(work, notebook, indent=2)


@honest()
def saves_from_notebook_6(work):
    """Jupyter Notebook 6: nbformat 4.4, no cell ids."""
    notebook = as_json(work)
    notebook["nbformat_minor"] = 4
    for cell in notebook["cells"]:
        del cell["id"]
    save(work, notebook)


@honest()
def folds_cells_in_jupyterlab(work):
    """JupyterLab: collapsed cells, hidden outputs, headings folded, tags and scrolling."""
    for cell in work.notebook.cells:
        cell.metadata |= {
            "collapsed": True,
            "scrolled": True,
            "heading_collapsed": True,
            "tags": ["hide-input", *cell.metadata.get("tags", [])],
            "jupyter": {"source_hidden": True, "outputs_hidden": True},
            "execution": {"iopub.execute_input": "2026-11-01T10:00:00Z"},
        }


def keep_nothing_but_text(work):
    """Save as an editor does that keeps nothing of a cell but its text."""
    notebook = as_json(work)
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"], cell["id"] = {}, f"{number:08x}"
    save(work, notebook)


def answers(unit):
    """The names of what students of a unit write, in the order of its notebook."""
    notebook = nbformat.read(PROJECT / "source" / unit / f"{unit}.ipynb", as_version=4)
    written = [cell for cell in notebook.cells if role(cell) in ("solution", "written")]
    return ", ".join(f"`{cell.metadata.nbgrader.grade_id}`" for cell in written)


@honest(notes=[RECOGNISED + answers(UNIT)])
def goes_through_a_script_and_back(work):
    """Kept as a .py file and made a notebook again: no metadata, other ids, only the text."""
    keep_nothing_but_text(work)


@honest(unit="unit4_pooling", notes=[RECOGNISED + answers("unit4_pooling")])
def goes_through_a_script_with_a_written_answer(work):
    """The same in a unit with a written answer, which a person still has to read."""
    keep_nothing_but_text(work)


@honest(notes=[RECOGNISED + answers(UNIT)])
def loses_the_metadata(work):
    """An editor that keeps cell ids and throws all metadata away."""
    for cell in work.notebook.cells:
        cell.metadata = {}


@honest()
def saves_on_windows(work):
    """Windows line endings in the file and in every cell, and a byte order mark."""
    notebook = as_json(work)
    for cell in notebook["cells"]:
        cell["source"] = [line.replace("\n", "\r\n") for line in cell["source"]]
    save(work, notebook)
    work.raw = b"\xef\xbb\xbf" + work.raw.replace(b"\n", b"\r\n")


@honest()
def saves_as_utf_16(work):
    """Saved by an editor as what Windows calls Unicode: UTF-16 with a byte order mark."""
    save(work, as_json(work))
    work.raw = work.raw.decode().encode("utf-16")


@honest(
    file="unit1_convolution (1)",
    notes=[
        RIGHT + "the file was called unit1_convolution (1).ipynb, not unit1_convolution.ipynb",
    ],
)
def downloads_it_twice(work):
    """The browser called the file "unit1_convolution (1).ipynb"."""


@honest(student="Zoë O'Brien 李", says=["conv2d_valid: 5 of 5 points"])
def has_a_name_of_her_own(work):
    """A student id with spaces, an apostrophe, an accent and Chinese."""


@honest(student="José")
def types_the_accent_as_two_characters(work):
    """The folder has é as one character, the notebook as e and an accent, as on a Mac."""
    draw_by_hand(work)
    work.answer_by_hand("Jose\u0301")
    id_cell(work).source = '# Write the id\nSTUDENT_ID = "Jose\u0301"'


@honest(student="s0123456")
def types_the_id_in_capitals(work):
    """S0123456 with blanks around it, where the folder is called s0123456."""
    id_cell(work).source = '# Write the id\nSTUDENT_ID = " S0123456 "'


@honest()
def clears_all_outputs(work):
    """Cleared every output before handing in: figures are not run again, and not missed."""
    for cell in work.notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None


@honest(refused="clear its outputs")
def hands_in_32_megabytes(work):
    """Animations in the outputs, 32 MB: no grade, and the lecturer is told what to ask for."""
    work.notebook.cells.append(nbformat.v4.new_raw_cell("x" * 32_000_000))
