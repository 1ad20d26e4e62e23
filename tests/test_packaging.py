"""The two distributions: what they require and hold, and the grader installed from its wheel.

And pyproject.toml, requirements.lock, constraints.txt, environment.yml and the Makefile agree.
"""

import ast
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
import yaml
from nbgrader.api import Gradebook
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from autograder import examples, starter
from autograder.course import Course
from autograder.files import files_in
from autograder.grading import job
from autograder.release import kit
from autograder.units import CONTENT as content
from tests import environments

pytestmark = pytest.mark.slow(30)

ROOT = Path(__file__).parents[1]
GRADERS, STUDENTS = (
    tomllib.loads((ROOT / name).read_text(encoding="utf-8"))
    for name in ("pyproject.toml", "students/pyproject.toml")
)
GRADER, STUDENT = GRADERS["project"], STUDENTS["project"]


def requirements(lines):
    return [Requirement(line) for line in lines]


COURSE = requirements(STUDENT["dependencies"])
JUPYTER = requirements(STUDENT["optional-dependencies"]["jupyter"])
GRADING = requirements(GRADERS["tool"]["convnet-autograder"]["dependencies"])
EXTRAS = {name: requirements(lines) for name, lines in GRADER["optional-dependencies"].items()}
BUILD = requirements({*GRADERS["build-system"]["requires"], *STUDENTS["build-system"]["requires"]})
DIRECT = [*COURSE, *JUPYTER, *GRADING, *(one for extra in EXTRAS.values() for one in extra), *BUILD]


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


# --- the two distributions ------------------------------------------------------------------------


def test_students_need_numpy_and_matplotlib_and_nothing_else():
    assert {wanted.name for wanted in COURSE} == {"numpy", "matplotlib"}


def test_the_grader_requires_the_students_distribution_in_its_own_version():
    version = metadata.version(GRADER["name"])
    first, *others = requirements(metadata.requires(GRADER["name"]))
    assert first == Requirement(f"{STUDENT['name']}[jupyter]=={version}")
    assert version == metadata.version(STUDENT["name"]) == STUDENT["version"]
    assert [one for one in others if "extra" not in str(one.marker)] == GRADING


def test_both_run_on_the_same_versions_of_python():
    assert GRADER["requires-python"] == STUDENT["requires-python"]


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
    assert python.specifier == SpecifierSet(GRADER["requires-python"])


def test_conda_installs_the_locked_versions_and_both_distributions():
    content, conda, pip = environment()
    assert content["name"] == GRADER["name"]
    assert content["channels"] == ["conda-forge", "nodefaults"]
    assert "pip" in conda
    assert pip == ["-c constraints.txt", "-e ./students", f"-e .[{','.join(EXTRAS)}]"]


def test_make_takes_the_python_that_pyproject_allows():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (bounds,) = re.findall(r"not \(3, (\d+)\) <= sys\.version_info\[:2\] <= \(3, (\d+)\)", makefile)
    oldest, newest = map(int, bounds)
    asked = SpecifierSet(f">=3.{oldest},<3.{newest + 1}")
    assert asked == SpecifierSet(GRADER["requires-python"])
    assert f"3.{oldest} to 3.{newest}" in makefile


# --- what the code imports ------------------------------------------------------------------------

FOLDERS = {
    # What only works in Jupyter needs IPython, which is there; tqdm and ipywidgets may be missing.
    "course": [*COURSE, *map(Requirement, ("ipython", "tqdm", "ipywidgets"))],
    "autograder": [*COURSE, *JUPYTER, *GRADING, *EXTRAS["cluster"]],
    "tests": DIRECT,
    "benchmarks": DIRECT,
}
# Used where it is installed, never needed: PyTorch as an oracle.
OPTIONAL = {"torch"}
# Files that our packages do not run: what students hand in, the scripts that made the data, and a
# course with packages of its own.
NOT_OURS_TO_RUN = {"examples", "data", "second_course"}


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
    providers = metadata.packages_distributions()
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


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder with both sdists and both wheels."""
    folder = tmp_path_factory.mktemp("built")
    before = tracked_files()
    command = [sys.executable, ROOT / ".ci" / "wheels.py", folder]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert tracked_files() == before, "a build leaves something in the checkout"
    return folder


def in_wheel(built, project):
    """The files in a distribution's wheel: contents by name, without the metadata."""
    name = project["name"].replace("-", "_")
    (path,) = built.glob(f"{name}-{STUDENT['version']}-py3-none-any.whl")
    with zipfile.ZipFile(path) as wheel:
        files = {name: wheel.read(name) for name in wheel.namelist()}
    return {name: data for name, data in files.items() if ".dist-info/" not in name}


def in_sdist(built, project):
    """The names of the files in a distribution's sdist, below its one folder."""
    stem = f"{project['name'].replace('-', '_')}-{STUDENT['version']}"
    with tarfile.open(built / f"{stem}.tar.gz") as sdist:
        names = [Path(entry.name) for entry in sdist if entry.isfile()]
    return {name.relative_to(stem).as_posix() for name in names}


def tracked_below(*places):
    """The files of the checkout that are in these folders, or are these files: bytes by name."""
    found = {path.relative_to(ROOT): path for path in tracked_files()}
    return {
        name.as_posix(): path.read_bytes()
        for name, path in found.items()
        if any(name.is_relative_to(place) for place in places)
    }


