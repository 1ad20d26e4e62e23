"""What student code may import: the packages of the kit, what they need, and no others."""

import ast
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.course import Course
from autograder.release import kit
from autograder.sandbox import packages, view
from autograder.units import CONTENT
from tests.sandboxed import need, session_of, text

pytestmark = pytest.mark.slow(10)


def kit_closure():
    """The distributions of the kit, followed with `importlib.metadata` alone: another way."""
    files = kit.contents(Course(view.PROJECT), ["unit1_convolution"])
    left, found = files["requirements.txt"].decode().splitlines(), {}
    while left:
        one = Requirement(left.pop())
        name = canonicalize_name(one.name)
        if name in found and not one.extras:
            continue
        try:
            found[name] = metadata.distribution(one.name)
        except metadata.PackageNotFoundError:
            continue
        for line in found[name].requires or []:
            needed = Requirement(line)
            extras = one.extras or {""}
            if not needed.marker or any(needed.marker.evaluate({"extra": e}) for e in extras):
                known = canonicalize_name(needed.name) in found and not needed.extras
                left += [] if known else [line]
    return found


IMPORTABLE = """
import pkgutil
print(sorted({module.name for module in pkgutil.iter_modules()}))
"""


def test_what_can_be_imported_is_the_kit_and_what_it_needs(session):
    found = set(ast.literal_eval(text(session, IMPORTABLE))) - set(sys.stdlib_module_names)
    allowed = {*kit_closure(), *packages.RUNNER}
    owners = metadata.packages_distributions()
    not_packages = {"course", "runner", "imports", "packages", "python"}  # the sandbox's own folder
    foreign = {
        name
        for name in found - not_packages
        if not {canonicalize_name(owner) for owner in owners.get(name, [])} & allowed
    }
    # The standard library has modules of no distribution beside those that it names.
    stdlib = Path(view.os.__file__).parent
    foreign = {n for n in foreign if not list(stdlib.glob(f"**/{n}*"))}
    assert foreign == set()
    assert {"numpy", "matplotlib", "IPython", "jupyterlab", "nbgrader", "PIL"} <= found


@pytest.mark.parametrize("module", ["numpy", "matplotlib", "IPython", "jupyterlab", "requests"])
def test_packages_of_the_kit_can_be_imported(session, module):
    assert text(session, f"import {module}; '{module}'") == f"'{module}'"


# Of the staff and of the tests; all are installed here.
STAFF = "scipy hypothesis pytest distributed psycopg ruff playwright tqdm autograder tests".split()


@pytest.mark.parametrize("module", STAFF)
def test_packages_of_the_staff_cannot_be_imported(session, module):
    assert text(session, f"import {module}").startswith("ModuleNotFoundError")


def test_packages_of_the_staff_cannot_be_read_where_they_are_installed(session):
    places = [str(folder) for folder in view.package_folders(CONTENT)]
    source = f"""
    import os, sys
    for place in {places} + [f"/grader/packages/{{n}}" for n in range(9)]:
        for name in {STAFF}:
            try:
                print("read", open(f"{{place}}/{{name}}/__init__.py").read()[:9])
            except OSError:
                pass
        sys.path.append(place)
    try:
        import scipy.signal
        print("imported")
    except (ImportError, OSError) as error:
        print(type(error).__name__ in ("ModuleNotFoundError", "PermissionError"))
    del sys.path[-{len(places) + 9}:]
    """
    assert text(session, source) == "True"


def test_a_python_that_a_cell_starts_has_the_same_packages(session):
    # Under Landlock, the names of what its own environment holds can be seen.
    refused = "(ImportError, PermissionError)"
    code = f"import numpy\ntry:\n    import scipy\nexcept {refused}:\n    print('numpy only')"
    source = f"""
    import subprocess, sys
    done = subprocess.run([sys.executable, "-c", {code!r}], capture_output=True, text=True)
    print(done.stdout, done.stderr)
    """
    assert text(session, source) == "numpy only"


def test_without_landlock_each_package_is_a_mount(monkeypatch):
    """On an older kernel bubblewrap alone shows the same."""
    from autograder.sandbox import launch

    need("bubblewrap")
    monkeypatch.setattr(launch, "landlock_works", lambda: False)
    with session_of("bubblewrap") as session:
        assert not session.sandbox.files_limited
        assert text(session, "import numpy, matplotlib.pyplot; 'fine'") == "'fine'"
        assert text(session, "import scipy").startswith("ModuleNotFoundError")
        assert "Error" in text(session, "open('/grader/packages/0/scipy/__init__.py')")


def test_requirements_of_other_platforms_and_extras_are_left_out():
    assert packages.needed('pywin32; sys_platform == "win32"', frozenset()) is None
    assert packages.needed('scipy; extra == "all"', frozenset()) is None
    assert packages.needed('scipy; extra == "all"', {"all"}) == ("scipy", frozenset())
    assert packages.needed("numpy>=2", frozenset()) == ("numpy", frozenset())
    assert packages.needed("a.b-c[d] (>=2)", frozenset()) == ("a.b-c", {"d"})
    assert packages.required(["there-is-no-such-package"]) == {}


def test_what_students_have_and_the_grader_lacks_is_named():
    lines = ["numpy>=2", "there-is-no-such-package>=1", 'nor-this; sys_platform == "win32"']
    assert packages.missing(lines) == ["there-is-no-such-package>=1"]


def test_copies_that_setuptools_keeps_for_itself_are_not_installed(tmp_path, monkeypatch):
    for folder in ("_vendor", "site"):
        (tmp_path / folder / "thing-1.0.dist-info").mkdir(parents=True)
        (tmp_path / folder / "thing-1.0.dist-info" / "METADATA").write_text("Name: thing\n")
    monkeypatch.syspath_prepend(tmp_path / "_vendor")
    assert packages.installed("thing") is None
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert packages.installed("thing") is not None
