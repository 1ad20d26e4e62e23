"""What stands in nbgrader's pipeline: the configuration names it, and each step does its part."""

import os
import subprocess

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors import ClearOutput, SaveCells
from traitlets.config.loader import PyFileConfigLoader
from traitlets.utils.importstring import import_item

from autograder import examples
from autograder.course import Course
from autograder.grading import exporters, nbgrader_steps
from autograder.grading.run import Options, Run
from autograder.model import report_in
from autograder.release.steps import GoOn
from autograder.sandbox import view
from autograder.units import CONTENT
from autograder.untrusted.notebook import Unreadable
from tests.commands import NBGRADER

pytestmark = pytest.mark.slow(20)

UNIT = examples.UNIT


@pytest.fixture
def resources():
    names = {"student": "ada", "assignment": UNIT, "notebook": UNIT}
    return {"nbgrader": {**names, "db_url": "sqlite:///gradebook.db"}}


@pytest.fixture
def exporter(course):
    """Our exporter, as nbgrader makes it."""
    found = Course(course)
    autograde = Autograde(coursedir=found.directory, config=found.config)
    return exporters.SubmissionExporter(parent=autograde, config=found.config)


def test_every_step_of_the_configuration_exists():
    config = PyFileConfigLoader("nbgrader_config.py", path=str(view.PROJECT)).load_config()
    steps = [*config.Autograde.sanitize_preprocessors, *config.Autograde.autograde_preprocessors]
    assert all(import_item(step) for step in [*steps, config.Autograde.exporter_class])
    # The same steps in the same order, but for what runs the notebook and what is off by default.
    stock = [step.__name__ for step in Autograde().autograde_preprocessors]
    ours = [step.rsplit(".", 1)[1] for step in config.Autograde.autograde_preprocessors]
    assert [step for step in stock if step in ours] == ours
    assert set(stock) - set(ours) == {"Execute", "IgnorePattern", "ClearMetadataPreprocessor"}


def test_a_release_is_nbgraders_own_but_for_the_kernel_in_the_gradebook_and_a_tag():
    config = PyFileConfigLoader("nbgrader_config.py", path=str(view.PROJECT)).load_config()
    ours = [import_item(step) for step in config.GenerateAssignment.preprocessors]
    stock = list(GenerateAssignment().preprocessors)
    stock.insert(stock.index(ClearOutput) + 1, GoOn)
    assert [nbgrader_steps.SaveCells if step is SaveCells else step for step in stock] == ours


@pytest.fixture
def executed(exporter, resources):
    """``executed(path)``: a submission's notebook after our step."""

    def run(path):
        exporter.register_preprocessor(nbgrader_steps.SandboxExecute)
        text, _ = exporter.from_filename(str(path), resources=resources)
        return text

    return run


def test_a_submission_is_graded_and_its_report_is_in_the_notebook(executed, hand_in):
    report = report_in(executed(hand_in("ada")))
    assert report.scores["test_conv2d"] == 3
    assert report.score == examples.full()


def test_code_of_the_course_is_noticed_as_by_our_own_command(executed, hand_in):
    source = (CONTENT.student_folder / "nn.py").read_text()
    report = report_in(executed(hand_in("ada", lambda work: work.after("setup", source))))
    assert report.overlap["course/nn.py"] > 100


def test_a_file_that_is_no_notebook_is_refused(executed, hand_in):
    path = hand_in("ada")
    path.write_bytes(b"\xff\xfe\x00 not a notebook")
    with pytest.raises(Unreadable, match="not valid JSON"):
        executed(path)


def parsed(course, student):
    """The graded notebook of a student, as data."""
    path = course / "autograded" / student / UNIT / f"{UNIT}.ipynb"
    return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)


def a_mistake(work):
    work.solve()
    work.use("pad2d", CONTENT.find("pad2d").misconceptions["pad2d__top_left_only"])


def test_our_command_and_nbgraders_make_the_same_notebook_and_grade_nothing_twice(course, hand_in):
    """With a mistake, a written comment, something put right, and a time of handing in."""
    for student in ("ada", "eve"):
        path = hand_in(student, a_mistake)
        path.with_name("timestamp.txt").write_text("2026-11-22 12:00:00 UTC")
        path.with_name("page.html").write_text("not counted")
    assert Course().api().autograde(UNIT, "ada")["success"]
    by_nbgrader = parsed(course, "ada")
    outcomes = {g.student: g for g in Run(Course(), UNIT, Options())}
    assert outcomes["ada"].unchanged
    assert not outcomes["eve"].unchanged
    assert 0 < outcomes["ada"].report.score == outcomes["eve"].report.score < examples.full()

    ours = {g.student: g for g in Run(Course(), UNIT, Options(force=True))}
    assert not ours["ada"].unchanged
    assert parsed(course, "ada") == by_nbgrader
    done = Course().api().autograde(UNIT, "eve", force=False)  # nbgrader's own check, by time
    assert done["success"]
    assert "Skipping existing assignment" in done["log"]


