"""Every example submission through real nbgrader, and through ours: same scores, nothing leaked."""

import csv
import functools
import inspect
import re
import shutil
import subprocess
import sys

import pytest
from nbgrader.api import Gradebook

from autograder import examples
from autograder.commands import demo
from autograder.release import sync
from autograder.units import CONTENT as content
from tests.commands import NBGRADER

pytestmark = pytest.mark.slow(150)

EXAMPLES = {
    (unit, name): module
    for unit in content.units()
    for name, module in examples.every(unit).items()
}
GRADED = [example for example, module in EXAMPLES.items() if module.EXPECTED is not None]
REFUSED = [example for example in EXAMPLES if example not in GRADED]


def by_both():
    """What nbgrader's own commands grade too: all of one unit, and of the others what is blank,
    right in one style, and wrong in one way.

    The rest differ only in what the checks say, and these are the same in both.
    """
    for unit in content.units():
        names = [name for example_unit, name in EXAMPLES if example_unit == unit]
        if unit != examples.UNIT:
            wrong = [name for name in names if not name.startswith(("blank", "right"))]
            names = ["blank", "right_in_style_0", wrong[0]]
        yield from ((unit, name) for name in names)


BOTH = list(by_both())
BOTH_GRADED = [example for example in BOTH if example in GRADED]


def each(examples):
    return pytest.mark.parametrize(("unit", "name"), examples, ids=map("-".join, examples))


