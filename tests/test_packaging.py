"""pyproject.toml, requirements.lock, constraints.txt, environment.yml and the Makefile agree."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
STUDENT = [Requirement(line) for line in PROJECT["dependencies"]]
EXTRAS = {
    name: [Requirement(line) for line in lines]
    for name, lines in PROJECT["optional-dependencies"].items()
}
BUILD = [Requirement(line) for line in PYPROJECT["build-system"]["requires"]]
DIRECT = [*STUDENT, *(wanted for extra in EXTRAS.values() for wanted in extra), *BUILD]


def read_lock():
    """Each locked requirement, and how many hashes it has."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    lines = [line.strip() for line in text.replace("\\\n", "").splitlines()]
    entries = [line.split("--hash=") for line in lines if line and line[0] not in "#-"]
    return [(Requirement(first), len(hashes)) for first, *hashes in entries]


LOCK = read_lock()
LOCKED = {canonicalize_name(entry.name): entry for entry, _ in LOCK}


def exact_version(entry):
    (pin,) = entry.specifier
    assert pin.operator == "==", f"{entry} is not pinned"
    return pin.version


def tracked_files():
    """Every file that is committed or would be, or None outside a git checkout."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listing.returncode != 0:
        pytest.skip("not a git checkout: there is no list of tracked files")
    return [ROOT / name for name in listing.stdout.split("\0") if (ROOT / name).is_file()]


# --- the lock -------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", dict.fromkeys(DIRECT), ids=str)
def test_a_direct_dependency_is_locked_within_its_bounds(wanted):
    name = canonicalize_name(wanted.name)
    assert name in LOCKED, f"{name} is not in requirements.lock: run `make lock`"
    version = exact_version(LOCKED[name])
    assert wanted.specifier.contains(version), f"{version} is locked, {wanted} is asked for"


def test_a_package_has_one_version_on_every_platform_and_python():
    assert len(LOCKED) == len(LOCK)


def test_every_locked_package_is_pinned_and_hashed():
    assert [entry.name for entry, hashes in LOCK if not hashes] == []
    assert all(exact_version(entry) for entry in LOCKED.values())


def test_the_lock_names_no_address():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    options = [line for line in text.splitlines() if line.startswith("-")]
    assert options == []
    assert "://" not in text
    assert " @ " not in text


def test_torch_is_not_locked():
    assert "torch" not in LOCKED


def test_constraints_are_the_lock_without_hashes():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    constraints = [str(Requirement(line)) for line in lines if not line.startswith("#")]
    assert constraints == [str(entry) for entry, _ in LOCK], "run `make lock`"


# --- conda and make -------------------------------------------------------------------------------


def environment():
    """The conda packages of environment.yml, and the list it hands to pip."""
    content = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    conda = [item for item in content["dependencies"] if isinstance(item, str)]
    (pip,) = [item["pip"] for item in content["dependencies"] if isinstance(item, dict)]
    return content, conda, pip


def test_conda_takes_the_python_that_pyproject_allows():
    _, conda, _ = environment()
    (python,) = [Requirement(item) for item in conda if item.startswith("python")]
    assert python.specifier == SpecifierSet(PROJECT["requires-python"])


def test_conda_installs_the_locked_versions_and_this_package():
    content, conda, pip = environment()
    assert content["name"] == PROJECT["name"]
    assert content["channels"] == ["conda-forge", "nodefaults"]
    assert "pip" in conda
    assert pip == ["-c constraints.txt", f"-e .[{','.join(EXTRAS)}]"]


def test_make_takes_the_python_that_pyproject_allows():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (bounds,) = re.findall(r"not \(3, (\d+)\) <= sys\.version_info\[:2\] <= \(3, (\d+)\)", makefile)
    oldest, newest = map(int, bounds)
    asked = SpecifierSet(f">=3.{oldest},<3.{newest + 1}")
    assert asked == SpecifierSet(PROJECT["requires-python"])
    assert f"3.{oldest} to 3.{newest}" in makefile


# --- what the code imports ------------------------------------------------------------------------

FOLDERS = {
    "course": [*STUDENT, Requirement("tqdm")],  # `experiments.progress` does without it
    "autograder": [*STUDENT, *EXTRAS["staff"], *EXTRAS["cluster"]],
    "tests": DIRECT,
    "benchmarks": DIRECT,
}
# Used where it is installed, never needed: PyTorch as an oracle.
OPTIONAL = {"torch"}
# Files that our packages do not run: what students hand in, and the scripts that made the data.
NOT_OURS_TO_RUN = {"examples", "data"}


def imported(path):
    """The top-level names that a Python file imports, wherever in it, but for its neighbours."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module.partition(".")[0]]
        beside = (path.parent, path.parent / "inside")  # of the sandbox: plain files, not packages
        yield from (n for n in names if not any((f / f"{n}.py").exists() for f in beside))


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_import_is_a_declared_dependency(folder):
    declared = {canonicalize_name(requirement.name) for requirement in FOLDERS[folder]}
    providers = packages_distributions()
    ours = {*FOLDERS, *sys.stdlib_module_names, *OPTIONAL}
    undeclared = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / folder).rglob("*.py")
        if NOT_OURS_TO_RUN.isdisjoint(path.relative_to(ROOT).parts)
        for name in set(imported(path)) - ours
        if declared.isdisjoint(canonicalize_name(d) for d in providers.get(name, []))
    }
    assert sorted(undeclared) == []


# --- what is shipped ------------------------------------------------------------------------------


def test_every_file_of_a_package_is_in_the_wheel():
    finder = PYPROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    patterns = PYPROJECT["tool"]["setuptools"]["package-data"]
    assert finder == ["course", "course.*", "autograder", "autograder.*"]
    left_out = [
        str(path.relative_to(ROOT))
        for path in tracked_files()
        if (package := path.relative_to(ROOT).parts[0]) in {"course", "autograder"}
        and not (path.suffix == ".py" and (path.parent / "__init__.py").exists())
        and not any(path.match(f"{package}/{pattern}") for pattern in patterns.get(package, []))
    ]
    assert left_out == []


# Put together here, so that this file does not name what it forbids.
DOWNLOAD_HOSTS = ["pypi" + ".org", "pythonhosted" + ".org", "conda.anaconda" + ".org"]
DOWNLOAD_HOSTS += ["registry.npmjs" + ".org", "huggingface" + ".co", "deb.debian" + ".org"]
MACHINE_PATH = re.compile(r"(?<![\w.])/(root|work|home/\w+|Users/\w+)(?=/\w)")


def test_no_file_names_a_download_host_or_a_path_of_one_machine():
    found = []
    for path in tracked_files():
        text = path.read_text(encoding="utf-8", errors="ignore")
        found += [f"{path.relative_to(ROOT)}: {host}" for host in DOWNLOAD_HOSTS if host in text]
        found += [
            f"{path.relative_to(ROOT)}: {match.group()}" for match in MACHINE_PATH.finditer(text)
        ]
    assert found == []