def test_an_edited_source_notebook_is_read_again(course, hand_in):
    """Formgrader keeps running while an instructor edits: no stale version may be graded."""
    hand_in("ada")
    source = course / "source" / UNIT / f"{UNIT}.ipynb"
    texts = []
    for _ in range(2):
        assert Course().api().autograde(UNIT, "ada")["success"]
        texts.append("".join("".join(cell["source"]) for cell in parsed(course, "ada")["cells"]))
        text = source.read_text()
        source.write_text(text.replace("hidden checks: 3 points", "hidden checks: three"))
    assert ["hidden checks: three" in text for text in texts] == [False, True]


# -- what nbgrader's own command reads of a submission ---------------------------------------------


BAD_IDS = {
    "[x]": "holds [ and ], which nbgrader takes for a pattern",
    "a*a": "holds *, which nbgrader takes for a pattern",  # ada's too
    ".dot": "begins with a dot",
    " blank": "begins or ends with a blank",
}


def link(path, target):
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def test_autograde_reads_the_notebook_and_the_files_of_the_exchange_only(course, hand_in):
    """One command over all of them: it takes seconds to start."""
    notebook, name = f"{UNIT}.ipynb", "submission_secret.txt"
    secret = course / "source" / UNIT / notebook
    folder = hand_in("ada").parent
    (folder / "timestamp.txt").write_text("2026-11-22 12:00:00 UTC")
    (folder / name).write_text("f00d")
    (folder / "mine.txt").write_text("beside the notebook")
    link(folder / "page.html", secret)  # what `nbgrader release_feedback` would hand out
    link(folder / "data", course / "source")

    grace = hand_in("grace").parent
    os.mkfifo(grace / "timestamp.txt")
    link(grace / name, secret)
    link(hand_in("notebook"), secret)
    folder = hand_in("folder").parent
    folder.rename(course / "elsewhere")
    link(folder, course / "elsewhere")
    link(course / "submitted" / "student", course / "submitted" / "ada")
    for student in BAD_IDS:
        hand_in(student)

    command = [*NBGRADER, "autograde", UNIT]
    # The limit ends a command that waits for the pipe, which would wait for ever.
    done = subprocess.run(command, cwd=course, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    files = {path for path in (course / "autograded").rglob("*") if not path.is_dir()}
    found = {(path.parts[-3], path.name) for path in files}
    ours = {("ada", notebook), ("ada", "timestamp.txt"), ("ada", name), ("grace", notebook)}
    assert found == ours
    assert not any(path.is_symlink() for path in files)
    for linked in (notebook, UNIT, "student: it"):
        assert f"{linked} is a link" in done.stderr
    for student, sign in BAD_IDS.items():
        assert f"Not graded: {student}, whose name {sign}" in done.stderr
    with Gradebook("sqlite:///gradebook.db") as book:
        assert not {student.id for student in book.students} & set(BAD_IDS)
        grades = {s.student.id: s.score for s in book.find_assignment(UNIT).submissions}
        assert str(book.find_submission(UNIT, "ada").timestamp) == "2026-11-22 12:00:00"
    assert {student: grades[student] for student in ("ada", "grace")} == {
        "ada": examples.full(),
        "grace": examples.full(),
    }


@pytest.mark.parametrize("student", ["a*a", ".dot"])  # not " blank": nbgrader strips it
def test_formgraders_button_says_what_is_wrong_with_an_id(course, hand_in, student):
    hand_in(student)
    done = Course().api().autograde(UNIT, student)
    assert not done["success"]
    assert f"Not graded: {student}, whose name {BAD_IDS[student]}" in done["log"]


def test_an_id_that_is_a_pattern_of_nothing_is_not_graded(course, hand_in):
    hand_in("[x]")
    done = Course().api().autograde(UNIT, "[x]")
    assert not done["success"]
    assert "No notebooks were matched" in done["log"]
    assert not (course / "autograded").exists()
