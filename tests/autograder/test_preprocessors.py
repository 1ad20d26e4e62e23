"""What stands in nbgrader's pipeline: the configuration names it, and each step does its part."""

import nbformat
import pytest
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors import SaveCells
from traitlets.config.loader import PyFileConfigLoader
from traitlets.utils.importstring import import_item

from autograder import preprocessors
from autograder.folders import Course
from autograder.intake import Unreadable
from autograder.sandbox import view
from tests import submissions

UNIT = submissions.UNIT


@pytest.fixture
def resources():
    names = {"student": "ada", "assignment": UNIT, "notebook": UNIT}
    return {"nbgrader": {**names, "db_url": "sqlite:///gradebook.db"}}


@pytest.fixture
def exporter(course):
    """Our exporter, as nbgrader makes it."""
    found = Course(course)
    autograde = Autograde(coursedir=found.directory, config=found.config)
    return preprocessors.SubmissionExporter(parent=autograde, config=found.config)


def test_every_step_of_the_configuration_exists():
    config = PyFileConfigLoader("nbgrader_config.py", path=str(view.PROJECT)).load_config()
    steps = [*config.Autograde.sanitize_preprocessors, *config.Autograde.autograde_preprocessors]
    assert all(import_item(step) for step in [*steps, config.Autograde.exporter_class])
    # Ours instead of nbgrader's Execute; all that records grades stays nbgrader's own.
    stock = [step.__name__ for step in Autograde().autograde_preprocessors]
    ours = [step.rsplit(".", 1)[1] for step in config.Autograde.autograde_preprocessors]
    ours[ours.index("SandboxExecute")] = "Execute"
    assert [step for step in stock if step in ours] == ours
    assert set(stock) - set(ours) == {
        "IgnorePattern",
        "ClearMetadataPreprocessor",
    }  # off by default


def test_a_release_is_nbgraders_own_but_for_the_kernel_in_the_gradebook():
    config = PyFileConfigLoader("nbgrader_config.py", path=str(view.PROJECT)).load_config()
    ours = [import_item(step) for step in config.GenerateAssignment.preprocessors]
    stock = GenerateAssignment().preprocessors
    assert [preprocessors.SaveCells if step is SaveCells else step for step in stock] == ours


def test_a_submission_goes_through_both_steps(exporter, hand_in, resources):
    path = hand_in("ada")
    exporter.register_preprocessor(preprocessors.Intake)
    text, _ = exporter.from_filename(str(path), resources=resources)
    notebook = nbformat.reads(text, as_version=4)
    notebook, _ = preprocessors.SandboxExecute().preprocess(notebook, resources)
    assert notebook.metadata.autograder.scores.test_conv2d == 3
    assert sum(notebook.metadata.autograder.scores.values()) == submissions.full()


def test_code_of_the_course_is_noticed_as_by_our_own_command(course, hand_in, resources):
    source = (view.COURSE / "nn.py").read_text()
    resources["submission"] = hand_in("ada", lambda work: work.after("setup", source)).read_bytes()
    empty = nbformat.v4.new_notebook()
    notebook, _ = preprocessors.Intake().preprocess(empty, resources)
    notebook, _ = preprocessors.SandboxExecute().preprocess(notebook, resources)
    assert notebook.metadata.autograder.copied["course/nn.py"] > 200


def test_a_file_that_is_no_notebook_is_refused_by_intake(exporter, hand_in, resources):
    path = hand_in("ada")
    path.write_bytes(b"\xff\xfe\x00 not a notebook")
    exporter.register_preprocessor(preprocessors.Intake)
    with pytest.raises(Unreadable, match="not valid JSON"):
        exporter.from_filename(str(path), resources=resources)


def test_an_edited_source_notebook_is_read_again(course, hand_in, resources):
    """Formgrader keeps running while an instructor edits: no stale version may be graded."""
    resources["submission"] = hand_in("ada").read_bytes()
    empty = nbformat.v4.new_notebook()
    before, _ = preprocessors.Intake().preprocess(empty, dict(resources))
    source = course / "source" / UNIT / f"{UNIT}.ipynb"
    source.write_text(source.read_text().replace("hidden checks: 3 points", "hidden checks: three"))
    after, _ = preprocessors.Intake().preprocess(empty, dict(resources))
    texts = ["".join(cell.source for cell in book.cells) for book in (before, after)]
    assert ["hidden checks: three" in text for text in texts] == [False, True]
