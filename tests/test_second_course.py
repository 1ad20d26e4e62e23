"""A course on another subject, `tests/second_course`, with the engine as it is.

Its first unit has checks, its second is made of plain nbgrader cells.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.model import report_of
from tests.commands import LIGHT

pytestmark = pytest.mark.slow(50)

ROOT = Path(__file__).parents[1]
CHECKED, PLAIN = UNITS = ["unit1_averages", "unit2_spread"]
COMMANDS = "demo release kit collect grade mark return name report export audit sync".split()
OUR_SUBJECT = re.compile(r"convol|convnet|pool2d|conv2d|\bcourse/|unit1_convolution", re.IGNORECASE)
HIDDEN = re.compile(r"7131|7136|9137|secret_list")  # of the second unit's hidden asserts

TRIMMED = """
def trimmed_mean(values, share):
    if not 0 <= share < 0.5:
        raise ValueError("share is out of range")
    kept = sorted(values){slice}
    return sum(kept) / len(kept)
"""
ONE_END = TRIMMED.format(slice="[int(share * len(values)):]")
BOTH_ENDS = TRIMMED.format(
    slice="[int(share * len(values)):len(values) - int(share * len(values))]"
)
MEDIAN = "median_by_hand = sorted(mine)[3]"
RANGE = "def value_range(values):\n    return max(values) - min(values)"
ABOVE = "def above(values, limit):\n    return sum(value > limit for value in values)"
# Takes the answers, the checks and the hidden asserts from wherever they may lie.
THIEF = """
import sys
caught = []
def trimmed_mean(values, share):
    from sample.solutions import trimmed_mean as right
    return right(values, share)
def median_by_hand():
    from staff.units.unit1_averages.reference import median_by_hand as right
    return right(mine)
median_by_hand = median_by_hand
"""
SPY = """
import sys, linecache
def value_range(values):
    frame = sys._getframe(1)
    text = "".join(linecache.getlines(frame.f_code.co_filename)) + repr(values)
    open("caught.txt", "a").write(text)
    print(text)
    raise LookupError(text)
