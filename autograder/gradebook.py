"""Reads nbgrader's gradebook where its own methods would ask for each entry by itself."""

from typing import Any

from nbgrader import api
from sqlalchemy import select


def rows(
    book: Any, kind: Any, notebook: str, assignment: str, student: str, *options: Any
) -> dict[str, Any]:
    """The grades or comments of a student's notebook, by the names of their cells.

    One query for all of them: nbgrader's methods read them one by one.

    book : nbgrader's Gradebook
    kind : `api.Grade` or `api.Comment`
    options : of the query, such as what is loaded with the entries
    """
    query = (
        select(api.BaseCell.name, kind)
        .join(kind.cell)
        .join(kind.notebook)
        .join(api.SubmittedNotebook.notebook)
        .join(api.SubmittedNotebook.assignment)
        .join(api.SubmittedAssignment.assignment)
        .where(
            api.Notebook.name == notebook,
            api.Assignment.name == assignment,
            api.SubmittedAssignment.student_id == student,
        )
    )
    return dict(book.db.execute(query.options(*options)).all())
