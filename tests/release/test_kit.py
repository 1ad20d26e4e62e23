"""What students get: complete, installable anywhere, runs as it is, and holds nothing of ours."""

import ast
import functools
import inspect
import json
import re
import stat
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from autograder.cells import PRACTICE, role
from autograder.checking import diagnose
from autograder.course import Course, CourseError
from autograder.examples import fresh_course, name_of
from autograder.release import kit
from autograder.release.notebooks import released
from autograder.sandbox.view import PROJECT
from autograder.units import CONTENT as content
from tests import environments
from tests.commands import LIGHT

pytestmark = pytest.mark.slow(30)

PYPROJECT = tomllib.loads((PROJECT / "students/pyproject.toml").read_text("utf-8"))["project"]
WANTED = [*PYPROJECT["dependencies"], *PYPROJECT["optional-dependencies"]["jupyter"]]
WINDOWS_RESERVES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in "123")}


@pytest.fixture(scope="module")
def files():
    """The kit with all units: bytes by path."""
    return kit.contents(Course(PROJECT), content.units())


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course, the current folder."""
    course = fresh_course(tmp_path / "course")
    monkeypatch.chdir(course.root)
    return course


def read(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


# -- the folder and the zip -----------------------------------------------------------------------


def test_the_folder_and_the_zip_hold_the_same(course, capsys):
    assert kit.run(["unit1_convolution"]) == 0
    place = course.root / "build" / "kit"
    assert str(place / "convnet-kit.zip") in capsys.readouterr().out
    with zipfile.ZipFile(place / "convnet-kit.zip") as archive:
        archive.extractall(course.root / "unpacked")
        modes = {entry.external_attr >> 16 for entry in archive.infolist()}
    assert all(stat.S_ISREG(mode) and mode & stat.S_IRUSR for mode in modes)
    assert sorted(path.name for path in (course.root / "unpacked").iterdir()) == [content.kit]
    unpacked = read(course.root / "unpacked" / content.kit)
    assert unpacked == read(place / content.kit) == kit.contents(course, ["unit1_convolution"])


def test_the_same_kit_is_the_same_zip(course, files):
    again = kit.contents(course, content.units())
    assert kit.zipped(content.kit, again) == kit.zipped(content.kit, files)


def test_a_unit_that_is_not_chosen_any_more_is_gone(course):
    kit.run()
    kit.run(["unit2_matching"])
    folder = course.root / "build" / "kit" / content.kit
    assert [path.name for path in folder.glob("*.ipynb")] == ["unit2_matching.ipynb"]


def test_files_beside_a_source_notebook_are_in_it(course):
    picture = course.source("unit1_convolution").with_name("pictures") / "cup.png"
    picture.parent.mkdir()
    picture.write_bytes(b"cup")
    (picture.parent / ".DS_Store").write_bytes(b"hidden")
    files = kit.contents(course, ["unit1_convolution", "unit2_matching"])
    assert files["pictures/cup.png"] == b"cup"
    assert "pictures/.DS_Store" not in files

    other = course.source("unit2_matching").with_name("pictures") / "cup.png"
    other.parent.mkdir()
    other.write_bytes(b"another")
    with pytest.raises(CourseError, match="another unit has a file of this name"):
        kit.contents(course, ["unit1_convolution", "unit2_matching"])


def test_names_and_lines_suit_every_system(files):
    assert len({name.casefold() for name in files}) == len(files)
    for name, data in files.items():
        assert re.fullmatch(r"[\w.-]+(/[\w.-]+)*", name, re.ASCII), name
        assert not any(part.split(".")[0].lower() in WINDOWS_RESERVES for part in name.split("/"))
        assert len(name) < 100, name
        if not name.endswith(".npz"):
            assert b"\r" not in data, name
            data.decode("utf-8")


# -- a student's folder ---------------------------------------------------------------------------


def test_a_students_notebooks_are_left_as_they_are_and_the_rest_is_renewed(course, capsys):
    kit.run(["unit1_convolution"], into="lab")
    lab = course.root / "lab"
    (lab / "unit1_convolution.ipynb").write_text("hours of work")
    (lab / "notes.txt").write_text("mine")
    (lab / "course" / "practice.py").write_text("an older one")
    assert kit.run(into="lab") == 0
    assert "Left as they were: unit1_convolution.ipynb." in capsys.readouterr().out
    expected = kit.contents(course, content.units())
    expected |= {"unit1_convolution.ipynb": b"hours of work", "notes.txt": b"mine"}
    assert read(lab) == expected


def test_a_folder_that_is_no_kit_is_not_written_over(course):
    before = read(course.root)
    with pytest.raises(CourseError, match=r"is not a kit, but has its own nbgrader_config\.py"):
        kit.run(into=".")
    assert read(course.root) == before


def test_what_cannot_be_written_is_said(course):
    (course.root / "build").write_text("a file")
    with pytest.raises(CourseError, match=r"build\S* cannot be written"):
        kit.run()


# -- what is said in it ---------------------------------------------------------------------------


def test_what_to_install_is_what_pyproject_says(files):
    lines = files["requirements.txt"].decode().splitlines()
    assert [Requirement(line) for line in lines] == [Requirement(line) for line in WANTED]
    assert files["LICENSE"] == (PROJECT / "LICENSE").read_bytes()
    environment = yaml.safe_load(files["environment.yml"])
    python, pip, listed = environment["dependencies"]
    assert SpecifierSet(python.removeprefix("python")) == SpecifierSet(PYPROJECT["requires-python"])
    assert (pip, listed) == ("pip", {"pip": ["-r requirements.txt"]})
    (oldest,) = re.findall(r"^OLDEST = \((.*)\)", files["lab.py"].decode(), re.M)
    assert f">={oldest.replace(', ', '.')}," in PYPROJECT["requires-python"]


def test_the_readme_names_what_is_there(files):
    text = files["README.md"].decode()
    assert "$" not in text
    for name in re.findall(r"`([\w.]+(?:\.\w+|/))`", text):
        assert any(path.startswith(name) for path in files), name
    assert all(f"`{unit}.ipynb`" in text for unit in content.units())
    environment = yaml.safe_load(files["environment.yml"])["name"]
    assert f"conda activate {environment}" in text


SAID = {
    "practice": ["Practice cells tell", "*Practice* cells", "practice passes"],
    "id": ["asks for your id"],
    "by-hand": ["answers by hand", "exercises by hand"],
    "practice-by-hand": ["practice checks the form"],
    "experiment": ["only draw or train"],
    "written": ["sentences"],
    "empty": ["cells are empty: hidden checks"],
}


def test_the_readme_speaks_of_all_that_the_notebooks_have(files):
    text = files["README.md"].decode()
    assert [words for said in SAID.values() for words in said if words not in text] == []
    assert "| `" in text  # the table is whole
    assert not re.search(r"^[a-z-]+\|", text, re.MULTILINE)


def test_the_readme_speaks_of_nothing_that_the_notebooks_do_not_have(course):
    there = kit.what_is_there(content, [], [])
    assert set(there) == {*SAID, "asserts"}
    assert not any(there.values())
    text = kit.said_of(there, (kit.HANDOUT / "README.md").read_text(encoding="utf-8"))
    assert [words for said in SAID.values() for words in said if words in text] == []
    assert kit.what_to_fill_in(content, ["unit"], there)["answers"] == "code"

    unit2 = kit.contents(course, ["unit2_matching"])["README.md"].decode()
    assert "You write code and sentences.\n" in unit2
    assert "by hand" not in unit2.partition("\n")[2]  # our title has these words
    assert "asks for your id, write it there" in unit2
    assert "Your id chooses your numbers" not in unit2


def test_the_panels_that_are_off_are_those_of_nbgrader(files):
    settings = json.loads(files["settings/labconfig/page_config.json"])
    ours = {name for name in settings["disabledExtensions"] if name.startswith("@jupyter/nbgrader")}
    folder = Path(sys.prefix) / "share/jupyter/labextensions/@jupyter/nbgrader/static"
    code = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.js"))
    theirs = set(re.findall(r'"(@jupyter/nbgrader:[a-z-]+)"', code))
    assert theirs - ours == {"@jupyter/nbgrader:validate-assignment"}
    assert ours <= theirs


# -- nothing of ours ------------------------------------------------------------------------------


@functools.cache
def flat(code):
    """Python code as lines, without indentation, comments and ways of writing it."""
    return "\n".join(line.strip() for line in ast.unparse(ast.parse(code)).split("\n"))


def body(function):
    """What a function does, after its docstring, as `flat` writes it."""
    statements = ast.parse(inspect.getsource(function)).body[0].body
    return flat("\n".join(map(ast.unparse, statements[isinstance(statements[0], ast.Expr) :])))


def notebooks(files):
    """(unit, notebook) of the kit, in order."""
    for unit in content.units():
        yield unit, nbformat.reads(files[f"{unit}.ipynb"].decode(), as_version=4)


def code_in(files):
    """All Python code of the kit, `flat`."""
    modules = [data.decode() for name, data in files.items() if name.endswith(".py")]
    cells = [c.source for _, nb in notebooks(files) for c in nb.cells if c.cell_type == "code"]
    return "\n\n".join(map(flat, [*modules, *cells]))


def private_functions():
    """Every reference, check, wrong answer and right answer of another style."""
    for task in [task for unit in content.units() for task in content.of_unit(unit).values()]:
        yield from [task.reference, task.check]
        yield from [*task.misconceptions.values(), *task.variants.values()]


def test_the_notebooks_are_those_that_are_released(files):
    course = Course(PROJECT)  # test_release.py says what is not in a release
    for unit, notebook in notebooks(files):
        assert notebook == nbformat.reads(
            nbformat.writes(released(course.source(unit), course.config)), as_version=4
        )


def test_no_function_of_ours_is_in_it(files):
    there, found, looked_for = code_in(files), [], 0
    for function in private_functions():
        found += [function.__name__] if body(function) in there else []
        looked_for += 1
        assert body(function) in flat(inspect.getsource(inspect.getmodule(function)))
    assert found == []
    assert looked_for > 500


def test_no_name_or_sentence_of_ours_is_in_it(files):
    texts = [data.decode() for name, data in files.items() if not name.endswith(".npz")]
    texts += [cell.source for _, notebook in notebooks(files) for cell in notebook.cells]
    text = "\n".join(texts)
    names = {function.__name__ for function in private_functions()}
    ours = {name for name in names if "__" in name or name.startswith("check_")}
    assert len(ours) > 500
    assert not ours & set(re.findall(r"\w+", text))
    for task in [task for unit in content.units() for task in content.of_unit(unit).values()]:
        for mistake in task.misconceptions.values():
            assert diagnose.sentence(mistake) not in text
    marks = "BEGIN HIDDEN|END HIDDEN|BEGIN SOLUTION|END SOLUTION|Rubric:"
    assert not re.search(marks, text)
    source = Path(PROJECT, "source").glob("*/*.ipynb")
    assert all(re.search(marks, path.read_text(encoding="utf-8")) for path in source)


def test_nothing_of_the_grader_or_the_tests_is_in_it(files):
    folders = {name.split("/")[0] for name in files if "/" in name}
    assert folders == {"course", "settings"}
    imports = r"^\s*(import|from) +(autograder|tests|benchmarks)\b"
    pattern = re.compile(rf"{imports}|autograder[./]\w|__pycache__|\.pyc\b|checkpoint", re.M)
    for name, data in files.items():
        if not name.endswith(".npz"):
            assert not pattern.search(data.decode()), name
    assert pattern.search(Path(__file__).read_text(encoding="utf-8"))


# -- installed and run ----------------------------------------------------------------------------


# Run by each kernel at its start. nbval trains on all pictures, in the source notebooks.
ONE_BATCH = """
from course import training