"""
PRINT_CAUGHT = """
import os
print(open("caught.txt").read() if os.path.exists("caught.txt") else "", In, globals().keys())
"""
STUDENTS = {
    "right": {
        CHECKED: {"trimmed_mean": BOTH_ENDS, "median_by_hand": MEDIAN},
        PLAIN: {"value_range": RANGE, "above": ABOVE},
    },
    "wrong": {
        CHECKED: {"trimmed_mean": ONE_END, "median_by_hand": "median_by_hand = -1"},
        PLAIN: {"value_range": RANGE + " + 1", "above": ABOVE.replace(">", ">=")},
    },
    "hostile": {
        CHECKED: {"trimmed_mean": THIEF, "median_by_hand": "median_by_hand = median_by_hand()"},
        PLAIN: {"value_range": SPY, "above": "raise SystemExit"},
    },
}
SCORES = {
    "right": {"test_trimmed_mean": 3, "test_median_by_hand": 1, "test_value_range": 2}
    | {"test_above": 3},
    "wrong": {"test_trimmed_mean": 0, "test_median_by_hand": 0, "test_value_range": 0}
    | {"test_above": 1},
    "hostile": {"test_trimmed_mean": 0, "test_median_by_hand": 0, "test_value_range": 0}
    | {"test_above": 0},
}


def run(folder, *command, expected=0):
    """Run a command of this environment in a folder; returns what it printed."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": LIGHT}
    program = [sys.executable, "-m", "autograder.commands.cli"]
    if command[0] == "nbgrader":
        program, command = [sys.executable, "-m", "nbgrader"], command[1:]
    done = subprocess.run(
        [*program, *command], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout + done.stderr


def new_course(folder):
    """A course folder as docs/own-course.md has it made."""
    unwanted = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(ROOT / "tests" / "second_course", folder, ignore=unwanted)
    for name in ("nbgrader_config.py", "nbgrader_config.json"):
        shutil.copy(ROOT / name, folder)
    return folder


def hand_in(folder):
    for student, answers in STUDENTS.items():
        for unit, sources in answers.items():
            notebook = nbformat.read(folder / "release" / unit / f"{unit}.ipynb", as_version=4)
            for cell in notebook.cells:
                cell.source = sources.get(cell.id, cell.source)
                cell.source = cell.source.replace('STUDENT_ID = ""', f'STUDENT_ID = "{student}"')
            notebook.cells.append(nbformat.v4.new_code_cell(PRINT_CAUGHT, id="later"))
            path = folder / "submitted" / student / unit / f"{unit}.ipynb"
            path.parent.mkdir(parents=True)
            nbformat.write(notebook, path)


def scores(folder):
    """The automatic scores in the gradebook, by student and cell."""
    found = {}
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        for student in STUDENTS:
            grades = [
                grade
                for unit in UNITS
                for grade in book.find_submission_notebook(unit, unit, student).grades
            ]
            found[student] = {grade.name: grade.auto_score for grade in grades}
    return found


@pytest.fixture(scope="module")
def said():
    """What was printed, by command."""
    return {}


@pytest.fixture(scope="module")
def course(tmp_path_factory, said):
    """The course, graded by ``autograder grade``, with feedback, report and kit."""
    folder = new_course(tmp_path_factory.mktemp("second") / "course")
    said["sync"] = run(folder, "sync", "--check")
    said["release"] = run(folder, "release")
    hand_in(folder)
    said["grade"] = run(folder, "grade", "--jobs", "1")
    for unit in UNITS:
        run(folder, "nbgrader", "generate_feedback", unit)
    said["report"] = run(folder, "report")
    said["kit"] = run(folder, "kit")
    said["audit"] = run(folder, "audit")
    return folder


def texts(folder, *places):
    """The text of every file below some folders of the course, by path."""
    paths = [path for place in places for path in (folder / place).rglob("*") if path.is_file()]
    assert paths
    return {path: path.read_bytes().decode(errors="replace") for path in paths}


def test_right_wrong_and_hostile_submissions_get_what_they_are_worth(course):
    assert scores(course) == SCORES


def test_nbgraders_own_autograde_gives_the_same(course, tmp_path):
    folder = new_course(tmp_path / "course")
    for unit in UNITS:
        run(folder, "nbgrader", "generate_assignment", unit)
    hand_in(folder)
    for unit in UNITS:
        run(folder, "nbgrader", "autograde", unit)
    assert scores(folder) == scores(course)


def test_mistakes_have_their_sentences(course):
    page = (course / "feedback" / "wrong" / CHECKED / f"{CHECKED}.html").read_text()
    assert "You dropped the smallest values only; the largest have to go too." in page
    report = (course / "reports" / CHECKED / f"{CHECKED}.html").read_text()
    assert "You dropped the smallest values only; the largest have to go too." in report


def test_the_audit_finds_every_misconception(course, said):
    # Its four, and the one of who works with a guest's numbers.
    assert "misconceptions caught and named: 5 of 5 " in said["audit"]


def test_cells_without_a_check_are_named_at_release_and_while_grading(course, said):
    sentence = "Graded by their own asserts, which student code can influence: "
    assert f"{sentence}`test_value_range`, `test_above`." in said["release"]
    assert said["grade"].count(sentence) == 1


def test_a_result_says_that_it_was_graded_by_the_cells_own_asserts(course):
    notebook = nbformat.read(course / "autograded" / "wrong" / PLAIN / f"{PLAIN}.ipynb", 4)
    by_id = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if cell.metadata}
    said = by_id["test_above"].outputs[0].text
    assert "ok    the cell's own asserts, run together with your code  (1 of 1)" in said
    assert "FAIL  the cell's own asserts, run together with your code  (0 of 2)" in said
    failed = by_id["test_value_range"].outputs
    assert "it raised AssertionError" in failed[0].text
    assert failed[-1].ename == "AssertionError"  # that of the visible assert, with its traceback
    assert report_of(notebook).scores == {"test_value_range": 0, "test_above": 1}


def test_hidden_asserts_are_in_the_source_and_nowhere_else(course):
    assert any(HIDDEN.search(text) for text in texts(course, "source").values())
    places = ["release", "autograded", "feedback", "reports", "build", ".autograder"]
    found = [path for path, text in texts(course, *places).items() if HIDDEN.search(text)]
    assert found == []


def test_the_kit_is_complete_and_its_notebooks_run(course, tmp_path):
    with zipfile.ZipFile(course / "build" / "kit" / "statistics-kit.zip") as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "statistics-kit"
    readme = (folder / "README.md").read_text()
    assert readme.startswith("# Statistics of a list\n")
    assert "You write code and answers by hand.\n" in readme
    assert "asks for your id" in readme
    assert "Where they are empty, or show a part only" in readme  # two of its cells hold asserts
    assert not re.search(r"practice|sentences|draw or train|cells are empty:", readme, re.I)
    assert "name: statistics-kit" in (folder / "environment.yml").read_text()
    assert (folder / "requirements.txt").read_text().splitlines()[0] == "numpy>=2.0"
    assert not list(folder.rglob("staff"))
    assert not re.search(r"BEGIN SOLUTION|### BEGIN HIDDEN|staff", str(texts(folder, ".").values()))
    command = [sys.executable, "-m", "nbconvert", "--execute", "--allow-errors", "--to", "notebook"]
    light = {**os.environ, "PYTHONPATH": LIGHT}
    subprocess.run([*command, "--inplace", f"{CHECKED}.ipynb"], cwd=folder, env=light, check=True)
    ran = nbformat.read(folder / f"{CHECKED}.ipynb", as_version=4)
    errors = {c.id: o.ename for c in ran.cells for o in c.get("outputs", []) if "ename" in o}
    assert errors == {"median_by_hand": "NotImplementedError"}
    numbers = next(cell for cell in ran.cells if cell.id == "own_numbers")
    assert len(json.loads(numbers.outputs[0].data["text/plain"])) == 7


