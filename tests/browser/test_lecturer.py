"""What a lecturer does in formgrader, from the list of units to the page that a student gets."""

import nbformat
import pytest
from playwright.sync_api import expect

from autograder import examples
from autograder.sandbox import probe

pytestmark = pytest.mark.slow(40)

UNIT, STUDENT, WRITTEN = "unit4_pooling", "ada", "why_pooling"
FULL = examples.full(UNIT)  # without the written answer, which is worth 2
ANSWER = r"""A quarter of the places is left, $\frac{h}{2} \cdot \frac{w}{2}$ of $h \cdot w$.

| n | kept |
|---|---|
| 1 | 0.44 |"""
COMMENT = "The mechanism is there. Which of your numbers shows it?"
RUBRIC = "or better, is a slogan"  # words of the source notebook only


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with one released unit and one submission, which is not graded."""
    course = examples.fresh_course(tmp_path_factory.mktemp("lecturer") / "course")
    course.release(UNIT)
    released = course.folder("release", ".", UNIT) / f"{UNIT}.ipynb"
    work = examples.Work(STUDENT, nbformat.read(released, as_version=4), UNIT)
    work.solve()
    work.cell(WRITTEN).source = ANSWER
    path = course.folder("submitted", STUDENT, UNIT) / f"{UNIT}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(work.data())
    return course


@pytest.fixture(scope="module")
def page(course, jupyter):
    """JupyterLab as started in the course's folder, on a screen for an answer with a table."""
    page = jupyter(course.root)
    page.set_viewport_size({"width": 1400, "height": 1100})
    return page


@pytest.fixture(scope="module")
def strangers(page):
    """What any page has asked of another server than ours, and what went wrong in one."""
    found, ours = [], (page.url.partition("/lab")[0], "data:", "blob:", "file:")
    page.context.on("request", lambda r: r.url.startswith(ours) or found.append(r.url))
    page.context.on("weberror", lambda error: found.append(str(error.error)))
    return found


def recorded(course):
    """The grade, and the comment, of the written answer in the gradebook."""
    with course.gradebook() as book:
        where = (WRITTEN, UNIT, UNIT, STUDENT)
        grade, comment = book.find_grade(*where), book.find_comment(*where)
        return grade.manual_score, grade.needs_manual_grade, comment.manual_comment


def points(course):
    """All points of the submission in the gradebook."""
    with course.gradebook() as book:
        return book.find_submission(UNIT, STUDENT).score


def test_from_the_list_of_units_to_the_feedback(course, page, strangers):
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name="Formgrader", exact=True).click()
    grader = page.frame_locator("iframe")
    row = grader.get_by_role("row").filter(has_text=UNIT)

    # The submission is found, and graded in the sandbox.
    row.get_by_role("link", name="1", exact=True).click()
    submission = grader.get_by_role("row").filter(has_text=STUDENT)
    submission.locator(".autograde a").click()
    done = grader.locator("#success-modal")
    expect(done).to_contain_text(f"Successfully autograded '{UNIT}'")
    expect(done).to_contain_text(f"sandbox: {probe.describe(probe.choose('auto'))}")
    done.get_by_role("button", name="OK").click()
    expect(submission.locator(".score")).to_have_text(f"{FULL:g} / {FULL + 2:g}")
    assert points(course) == FULL
    assert recorded(course) == (None, True, None)

    # The written answer is read, with the rubric below it.
    grader.get_by_role("link", name="Manual Grading").click()
    for name in (UNIT, UNIT, "Submission #1"):
        grader.get_by_role("link", name=name, exact=True).last.click()
    expect(grader.get_by_role("link", name="Next")).to_be_focused()  # and rolls there
    grader.locator("html").evaluate("() => $('html, body').promise()")
    grader.get_by_role("link", name=WRITTEN).click()
    rubric = grader.locator(f"#rubric-{WRITTEN}")
    expect(rubric).to_contain_text(RUBRIC)
    answer = grader.locator(".nbgrader_cell").filter(has_text="A quarter of the places is left")
    expect(answer.locator("math")).to_have_count(2)
    with page.expect_response("**/api/grade/*"), page.expect_response("**/api/comment/*"):
        answer.locator(f"#{WRITTEN}").fill("1.5")
        answer.locator("textarea").fill(COMMENT)
        answer.locator("textarea").press("Escape")  # leaves the box, and so saves
    for whole in (answer, rubric):
        expect(whole).to_be_in_viewport(ratio=1)
    assert recorded(course) == (1.5, False, COMMENT)

    # A comma is a point; what is above the maximum is refused, and what stood there stays.
    field = answer.locator(f"#{WRITTEN}")
    for typed, refused in [("0,5", False), ("2.5", True), ("1,5", False)]:
        field.click()
        with page.expect_response("**/api/grade/*"):
            field.fill(typed)
            field.press("Escape")
        expect(answer.locator(".refused")).to_have_count(int(refused))
        assert recorded(course)[0] == {"0,5": 0.5, "2.5": 0.5, "1,5": 1.5}[typed]
    assert (
        answer.locator("td").first.evaluate(
            "cell => parseFloat(getComputedStyle(cell).paddingLeft)"
        )
        > 4
    )

    # The page that the student gets.
    grader.get_by_role("link", name="Manual Grading").click()
    grader.get_by_role("link", name="Manage Assignments").click()
    row.locator(".generate-feedback a").click()
    expect(grader.locator("#success-modal")).to_contain_text("generated feedback")
    feedback = page.context.new_page()
    feedback.goto((course.folder("feedback", STUDENT, UNIT) / f"{UNIT}.html").as_uri())
    expect(feedback.locator(".total")).to_have_text(f"{FULL + 1.5:g} of {FULL + 2:g} points.")
    given = feedback.locator(f"#{WRITTEN}")
    expect(given).to_contain_text("1.5 of 2")
    expect(given.locator(".comment")).to_contain_text(COMMENT)
    expect(given.locator("mfrac")).to_have_count(2)
    over, under = given.locator("mfrac").first.locator("> *").all()  # drawn one above the other
    assert over.bounding_box()["y"] + over.bounding_box()["height"] <= under.bounding_box()["y"]
    expect(feedback.locator("body")).not_to_contain_text(RUBRIC)
    assert strangers == []
