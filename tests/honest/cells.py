"""What stands in the cells around the answers: their own, and changes to ours."""

import sysconfig
from pathlib import Path

import nbformat
from nbformat import v4

from autograder.examples import UNIT
from autograder.sandbox.view import PROJECT
from tests.honest import RIGHT, behind, changed, honest

AFTER = "test_conv2d_valid"  # a cell in the middle, behind which they put theirs
BY_HAND = ("conv2d_valid_by_hand", "pad2d_by_hand", "conv2d_by_hand")
AGAIN = "`pad2d` is defined again below its graded cell: the definition above that cell was graded"
RECOGNISED = RIGHT + "had lost its name, recognised by its text or place: "
EDITED = RIGHT + "a locked cell that had been changed, the original "
CELLS = len(nbformat.read(PROJECT / "source" / UNIT / f"{UNIT}.ipynb", as_version=4).cells)


def last(work, source):
    """Put a code cell of the student's own at the very end."""
    work.notebook.cells.append(v4.new_code_cell(source))


def replace(work, name, new):
    """Put another cell, or none, in the place of the one called ``name``."""
    place = work.notebook.cells.index(work.cell(name))
    work.notebook.cells[place : place + 1] = [new] if new else []


def draw_by_hand(work):
    """Let the by-hand cells begin with the line that draws the numbers, as they were handed out."""
    for task in BY_HAND:
        drawn = work.released(task).partition("\n")[0]
        work.write(task, f"{drawn}\n\n{work.cell(task).source}")


def id_cell(work):
    """The cell that asks for the student's id."""
    return next(c for c in work.notebook.cells if c.source.startswith("# Write the id"))


# -- cells of their own ---------------------------------------------------------------------------


