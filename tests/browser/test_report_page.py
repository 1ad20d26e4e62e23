"""The report on a class in a browser: it loads nothing, is sorted by its headings, and copied."""

import pytest

from autograder.output.report import page as pages
from autograder.output.report import tables
from tests.output.test_report import drawn, hostile_class

pytestmark = pytest.mark.slow(20)


@pytest.fixture
def opened(chromium, tmp_path):
    """``opened(found, compared)``: the page of a class, and what it asked for or complained of."""
    context = chromium.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])

    def show(found, compared=None):
        path = tmp_path / "report.html"
        text = pages.html(found, compared, tables.tables_of(found, compared))
        path.write_text(text, encoding="utf-8")
        page, heard = context.new_page(), []
        page.on("request", lambda request: heard.append(request.url))
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
        page.goto(path.as_uri())
        assert heard == [path.as_uri()]
        return page, heard

    yield show
    context.close()


def column(page, number):
    return page.locator(f"#table-students tbody tr > :nth-child({number})").all_inner_texts()


def test_a_heading_sorts_its_table_and_the_other_way_the_next_time(opened):
    page, heard = opened(drawn(25))
    students = page.locator("#table-students")
    scores = [float(text) for text in column(page, 2)]
    assert scores == sorted(scores, reverse=True)
    score = students.get_by_role("button", name="Score")
    score.click()
    assert [float(text) for text in column(page, 2)] == scores
    score.press("Enter")
    assert [float(text) for text in column(page, 2)] == scores[::-1]
    assert score.locator("..").get_attribute("aria-sort") == "ascending"
    students.get_by_role("button", name="Student").click()
    assert column(page, 1) == sorted(column(page, 1), reverse=True)
    assert len(heard) == 1


def test_a_table_is_copied_without_formulas(opened):
    page, heard = opened(*hostile_class())
    page.locator("#table-students caption button").click()
    page.locator("#table-students caption button", has_text="Copied").wait_for()
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert lines[0].split("\t")[:3] == ["Student", "Name", "Score"]
    names = [line.split("\t")[0] for line in lines[1:]]
    assert "'=HYPERLINK(1)" in names
    assert len(names) == 7
    assert len(heard) == 1


def test_what_is_folded_is_printed(opened):
    page, _ = opened(drawn(500))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("td details:not([open])").count() > 0
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("td details:not([open])").count() == 0