def nbgrader(folder, *arguments):
    """Run a command of nbgrader as an instructor would."""
    command = [*NBGRADER, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def scores(folder, unit):
    """What the gradebook holds, by student: None where nothing has been graded."""
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        found = {}
        for submission in book.find_assignment(unit).submissions:
            grades = [g for n in submission.notebooks for g in n.grades]
            graded = [g.auto_score is not None for g in grades if g.cell.cell_type == "code"]
            found[submission.student.id] = submission.score if all(graded) else None
        return found


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples") / "course"
    course = examples.fresh_course(folder)
    for unit in content.units():
        course.release(unit)
        examples.hand_in(course, unit)
    return folder


@pytest.fixture(scope="module")
def demo_beside(tmp_path_factory):
    """`make demo`, begun: it runs beside what nbgrader does. Its process, and where it prints."""
    printed = tmp_path_factory.mktemp("demo") / "printed"
    command = [sys.executable, "-m", "autograder.commands.cli", "demo", "--jobs", "2"]
    with open(printed, "w") as file:
        root = demo.FOLDER.parents[1]
        process = subprocess.Popen(command, cwd=root, stdout=file, stderr=subprocess.STDOUT)
        yield process, printed
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def nbgraders_course(handed_in, demo_beside):
    """The folder in which nbgrader's own commands run."""
    folder = handed_in.parent / "nbgrader"
    shutil.copytree(handed_in, folder)
    for unit, name in EXAMPLES.keys() - BOTH:
        shutil.rmtree(folder / "submitted" / name / unit)
    return folder


# Each command runs once, for the first test that asks for it. All of them together would take so
# long on a busy machine that the test would be taken for one that hangs.
@pytest.fixture(scope="module")
def autograde(nbgraders_course):
    """``autograde(unit)``: the result of `nbgrader autograde`."""
    return functools.cache(lambda unit: nbgrader(nbgraders_course, "autograde", unit, "--force"))


@pytest.fixture(scope="module")
def generate_feedback(nbgraders_course, autograde):
    """``generate_feedback(unit)``: the result of that command of nbgrader, after `autograde`."""

    def run(unit):
        autograde(unit)
        return nbgrader(nbgraders_course, "generate_feedback", unit)

    return functools.cache(run)


@pytest.fixture(scope="module")
def by_nbgrader(nbgraders_course, generate_feedback):
    """The course's folder after `autograde` and `generate_feedback` of all units."""
    for unit in content.units():
        generate_feedback(unit)
    return nbgraders_course


@pytest.fixture(scope="module")
def by_demo(demo_beside):
    """What `make demo` does: (folder of its course, exit code, what was printed)."""
    process, printed = demo_beside
    return demo.FOLDER, process.wait(), printed.read_text()


@each(BOTH_GRADED)
def test_nbgrader_gives_the_expected_score(nbgraders_course, autograde, unit, name):
    autograde(unit)
    assert scores(nbgraders_course, unit)[name] == EXAMPLES[unit, name].EXPECTED


@each(REFUSED)
def test_nbgrader_refuses_a_broken_file_and_grades_the_others(
    nbgraders_course, autograde, unit, name
):
    assert autograde(unit).returncode != 0
    assert EXAMPLES[unit, name].REASON in autograde(unit).stderr
    assert scores(nbgraders_course, unit)[name] is None
    assert not (nbgraders_course / "autograded" / name).exists()


@pytest.mark.parametrize("unit", content.units())
def test_nbgrader_generates_feedback(generate_feedback, unit):
    assert generate_feedback(unit).returncode == 0, generate_feedback(unit).stderr


@each(EXAMPLES)
def test_the_demo_gives_the_expected_score(by_demo, unit, name):
    folder, _, _ = by_demo
    assert scores(folder, unit).get(name) == EXAMPLES[unit, name].EXPECTED


def test_the_demo_prints_every_example_as_expected(by_demo):
    _, code, printed = by_demo
    assert f"{len(EXAMPLES)} of {len(EXAMPLES)} as expected" in printed
    assert "NOT" not in printed
    assert "Warning" not in printed
    assert code == 0


def test_export_lists_every_score(by_nbgrader):
    done = nbgrader(by_nbgrader, "export")
    assert done.returncode == 0, done.stderr
    with open(by_nbgrader / "grades.csv", newline="") as file:
        rows = {(row["assignment"], row["student_id"]): row for row in csv.DictReader(file)}
    exported = {example: float(rows[example]["score"]) for example in BOTH_GRADED}
    assert exported == {example: EXAMPLES[example].EXPECTED for example in BOTH_GRADED}


def test_feedback_names_the_mistake(by_nbgrader):
    unit = "unit1_convolution"
    page = (by_nbgrader / "feedback" / "flips_the_kernel" / unit / f"{unit}.html").read_text()
    assert "You turned the kernel by 180° before sliding it" in page  # lines are wrapped


@pytest.mark.parametrize("unit", content.units())
def test_written_answers_wait_for_a_person_and_untouched_ones_do_not(by_nbgrader, unit):
    with Gradebook(f"sqlite:///{by_nbgrader}/gradebook.db") as book:
        for name, solved in [("blank", False), ("right_in_style_0", True)]:
            if (unit, name) in BOTH:
                grades = book.find_submission(unit, name).notebooks[0].grades
                written = [g for g in grades if g.cell.cell_type == "markdown"]
                assert [g.needs_manual_grade for g in written] == [solved] * len(written)


def test_submissions_are_left_as_they_were(handed_in, by_nbgrader):
    paths = list((by_nbgrader / "submitted").rglob("*.ipynb"))
    assert len(paths) == len(BOTH)
    for path in paths:
        handed = handed_in / path.relative_to(by_nbgrader)
        assert handed.read_bytes() == path.read_bytes()


# A line that only names a part. Students read it in the feedback.
PART_NAME = re.compile(r'"[^"]*",')


def hidden_lines():
    """Lines of checks and misconceptions: code that no student may ever read."""
    for task in (task for unit in content.units() for task in content.of_unit(unit).values()):
        for function in (task.check, *task.misconceptions.values()):
            code = inspect.getsource(function).split('"""')[-1].split("\n")[1:]
            lines = (line.strip() for line in code if len(line.strip()) > 40)
            yield from (line for line in lines if not PART_NAME.fullmatch(line))


def test_nothing_hidden_leaves_the_grader(handed_in, by_nbgrader, by_demo):
    handed_in = "".join(p.read_text() for p in handed_in.glob("submitted/*/*/*.ipynb"))
    handed_in += handed_in.replace('\\"', '"')  # as it reads outside a JSON string
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
    for folder, graded in ((by_nbgrader, BOTH_GRADED), (by_demo[0], GRADED)):
        pages = [
            page
            for step in ("release", "autograded", "feedback")
            for page in (folder / step).rglob("*")
            if page.is_file()
        ]
        assert len(pages) > 2 * len(graded)
        for page in pages:
            text = page.read_text()
            assert not [secret for secret in secrets if secret in text], page


@pytest.mark.parametrize("unit", content.units())
def test_solutions_are_not_released(by_nbgrader, unit):
    released = (by_nbgrader / "release" / unit / f"{unit}.ipynb").read_text()
    for task in content.of_unit(unit).values():
        _, body = sync.solution(task)
        lines = [line.strip() for line in body if not line.startswith(f"{task.name} = ")]
        code = [line for line in lines if len(line) > 25]
        assert not [line for line in code if line in released], task.name
