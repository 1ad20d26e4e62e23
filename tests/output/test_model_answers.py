"""Model answers have the numbers of the student's own run, and each run is computed once."""

import json
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from autograder.cells import role
from autograder.content import MODEL_ANSWERS, Content, TaskError, functions
from autograder.output import model_answers, rubric
from autograder.units import CONTENT as content
from course import numbers, runs

ROOT = Path(__file__).parents[2]
UNIT, QUESTION = "unit2_matching", "why_ncc"
TRAINS = {
    "why_pooling",
    "why_transfer",
    "why_finetuning",
    "why_residual",
}  # whose runs train networks


def questions():
    """The written answers of every unit: {question: (unit, source of its cell)}."""
    found = {}
    for unit in content.units():
        notebook = nbformat.read(ROOT / "source" / unit / f"{unit}.ipynb", as_version=4)
        for cell in notebook.cells:
            if role(cell) == "written":
                found[cell.metadata.nbgrader.grade_id] = unit, cell.source
    return found


QUESTIONS = questions()


@pytest.fixture
def computed(monkeypatch):
    """Lists the runs that are computed; what a run gives is twice its seed."""
    found = []

    def compute(mine):
        print("epoch 1 of 3")
        found.append(mine.seed)
        return {"twice": 2 * mine.seed}

    def draw(task, student):
        return SimpleNamespace(_title=f"of {student}", seed=len(student))

    monkeypatch.setattr(Content, "model_answer", lambda self, unit, question: compute)
    monkeypatch.setitem(vars(content), "draw", draw)
    monkeypatch.setattr(model_answers, "version", lambda content, unit: "one")
    return found


def answer(root, student):
    return model_answers.answer(root, content, UNIT, QUESTION, student, "{seed}: {twice}")


def test_all_who_have_the_same_numbers_share_a_run(tmp_path, computed, capsys):
    assert [answer(tmp_path, name) for name in ("ada", "bob", "emmy")] == ["3: 6", "3: 6", "4: 8"]
    assert computed == [3, 4]
    assert capsys.readouterr().out == ""


def test_what_was_computed_is_kept_until_the_course_changes(tmp_path, computed, monkeypatch):
    answer(tmp_path, "ada")
    (kept,) = (tmp_path / ".autograder" / UNIT).iterdir()
    changed = json.loads(kept.read_text())
    assert changed["numbers"] == {'why_ncc {"seed": 3}': {"twice": 6}}
    assert answer(tmp_path, "ada") == "3: 6"
    assert computed == [3]
    monkeypatch.setattr(model_answers, "version", lambda content, unit: "another")
    assert answer(tmp_path, "ada") == "3: 6"
    assert computed == [3, 3]


@pytest.mark.parametrize(
    "broken", ["", "[]", '{"version": "one"}', '{"version": "one", "numbers": 1}']
)
def test_what_cannot_be_read_is_computed_again(tmp_path, computed, broken):
    answer(tmp_path, "ada")
    (kept,) = (tmp_path / ".autograder" / UNIT).iterdir()
    kept.chmod(0o644)
    kept.write_text(broken)
    assert answer(tmp_path, "ada") == "3: 6"
    assert computed == [3, 3]


def test_where_nothing_can_be_kept_it_is_computed_each_time(tmp_path, computed):
    (tmp_path / ".autograder").write_text("a file where the folder should be")
    assert [answer(tmp_path, "ada"), answer(tmp_path, "ada")] == ["3: 6", "3: 6"]
    assert computed == [3, 3]


def test_what_the_content_cannot_compute_is_named(tmp_path, monkeypatch):
    def compute(mine):
        raise ZeroDivisionError("by hand")

    monkeypatch.setattr(Content, "model_answer", lambda self, unit, question: compute)
    with pytest.raises(TaskError, match=r"model_answers.py: `why_ncc` cannot .*ZeroDivisionError"):
        answer(tmp_path, "ada")


def test_a_question_without_numbers_keeps_its_text(tmp_path):
    text = r"$\frac{1}{4}$"
    assert content.model_answer(UNIT, "why_not") is None
    assert model_answers.answer(tmp_path, content, UNIT, "why_not", "ada", text) == text
    assert content.model_answer("no_such_unit", "why_not") is None


# -- ours -----------------------------------------------------------------------------------------


def test_each_question_has_a_run_of_the_students_own_and_no_other_has():
    computed = {}
    for unit in {unit for unit, _ in QUESTIONS.values()}:
        computed |= dict.fromkeys(functions(content.bank(unit, MODEL_ANSWERS)), unit)
    assert computed == {name: unit for name, (unit, _) in QUESTIONS.items()}
    drawn = {name for name in vars(runs) if name.startswith("why_")}
    assert drawn == set(QUESTIONS)


@pytest.mark.parametrize("question", sorted(QUESTIONS))
def test_runs_differ_from_student_to_student(question):
    drawn = [numbers.draw(question, student) for student in ("ada", "bob", "emmy", "grace", "lise")]
    sets = {repr(sorted(vars(mine).items() - {("_title", mine._title)})) for mine in drawn}
    assert len(sets) > 2


@pytest.mark.parametrize("question", sorted(TRAINS))
def test_few_runs_are_enough_where_networks_are_trained(question):
    drawn = [numbers.numbers_of(question, index) for index in range(numbers.POOL)]
    assert len({repr({**vars(mine), "_title": ""}) for mine in drawn}) <= 10


@pytest.mark.parametrize(
    "question",
    [pytest.param(q, marks=[pytest.mark.soak] if q in TRAINS else []) for q in sorted(QUESTIONS)],
)
def test_the_model_answer_of_a_student_has_all_its_numbers(tmp_path, question):
    unit, source = QUESTIONS[question]
    text = rubric.read(source).answer
    answers = {
        model_answers.answer(tmp_path, content, unit, question, student, text)
        for student in ("", "ada", "grace")
    }
    assert len(answers) > 1
    for found in answers:
        assert "{" not in found
