"""The files in course/data are what they were, small, and of known source, licence and maker."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

DATA = Path(__file__).parents[2] / "course" / "data"
FILES = sorted(DATA.glob("*.npz"))
SUMS = dict(
    reversed(line.split()) for line in (DATA / "SHA256SUMS").read_text("utf-8").splitlines()
)


def test_every_file_has_its_sum_and_every_sum_its_file():
    # From the folder: sha256sum *.npz > SHA256SUMS
    assert list(SUMS) == [path.name for path in FILES]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_what_its_script_made(path):
    assert hashlib.sha256(path.read_bytes()).hexdigest() == SUMS[path.name]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_has_a_source_a_licence_and_a_script(path):
    table = (DATA / "LICENSES.md").read_text(encoding="utf-8")
    rows = [line for line in table.splitlines() if line.startswith("|")]
    assert any(f"`{path.name}`" in row.split("|")[1] for row in rows), "not in LICENSES.md"
    scripts = [script.read_text(encoding="utf-8") for script in DATA.glob("make_*.py")]
    assert any(path.name in script.split('"""')[1] for script in scripts), "no script names it"


def test_every_script_is_named_beside_the_licences():
    text = (DATA / "LICENSES.md").read_text(encoding="utf-8")
    assert [script.name for script in DATA.glob("make_*.py") if script.name not in text] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_holds_plain_finite_numbers(path):
    with np.load(path, allow_pickle=False) as arrays:
        assert all(np.isfinite(array).all() for array in arrays.values())


def test_the_data_is_small():
    assert sum(path.stat().st_size for path in DATA.iterdir() if path.is_file()) < 5_000_000
