"""What a student does with the kit: open unit 1, practise, solve, validate, save."""

import re
import sys

import nbformat
import pytest
from playwright.sync_api import expect

from autograder.cells import role
from autograder.course import Course
from autograder.examples import UNIT, Work, name_of
from autograder.release import kit
from autograder.sandbox.view import PROJECT
from autograder.units import CONTENT as content
from autograder.untrusted.rebuild import rebuild

pytestmark = pytest.mark.slow(60)

STUDENT = "s0123456"
NOTEBOOK = f"{UNIT}.ipynb"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A student's folder with unit 1."""
    folder = tmp_path_factory.mktemp("student") / "My course"
    kit.put(folder, kit.contents(Course(PROJECT), [UNIT]))
    return folder


@pytest.fixture(scope="module")
def page(folder, jupyter):
    """JupyterLab, as lab.py opens it, with the notebook."""
    page = jupyter(folder, sys.executable, "lab.py")
    page.locator(".jp-DirListing-item", has_text=NOTEBOOK).dblclick()
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    return page


class Notebook:
    """The notebook on screen; its cells by id."""

    def __init__(self, page, path):
        self.page, self.path = page, path
        self.places = {cell.id: place for place, cell in enumerate(self.on_disk().cells)}

    def on_disk(self):
        return nbformat.read(self.path, as_version=4)

    def cell(self, name):
        """The cell with this id, on screen: far away from what is shown there is none."""
        place, shown = self.places[name], self.page.locator(".jp-Notebook-cell")
        cell = self.page.locator(f'.jp-Cell[data-windowed-list-index="{place}"]')
        for _ in range(100):
            if cell.count():
                break
            first = int(shown.first.get_attribute("data-windowed-list-index"))
            self.page.locator(".jp-WindowedPanel-outer").hover()
            self.page.mouse.wheel(0, 700 if place > first else -700)
            self.page.wait_for_timeout(100)
        return cell

    def write(self, name, source):
        """Replace what stands in a cell."""
        self.cell(name).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)

    def run(self, name):
        """Run a cell with Shift+Enter; returns where its outputs are shown."""
        cell = self.cell(name)
        if cell.locator(".cm-content").is_visible():
            cell.locator(".cm-content").click()
        else:  # folded: a click on the dots would unfold it, one on the edge selects it
            cell.click(position={"x": 200, "y": 1})
        self.page.keyboard.press("Shift+Enter")
        return cell.locator(".jp-OutputArea")

    def run_all(self):
        """Restart the kernel and run all cells, through the menu."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name=re.compile("^Restart Kernel and Run All")).click()
        self.page.get_by_role("button", name="Confirm Kernel Restart").click()

    def save(self):
        """Save with Ctrl+S; returns once the tab shows no unsaved changes any more."""
        unsaved = self.page.locator(".lm-TabBar-tab.jp-mod-dirty", has_text=self.path.name)
        expect(unsaved).to_be_visible()
        self.page.keyboard.press("Control+S")
        expect(unsaved).to_have_count(0)

    def validate(self):
        """Press the button; returns the text of the answer, and closes it."""
        self.page.get_by_role("button", name="Validate").click()
        dialog = self.page.locator(".jp-Dialog-content")
        expect(dialog).to_contain_text("Validation Results")
        text = dialog.inner_text()
        dialog.get_by_role("button", name="Ok").click()
        return text


@pytest.fixture
def solved(folder):
    """The cells of a student who solves everything, by name."""
    work = Work(STUDENT, nbformat.read(folder / NOTEBOOK, as_version=4))
    for task in content.of_unit(UNIT).values():
        if not task.by_value:
            work.use(task.name, task.reference)
    work.answer_by_hand(STUDENT)
    return {task: work.cell(task).source for task in content.of_unit(UNIT)}


def test_practise_solve_validate_save(page, folder, solved):
    notebook = Notebook(page, folder / NOTEBOOK)
    untouched = notebook.on_disk()

    # Nothing is written yet: practice says so, and Validate lists it.
    for name in ["setup", "student-id", "conv2d_valid"]:
        notebook.run(name)
    practice = "practice_conv2d_valid"
    expect(notebook.run(practice)).to_contain_text("not yet  conv2d_valid(1×3×4×4, 1×3×3×3): not w")
    said = notebook.validate()
    assert f"Cell {notebook.places[practice] + 1} · {practice}" in said
    assert "the line `raise NotImplementedError()` is still there" in said

    # A wrong answer: practice asks the right question. Then a right one.
    right = solved["conv2d_valid"]
    wrong = right.replace("windows, w,", "windows, w[..., ::-1, ::-1],")
    assert wrong != right
    for source, answer in [(wrong, "Is the kernel flipped?"), (right, "ok  conv2d_valid(")]:
        notebook.write("conv2d_valid", source)
        notebook.run("conv2d_valid")
        expect(notebook.run(practice)).to_contain_text(answer)

    # Half solved: every cell runs, and figures that need no answer are there.
    notebook.run_all()
    expect(notebook.cell("progress")).to_contain_text(
        f"1 of {len(solved)} tasks have passed", timeout=240_000
    )
    figure = notebook.cell("show_dilated_windows").locator(".jp-OutputArea img")
    expect(figure).to_be_visible()

    # Everything else.
    notebook.write("student-id", f'STUDENT_ID = "{STUDENT}"')
    for name, source in solved.items():
        notebook.write(name, source)
    notebook.run_all()
    expect(notebook.cell("progress")).to_contain_text(f"{len(solved)} of {len(solved)} tasks have")

    # What is saved can be handed in as it is.
    notebook.save()
    saved = notebook.on_disk()
    written = {name_of(cell): cell.source for cell in saved.cells if role(cell) == "solution"}
    assert written == solved
    figure = next(cell for cell in saved.cells if cell.id == "show_window")
    assert "image/png" in figure.outputs[0].data
    _, repairs = rebuild(notebook.path.read_bytes(), untouched, content)
    assert repairs == []
    assert "Success! Your notebook passes all the tests." in notebook.validate()


def test_a_moved_slider_changes_the_figure(page, folder):
    notebook = Notebook(page, folder / NOTEBOOK)
    cell = notebook.cell("show_window_places")
    figure = cell.locator(".jp-OutputArea img")
    before = figure.get_attribute("src")
    stride = cell.locator(".widget-hslider", has_text="stride")
    expect(stride.locator(".widget-readout")).to_have_text("1")
    stride.locator(".noUi-handle").press("ArrowRight")
    expect(stride.locator(".widget-readout")).to_have_text("2")
    expect(figure).not_to_have_attribute("src", before)


def test_panels_that_are_not_for_students_are_off(page):
    expect(page.get_by_role("menuitem", name="Kernel", exact=True)).to_be_visible()
    expect(page.get_by_role("menuitem", name="Nbgrader")).to_have_count(0)
    expect(page.get_by_role("tab", name="Table of Contents")).to_be_visible()
    expect(page.get_by_role("tab", name="Create Assignment")).to_have_count(0)
    # By now it would have been asked.
    expect(page.get_by_text("notified about official Jupyter news")).to_have_count(0)


def test_the_readme_opens_as_it_is_read(page):
    page.locator(".jp-DirListing-item", has_text="README.md").dblclick()
    expect(page.get_by_role("heading", name="Install, once")).to_be_visible()
