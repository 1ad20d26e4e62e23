"""What the points of a graded cell refer to, so that a person looks again only if that changed.

For a written answer this is the answer, the items of its rubric and its points; for a graded cell
whose points a person has changed, the answer, the automatic score and the points. The texts
around it, the checks of other tasks and the packages do not count.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.orm import Session, scoped_session

from autograder.cells import role
from autograder.marking import answers, hashes, tables
from autograder.marking.answers import Question
from autograder.marking.hashes import hashed

Database = Connection | Session | scoped_session[Session]
NEW = "graded before anyone kept what the points refer to"


@dataclasses.dataclass(frozen=True)
class Basis:
    """Hashes of the answer, and of what it is judged by."""

    answer: str
    rubric: str

    def changed(self, before: Basis | None) -> str:
        """What differs from an earlier basis, in words; empty if nothing does."""
        if before is None:
            return NEW
        differs = {"the answer": self.answer != before.answer}
        differs["the rubric or its points"] = self.rubric != before.rubric
        return " and ".join(what for what, found in differs.items() if found)


def of_notebook(
    notebook: NotebookNode, source: Path, scores: Mapping[str, float]
) -> dict[str, Basis]:
    """The basis of each graded cell of a graded notebook, by grade_id.

    source : the source notebook, which has the rubrics
    scores : the automatic ones, by grade_id
    """
    rubrics, found = rubrics_of(source), dict[str, Basis]()
    code = {c.metadata.nbgrader.grade_id: c for c in notebook.cells if role(c) == "solution"}
    for cell in notebook.cells:
        kind, meta = role(cell), cell.metadata.get("nbgrader", {})
        if kind == "written":
            name = meta.grade_id
            items = hashed(rubrics.get(name, ""), float(meta.points))
            found[name] = Basis(hashes.of_answer(cell), items)
        elif kind == "graded":
            name = meta.grade_id
            answer = code.get(name.removeprefix("test_"))
            read = hashes.of_answer(answer) if answer is not None else ""
            found[name] = Basis(hashed(read, scores.get(name)), hashed("", float(meta.points)))
    return found


def rubrics_of(source: Path) -> dict[str, str]:
    """The items of the rubrics in a source notebook, as JSON, by question."""
    found = answers.in_source(source.stem, source)
    return {name: rubric_of(question) for name, question in found.items()}


def rubric_of(question: Question) -> str:
    """The items of a question's rubric, as JSON; empty if it cannot be used."""
    if question.problem:
        return ""
    return json.dumps([dataclasses.asdict(one) for one in question.rubric.criteria])


def looked_at(db: Database, question: Question, student: str) -> None:
    """Note that a person has seen an answer with the rubric as it is now. The caller commits."""
    table = tables.BASES
    where = (*tables.of(table, question), table.c.student == student)
    now = hashed(rubric_of(question), question.points)
    db.execute(update(table).where(*where).values(rubric=now))


def changes(
    before: Mapping[str, Basis], now: Mapping[str, Basis], among: Iterable[str]
) -> dict[str, str]:
    """What has changed since the basis that is kept, in words: of those ``among`` that differ.

    before : from `recorded`
    """
    told = {name: now[name].changed(before.get(name)) for name in among if name in now}
    return {name: what for name, what in told.items() if what}


def recorded(db: Database, unit: str, student: str) -> dict[str, Basis]:
    """The basis that is kept for each graded cell of a student, by grade_id."""
    table = tables.BASES
    query = select(table.c.question, table.c.answer, table.c.rubric).where(
        table.c.unit == unit, table.c.student == student
    )
    return {name: Basis(answer, items) for name, answer, items in db.execute(query)}


def record(
    db: Database, unit: str, student: str, before: Mapping[str, Basis], now: Mapping[str, Basis]
) -> None:
    """Keep the basis of a student's cells in place of an earlier one. The caller commits.

    before : from `recorded`
    """
    if now == before:
        return
    table, who = tables.BASES, {"unit": unit, "student": student}
    db.execute(delete(table).where(table.c.unit == unit, table.c.student == student))
    rows: list[dict[str, Any]] = [
        {**who, "question": name, **dataclasses.asdict(one)} for name, one in now.items()
    ]
    if rows:
        db.execute(insert(table), rows)
