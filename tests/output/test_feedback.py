"""Formgrader's page of a submission, and the feedback: what they show, to whom, and from where."""

import json
import re

import bs4
import nbformat
import pytest
from nbconvert import HTMLExporter
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension

from autograder import examples
from autograder.content import Content
from autograder.grading.run import Options, Run
from autograder.model import report_in
from autograder.output import feedback as pages
from autograder.untrusted.text import SIGN
from tests.sandbox.test_client import PICTURE

pytestmark = pytest.mark.slow(20)

UNIT, WRITTEN = "unit4_pooling", "why_pooling"
FULL = examples.full(UNIT)  # without the written answer, which is worth 2
RUBRIC, MODEL = "or better, is a slogan", "2 × 2 pooling at stride 2 leaves a quarter"
ANSWER = r"""A quarter of the places, $\frac{1}{4}$, and $\text{</math><script>alert(1)</script>}$.
$$\lfloor n / 2 \rfloor$$

![a plot](https://example.org/plot.png) ![mine](attachment:mine.png) ![gone](attachment:gone.png)
[here](javascript:alert(1)) <script>alert(1)</script> <img src=x onerror=alert(1)>"""


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course with two graded submissions: ada's is right, and bob's is empty but for a print
    and another student's id."""
    course = examples.fresh_course(tmp_path_factory.mktemp("pages") / "course")
    course.release(UNIT)
    released = nbformat.read(course.folder("release", ".", UNIT) / f"{UNIT}.ipynb", as_version=4)
    ada, bob = (examples.Work(name, released, UNIT) for name in ("ada", "bob"))
    ada.solve()
    ada.cell(WRITTEN).source = ANSWER
    ada.cell(WRITTEN).attachments = {"mine.png": {"image/png": PICTURE}}
    id_cell = next(cell for cell in bob.notebook.cells if cell.id == "student-id")
    id_cell.source = id_cell.source.replace('""', '"eve"')
    bob.after(
        "setup", "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nprint('FAIL  nothing')\n1 / 0"
    )
    for work in (ada, bob):
        path = course.folder("submitted", work.student, UNIT) / f"{UNIT}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(work.data())
    assert not any(g.failure for g in Run(course, UNIT, Options(jobs=1)))
    return course


@pytest.fixture
def formgrader(graded, monkeypatch):
    """``formgrader(student)``: formgrader's page of a submission, as its server makes it."""
    monkeypatch.chdir(graded.root)
    extension = FormgradeExtension()
    extension.initialize([])
    exporter = HTMLExporter(config=extension.config)

    def page(student):
        path = graded.folder("autograded", student, UNIT) / f"{UNIT}.ipynb"
        names = {
            "assignment_id": UNIT,
            "notebook_id": UNIT,
            "submission_id": "1",
            "student": student,
        }
        return exporter.from_filename(str(path), resources={**names, "index": 0, "total": 2})[0]

    return page


@pytest.fixture(scope="module")
def feedback(graded):
    """``feedback(student)``: the page that a student gets, as it was last written."""
    graded.feedback(UNIT)

    def page(student):
        path = graded.folder("feedback", student, UNIT) / f"{UNIT}.html"
        return path.read_text(encoding="utf-8")

    return page


def soup(page):
    return bs4.BeautifulSoup(page, "html.parser")


# -- the rubric -----------------------------------------------------------------------------------


def test_formgrader_shows_the_rubric_right_below_the_answer(formgrader):
    page = soup(formgrader("ada"))
    answer = page.find(id=WRITTEN).find_parent(class_="nbgrader_cell")
    frame = answer.find_next(class_="rubric")
    following = answer.find_next(class_="nbgrader_cell")  # None: it is the last of the graded cells
    assert frame.find_next(class_="nbgrader_cell") is following
    for words in (RUBRIC, MODEL):
        assert words in frame.text
        assert page.text.count(words) == 1
    assert "SOLUTION" not in frame.text
    assert page.find("a", href=f"#{WRITTEN}")


