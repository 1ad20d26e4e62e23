"""Verdicts as text: the lines under a graded cell, and the notes above the notebook."""

import html
import textwrap

from autograder.model import Report, TaskVerdict
from autograder.output.rubric import Criterion
from autograder.sandbox.probe import DESCRIPTION
from autograder.untrusted.text import SIGN

HEADING = f"{SIGN} The grader, who alone can show this sign:"
MAX_NAMED = 8  # cells in one sentence of the notes
WIDTH, INDENT = 84, " " * 6
AGAIN = "for the same reason"
AGAIN_CONDITIONAL = "counts once the results are right"


def lines(verdict: TaskVerdict) -> list[str]:
    """The verdict on a task as lines: one for each part, and the reason below a failed one."""
    return [line for _, line in marked_lines(verdict)]


def marked_lines(verdict: TaskVerdict) -> list[tuple[str, str]]:
    """The lines of `lines`, each with its kind: passed, failed, reason or total."""
    found: list[tuple[str, str]] = []
    said: set[str] = set()
    for part in verdict.parts:
        if part.fault is None:
            found.append(("passed", f"ok    {part.part}  ({part.points:g} of {part.points:g})"))
            continue
        found.append(("failed", f"FAIL  {part.part}  (0 of {part.points:g})"))
        why = part.sentence or part.fault
        if why in said:
            why = f"({AGAIN_CONDITIONAL if part.conditional else AGAIN})"
        said.add(why)
        wrapped = textwrap.wrap(why, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
        found += [("reason", line) for line in wrapped]
    total = f"{verdict.task}: {verdict.points:g} of {verdict.maximum:g} points"
    return [*found, ("total", total)]


def criterion(one: Criterion) -> str:
    """A criterion of a rubric, as Markdown: its name, and the items with their points."""
    title = f"**Rubric: {one.name}**" if one.name else "**Rubric**"
    return "\n".join([title, "", *(f"- **{i.points:g}** · {i.sentence}" for i in one.items)])


def notes(report: Report) -> str:
    """The notes for the student above the notebook, as Markdown; empty if there are none."""
    items = list(report.problems)
    if report.sandbox == "none":
        items.append(f"sandbox: {DESCRIPTION['none']}")
    places: dict[str, list[str]] = {}
    for repair in report.repairs:  # repairs of the same kind share a line
        places.setdefault(repair.what, []).extend([repair.where] if repair.where else [])
    for what, where in places.items():
        more = f" and {len(where) - MAX_NAMED} more" if len(where) > MAX_NAMED else ""
        cells = f": {', '.join(where[:MAX_NAMED])}{more}" if where else ""
        items.append(f"put right, at no cost: {what}{cells}")
    if not items:
        return ""
    items = [html.escape(item, quote=False) for item in items]  # one may hold a file name
    return "\n".join([f"**Notes from the grader** {SIGN}", "", *(f"- {item}" for item in items)])
