"""A cell of a source notebook that cannot do its experiment is a failure of our tests."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

pytestmark = pytest.mark.slow(6)

ROOT = Path(__file__).parents[1]
CELLS = [
    "from course.experiments import needs",
    "with needs('grad_cam'):\n    print('done')",
    "with needs('grad_cam'):\n    raise ValueError('too few maps')",
    "print('after it')",
]


def test_an_experiment_that_fails_fails_its_cell_and_no_other(tmp_path):
    code = [nbformat.v4.new_code_cell(source) for source in CELLS]
    nbformat.write(nbformat.v4.new_notebook(cells=code), tmp_path / "unit.ipynb")
    command = [sys.executable, "-m", "pytest", "-p", "conftest", "-p", "no:cacheprovider"]
    options = ["--nbval-lax", "--nbval-current-env", "-rA", "--rootdir", tmp_path, tmp_path]
    done = subprocess.run(
        [*command, *options],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 3 passed" in done.stdout
    assert "This cell needs your grad_cam: ValueError: too few maps" in done.stdout