def test_the_rubric_is_in_nothing_that_a_student_gets(graded, feedback):
    page = feedback("ada")
    kept = [
        p for step in ("release", "autograded", "feedback") for p in (graded.root / step).rglob("*")
    ]
    texts = [page, *(path.read_text(encoding="utf-8") for path in kept if path.is_file())]
    assert len(texts) == 6
    for text in texts:
        for words in (RUBRIC, MODEL, json.dumps(MODEL)[1:-1]):
            assert words not in text


def test_the_rubric_is_in_the_feedback_if_the_lecturer_says_so(graded, feedback, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setitem(graded.config.ShowRubric, "in_feedback", True)
        graded.feedback(UNIT)
    assert RUBRIC in soup(feedback("ada")).text
    graded.feedback(UNIT)


def test_an_edited_rubric_is_shown_as_it_is_now(graded, formgrader):
    source = graded.source(UNIT)
    before = source.read_bytes()
    try:
        source.write_bytes(before.replace(RUBRIC.encode(), b"earns no point"))
        assert "earns no point" in formgrader("ada")
        source.unlink()
        assert "There is none in the source notebook" in formgrader("ada")
    finally:
        source.write_bytes(before)


def test_what_is_wrong_with_a_rubric_stands_in_the_page(graded, formgrader):
    source = graded.source(UNIT)
    before = source.read_bytes()
    try:
        source.write_bytes(before.replace(b"Rubric: mechanism", b"Rubric: mechanism\\n- free text"))
        page = soup(formgrader("ada"))
        assert f"{WRITTEN} has a rubric that cannot be read, at '- free text'" in page.text
        assert RUBRIC in page.text
        source.write_bytes(before.replace(b"{max_same:.3f}", b"{no_such_number}"))
        assert "cannot be filled in (KeyError: 'no_such_number')" in soup(formgrader("ada")).text
    finally:
        source.write_bytes(before)


def test_where_the_numbers_cannot_be_computed_the_page_says_so(formgrader, monkeypatch):
    def compute(mine):
        raise ZeroDivisionError("no number")

    # What was kept is of another version.
    monkeypatch.setattr(pages.model_answers, "version", lambda content, unit: "another")
    monkeypatch.setattr(Content, "model_answer", lambda self, unit, question: compute)
    page = soup(formgrader("ada"))
    assert "The numbers are missing. autograder/units/unit4_pooling/model_answers.py: " in page.text
    assert RUBRIC in page.text


def test_two_students_with_other_numbers_have_other_model_answers(formgrader):
    shown = [soup(formgrader(name)).find(class_="rubric").text for name in ("ada", "bob")]
    assert shown[0] != shown[1]
    assert all("{" not in text for text in shown)


# -- nothing from elsewhere -----------------------------------------------------------------------


def loaded(page):
    """The addresses that a browser asks for when it shows a page."""
    elements, keys = soup(page).find_all(True), ("src", "srcset", "data", "poster")
    found = [element[key] for element in elements for key in keys if element.get(key)]
    found += [e["href"] for e in elements if e.name in ("link", "base", "use", "image")]
    return found + re.findall(r"(?:url\(|@import ).{40}", page)


def test_feedback_loads_nothing(feedback):
    page = feedback("ada")
    assert [a[:15] for a in loaded(page)] == ["data:image/png;"]  # the picture in the answer
    assert not soup(page).find_all(["script", "iframe", "object", "embed"])


def test_formgrader_loads_from_its_own_server_only(formgrader):
    for address in loaded(formgrader("ada")):
        assert address.startswith(("/formgrader/static/", "data:image/png;"))


def test_formulas_are_mathml(feedback, formgrader):
    for page in (feedback("ada"), formgrader("ada")):
        assert "$" not in soup(page).body.text.replace("$(", "")  # jQuery's
        assert len(soup(page).find_all("mfrac")) >= 2
        assert soup(page).find("math", display="block")


def test_what_a_student_writes_stays_inert(feedback, formgrader):
    cell = soup(feedback("ada")).find("section", id=WRITTEN).find(class_="text")
    same = soup(formgrader("ada")).find(id=WRITTEN).find_parent(class_="nbgrader_cell")
    for place in (cell, same.find(class_="text_cell_render")):
        names = {element.name for element in place.find_all(True)}
        assert not names & {"script", "style", "iframe", "object", "form", "input", "svg"}
        assert [(a.text, a["href"]) for a in place.find_all("a")] == [
            ("a plot", "https://example.org/plot.png")
        ]
        assert [img["alt"] for img in place.find_all("img")] == ["mine"]
        assert "picture missing: gone" in place.text
        assert "[here] (javascript:alert(1))" in place.text
        assert not {k for e in place.find_all(True) for k in e.attrs if k.startswith("on")}


def test_harmful_links_go_nowhere_even_if_intake_let_them_through():
    page = pages.markdown2html({"resources": {}}, "[x](javascript:alert(1)) ![x](data:text/html,x)")
    assert "javascript" not in page
    assert "data:text" not in page


# -- the feedback page ----------------------------------------------------------------------------


def rows(page):
    """The table of scores: {task: (points, remark)}."""
    cells = [row.find_all("td") for row in soup(page).find(class_="scores").tbody.find_all("tr")]
    return {c[1].a.text: (c[2].text, c[1].span.text) for c in cells}


def test_points_are_named_by_task_and_exercise(graded, feedback):
    page = soup(feedback("ada"))
    path = graded.folder("autograded", "ada", UNIT) / f"{UNIT}.ipynb"
    report = report_in(path.read_text(encoding="utf-8"))
    names = [name.removeprefix("test_") for name in report.scores]
    assert sorted(rows(str(page))) == sorted([*names, "In your own words"])
    assert page.h1.text == "Unit 4 · Pooling: feedback for ada"
    assert "11 · Pooling" in page.find(class_="scores").text
    for link in page.find(class_="scores").find_all("a"):
        assert page.find(id=link["href"][1:])


def test_what_waits_for_a_person_is_no_zero_yet(graded, feedback):
    page = feedback("ada")
    assert rows(page)["In your own words"] == ("not graded yet of 2", "")
    assert f"{FULL:g} of {FULL + 2:g} points, and up to 2 more" in " ".join(
        soup(page).find(class_="total").text.split()
    )
    assert rows(feedback("bob"))["In your own words"] == ("0 of 2", "no answer")
    with graded.gradebook() as book:
        grade = book.find_grade(WRITTEN, UNIT, UNIT, "ada")
        grade.manual_score, grade.needs_manual_grade = 0.5, False
        book.find_comment(WRITTEN, UNIT, UNIT, "ada").manual_comment = "Why is it $\\frac{1}{4}$?"
        book.db.commit()
    graded.feedback(UNIT)
    page = feedback("ada")
    assert rows(page)["In your own words"] == ("0.5 of 2", "with a comment")
    assert f"{FULL + 0.5:g} of {FULL + 2:g} points." in " ".join(
        soup(page).find(class_="total").text.split()
    )
    assert soup(page).find(class_="comment").mfrac


def test_a_late_penalty_is_shown(graded, feedback):
    with graded.gradebook() as book:
        book.find_submission_notebook(UNIT, UNIT, "bob").late_submission_penalty = 1.5
        book.db.commit()
    graded.feedback(UNIT)
    table = soup(feedback("bob")).find(class_="scores")
    assert "Handed in late−1.5" in table.text.replace("\n", "")


def test_only_the_grader_colours_what_it_says(feedback):
    page = soup(feedback("bob"))
    failed = page.find_all(class_="failed")
    assert failed
    assert all(line.find_parent("pre").text.startswith(SIGN) for line in failed)
    assert "FAIL  nothing" in page.text
    assert soup(feedback("ada")).find(class_="passed")


def test_the_notes_of_the_grader_stand_out(feedback):
    page = soup(feedback("bob"))
    assert "Notes from the grader" in page.find(class_="notes").text
    assert soup(feedback("ada")).find(class_="notes") is None


def test_every_picture_has_a_text(feedback):
    pictures = [one for name in ("ada", "bob") for one in soup(feedback(name)).find_all("img")]
    assert [picture["alt"] for picture in pictures] == ["mine", pages.NO_TEXT]
