"""Written answers marked in a browser: by keys, in groups, by two persons, on small screens."""

import json
import re
import statistics
import time

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import expect

from autograder.output import model_answers
from tests import marked
from tests.browser.conftest import ANSWERS, server
from tests.marked import QUESTION, UNIT, grade_of

pytestmark = pytest.mark.slow(60)

KINDS = [
    "A quarter of the places is left, so {n} products: that is cheaper. Shift by {n} changed it.",
    "Max pooling makes the network invariant to every shift, which is why it is always used. {n}",
    "Das Fenster des nächsten Filters reicht weiter, weil zwei Pixel nebeneinander liegen: {n}.",
    "I do not know. I think that it is about the number {n}, or about something else altogether.",
]
LONG = "Pooling keeps the largest of four and that is all. " * 200  # 2,000 words
RICH = r"""<b onclick="alert(1)">bold</b> <script>document.title = "hacked"</script>

| n | kept |
|---|---|
| 1 | 0.44 |

$$\frac{h}{2} \cdot \frac{w}{2} = \frac{hw}{4}$$ and ![x](http://example.org/x.png)"""


def texts():
    found = {f"st{number:03}": KINDS[number % 4].format(n=number) for number in range(22)}
    return {**found, "st100": LONG, "st101": RICH, "st102": "", "st103": None}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = marked.released(tmp_path_factory.mktemp("marking") / "course")
    # The numbers of the model answers come from training networks: here they are kept already.
    kept = {key(course, student): {} for student in texts()}
    told = {"version": model_answers.version(course.content, UNIT), "numbers": kept}
    path = course.root / ".autograder" / UNIT / "model_answers.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told))
    marked.record(course, texts())
    return course


def key(course, student):
    """The name under which the numbers of a student's run are kept."""
    mine = vars(course.content.draw(QUESTION, student))
    drawn = {name: value for name, value in mine.items() if not name.startswith("_")}
    return f"{QUESTION} {json.dumps(drawn, sort_keys=True, default=float)}"


@pytest.fixture(scope="module")
def address(chromium, course, tmp_path_factory):
    """The address of the page, on a JupyterLab that was started in the course's folder."""
    with server(course.root, (), tmp_path_factory.mktemp("jupyter")) as (url, token):
        yield f"{url}autograder/mark/?token={token}#unit={UNIT}"


@pytest.fixture
def opened(chromium, address):
    """``opened(name, **options)``: the page as opened by a marker in a browser of their own."""
    contexts = []

    def start(name="tom", **options):
        context = chromium.new_context(**{"viewport": {"width": 1400, "height": 1000}, **options})
        contexts.append(context)
        context.set_default_timeout(ANSWERS * 1000)
        context.add_init_script(f"localStorage.setItem('marker', '{name}')")
        page = context.new_page()
        page.asked = []
        page.on("request", lambda request: page.asked.append(request))
        page.goto(address)
        expect(page.locator("#desk")).to_be_visible()
        expect(page.locator("#who")).to_have_text(re.compile("answer"))
        return page

    yield start
    for context in contexts:
        context.close()


@pytest.fixture(autouse=True)
def nothing_is_marked(course):
    """Each test begins with the class as it was handed in."""
    with course.gradebook() as book:
        for table in (
            "autograder_mark",
            "autograder_item",
            "autograder_share",
            "autograder_phrase",
        ):
            book.db.execute(text(f"DELETE FROM {table}"))
        for submission in book.find_assignment(UNIT).submissions:
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    if grade.name == QUESTION:
                        grade.manual_score = None
                        grade.needs_manual_grade = grade.auto_score is None
                for comment in notebook.comments:
                    comment.manual_comment = None
        book.db.commit()


def text(source):
    from sqlalchemy import text

    return text(source)


def shown(page):
    return page.locator("#who").inner_text()


def student(page):
    """Who wrote the answer that is shown: the page does not say so unless it is asked."""
    box = page.locator("#names")
    box.check()
    name = shown(page)
    box.uncheck()
    page.locator("#answer").focus()
    return name


def save(page):
    """Press Enter, and wait until another answer is shown, or none; returns the seconds."""
    before, begun = shown(page), time.perf_counter()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "before => document.querySelector('#who').textContent !== before", arg=before
    )
    return time.perf_counter() - begun


def agree(page):
    """Press Enter where a criterion has no item, which the page says before it saves."""
    page.keyboard.press("Enter")
    expect(page.locator("#banner")).to_contain_text("Enter once more saves it so")