def one_batch(network, optimizer, x, labels, rng, batch=64, epoch=training.train_epoch):
    return epoch(network, optimizer, x[:batch], labels[:batch], rng, batch)

training.train_epoch = one_batch
"""


class Student:
    """A folder with the kit in it, and a new environment with what the kit asks for.

    pip says whether the packages that it sees are what the kit asks for. In notebooks, an epoch of
    training has one batch.
    """

    def __init__(self, folder, files):
        self.folder = folder / "Übungen, part 1" / content.kit
        kit.put(self.folder, files)
        self.python = environments.create(self.folder / ".venv")
        more = {"IPYTHONDIR": str(folder / "ipython"), "PYTHONPATH": LIGHT}
        self.environment = environments.variables(folder) | more
        startup = folder / "ipython" / "profile_default" / "startup" / "one_batch.py"
        startup.parent.mkdir(parents=True)
        startup.write_text(ONE_BATCH, encoding="utf-8")

    def run(self, *arguments):
        """Run the environment's Python in the kit's folder; returns what came out of it."""
        done = subprocess.run(
            [self.python, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def student(files, tmp_path_factory):
    return Student(tmp_path_factory.mktemp("student"), files)


def test_pip_installs_what_the_kit_asks_for(student):
    said = student.run("-m", "pip", "install", "--no-index", "-r", "requirements.txt")
    for wanted in WANTED:
        name = re.match(r"[\w-]+", wanted)[0]
        assert re.search(rf"^Requirement already satisfied: {name}\b", said, re.M), said


def test_the_new_environment_has_the_kits_course_and_no_grader(student):
    program = """
