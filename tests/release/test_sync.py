"""The solution cells follow the reference; what stands around a by-hand answer is the author's."""

import dataclasses
import shutil
from pathlib import Path

import nbformat
import pytest

from autograder.release import sync
from autograder.sandbox.view import PROJECT
from autograder.units import CONTENT as content

UNIT = "unit1_convolution"
BANK = content.of_unit(UNIT)
SOURCE = PROJECT / "source" / UNIT / f"{UNIT}.ipynb"


@pytest.fixture
def path(tmp_path):
    return Path(shutil.copy(SOURCE, tmp_path))


def cell(notebook, name):
    return next(c for c in notebook.cells if c.get("id") == name)


def edit(path, name, old, new):
    """Change one cell of a notebook file."""
    notebook = nbformat.read(path, as_version=4)
    assert old in cell(notebook, name).source
    cell(notebook, name).source = cell(notebook, name).source.replace(old, new)
    nbformat.write(notebook, path)


def source(path, name):
    return cell(nbformat.read(path, as_version=4), name).source


def test_a_notebook_in_step_is_left_alone(path):
    before = path.read_bytes()
    assert sync.sync(path, BANK) == []
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("conv2d_valid", "np.einsum", "np.eimsun"),  # the body
        ("conv2d_valid", "no flip", "with a flip"),  # the docstring
        ("conv2d", "dilation=1):", "dilation=2):"),  # the signature
        ("pad2d_by_hand", "pad2d(mine.x, 1)", "pad2d(mine.x, 2)"),  # an answer by hand
    ],
)
def test_what_differs_is_put_right_and_only_that(path, name, old, new):
    right = nbformat.read(path, as_version=4)
    edit(path, name, old, new)
    stale = path.read_bytes()
    assert sync.sync(path, BANK, check=True) == [name]
    assert path.read_bytes() == stale
    assert sync.sync(path, BANK) == [name]
    assert nbformat.read(path, as_version=4) == right
    assert sync.sync(path, BANK) == []


def test_what_the_author_wrote_around_a_by_hand_answer_stays(path):
    edit(path, "pad2d_by_hand", sync.BEGIN, f"# Think of the frame.\n{sync.BEGIN}")
    edit(path, "pad2d_by_hand", sync.END, f"{sync.END}\n# Done.")
    before = source(path, "pad2d_by_hand")
    assert sync.sync(path, BANK) == []
    assert source(path, "pad2d_by_hand") == before


def test_solution_cells_run_and_are_the_reference(path):
    # What sync writes is Python, on its own: with np, and in the order of the notebook.
    namespace = {}
    exec("import numpy as np", namespace)
    for name, task in content.of_unit(UNIT).items():
        if not task.by_value:
            exec(source(path, name), namespace)
            assert namespace[name].__doc__ == task.reference.__doc__


@pytest.mark.parametrize("mark", [sync.BEGIN, sync.END])
def test_a_cell_without_its_marks_is_named(path, mark):
    edit(path, "pad2d", mark, "# nothing")
    with pytest.raises(sync.SyncError, match=r"`pad2d` needs one line ### BEGIN SOLUTION and one"):
        sync.sync(path, BANK)


def test_a_solution_cell_without_a_reference_is_named(path):
    notebook = nbformat.read(path, as_version=4)
    cell(notebook, "pad2d").metadata.nbgrader.grade_id = "pad3d"
    nbformat.write(notebook, path)
    with pytest.raises(
        sync.SyncError, match="no solution cell for `pad2d`; without a reference: `pad3d`"
    ):
        sync.sync(path, BANK)


def test_a_reference_without_a_solution_cell_is_named(path):
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [c for c in notebook.cells if c.get("id") not in ("pad2d", "conv2d")]
    nbformat.write(notebook, path)
    with pytest.raises(sync.SyncError, match="no solution cell for `conv2d`, `pad2d`"):
        sync.sync(path, BANK)


# -- the shape of a reference ---------------------------------------------------------------------


def long_by_hand(mine):
    """Two steps, and an answer over several lines."""
    padded = [mine.x, mine.x]

    return [
        padded[0],
        "return",
    ]


def blank_line_first(x):
    """One line."""

    # A comment first.
    return x


def solution(function, **changes):
    task = dataclasses.replace(
        content.find("pad2d"), name=function.__name__, reference=function, **changes
    )
    return sync.solution(task)


def test_an_answer_over_several_lines():
    head, region = solution(long_by_hand)
    assert head is None
    assert region == [
        "padded = [mine.x, mine.x]",
        "",
        "long_by_hand = [",
        "    padded[0],",
        '    "return",',
        "]",
    ]


def test_comments_stay_and_blank_lines_at_the_start_go():
    head, region = solution(blank_line_first)
    assert head == ["def blank_line_first(x):", '    """One line."""']
    assert region == ["    # A comment first.", "    return x"]


def with_given_lines(x):
    """Twice."""
    x = float(x)  # given
    ### BEGIN SOLUTION
    y = 2 * x

    return y


def test_what_stands_above_a_mark_in_the_reference_is_visible():
    head, region = solution(with_given_lines)
    given = ["def with_given_lines(x):", '    """Twice."""', "    x = float(x)  # given"]
    assert head == given
    assert region == ["    y = 2 * x", "", "    return y"]