def test_twenty_answers_are_marked_by_keys_only(opened, course, capsys):
    page = opened()
    loads = len([r for r in page.asked if r.is_navigation_request()])
    given, seconds, keys = {}, [], 0
    for number in range(20):
        who = student(page)
        assert who not in given
        mechanism, evidence = "123"[number % 3], "456"[number % 2]
        page.keyboard.press(mechanism)
        page.keyboard.press(evidence)
        seconds.append(save(page))
        keys += 3
        given[who] = [1, 0.5, 0][number % 3] + [1, 0.5][number % 2]
    for who, points in given.items():
        assert grade_of(course, who)[:2] == (points, False)
    assert len([r for r in page.asked if r.is_navigation_request()]) == loads
    expect(page.locator("#progress")).to_have_text("22 of 26 done, 4 waiting")
    assert all(
        r.url.startswith(page.url.partition("/autograder")[0]) or r.url.startswith("data:")
        for r in page.asked
    )
    with capsys.disabled():
        print(f"\n{keys / 20:g} keys an answer, median {statistics.median(seconds):.3f} s", end=" ")


def test_an_item_that_is_reworded_and_reweighted_takes_the_answers_along(opened, course):
    page = opened()
    who = []
    for _ in range(3):
        who.append(student(page))
        page.keyboard.press("2")
        agree(page)
        save(page)
    page.keyboard.press("e")
    row = page.locator("#rubric tbody tr").nth(1)
    row.get_by_label("points").fill("0,75")
    row.get_by_label("sentence").fill("One of the two: which one is missing?")
    row.get_by_role("button", name="Change").click()
    expect(page.locator("#followed")).to_contain_text("3 answers followed")
    expect(page.locator("#followed")).to_contain_text("0.5 → 0.75")
    page.get_by_role("button", name="Close").first.click()
    for one in who:
        assert grade_of(course, one) == (0.75, False, "One of the two: which one is missing?")
    course.ask_nbgrader("write feedback", lambda api: api.generate_feedback(UNIT, who[0]))
    feedback = course.folder("feedback", who[0], UNIT) / f"{UNIT}.html"
    soup = BeautifulSoup(feedback.read_text(encoding="utf-8"), "html.parser")
    told = " ".join(soup.find(id=QUESTION).get_text(" ").split())
    assert "One of the two: which one is missing?" in told
    assert "0.75 of 2" in told


def test_the_eleventh_item_has_a_key_too(opened, course):
    page = opened()
    page.keyboard.press("e")
    for number in range(5):
        row = page.locator("#rubric tbody tr").last
        row.get_by_label("points").fill("0.1")
        row.get_by_label("sentence").fill(f"Besides, number {number}.")
        row.get_by_role("button", name="Add").click()
        expect(page.locator("#rubric tbody tr")).to_have_count(6 + 3 + number + 1)
    page.get_by_role("button", name="Close").first.click()
    who = student(page)
    page.keyboard.press("0")
    page.keyboard.press("a")
    agree(page)
    save(page)
    sentences = "Besides, number 3.\n\nBesides, number 4."
    assert grade_of(course, who) == (0.2, False, sentences)


def test_a_group_is_marked_with_one_enter(opened, course):
    page = opened()
    expect(page.locator("#group")).to_contain_text("nearly the same")
    page.keyboard.press("g")
    members = page.locator("#group .member")
    count = members.count()
    assert count >= 4
    page.locator("#group input").last.uncheck()
    page.locator("#answer").focus()
    page.keyboard.press("1")
    page.keyboard.press("4")
    save(page)
    points = [grade_of(course, one)[0] for one in texts()]
    assert points.count(2) == count  # this one and all that are ticked
    page.keyboard.press("u")
    expect(page.locator("#banner")).to_contain_text(f"Undone: {count} marks")
    assert {grade_of(course, one)[0] for one in texts()} == {None}


def test_of_two_persons_the_second_sees_what_the_first_gave_and_decides(opened, course):
    ann, tom = opened("ann"), opened("tom")
    assert shown(ann) == shown(tom)
    who = student(ann)
    expect(tom.locator("#others")).to_contain_text("ann at answer")
    ann.keyboard.press("1")
    ann.keyboard.press("6")
    save(ann)
    tom.keyboard.press("3")
    tom.keyboard.press("6")
    tom.keyboard.press("c")
    tom.keyboard.type("A slogan.")
    tom.keyboard.press("Enter")
    expect(tom.locator("#banner")).to_contain_text("Marked in the meantime by ann")
    expect(tom.locator("#banner")).to_contain_text("1 point, by ann")
    assert grade_of(course, who)[0] == 1
    expect(tom.locator("#comment")).to_have_value("A slogan.")  # nothing that was typed is lost
    save(tom)
    points, _, comment = grade_of(course, who)
    assert points == 0
    assert comment.endswith("A slogan.")