import importlib.util, course
print(course.__file__)
print(importlib.util.find_spec("autograder"))
"""
    where, grader = student.run("-c", program).split("\n")[:2]
    assert Path(where) == student.folder / "course" / "__init__.py"
    assert grader == "None"


def test_it_says_so_where_jupyterlab_is_not_installed(student):
    done = subprocess.run(
        [student.python, "-S", "lab.py"], cwd=student.folder, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "JupyterLab is not installed for " in done.stderr


@pytest.fixture(scope="module")
def ran(student):
    """The notebooks after every cell of them has been run before anything is solved, by unit."""
    names = [f"{unit}.ipynb" for unit in content.units()]
    options = ["--execute", "--allow-errors", "--to", "notebook", "--output-dir", "ran"]
    hangs = "--ExecutePreprocessor.timeout=300"  # of one cell, in seconds
    student.run("-m", "nbconvert", *options, hangs, *names)
    return {
        unit: nbformat.read(student.folder / "ran" / f"{unit}.ipynb", as_version=4)
        for unit in content.units()
    }


def errors(cell):
    return [o.ename for o in cell.get("outputs", []) if o.output_type == "error"]


@pytest.mark.parametrize("unit", content.units())
def test_before_anything_is_solved_only_what_needs_it_fails(ran, unit):
    unsolved = "|".join(content.of_unit(unit))
    pictures = 0
    for cell in ran[unit].cells:
        name = name_of(cell) or ""
        if name.startswith(PRACTICE):
            assert errors(cell) == ["NotYet"], cell.id
        elif errors(cell):
            # A solution that says so, or an experiment with what is not solved yet.
            assert re.search(rf"\b({unsolved})\b", cell.source), cell.id
            assert errors(cell)[0] in ("NotImplementedError", "NameError"), cell.id
        elif role(cell) == "solution":
            assert "raise NotImplementedError()" in cell.source, cell.id
        outputs = cell.get("outputs", [])
        assert not any(o.get("name") == "stderr" for o in outputs), cell.id
        pictures += sum("image/png" in o.get("data", {}) for o in outputs)
    assert pictures


# What the button does: nbgrader's own handler reads the configuration, its Validator does the rest.
VALIDATE = """
import json, os, sys
from nbgrader.server_extensions.validate_assignment.handlers import ValidateAssignmentHandler
from nbgrader.validator import Validator
config = ValidateAssignmentHandler.load_config(None)
print(json.dumps(Validator(config=config).validate(os.path.abspath(sys.argv[1]))))
"""


def validated(student, files, change):
    """What Validate answers to a notebook of the kit, after ``change(cells by id)``."""
    notebook = nbformat.reads(files["unit4_pooling.ipynb"].decode(), as_version=4)
    change({cell.id: cell for cell in notebook.cells})
    nbformat.write(notebook, student.folder / "changed.ipynb")
    return json.loads(student.run("-c", VALIDATE, "changed.ipynb"))


def test_validate_names_the_cells_that_fail_and_says_what_is_wrong(student, files):
    shown = {}

    def change(cells):
        shown.update({name: f"Cell {place} · {name}" for place, name in enumerate(cells, start=1)})
        cells["pool2d"].source = "def pool2d(x, kernel, stride=None, pad=0, mode='max'):\n    x.y"

    failed = validated(student, files, change)["failed"]
    told = {cell["source"]: cell["raw_error"] for cell in failed}
    assert "AttributeError in the line `x.y`" in told[shown["practice_pool2d"]]
    assert told[shown["pool2d_by_hand"]].startswith("not yet  the line `raise NotImpl")
    assert told[shown["practice_maxpool_backward"]].endswith("not written yet.")
    assert told["YOUR ANSWER HERE"] == "You did not provide a response."
    assert all(source in {*shown.values(), "YOUR ANSWER HERE"} for source in told)
    assert not any("show_" in source for source in told)


def test_validate_shows_a_cell_of_the_course_that_was_written_into(student, files):
    mine = "practice.compare(pool2d, 1)  # mine"

    def change(cells):
        cells["practice_pool2d"].source = mine

    assert validated(student, files, change) == {"changed": [{"source": mine}]}