def test_nothing_is_said_of_our_subject(course, said):
    said |= {name: run(course, name, "--help") for name in COMMANDS}
    places = ["release", "autograded", "feedback", "reports", "build"]
    # A traceback names the grader's own folder, whatever it is called.
    project = str(ROOT)
    pages = {str(p): text.replace(project, "") for p, text in texts(course, *places).items()}
    assert [name for name, text in (said | pages).items() if OUR_SUBJECT.search(text)] == []


def test_a_check_that_was_forgotten_is_named_before_anybody_is_graded(tmp_path):
    folder = new_course(tmp_path / "course")
    path = folder / "source" / CHECKED / f"{CHECKED}.ipynb"
    renamed = re.sub(r'(test_|check\(.")median_by_hand', r"\1mode_by_hand", path.read_text())
    path.write_text(renamed)
    assert (
        "the graded cell `test_mode_by_hand` calls a check, but staff.units has no task "
        f"`mode_by_hand` in {CHECKED}"
    ) in run(folder, "release", CHECKED, expected=2)


def test_a_course_that_names_no_content_is_not_graded_by_plain_asserts(tmp_path):
    folder = new_course(tmp_path / "course")
    settings = folder / "course_settings.py"
    settings.write_text(settings.read_text().replace('c.Content.package = "staff.units"', ""))
    said = run(folder, "release", CHECKED, expected=2)
    assert "c.Content.package in course_settings.py" in said
    assert "autograder.units has no unit of this course" in run(folder, "audit", expected=2)


def test_a_package_that_an_installed_one_hides_is_named(tmp_path):
    folder = new_course(tmp_path / "course")
    (folder / "sample").rename(folder / "course")
    units = folder / "staff" / "units" / "__init__.py"
    units.write_text(re.sub(r"\bsample\b", "course", units.read_text()))
    # Not `python -m …`, which would look into the current folder first.
    command = [Path(sys.executable).parent / "autograder", "release", CHECKED]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"The package {folder / 'course'} is hidden" in done.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Path.unlink, "there is no variants.py (it may be empty)"),
        (lambda path: path.write_text("def f(:"), "variants.py cannot be imported (SyntaxError"),
    ],
)
def test_a_module_of_a_unit_that_cannot_be_had_is_named(tmp_path, change, said):
    folder = new_course(tmp_path / "course")
    change(folder / "staff" / "units" / CHECKED / "variants.py")
    assert f"staff/units/{CHECKED}: {said}" in run(folder, "audit", expected=2)


def test_the_demo_is_of_another_course(tmp_path):
    said = run(new_course(tmp_path / "course"), "demo", expected=2)
    assert "The demo is of the convolution course" in said


def test_a_content_that_cannot_be_imported_stops_every_way_of_grading(tmp_path):
    folder = new_course(tmp_path / "course")
    with open(folder / "staff" / "units" / "__init__.py", "a") as file:
        file.write("import no_such_module\n")
    reason = "The content staff.units cannot be imported (ModuleNotFoundError: "
    assert reason in run(folder, "release", expected=2)
    assert reason in run(folder, "nbgrader", "generate_assignment", CHECKED, expected=1)


def test_the_steps_of_the_documentation_work_as_they_are_written(tmp_path):
    text = (ROOT / "docs" / "own-course.md").read_text(encoding="utf-8")
    install, *steps = re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert "make setup" in install
    programs = str(Path(sys.executable).parent)
    environment = {**os.environ, "PYTHONPATH": LIGHT}
    environment["PATH"] = os.pathsep.join([programs, os.environ["PATH"]])
    command = ["bash", "-ec", "\n".join(steps)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "misconceptions caught and named: 1 of 1" in done.stdout
    assert re.search(r"^ada +0 of 3", done.stdout, re.MULTILINE), done.stdout
    assert (tmp_path / "averages" / "build" / "kit" / "statistics-kit.zip").is_file()
    page = tmp_path / "averages" / "feedback" / "ada" / CHECKED / f"{CHECKED}.html"
    assert "not written yet" in page.read_text()
