"""A right submission of every unit needs one run: the units' own cells share nothing with checks.

A cell that writes a file would double what grading a class costs, and nothing else would show it.
"""

import nbformat
import pytest

from autograder import examples
from autograder.content import load
from autograder.grading import grade_notebook
from autograder.grading.notebook_run import NotebookRun
from autograder.release import notebooks
from autograder.sandbox import launch
from autograder.sandbox.view import PROJECT
from autograder.untrusted import rebuild
from tests.sandboxed import need

CONTENT = load()

pytestmark = pytest.mark.slow(20)


@pytest.mark.parametrize("unit", CONTENT.units())
def test_a_right_submission_is_run_once(unit, monkeypatch):
    begun = []
    begin = NotebookRun.begin
    monkeypatch.setattr(NotebookRun, "begin", lambda self: (begun.append(unit), begin(self)))
    released = notebooks.released(PROJECT / "source" / unit / f"{unit}.ipynb")
    work = examples.Work("ada", released, unit)
    work.solve()
    notebook, _ = rebuild.rebuild(nbformat.writes(work.notebook).encode(), released, CONTENT)
    with launch.Sandbox(need("bubblewrap"), None, CONTENT, CONTENT.hidden_modules(unit)) as sandbox:
        report = grade_notebook.grade(notebook, CONTENT, unit, "ada", sandbox, released)
    assert report.score == examples.full(unit)
    assert begun == [unit]
