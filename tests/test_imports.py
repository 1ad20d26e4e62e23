"""Imports go one way, as the design says, wherever in a file they stand."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.units import CONTENT as content

ROOT = Path(__file__).parents[1]
OURS = {"course", "autograder", "tests", "benchmarks"}

# The engine's packages and the modules beside them, from the bottom up. A module imports from its
# own layer and from those above it in this list, never from below.
LAYERS = [
    ["startup", "wording", "cells", "files", "secret", "model", "starter"],
    ["sandbox.inside"],
    ["checking"],
    ["content"],
    ["audit", "mutation"],
    ["untrusted"],
    ["sandbox"],
    ["course", "gradebook"],
    ["named"],
    ["collecting"],
    ["output"],
    ["marking"],
    ["release"],
    ["grading"],
    ["examples"],
    ["commands"],
]
KNOWS_UNITS = {"examples"}  # submissions to our own units: they go with the content
HEIGHT = {name: height for height, names in enumerate(LAYERS) for name in names}
# What a module of a unit may import of the project.
BANKS = {
    "reference": ["course.given", "course.counting", "course.ops"],  # what students have, too
    "variants": ["course.given", "course.counting", "course.ops"],
    "misconceptions": ["autograder.units", "autograder.checking.mistakes", "course"],
    "checks": [
        "autograder.units",
        "autograder.checking.contracts",
        "autograder.checking.words",
        "course",
    ],
    "contracts": ["autograder.units", "autograder.checking", "course"],
    "model_answers": ["autograder.units", "course"],
}
# What runs inside the sandbox: plain files side by side, not modules of the package.
INSIDE = sorted(path.stem for path in (ROOT / "autograder/sandbox/inside").glob("[!_]*.py"))
STUDENT_SIDE = {"numpy", "matplotlib", "IPython", *sys.stdlib_module_names}
OPTIONAL = {"tqdm", "ipywidgets"}  # `experiments.progress` and `sliders` do without


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


def layer(module):
    """The name in `LAYERS` of a module of the engine; None for any other."""
    found = [name for name in HEIGHT if inside(module, f"autograder.{name}")]
    return max(found, key=len, default=None)


HANDOUT = "autograder.release.handout"  # files of the kit
ENGINE = [name for name in MODULES if layer(name) and not inside(name, HANDOUT)]
UNIT_BANKS = [name for name in MODULES if inside(name, "autograder.units") and name.count(".") == 3]


def test_every_module_has_a_place():
    others = {"autograder", "autograder.units", *UNIT_BANKS}
    others |= {name.rpartition(".")[0] for name in UNIT_BANKS}
    others |= {name for name in MODULES if inside(name, "course") or inside(name, HANDOUT)}
    assert set(MODULES) - others == set(ENGINE)
    assert [name for name in HEIGHT if f"autograder.{name}" not in MODULES] == []
    assert {"shell", "wire", "observe"} <= set(INSIDE)


@pytest.mark.parametrize("module", ENGINE)
def test_imports_of_the_engine_go_one_way(module):
    wrong = [
        name
        for name in imports(MODULES[module])
        if inside(name, "autograder")
        and name != "autograder"
        and HEIGHT.get(layer(name), len(HEIGHT)) > HEIGHT[layer(module)]
        and not (inside(name, "autograder.units") and layer(module) in KNOWS_UNITS)
    ]
    assert not wrong, f"{module} imports {wrong}, which stand below it in LAYERS"


@pytest.mark.parametrize("module", [m for m in ENGINE if layer(m) not in KNOWS_UNITS])
def test_the_engine_knows_no_content_and_of_the_student_package_its_helpers_only(module):
    ours = [name for name in imports(MODULES[module]) if inside(name, "course")]
    assert set(ours) <= {"course.differences", "course.refusals"}, f"{module} imports {ours}"
    assert not any(inside(name, "autograder.units") for name in imports(MODULES[module]))


def test_no_module_of_the_engine_imports_itself_through_others():
    edges = {name: {*imports(MODULES[name])} & set(ENGINE) - {name} for name in ENGINE}
    reachable = edges
    for _ in ENGINE:
        reachable = {
            name: found.union(*(edges[other] for other in found))
            for name, found in reachable.items()
        }
    assert [name for name in ENGINE if name in reachable[name]] == []


@pytest.mark.parametrize("module", UNIT_BANKS)
def test_a_unit_imports_what_its_kind_may(module):
    allowed = BANKS[module.rpartition(".")[2]]
    wrong = [
        name
        for name in imports(MODULES[module])
        if name.partition(".")[0] in OURS and not any(inside(name, one) for one in allowed)
    ]
    assert not wrong, f"{module} imports {wrong}; of the project it may import {allowed}"


@pytest.mark.parametrize("name", INSIDE)
def test_what_runs_inside_the_sandbox_needs_nothing_of_the_project(name):
    path = ROOT / "autograder/sandbox/inside" / f"{name}.py"
    ours = [imported for imported in imports(path) if imported.partition(".")[0] in OURS]
    assert not ours, f"{name}.py runs where {ours} cannot be imported"


@pytest.mark.parametrize("unit", content.units())
@pytest.mark.parametrize("kind", ["reference", "variants"])
def test_solutions_import_only_numpy_and_what_is_given(kind, unit):
    given = {f"course.{name}" for name in ("given", *content.given(unit))}
    assert set(imports(MODULES[f"autograder.units.{unit}.{kind}"])) <= {"numpy"} | given


@pytest.mark.parametrize("unit", content.units())
def test_a_reference_uses_only_np_and_functions_above_it(unit):
    # Its body becomes the notebook's solution cell, where nothing else has been defined.
    above = {"np", "given", *content.given(unit)}
    for name, task in content.of_unit(unit).items():
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
        ("autograder.grading.preload", HEAVY),
        # What records, and what makes pages: nbgrader is needed there.
        (
            "autograder.grading.preload, autograder.grading.record, autograder.output.feedback",
            {"lark"},
        ),
        # The help text, and what fails before anything is graded, come at once.
        ("autograder.commands.cli", {"nbgrader", "numpy", "nbformat"}),
        # The first cell of every notebook. matplotlib comes with the first figure.
        (", ".join(name for name in MODULES if name.startswith("course")), {"matplotlib"}),
    ],
)
def test_imports_are_light(module, unwanted):
    loaded = loaded_by(module)
    assert "autograder" in loaded or "course" in loaded
    assert not loaded & unwanted, f"importing {module} loads {sorted(loaded & unwanted)}"
