"""Imports go one way, as the design says, wherever in a file they stand."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import tasks

ROOT = Path(__file__).parents[1]
OURS = {"course", "autograder", "tests", "benchmarks"}

# What a module may import of the project, by the longest name here that its own begins with.
ALLOWED = {
    "course": ["course"],
    "autograder": ["autograder", "course"],
    "autograder.demo": ["autograder", "course", "tests"],  # the examples are the tests'
    "autograder.reference": ["course.ops"],  # in unit 6, where students have it too
    "autograder.variants": ["course.ops"],
    "autograder.misconceptions": ["autograder.reference", "autograder.mistakes", "course"],
    "autograder.checks": ["autograder.reference", "autograder.checking", "course"],
    "autograder.sandbox": [],
    "autograder.sandbox.frozen": ["autograder.sandbox.keeper"],
    "autograder.sandbox.watch": ["autograder.sandbox.keeper"],
    "autograder.sandbox.fence": ["autograder.sandbox"],
    # It copies the package to where students' code runs.
    "autograder.sandbox.view": ["course", "autograder.sandbox.packages"],
}
# Found by name through `autograder.tasks`, so that there is no list of them.
BANKS = [f"autograder.{kind}" for kind in ("reference", "checks", "misconceptions", "variants")]
NAMES_A_BANK = {"autograder.tasks": "autograder.reference"}
# Runs inside the fence, or before it: plain files side by side, not modules of the package.
OUTSIDE = {"fence", "frozen", "packages", "view", "watch"}
FENCED = sorted({p.stem for p in (ROOT / "autograder/sandbox").glob("[!_]*.py")} - OUTSIDE)
STUDENT_SIDE = {"numpy", "matplotlib", "IPython", *sys.stdlib_module_names}
OPTIONAL = {"tqdm"}  # `experiments.progress` does without


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


# `course/data` holds scripts that made the data: nobody imports them, students do not run them.
MODULES = {
    module_name(path): path
    for package in ("course", "autograder")
    for path in sorted((ROOT / package).rglob("*.py"))
    if "data" not in path.parts
}


def imports(path):
    """Every name that a file imports, with the modules that `from … import` may mean."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import; write the whole name"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else node.module


def inside(name, package):
    return name == package or name.startswith(f"{package}.")


def allowed(module):
    return ALLOWED[max((name for name in ALLOWED if inside(module, name)), key=len)]


def test_the_rules_are_about_modules_that_exist():
    assert [name for name in ALLOWED if name not in MODULES] == []
    assert {"shell", "wire", "observe"} <= set(FENCED)


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_one_way(module):
    wrong = [
        name
        for name in imports(MODULES[module])
        if name.partition(".")[0] in OURS
        and not any(inside(name, package) for package in allowed(module))
    ]
    assert not wrong, f"{module} imports {wrong}; of the project it may import {allowed(module)}"


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("autograder")])
def test_banks_are_found_by_name(module):
    package = module.rpartition(".")[0]
    known = ALLOWED[package] if package in BANKS else [NAMES_A_BANK.get(module)]
    named = [
        name
        for name in imports(MODULES[module])
        if any(inside(name, bank) for bank in BANKS)
        and not any(inside(name, bank) for bank in known if bank)
    ]
    assert not named, f"{module} imports {named}: go through autograder.tasks"


@pytest.mark.parametrize("name", FENCED)
def test_what_runs_inside_the_fence_needs_nothing_of_the_project(name):
    path = ROOT / "autograder/sandbox" / f"{name}.py"
    ours = [imported for imported in imports(path) if imported.partition(".")[0] in OURS]
    assert not ours, f"{name}.py runs where {ours} cannot be imported"


@pytest.mark.parametrize("unit", tasks.units())
@pytest.mark.parametrize("kind", ["reference", "variants"])
def test_solutions_import_only_numpy_and_what_is_given(kind, unit):
    given = {f"course.{name}" for name in tasks.given(unit)}
    assert set(imports(MODULES[f"autograder.{kind}.{unit}"])) <= {"numpy"} | given


@pytest.mark.parametrize("unit", tasks.units())
def test_a_reference_uses_only_np_and_functions_above_it(unit):
    # Its body becomes the notebook's solution cell, where nothing else has been defined.
    above = {"np", *tasks.given(unit)}
    for name, task in tasks.of_unit(unit).items():
        used = set(inspect.getclosurevars(task.reference).globals)
        assert used <= above, f"{name} uses {used - above}: not there in the notebook"
        above.add(name)


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("course")])
def test_the_student_side_needs_only_what_students_have(module):
    others = {name.partition(".")[0] for name in imports(MODULES[module])}
    others -= {"course", *STUDENT_SIDE, *OPTIONAL}
    assert not others, f"{module} imports {sorted(others)}: students may not have it"


HEAVY = {"nbgrader", "nbconvert", "sqlalchemy", "matplotlib", "IPython", "lark"}


def loaded_by(module):
    """The top-level modules that are loaded after importing one in a fresh process."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        # What a grading worker imports. nbgrader, or the parser of IRIs that is made with lark,
        # would take longer than all of it.
        ("autograder.execute", HEAVY),
        ("autograder.grading", HEAVY),
        # What records, and what makes pages: nbgrader is needed there.
        ("autograder.recording, autograder.pages, autograder.preprocessors", {"lark"}),
        # The help text, and what fails before anything is graded, come at once.
        ("autograder.cli", {"nbgrader", "numpy", "nbformat"}),
        # The first cell of every notebook. matplotlib comes with the first figure.
        (", ".join(name for name in MODULES if name.startswith("course")), {"matplotlib"}),
    ],
)
def test_imports_are_light(module, unwanted):
    loaded = loaded_by(module)
    assert "autograder" in loaded or "course" in loaded
    assert not loaded & unwanted, f"importing {module} loads {sorted(loaded & unwanted)}"
