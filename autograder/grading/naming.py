"""Gives the names of `autograder.named` to a graded notebook, without running anything.

What a submission did in the probes is in its report. So a name that a lecturer gives later reaches
all who match it, and one that is taken away leaves them.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from autograder.grading import grade_notebook
from autograder.model import PLACE, Report, TaskVerdict, report_of
from autograder.named import Named


def with_names(notebook: dict[str, Any], named: Named) -> dict[str, Any]:
    """A graded notebook, as parsed JSON, with the names as they are now; points and key stay.

    Returns the notebook itself if nothing changes; it is not changed.
    """
    report = report_of(notebook)
    if report is None or (now := renamed(report, named)) == report:
        return notebook
    changed = {
        new.cell: new for old, new in zip(report.grades, now.grades, strict=True) if old != new
    }
    cells = []
    for cell in notebook["cells"]:
        grade = changed.get(cell["metadata"].get("nbgrader", {}).get("grade_id"))
        if grade:
            text = grade_notebook.text_of(grade, report.sandbox)  # stands in the first output
            shown = enumerate(cell["outputs"])
            outputs = [one if place else {**one, "text": text} for place, one in shown]
            cell = {**cell, "outputs": outputs}
        cells.append(cell)
    return {**notebook, "cells": cells, "metadata": {**notebook["metadata"], PLACE: now.as_json()}}


def renamed(report: Report, named: Named) -> Report:
    """A report with the names as they are now."""
    grades = tuple(
        dataclasses.replace(grade, verdict=renamed_verdict(grade.verdict, named))
        for grade in report.grades
    )
    return dataclasses.replace(report, grades=grades)


def renamed_verdict(verdict: TaskVerdict, named: Named) -> TaskVerdict:
    """The verdict on a task, with the name of its behaviour in the parts that it explains.

    These are the parts with wrong values that no misconception of the bank explains. What the
    answer does with bad input, or to its arguments, the probes do not show.
    """
    mistake = named.of(verdict)
    name, sentence = (mistake.name, mistake.sentence) if mistake else (None, None)
    parts = tuple(
        dataclasses.replace(
            part, misconception=name, sentence=sentence, by_course=mistake is not None
        )
        if part.fault and part.wrong_value and (part.by_course or not part.misconception)
        else part
        for part in verdict.parts
    )
    return dataclasses.replace(verdict, parts=parts)
