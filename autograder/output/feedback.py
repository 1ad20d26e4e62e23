"""The pages of a submission: in formgrader, and as feedback for the student.

nbconvert makes both pages with the templates in ``templates/``; `nbgrader_config.py` names the
classes of this module. The pages load nothing from the network, whatever a submission contains.
"""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import nbformat
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert import HTMLExporter, TemplateExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader.api import Comment, Grade, MissingEntry
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import GetGrades
from pygments.formatters import HtmlFormatter
from sqlalchemy.orm import joinedload
from traitlets import Bool

from autograder.cells import role
from autograder.content import ContentError, configured
from autograder.gradebook import rows
from autograder.model import report_of
from autograder.output import formulas, model_answers, rubric, words
from autograder.untrusted.text import SIGN

STYLES = {"light": "default", "dark": "github-dark"}  # of code, by Pygments' names
PICTURE = re.compile(r"<img(?![^>]*\balt=)")  # one without a text
NO_TEXT = "No description has been provided for this image"
MARKUP = re.compile(r"[*`$]|\s*\(\d+ points?\)$")  # removed from a heading that is shown elsewhere

# Compiled queries: each page opens the gradebook again, and compiling takes longer than asking.
QUERIES: dict[Any, Any] = {}

Resources: TypeAlias = dict[str, Any]  # what nbconvert passes from step to step


# -- text -----------------------------------------------------------------------------------------


class Renderer(IPythonRenderer):
    """Renders Markdown as HTML, with formulas as MathML and only pictures inside the notebook."""

    def __init__(self, page: formulas.Page, **options: Any) -> None:
        super().__init__(**options)
        self.page = page

    def inline_math(self, body: str) -> str:
        return self.page.mathml(body)

    def block_math(self, body: str) -> str:
        return self.page.mathml(body, display=True)

    def latex_environment(self, name: str, body: str) -> str:
        return self.page.mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", display=True)

    def block_mermaidjs(self, code: str) -> Any:
        return self.block_code(code)  # without the script that would draw it

    def image(self, text: str, url: str, title: str | None = None) -> Any:
        try:
            url = self._embed_image_or_attachment(url)
        except InvalidNotebook:  # the attachment is missing
            return f"<em>[picture missing: {text}]</em>"
        # A picture from another server becomes a link: loading it would tell that server who reads.
        show = super().image if url.startswith("data:image/") else super().link
        return show(text or html.escape(url), url, title)


@pass_context
def markdown2html(context: Context, source: str) -> Any:
    """Replaces the filter of this name in nbconvert's templates."""
    page = context["resources"].setdefault("formulas", formulas.Page())
    attachments = context.get("cell", {}).get("attachments", {})
    if not attachments and not page.lost:
        try:
            return repeated(source)
        except EOFError:  # a formula exceeds the limits, which the page has to count
            pass
    return rendered(source, page, attachments)


@functools.lru_cache(maxsize=1024)  # the pages of a class repeat the texts of the course
def repeated(source: str) -> Any:
    """Markdown without attachments as HTML. Raises EOFError if a formula exceeds the limits."""
    page = formulas.Page()
    found = rendered(source, page, {})
    if page.lost:
        raise EOFError
    return found


def rendered(source: str, page: formulas.Page, attachments: Mapping[str, Any]) -> Any:
    """Markdown as HTML.

    page : the one that it is for
    attachments : pictures in the text, as in a notebook
    """
    renderer = Renderer(
        page,
        escape=False,  # the course's texts hold HTML; `untrusted` has made a student's inert
        allow_harmful_protocols=False,
        attachments=attachments,
        exclude_anchor_links=True,
    )
    return MarkdownWithMath(renderer=renderer).render(source)


# -- the source notebook --------------------------------------------------------------------------


@functools.lru_cache(maxsize=8)  # all pages of a class ask for the same notebook
def cells_of(path: Path, changed: int) -> Sequence[NotebookNode]:
    """The cells of a source notebook as it was at this time."""
    return tuple(nbformat.read(path, as_version=4).cells)