# Debian's Python lets nobody install into it (PEP 668).
MANAGED = Path(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED").exists()
PIP_SAYS = "externally-managed-environment" if MANAGED else "Requirement already satisfied"


@honest(says=["loops each", "Wall time", PIP_SAYS, "from bash"])
def uses_magics(work):
    """%matplotlib inline, autoreload, %timeit, %%time, %pip, !ls, %%bash, ?, get_ipython()."""
    top = "%matplotlib inline\n%load_ext autoreload\n%autoreload 2"
    work.notebook.cells.insert(0, v4.new_code_cell(top))
    behind(
        work,
        AFTER,
        "%timeit -n 20 -r 3 conv2d_valid(np.ones((1, 1, 9, 9)), np.ones((1, 1, 3, 3)))",
        "%%time\ntotal = sum(range(10**5))",
        "%%timeit -n 5 -r 2\ntotal = sum(range(10**5))",
        "!ls\nfiles = !ls /\nprint(files)",
        "!pip --version\n!no-such-program",
        "%pip install numpy",
        'ip = get_ipython()\nip.run_line_magic("who", "")\n%pwd\n%cd ..',
        "%%capture said\nprint('kept')",
        "?conv2d_valid",
        "%%bash\necho from bash",
    )


@honest(says=["input() is not answered while grading"])
def asks_for_input(work):
    """input() in a cell, and a breakpoint() left in another; nothing below needs the answers."""
    behind(
        work,
        AFTER,
        'name = input("Your name? ")\nprint("Hello", name)',
        "breakpoint()\nprint('on')",
    )


@honest()
def adds_cells_everywhere(work):
    """A text and a code cell of their own behind every cell, and a code cell at the very top."""
    cells = [v4.new_code_cell("tries = []")]
    for number, cell in enumerate(work.notebook.cells):
        cells += [cell, v4.new_markdown_cell(f"Note {number}"), v4.new_code_cell(f"n = {number}")]
    work.notebook.cells = cells


@honest(says=["NameError", "SyntaxError", "AssertionError", "No module named"])
def leaves_broken_cells(work):
    """Cells that raise, one that is not Python, a failed assert, packages that are not there."""
    behind(
        work,
        "setup",
        "not_there_yet + 1",
        "def half_done(:\n    still thinking",
        "from google.colab import drive\ndrive.mount('/content/drive')",
    )
    behind(
        work,
        AFTER,
        "assert conv2d_valid is None, 'not yet'",
        "import pandas_of_mine as pd\npd.DataFrame([[1]])",
        "conv2d_valid(1, 2)",
    )


@honest(says=["No such file or directory: 'my_photo.npy'", "read again: 2.0"])
def reads_and_writes_files(work):
    """Changes the folder, writes files and reads them back, and reads one that lay beside it."""
    behind(
        work,
        AFTER,
        'import os\nos.makedirs("out", exist_ok=True)\nos.chdir("out")',
        'np.save("eye.npy", np.eye(2))\nprint("read again:", np.load("eye.npy").sum())',
        'np.load("my_photo.npy")',
    )


@honest()
def deletes_names(work):
    """del of what they no longer need, names of ours among it."""
    behind(work, AFTER, "a = 1\ndel a, mine")
    behind(work, "test_conv2d", "del images, plots")


@honest(says=["exit() is not followed while grading", "SystemExit"])
def exits(work):
    """exit(), quit(), sys.exit() and raise SystemExit, each in a cell of its own."""
    behind(work, AFTER, "exit()", "quit()", "import sys\nsys.exit(0)", "raise SystemExit", "exit")


@honest(
    notes=[f"cell {CELLS + 1} ran out of time"],
    says=["this cell used more than the 10 s of CPU time left to it"],
)
def ends_in_an_endless_cell(work):
    """An endless loop of their own as the last cell."""
    last(work, "n = 0\nwhile True:\n    n += 1")


@honest()
def computes_for_eight_seconds(work):
    """Eight of the ten seconds that a cell may take, in the middle of the notebook."""
    behind(work, AFTER, "import time\nend = time.process_time() + 8")
    behind(work, "test_pad2d", "while time.process_time() < end:\n    pass")


@honest(says=["output cut by the grader", "Output truncated", "picture left out by the grader"])
def makes_huge_outputs(work):
    """5 MB printed in a line, 100,000 lines, 30 figures, a progress bar."""
    behind(
        work,
        AFTER,
        'print("0123456789" * 500_000)',
        'for n in range(100_000):\n    print("line", n)',
        "import matplotlib.pyplot as plt\nfor n in range(30):\n"
        "    plt.figure(figsize=(2, 2), dpi=150)\n    plt.imshow(np.random.rand(300, 300))",
        'for n in range(1000):\n    print(f"\\r{n} of 1000", end="")',
    )


@honest()
def shows_figures(work):
    """plt.show() behind every figure, an empty one, savefig, and another backend in the end."""
    behind(
        work,
        AFTER,
        "import matplotlib\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
        'plt.figure()\nplt.show()\nplt.savefig("a.png")\nplt.close("all")',
        'matplotlib.use("Agg")\nplt.plot([1, 2])\nplt.show()',
    )


@honest(says=["array([[1., 0.]"])
def displays_things(work):
    """display() of arrays, HTML and Markdown, and a slider where ipywidgets may be missing."""
    behind(
        work,
        AFTER,
        "from IPython.display import HTML, Markdown, display\n"
        'display(np.eye(2), HTML("<b>bold</b>"), Markdown("**bold**"))',
        "from ipywidgets import interact\n@interact(k=(1, 5))\ndef show(k=3):\n    print(k)",
    )


@honest(says=["squares [0, 1, 4, 9]", "slept"])
def starts_processes_and_awaits(work):
    """A pool of processes in a cell, await at the top level of another, random seeds in a third."""
    behind(
        work,
        AFTER,
        "import multiprocessing\ndef square(n):\n    return n * n\n"
        'with multiprocessing.get_context("fork").Pool(2) as pool:\n'
        '    print("squares", pool.map(square, range(4)))',
        'import asyncio\nasync def sleep():\n    await asyncio.sleep(0.01)\n    return "slept"\n'
        "await sleep()",
        "np.random.seed(0)\nnp.random.rand(2), np.random.default_rng(1).normal(size=3)",
    )


@honest(says=["course.nn is not there while submissions are graded"])
def compares_with_the_course(work):
    """Compares with course.nn, which students have and which is not there while grading."""
    behind(work, "test_conv2d", "from course import nn\nprint(nn)")


@honest()
def repeats_the_setup(work):
    """The lines of the setup cell once more, in a cell of their own further down."""
    behind(work, "test_pad2d", work.released("setup"))


# -- the id ---------------------------------------------------------------------------------------


@honest()
def deletes_the_id_cell(work):
    """Deleted the cell that asks for the id, after working out the numbers."""
    draw_by_hand(work)
    work.notebook.cells.remove(id_cell(work))


@honest(says=["input() is not answered while grading"])
def asks_for_the_id(work):
    """STUDENT_ID = input(), which the by-hand cells need for their first line."""
    draw_by_hand(work)
    id_cell(work).source = "# Write the id\nSTUDENT_ID = input()"


@honest()
def wrote_the_id_in_another_unit(work):
    """The id cell is as it was handed out; the course remembers the id on the student's machine."""
    id_cell(work).source = id_cell(work).source.replace(f'"{work.student}"', '""')
    assert 'remembered("")' in id_cell(work).source
    task = "conv2d_valid_by_hand"
    drawn = work.released(task).partition("\n")[0]
    work.write(task, f"{drawn}\n{task} = conv2d_valid(mine.x, mine.w)[0, 0]")


@honest()
def comments_on_the_id(work):
    """A comment with an apostrophe behind the id."""
    draw_by_hand(work)
    id_cell(work).source += "  # that's me"


# -- definitions elsewhere ------------------------------------------------------------------------


@honest(notes=[RIGHT + "a second copy, run as a cell of your own: `pad2d`"])
def copies_a_solution_cell(work):
    """Copied the solution cell of pad2d to try on: the first is still wrong, the copy is right."""
    cell = work.cell("pad2d")
    copy = v4.new_code_cell(cell.source, metadata=cell.metadata)
    work.write("pad2d", "def pad2d(x, pad, value=0.0):\n    return x")
    work.notebook.cells.insert(work.notebook.cells.index(cell) + 1, copy)


@honest(notes=[AGAIN])
def redefines_it_later(work):
    """Plays with another pad2d in the last cell; the graded cell stood before that."""
    last(work, "def pad2d(x, pad, value=0.0):\n    return 'broken on purpose'")


@honest(points=9, notes=[AGAIN], says=["not written yet"])
def repairs_it_too_late(work):
    """Left pad2d unwritten, and defined it in the last cell: the 3 points of pad2d are lost, and
    those of conv2d, which calls it. What counts is the function as it stood at the graded cell.
    """
    last(work, work.cell("pad2d").source)
    work.write("pad2d", work.released("pad2d"))


@honest(notes=[RECOGNISED + "`pad2d`"])
def retypes_a_deleted_cell(work):
    """Deleted the solution cell of pad2d by mistake and wrote it again in a new cell."""
    replace(work, "pad2d", v4.new_code_cell(work.cell("pad2d").source))


# -- changes to our cells -------------------------------------------------------------------------


@honest()
def runs_cells_out_of_order(work):
    """Execution counts that jump: cells were run in another order, some of them many times."""
    for number, cell in enumerate(work.notebook.cells):
        if cell.cell_type == "code":
            cell.execution_count = 900 - 7 * number


@honest(
    notes=[
        EDITED + "was used: `practice_pad2d`, `test_pad2d`",
        EDITED + "stands above your output: `show_padded_photo`",
    ]
)
def edits_locked_cells(work):
    """Tried things in a practice cell, a graded cell and a figure's."""
    for name in ("practice_pad2d", "test_pad2d", "show_padded_photo"):
        work.cell(name).source += "\nprint('hello')"


@honest(
    notes=[
        RIGHT + "missing, the original was put in its place: `practice_pad2d`, `test_conv2d`",
    ]
)
def deletes_locked_cells(work):
    """Tidied up: a practice cell and a graded cell are gone."""
    for name in ("practice_pad2d", "test_conv2d"):
        replace(work, name, None)


@honest(notes=[RIGHT + "cells that had been moved, put back into the order of the course"])
def moves_cells(work):
    """Moved a practice cell above the function that it tries."""
    cells, cell = work.notebook.cells, work.cell("practice_pad2d")
    cells.remove(cell)
    cells.insert(cells.index(work.cell("pad2d")), cell)


@honest()
def turns_cells_to_text(work):
    """Pressed m on two solution cells, and y again on one: the other was handed in as text."""
    for name, new in (("pad2d", v4.new_code_cell), ("conv2d", v4.new_markdown_cell)):
        cell = work.cell(name)
        replace(work, name, new(cell.source, metadata=cell.metadata, id=cell.id))


@honest()
def tidies_the_text(work):
    """Blank lines, tabs and blanks at the ends of lines, a heading of ours reworded."""
    changed(work, "pad2d", "\n", "  \n")
    work.write("dilate_kernel", "\n\n" + work.cell("dilate_kernel").source.replace("    ", "\t"))
    work.notebook.cells[0].source = "# My unit 1"
