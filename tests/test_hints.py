"""Every task has three hints, folded away right below its cell, and none of them is the answer.

The form is the same everywhere: three `<details>`, with blank lines so that JupyterLab sets the
Markdown in them. What the second and the third are called depends on the kind of task.
"""

import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert.filters import markdown2html

from autograder.cells import role
from autograder.release import sync
from autograder.units import CONTENT as content

ROOT = Path(__file__).parents[1]
UNITS = sorted(path.parent.name for path in ROOT.glob("source/*/*.ipynb"))
CALLED = {  # the second and the third hint, after "idea"
    "function": ({"slicing", "formula", "tools"}, {"pseudo-code"}),
    "by hand": ({"layout"}, {"other numbers"}),
    "claims": ({"what to look at"}, {"an experiment"}),
    "written": ({"what to mention"}, {"a skeleton"}),
}
HINT = re.compile(
    r"<details>\n<summary><b>Hint (\d): ([^<\n]+)</b></summary>\n\n(.+?)\n\n</details>", re.S
)
SHORTEST = 15  # characters of a line of code that is worth copying
WORDS = 8  # in a row, that a hint may not share with a model answer

CELLS = {
    cell.metadata.nbgrader.grade_id: (unit, cell, following)
    for unit in UNITS
    for cells in [nbformat.read(ROOT / f"source/{unit}/{unit}.ipynb", as_version=4).cells]
    for cell, following in zip(cells, [*cells[1:], None], strict=True)
    if role(cell) in ("solution", "written")
}
each_task = pytest.mark.parametrize("name", CELLS)


def hints(name):
    """The cell below a task's, which should hold its hints."""
    unit, _, cell = CELLS[name]
    if cell is None or cell.id != f"hints-{name}":
        found = "nothing" if cell is None else f"the {cell.cell_type} cell `{cell.id}`"
        pytest.fail(
            f"{unit}: right below `{name}` should stand a text cell with the id `hints-{name}`; "
            f"there is {found}",
            pytrace=False,
        )
    return cell


def kind(name):
    """Which of ``CALLED`` a task is."""
    unit, cell, _ = CELLS[name]
    if role(cell) == "written":
        return "written"
    task = content.of_unit(unit)[name]
    if not task.by_value:
        return "function"
    return "by hand" if task.own_numbers else "claims"


def squeezed(text):
    """A text without blanks and upper case: the same code, however it is set."""
    return re.sub(r"\s+", "", text).lower()


def runs(text):
    """Every run of so many words of a text."""
    found = re.findall(r"\w+", text.lower())
    return {" ".join(found[i : i + WORDS]) for i in range(len(found) - WORDS + 1)}


def given_away(name, text):
    """What a text has in common with the answer to a task: lines of code, or runs of words."""
    unit, cell, _ = CELLS[name]
    if role(cell) == "written":
        return runs(cell.source) & runs(text)
    _, body = sync.solution(content.of_unit(unit)[name])
    lines = {line.split("  #")[0].strip() for line in body}
    return {x for x in lines if len(x) > SHORTEST and squeezed(x) in squeezed(text)}


@each_task
def test_a_task_has_three_hints_right_below_it(name):
    cell = hints(name)
    assert cell.cell_type == "markdown"
    assert not cell.metadata.get("nbgrader"), "nothing of a hint is graded or kept"
    found = HINT.findall(cell.source)
    blocks = [match.group() for match in HINT.finditer(cell.source)]
    assert cell.source == "\n".join(blocks), "three blocks of `<details>`, and nothing else"
    assert [number for number, _, _ in found] == ["1", "2", "3"]
    second, third = CALLED[kind(name)]
    titles = [title for _, title, _ in found]
    assert titles[0] == "idea"
    assert titles[1] in second
    assert titles[2] in third
    assert all(text.strip() for _, _, text in found)


@each_task
def test_hints_are_set_as_text_and_folded(name):
    page = BeautifulSoup(markdown2html(hints(name).source), "html.parser")
    folded = page.find_all("details")
    assert len(folded) == len(page.find_all("summary")) == 3
    for block in folded:
        assert not block.has_attr("open")
        assert block.find("details") is None
        for code in block.find_all(["code", "pre"]):
            code.decompose()
        assert not re.search(r"\*\*|```|`|^#|^\s*[-*] ", block.get_text(), re.M)


@each_task
def test_hints_do_not_hold_the_answer(name):
    assert given_away(name, hints(name).source) == set()
    _, cell, _ = CELLS[name]
    assert given_away(name, cell.source), "the answer itself would be noticed"


@pytest.mark.parametrize("unit", UNITS)
def test_every_hint_belongs_to_a_task(unit):
    cells = nbformat.read(ROOT / f"source/{unit}/{unit}.ipynb", as_version=4).cells
    stray = {cell.id.removeprefix("hints-") for cell in cells if cell.id.startswith("hints-")}
    stray -= {name for name, (home, _, _) in CELLS.items() if home == unit}
    assert not stray, f"{unit}: no task for the hints of {', '.join(sorted(stray))}"
