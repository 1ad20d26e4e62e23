"""Every example submission through real nbgrader, and through ours: same scores, nothing leaked."""

import csv
import inspect
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder import demo, tasks
from tests import submissions

UNIT = submissions.UNIT
EXAMPLES = submissions.every()
GRADED = [name for name, module in EXAMPLES.items() if module.EXPECTED is not None]
REFUSED = [name for name in EXAMPLES if name not in GRADED]


def nbgrader(folder, *arguments):
    """Run a command of nbgrader as an instructor would."""
    command = [sys.executable, "-m", "nbgrader", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def scores(folder):
    """What the gradebook holds, by student: None where nothing has been graded."""
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        found = {}
        for submission in book.find_assignment(UNIT).submissions:
            graded = [g.auto_score is not None for n in submission.notebooks for g in n.grades]
            found[submission.student.id] = submission.score if all(graded) else None
        return found


@pytest.fixture(scope="module")
def handed_in(released_course, tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples") / "course"
    shutil.copytree(released_course, folder)
    path = folder / "release" / UNIT / f"{UNIT}.ipynb"
    submissions.hand_in(nbformat.read(path, as_version=4), folder / "submitted")
    return folder


@pytest.fixture(scope="module")
def by_nbgrader(handed_in):
    """The course after nbgrader's own commands: (folder, result of autograde)."""
    folder = handed_in.parent / "nbgrader"
    shutil.copytree(handed_in, folder)
    result = nbgrader(folder, "autograde", UNIT, "--force")
    for command in (["generate_feedback", UNIT], ["export"]):
        done = nbgrader(folder, *command)
        assert done.returncode == 0, done.stderr
    return folder, result


@pytest.fixture(scope="module")
def by_demo():
    """What `make demo` does: (folder of its course, exit code, what was printed)."""
    command = [sys.executable, "-m", "autograder.cli", "demo", "--jobs", "2"]
    result = subprocess.run(command, cwd=demo.FOLDER.parents[1], capture_output=True, text=True)
    return demo.FOLDER, result.returncode, result.stdout + result.stderr


@pytest.mark.parametrize("name", GRADED)
def test_nbgrader_gives_the_expected_score(by_nbgrader, name):
    folder, _ = by_nbgrader
    assert scores(folder)[name] == EXAMPLES[name].EXPECTED


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_demo_gives_the_expected_score(by_demo, name):
    folder, _, _ = by_demo
    assert scores(folder).get(name) == EXAMPLES[name].EXPECTED


def test_the_demo_prints_every_example_as_expected(by_demo):
    _, code, printed = by_demo
    assert f"{len(EXAMPLES)} of {len(EXAMPLES)} as expected" in printed
    assert "NOT" not in printed
    assert "Warning" not in printed
    assert code == 0


@pytest.mark.parametrize("name", REFUSED)
def test_nbgrader_refuses_a_broken_file_and_grades_the_others(by_nbgrader, name):
    folder, result = by_nbgrader
    assert result.returncode != 0
    assert EXAMPLES[name].REASON in result.stderr
    assert scores(folder)[name] is None
    assert not (folder / "autograded" / name).exists()


def test_export_lists_every_score(by_nbgrader):
    folder, _ = by_nbgrader
    with open(folder / "grades.csv", newline="") as file:
        exported = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert {name: exported[name] for name in GRADED} == {n: EXAMPLES[n].EXPECTED for n in GRADED}


def test_feedback_names_the_mistake(by_nbgrader):
    folder, _ = by_nbgrader
    page = (folder / "feedback" / "flips_the_kernel" / UNIT / f"{UNIT}.html").read_text()
    assert "You turned the kernel by 180° before sliding it" in page  # lines are wrapped


def test_submissions_are_left_as_they_were(handed_in, by_nbgrader):
    for path in (handed_in / "submitted").rglob("*.ipynb"):
        kept = by_nbgrader[0] / path.relative_to(handed_in)
        assert kept.read_bytes() == path.read_bytes()


def hidden_lines():
    """Lines of checks and misconceptions: code that no student may ever read."""
    for task in tasks.of_unit(UNIT).values():
        for function in (task.check, *task.misconceptions.values()):
            code = inspect.getsource(function).split('"""')[-1].split("\n")[1:]
            yield from (line.strip() for line in code if len(line.strip()) > 40)


def test_nothing_hidden_leaves_the_grader(by_nbgrader, by_demo):
    handed_in = "".join(p.read_text() for p in by_nbgrader[0].glob("submitted/*/*/*.ipynb"))
    secrets = {
        "HIDDEN TESTS",
        "import check",
        "check(&quot;",
        'check("',
        'check(\\"',
        "check_pad2d",
    }
    secrets |= {line for line in hidden_lines() if line not in handed_in}
    assert len(secrets) > 50
    for folder in (by_nbgrader[0], by_demo[0]):
        pages = [
            page
            for step in ("release", "autograded", "feedback")
            for page in (folder / step).rglob("*")
            if page.is_file()
        ]
        assert len(pages) > 2 * len(GRADED)
        for page in pages:
            text = page.read_text()
            assert not [secret for secret in secrets if secret in text], page


def test_solutions_are_not_released(by_nbgrader):
    released = (by_nbgrader[0] / "release" / UNIT / f"{UNIT}.ipynb").read_text()
    for task in tasks.of_unit(UNIT).values():
        body = inspect.getsource(task.reference).split('"""')[-1].split("\n")
        code = [line.strip() for line in body if len(line.strip()) > 25]
        assert not [line for line in code if line in released], task.name
