"""TeX to MathML: the course's formulas are set, and a student's can do nothing but be set."""

import bs4
import nbformat
import pytest

from autograder.output import formulas
from autograder.output.feedback import markdown2html
from autograder.sandbox import view
from autograder.units import CONTENT as content

pytestmark = pytest.mark.slow(6)


def mathml(source, display=False):
    return formulas.Page().mathml(source, display)


@pytest.mark.parametrize("unit", content.units())
def test_every_formula_of_the_course_is_set(unit):
    notebook = nbformat.read(view.PROJECT / "source" / unit / f"{unit}.ipynb", as_version=4)
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    page = "\n".join(markdown2html({"resources": {}}, text) for text in texts)
    assert page.count("<math") >= "".join(texts).count("$$") / 2
    assert 'class="formula"' not in page
    assert "$" not in page


@pytest.mark.parametrize(
    "source",
    [
        r"y = \max_i x_i",
        r"\begin{align*}a &= b\\c &= d\end{align*}",
        r"\begin{cases}x & x > 0\\0\end{cases}",
        r"\frac{\partial L}{\partial w} \approx \hat g, \quad \lVert x \rVert_2 \le 1",
        r"\color{red} x \in \mathbb{R}^{n \times m}",
        r"\textbf{out} = \lfloor \tfrac12 \rfloor",
    ],
)
def test_what_students_may_want_to_write_is_set(source):
    for display in (False, True):
        page = bs4.BeautifulSoup(mathml(source, display), "html.parser")
        assert page.math
        assert (page.math.get("display") == "block") == display


def test_inline_and_display():
    assert mathml("x") == "<math><mi>x</mi></math>"
    assert mathml(" x ", display=True) == '<math display="block"><mi>x</mi></math>'


@pytest.mark.parametrize(
    "source",
    [
        r"\foo",
        r"\frac{1}",
        "{",
        "\ud800",
        "\x00",
        r"\def\x{\x\x}\x",
        r"\newcommand{\x}{yy}\x",
        r"\eqref{top}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{position:fixed}{x}",
        r"\unicode{<img src=x onerror=alert(1)>}",
        r"\color{red;background:url(https://a)} x",
        r"\cancel{<script>alert(1)</script>}",
    ],
)
def test_what_cannot_be_set_is_shown_as_it_was_written(source):
    for sign, display in (("$", False), ("$$", True)):
        page = bs4.BeautifulSoup(mathml(source, display), "html.parser")
        assert [element.name for element in page.find_all(True)] == ["code"]
        assert page.code["class"] == ["formula"]
        assert page.text == f"{sign}{source}{sign}"


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        r"\text{</math><script>alert(1)</script>}",
        r"\operatorname{<img src=x onerror=alert(1)>}",
        r"a \ce{</mtext><svg onload=alert(1)>}",
        r"\text{\"} \mathrm{' onclick='alert(1)}",
        "&lt;script&gt;",
    ],
)
def test_markup_in_a_formula_is_text(source):
    page = bs4.BeautifulSoup(mathml(source), "html.parser")
    assert {element.name for element in page.find_all(True)} <= formulas.ELEMENTS | {"code"}
    assert not {name for e in page.find_all(True) for name in e.attrs if name.startswith("on")}


@pytest.mark.parametrize("source", ["(" * 40, r"\sqrt{" * 20_000, r"\sin(" * 30])
def test_what_takes_too_much_time_or_stack_costs_that_formula_only(source):
    assert mathml(source).startswith("<code")
    assert mathml("x").startswith("<math")


def test_a_page_waits_for_few_formulas_that_take_too_much(monkeypatch):
    asked = []

    def lost(*formula):
        asked.append(formula)
        raise EOFError

    monkeypatch.setattr(formulas.converter, "convert", lost)
    page = formulas.Page()
    for _ in range(formulas.LOST + 2):
        assert page.mathml("<b>") == '<code class="formula">$&lt;b&gt;$</code>'
    assert len(asked) == formulas.LOST


@pytest.mark.parametrize(
    "page",
    [
        "<math><script>alert(1)</script></math>",
        "<math><mi onclick='alert(1)'>x</mi></math>",
        "<math href='https://a'><mi>x</mi></math>",
        "<math><mtext><a href='#a'>x</a></mtext></math>",
        "<math><mi style='background: url(https://a)'>x</mi></math>",
        "<math><mi style='width: expression(alert(1))'>x</mi></math>",
        "<math><!-- x --></math>",
        "<!doctype html><math></math>",
        "<math><?php x ?></math>",
        "<math><![CDATA[<script>]]></math>",
    ],
)
def test_whatever_is_no_formula_is_refused(page):
    assert not formulas.harmless(page)
    assert formulas.harmless(
        "<math><mo rspace='0' style='color: #f00;'>&ApplyFunction;</mo></math>"
    )