def test_the_students_wheel_holds_their_package_and_nothing_else(built):
    package = tracked_below("course")
    assert in_wheel(built, STUDENT) == package
    around = {name for name in in_sdist(built, STUDENT) if ".egg-info/" not in name}
    around -= set(package)
    assert around == {"LICENSE", "README.md", "PKG-INFO", "pyproject.toml", "setup.cfg"}


def test_the_graders_wheel_holds_its_package_and_the_starter(built):
    starting = tracked_below(*starter.CONTENTS)
    assert len(starting) == len(content.units()) + 3
    inside = {f"autograder/starter/{name}": data for name, data in starting.items()}
    # What enables the page of `autograder mark` in the Jupyter servers of the environment.
    (enabled,) = tracked_below("autograder/marking/autograder.json").values()
    wheel = f"{GRADER['name'].replace('-', '_')}-{STUDENT['version']}"
    place = f"{wheel}.data/data/etc/jupyter/jupyter_server_config.d/autograder.json"
    assert in_wheel(built, GRADER) == tracked_below("autograder") | inside | {place: enabled}
    names = in_sdist(built, GRADER)
    assert names >= {*tracked_below("autograder"), *starting, "setup.py", "LICENSE"}
    assert not any(name.startswith(("tests/", "course/")) for name in names)


# --- installed from the wheels --------------------------------------------------------------------

UNIT = "unit2_matching"  # a short one


class Installed:
    """Both wheels in an environment of their own, and a course made there, outside the checkout."""

    def __init__(self, folder, built):
        self.python = environments.create(folder / "environment")
        # nbconvert's templates are not in a folder of packages.
        templates = {"JUPYTER_PATH": str(Path(sys.prefix, "share", "jupyter"))}
        self.variables = environments.variables(folder) | templates
        self.folder = folder / "course"
        self.folder.mkdir()
        wheels = sorted(built.glob("*.whl"))
        pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-index"]
        # Those of the tests' environment are not taken for these.
        self.run(self.python, *pip, "--no-deps", "--ignore-installed", *wheels)
        self.run(self.python, *pip, *wheels)  # all that they require is there, or this fails
        self.printed = self.autograder("init")

    def run(self, *command, expected=0):
        """Run a command in the course's folder; returns what it printed."""
        done = subprocess.run(
            command, cwd=self.folder, env=self.variables, capture_output=True, text=True
        )
        assert done.returncode == expected, done.stdout + done.stderr
        return done.stdout + done.stderr

    def autograder(self, *arguments, expected=0):
        return self.run(self.python.with_name("autograder"), *arguments, expected=expected)


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    return Installed(tmp_path_factory.mktemp("installed"), built)


@pytest.fixture(scope="module")
def released(installed):
    """The released notebook of `UNIT`."""
    installed.autograder("release", UNIT)
    return nbformat.read(installed.folder / "release" / UNIT / f"{UNIT}.ipynb", as_version=4)


def test_installed_packages_are_those_of_the_wheels(installed):
    code = "import autograder, course; print(autograder.__file__, course.__file__)"
    places = installed.run(installed.python, "-c", code).split()
    assert all(Path(p).is_relative_to(installed.python.parents[1]) for p in places), places
    assert installed.autograder("--version").split() == [GRADER["name"], STUDENT["version"]]


def test_init_writes_the_starter_and_nothing_twice(installed):
    assert f"{installed.folder} is a course now." in installed.printed
    names = dict(starter.files())
    there = {name: (installed.folder / name).read_bytes() for name in names}
    assert there == tracked_below(*starter.CONTENTS)
    (installed.folder / "nbgrader_config.json").unlink()
    assert "is a course already" in installed.autograder("init", expected=2)
    assert "is a course already" in installed.autograder("init", str(ROOT), expected=2)
    assert not (installed.folder / "nbgrader_config.json").exists()
    shutil.copy(ROOT / "nbgrader_config.json", installed.folder)


def test_the_kit_is_the_same_as_that_of_the_checkout(installed, released):
    installed.autograder("kit", UNIT)
    place = installed.folder / "build" / "kit" / content.kit
    made = {name: path.read_bytes() for name, path in files_in(place)}
    assert made == kit.contents(Course(ROOT), [UNIT])


def test_a_submission_gets_its_points(installed, released):
    work = examples.Work("ada", released, UNIT)
    work.solve()
    place = installed.folder / "submitted" / "ada" / UNIT / f"{UNIT}.ipynb"
    place.parent.mkdir(parents=True)
    place.write_bytes(work.data())
    installed.autograder("grade", UNIT, "--jobs", "1")
    with Gradebook(f"sqlite:///{installed.folder / 'gradebook.db'}") as gradebook:
        score = gradebook.find_submission(UNIT, "ada").score
    assert score == examples.full(UNIT)


def test_the_same_code_grades_there_and_here(installed):
    """Else a class that is graded in both ways would be graded twice."""
    code = (
        "from autograder.grading import job; from autograder.units import CONTENT; "
        f"print(job.version(CONTENT, {UNIT!r}))"
    )
    assert installed.run(installed.python, "-c", code).split() == [job.version(content, UNIT)]


def test_the_demo_runs_there(installed):
    printed = installed.autograder("demo", UNIT)
    many = len(examples.every(UNIT))
    assert f"{many} of {many} as expected" in printed
    assert (installed.folder / "build" / "demo" / "gradebook.db").is_file()


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