class Original:
    """The instructor's notebook: the source of the rubrics and the headings.

    step : the nbconvert step that needs it; its configuration names the course's folders
    unit, name : of the unit and its notebook
    """

    def __init__(self, step: Any, unit: str, name: str) -> None:
        course = CourseDirectory(parent=step)
        self.root, self.config, self.unit = Path(course.root), step.config, unit
        path = Path(course.format_path(course.source_directory, ".", unit)) / f"{name}.ipynb"
        self.cells = cells_of(path, path.stat().st_mtime_ns) if path.is_file() else ()

    def rubrics(self, student: str) -> dict[str, str]:
        """The model answers and rubrics of the written answers, as Markdown, by grade_id.

        student : id of the student whose numbers the model answers have
        """
        return {
            cell.metadata.nbgrader.grade_id: self.model_answer(cell, student)
            for cell in self.cells
            if role(cell) == "written"
        }

    def model_answer(self, cell: NotebookNode, student: str) -> str:
        """The same for one cell. The text says what is wrong with it, so a page is always made."""
        question = cell.metadata.nbgrader.grade_id
        try:
            found = rubric.read(cell.source)
        except rubric.RubricError as problem:
            return f"**`{question}` {problem}**\n\n{rubric.MARKS.sub('', cell.source)}"
        try:
            content = configured(self.config)
            answer = model_answers.answer(
                self.root, content, self.unit, question, student, found.answer
            )
        except rubric.RubricError as problem:
            answer = f"{found.answer}\n\n**`{question}` {problem}**"
        except ContentError as problem:
            answer = f"{found.answer}\n\n**The numbers are missing. {problem}**"
        return "\n\n".join([answer, *map(words.criterion, found.criteria)])


def headings(cells: Iterable[NotebookNode]) -> dict[str | None, tuple[str, str]]:
    """The exercise and the nearest heading above each cell: {grade_id: (exercise, heading)}.

    cells : of a source notebook

    An exercise is a heading of the second level. The key None has the title of the unit twice.
    """
    found: dict[str | None, tuple[str, str]] = {}
    title = exercise = heading = ""
    for cell in cells:
        if cell.cell_type == "markdown" and not role(cell):
            for level, text in re.findall(r"^(#+) +(.*)$", cell.source, re.MULTILINE):
                heading = text = MARKUP.sub("", text)
                if len(level) == 1:
                    title = title or text
                elif len(level) == 2:
                    exercise = text
        elif role(cell):
            found[cell.metadata.nbgrader.grade_id] = exercise, heading
    return {**found, None: (title, title)}


class ShowRubric(Preprocessor):
    """Shows the model answer and the rubric below each written answer on formgrader's page.

    The page is made each time it is opened, so no file of a student's holds them.
    """

    enabled = Bool(True).tag(config=True)  # nbconvert's default is False
    in_feedback = Bool(False, help="show them to students too, in the feedback").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        if "submission_id" in resources:  # formgrader's page of one submission
            unit, name = resources["assignment_id"], resources["notebook_id"]
            student = resources["student"]
        elif self.in_feedback:
            where = resources["nbgrader"]
            unit, name, student = where["assignment"], where["notebook"], where["student"]
        else:
            return nb, resources
        rubrics = Original(self, unit, name).rubrics(student)
        cells, links = [], []
        for cell in nb.cells:
            cells.append(cell)
            if role(cell) == "written":
                name = cell.metadata.nbgrader.grade_id
                cells.append(panel(name, rubrics.get(name)))
                links.append(f"[{name}](#{name})")
        if links:
            cells.insert(0, nbformat.v4.new_markdown_cell(f"Written answers: {', '.join(links)}"))
        nb.cells = cells
        return nb, resources


def panel(name: str, rubric: str | None) -> NotebookNode:
    """A text cell with a rubric in a frame, drawn by Bootstrap's classes in formgrader."""
    text = rubric or "There is none in the source notebook for this cell."
    return nbformat.v4.new_markdown_cell(
        f'<div class="panel panel-info rubric" id="rubric-{name}">'
        '<div class="panel-heading">Model answer and rubric</div>'
        f'<div class="panel-body">\n\n{text}\n\n</div></div>'
    )


