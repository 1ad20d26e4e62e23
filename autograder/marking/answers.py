"""The written answers of a unit, read from the source notebook and the graded notebooks.

The texts in ``autograded/`` were made inert when they were graded (`untrusted`), so pages may show
them as feedback does.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.cells import EXPERIMENT, is_cleared, role
from autograder.course import Course
from autograder.marking import hashes
from autograder.output import rubric
from autograder.output.feedback import cells_of, headings

HIDDEN = "▪▪▪▪"  # stands in the place of a student's id


@dataclasses.dataclass(frozen=True)
class Question:
    """A question that is answered in words.

    title : of the exercise, and of its part, as plain text
    text : the question as students see it, in Markdown
    shown : names of the cells above that show what the question is about
    problem : why its rubric cannot be used, as a sentence; empty if it can
    """

    unit: str
    name: str
    title: tuple[str, str]
    text: str
    points: float
    rubric: rubric.Rubric
    shown: tuple[str, ...]
    problem: str = ""


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a student has written in answer to a question.

    text : in Markdown
    attachments : pictures in the text, as in the notebook
    hash : of both, as in `marking.hashes`
    cleared : True if there is no text
    run : outputs of the cells that show the student's own run, as in the notebook
    """

    student: str
    text: str
    attachments: Mapping[str, Any]
    hash: str
    cleared: bool
    run: tuple[NotebookNode, ...]


def questions(course: Course, unit: str) -> dict[str, Question]:
    """The questions of a unit, by name, in the order of the notebook."""
    return in_source(unit, course.source(unit))


def in_source(unit: str, path: Path) -> dict[str, Question]:
    """The questions in a source notebook; none if there is no such file."""
    return read(unit, path, path.stat().st_mtime_ns) if path.is_file() else {}


@functools.lru_cache(maxsize=32)
def read(unit: str, path: Path, changed: int) -> dict[str, Question]:
    """`in_source` for the file as it was at this time."""
    cells = cells_of(path, changed)
    titles = headings(cells)
    found: dict[str, Question] = {}
    text, shown = "", list[str]()
    for cell in cells:
        if cell.cell_type == "markdown" and not role(cell):
            text = cell.source
            if re.search(r"^## ", text, re.MULTILINE):
                shown = []
        elif EXPERIMENT in cell.metadata.get("tags", []) and role(cell):
            shown.append(cell.metadata.nbgrader.grade_id)
        elif role(cell) == "written":
            meta, problem = cell.metadata.nbgrader, ""
            try:
                items = rubric.read(cell.source)
            except rubric.RubricError as error:
                items, problem = rubric.Rubric(cell.source, ()), f"`{meta.grade_id}` {error}"
            found[meta.grade_id] = Question(
                unit,
                meta.grade_id,
                titles.get(meta.grade_id, ("", "")),
                text,
                float(meta.points),
                items,
                tuple(shown),
                problem,
            )
    return found


def answers(course: Course, unit: str, question: Question) -> dict[str, Answer]:
    """The answers to a question, by student. Notebooks that cannot be read are left out."""
    pattern = course.folder(course.directory.autograded_directory, "*", unit)
    found = {}
    for path in sorted(Path(course.root).glob(str(pattern.relative_to(course.root)))):
        student = path.relative_to(course.root).parts[-2]
        if (one := of_student(course, unit, question, student)) is not None:
            found[student] = one
    return found


def answer(student: str, cells: Mapping[str, NotebookNode], question: Question) -> Answer:
    """A student's answer in the cells of `in_notebook`."""
    cell = cells[question.name]
    attachments = cell.get("attachments") or {}
    run = [output for name in question.shown if name in cells for output in cells[name].outputs]
    return Answer(
        student,
        cell.source,
        attachments,
        hashes.of_answer(cell),
        is_cleared(cell),
        tuple(run),
    )


@functools.lru_cache(maxsize=1024)  # a class, as long as its notebooks stay as they are
def in_notebook(path: Path, changed: int) -> dict[str, NotebookNode]:
    """The cells of a graded notebook that marking needs, by name, as it was at this time."""
    found = {}
    for told in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        meta = told["metadata"].get("nbgrader", {})
        experiment = EXPERIMENT in told["metadata"].get("tags", [])
        if experiment or (meta.get("solution") and meta.get("grade")):
            found[meta.get("grade_id", "")] = nbformat.from_dict(told)
    return found


def anonymous(text: str, student: str) -> str:
    """The text without the student's id."""
    return re.sub(rf"(?<!\w){re.escape(student)}(?!\w)", HIDDEN, text)


def of_student(course: Course, unit: str, question: Question, student: str) -> Answer | None:
    """One student's answer; None if there is no graded notebook, or it is being written."""
    notebook = course.folder(course.directory.autograded_directory, student, unit) / f"{unit}.ipynb"
    try:
        cells = in_notebook(notebook, notebook.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return answer(student, cells, question) if question.name in cells else None


def texts(found: Sequence[Answer]) -> list[str]:
    """The texts of answers, each without its student's id."""
    return [anonymous(one.text, one.student) for one in found]
