"""What pyproject.toml cannot say of the grader's distribution.

- Its version is that of the students' distribution, which it requires in exactly this version.
- Its wheel holds the starter, which lies at the root of the checkout: see `autograder.starter`.
"""

import sys
import tomllib
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
STUDENTS = "students/pyproject.toml"
sys.path.insert(0, str(ROOT))  # build backends run without it
from autograder import starter  # noqa: E402


def read(path):
    """A pyproject.toml, parsed."""
    return tomllib.loads((ROOT / path).read_text(encoding="utf-8"))


class BuildWithStarter(build_py):
    """The packages, and the starter in the folder of its package."""

    def get_source_files(self):
        """What the sdist has to hold for a wheel to be built from it."""
        starting = [path.relative_to(ROOT).as_posix() for _, path in starter.files()]
        return [*super().get_source_files(), *starting, STUDENTS]

    def run(self):
        """Build; an editable installation finds the starter where it lies."""
        super().run()
        if not self.editable_mode:
            for name, path in starter.files():
                target = Path(self.build_lib, starter.__package__.replace(".", "/"), name)
                self.mkpath(str(target.parent))
                self.copy_file(str(path), str(target))


students = read(STUDENTS)["project"]
setup(
    version=students["version"],
    install_requires=[
        f"{students['name']}[jupyter]=={students['version']}",
        *read("pyproject.toml")["tool"]["convnet-autograder"]["dependencies"],
    ],
    cmdclass={"build_py": BuildWithStarter},
)
