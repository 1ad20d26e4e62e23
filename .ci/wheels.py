"""Builds the sdists and wheels of both distributions: ``python .ci/wheels.py FOLDER``.

It builds from a copy of the files that git knows or would add: ignored files do not get into the
wheels, and the build leaves nothing in the checkout. The wheels are made from the sdists, which
shows that these are complete. Nothing is downloaded: setuptools and pip have to be installed.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROJECTS = ("students", ".")  # the folders with a pyproject.toml
SDIST = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"


def copy(target):
    """Copy the checkout's files into the folder ``target``, links as links."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists():  # it may be deleted and not committed
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name, follow_symlinks=False)


def main(folder):
    """Build into ``folder``, which must be new or empty."""
    folder = Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        return f"{folder} is not empty: an older build would be taken for this one."
    with tempfile.TemporaryDirectory() as checkout:
        copy(Path(checkout))
        for project in PROJECTS:
            command = [sys.executable, "-c", SDIST, str(folder)]
            subprocess.run(command, cwd=Path(checkout, project), check=True)
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    # No cache: pip would take an earlier wheel for one of the same path.
    wheel = [sys.executable, "-m", "pip", "wheel", "--no-cache-dir", *offline, "-w", str(folder)]
    subprocess.run([*wheel, *sorted(map(str, folder.glob("*.tar.gz")))], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