def test_undo_shows_the_answer_again_and_what_is_not_saved_outlives_the_browser(opened, course):
    page = opened()
    first, who = shown(page), student(page)
    page.keyboard.press("p")
    page.keyboard.type("1,5")
    save(page)
    assert grade_of(course, who)[0] == 1.5
    page.keyboard.press("u")
    expect(page.locator("#who")).to_have_text(first)
    expect(page.locator("#own")).to_have_value("1,5")  # to be corrected
    assert grade_of(course, who) == (None, True, None)
    page.keyboard.press("2")
    page.keyboard.press("c")
    page.keyboard.type("Half a sentence")
    page.reload()
    expect(page.locator("#comment")).to_have_value("Half a sentence")
    expect(page.locator("#items input").nth(1)).to_be_checked()
    expect(page.locator("#state")).to_contain_text("Not saved yet")


@pytest.mark.parametrize("typed", ["2,5", "-1", "abc", "1.2.3"])
def test_points_that_cannot_be_given_are_refused_with_a_sentence(opened, course, typed):
    page = opened()
    who = student(page)
    page.keyboard.press("p")
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    expect(page.locator("#banner")).to_contain_text("this question has 0 to 2 points")
    assert grade_of(course, who)[0] is None


def test_a_server_that_does_not_answer_loses_nothing(opened, course):
    page = opened()
    who = student(page)
    page.context.set_offline(True)
    page.keyboard.press("1")
    page.keyboard.press("6")
    page.keyboard.press("Enter")
    expect(page.locator("#banner")).to_contain_text("Nothing is lost")
    page.context.set_offline(False)
    expect(page.locator("#items input").first).to_be_checked()
    save(page)
    assert grade_of(course, who)[0] == 1


def go_to(page, who):
    """Show a student's answer."""
    page.locator("#filter").select_option("all")
    page.locator("#names").check()
    page.locator("#answers li").filter(has_text=who).click()
    expect(page.locator("#who")).to_have_text(who)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_long_and_rich_answers_fit_a_phone(opened, scheme):
    page = opened(viewport={"width": 400, "height": 800}, color_scheme=scheme)
    for who in ("st100", "st101"):
        go_to(page, who)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 400
        assert page.locator("#answer").bounding_box()["height"] <= 800
    answer = page.locator("#answer")
    expect(answer.locator("math")).to_have_count(1)
    expect(answer.locator("td").first).to_have_text("1")
    assert answer.locator("script, b, img").count() == 0
    assert page.title() != "hacked"
    assert not [r for r in page.asked if "example.org" in r.url]
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")


def test_an_empty_answer_waits_for_nobody(opened):
    page = opened()
    page.locator("#filter").select_option("all")
    empty = page.locator("#answers li").filter(has_text="empty")
    expect(empty).to_have_count(2)
    empty.first.click()
    expect(page.locator("#state")).to_contain_text("Nothing was written")


def test_what_is_typed_elsewhere_saves_no_mark(opened, course):
    page = opened()
    who = student(page)
    page.keyboard.press("1")
    page.keyboard.press("4")
    expect(page.locator("#most")).to_have_text("2 of 2")
    page.locator("#marker").fill("ann")
    page.keyboard.press("Enter")
    page.keyboard.press("c")
    page.keyboard.type("Good.")
    page.locator("#keep-comment").click()
    page.locator("#phrases button").first.click()
    expect(page.locator("#comment")).to_have_value("Good.\n\nGood.")
    assert grade_of(course, who)[0] is None
    save(page)  # Enter is not the button's that was clicked last
    assert grade_of(course, who)[0] == 2


def test_an_item_with_marks_is_removed_and_typed_text_left_when_asked_twice(opened, course):
    page = opened()
    who = student(page)
    page.keyboard.press("1")
    page.keyboard.press("4")
    save(page)
    page.keyboard.press("e")
    row = page.locator("#rubric tbody tr").first
    row.get_by_label("sentence").fill("Something else")
    close = page.locator("#rubric").get_by_role("button", name="Close")
    close.click()
    expect(page.locator("#followed")).to_contain_text("is not saved")
    row.get_by_role("button", name="Remove").click()
    assert grade_of(course, who)[0] == 2
    row.get_by_role("button", name="Remove, and from 1 mark").click()
    expect(page.locator("#followed")).to_contain_text("1 answer followed")
    assert grade_of(course, who)[0] == 1
    close.click()
    expect(page.locator("#rubric")).to_be_hidden()


def test_the_words_in_which_a_group_differs_are_shown(opened, course):
    page = opened()
    page.keyboard.press("g")
    first = page.locator(".member").first
    expect(first.locator(".differs")).to_contain_text(re.compile("has “.*”, lacks “.*”"))