# -- feedback -------------------------------------------------------------------------------------


class Grades(GetGrades):
    """nbgrader's step that adds grades and comments to the notebook, with a table of all grades."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        names = resources["nbgrader"]
        titles = headings(Original(self, names["assignment"], names["notebook"]).cells)
        self.entries: dict[type[Any], dict[str, Any]] = {}
        nb, resources = super().preprocess(nb, resources)
        rows: list[dict[str, Any]] = []
        remarks: dict[str, str] = {}
        for cell in nb.cells:
            meta, kind = cell.metadata.get("nbgrader", {}), role(cell)
            if kind == "solution":  # its points belong to the graded cell
                remarks[f"test_{meta.grade_id}"] = meta.remark
            elif kind in ("graded", "written"):
                exercise, heading = titles.get(meta.grade_id, ("", ""))
                remark = meta.get("remark") or remarks.get(meta.grade_id, "")
                label = heading if kind == "written" else ""
                rows.append({**meta, "exercise": exercise, "heading": label, "remark": remark})
        resources["title"] = titles[None][0] or names["notebook"]
        resources["rows"] = rows
        report = report_of(nb)
        grades = report.grades if report else ()
        resources["verdicts"] = {one.cell: words.marked_lines(one.verdict) for one in grades}
        return nb, resources

    def _get_score(self, cell: NotebookNode, resources: Resources) -> None:
        grade = self.recorded(Grade, cell)
        # nbgrader counts 0 points until a person has graded the answer.
        waits = grade.needs_manual_grade and grade.auto_score is None and grade.manual_score is None
        told = {"score": grade.score, "points": grade.max_score, "waits": waits}
        cell.metadata.nbgrader.update(told)

    def _get_comment(self, cell: NotebookNode, resources: Resources) -> None:
        comment = self.recorded(Comment, cell)
        # The automatic comment of nbgrader says that the answer is unchanged.
        remark = "with a comment" if comment.manual_comment else "no answer"
        told = {"comment": comment.comment, "remark": remark if comment.comment else ""}
        cell.metadata.nbgrader.update(told)

    def recorded(self, table: type[Any], cell: NotebookNode) -> Any:
        """The gradebook's entry for a cell, in one of nbgrader's tables.

        Raises MissingEntry.
        """
        place = (self.notebook_id, self.assignment_id, self.student_id)
        if not self.entries:
            self.gradebook.db.connection(execution_options={"compiled_cache": QUERIES})
        if table not in self.entries:
            cells = joinedload(table.cell)  # which have the points
            self.entries[table] = rows(self.gradebook, table, *place, cells)
        name = cell.metadata.nbgrader.grade_id
        if name not in self.entries[table]:
            raise MissingEntry(f"the gradebook has no {table.__name__} of {name} for {place}")
        return self.entries[table][name]


@functools.lru_cache(maxsize=512)  # the pages of a class repeat the cells of the course
def highlighted(source: str) -> str:
    """Code as HTML with the classes of `STYLES`."""
    found: str = Highlight2HTML(pygments_lexer="python")(source)
    return found


class FeedbackExporter(HTMLExporter):
    """Makes the feedback page, with the template ``templates/course_feedback``."""

    def from_notebook_node(
        self, nb: NotebookNode, resources: Resources | None = None, **options: Any
    ) -> tuple[str, Resources]:
        """The page and its resources.

        HTMLExporter parses the whole page again to give pictures a text and cells a tab stop, which
        takes two thirds of the time for a page; here the pictures get their text, and that is all.
        """
        self.register_filter("highlight_code", lambda source, **_: highlighted(source))
        page, resources = TemplateExporter.from_notebook_node(
            self, nb, self._init_resources(resources or {}), **options
        )
        return PICTURE.sub(f'<img alt="{NO_TEXT}"', page), resources

    def _init_resources(self, resources: Resources) -> Resources:
        resources = super()._init_resources(resources)
        resources["sign"] = SIGN
        resources["heading"] = words.HEADING
        resources["highlighting"] = {
            theme: HtmlFormatter(style=style).get_style_defs(".highlight")
            for theme, style in STYLES.items()
        }
        return resources
