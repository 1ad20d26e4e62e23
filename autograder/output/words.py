"""Verdicts in words: what stands under a graded cell, and above the notebook."""

import html
import textwrap

from autograder.sandbox.probe import DESCRIPTION
from autograder.untrusted.text import SIGN

HEADING = f"{SIGN} The grader, who alone can show this sign:"
MAX_NAMED = 8  # cells in one sentence of the notes
WIDTH, INDENT = 84, " " * 6


def lines(result):
    """What the student reads of a `model.Result`: a line per part, and under a failed one why."""
    text, said = [], set()
    for verdict in result.verdicts:
        points = verdict.part.points
        if verdict.fault is None:
            text.append(f"ok    {verdict.part.name}  ({points:g} of {points:g})")
            continue
        text.append(f"FAIL  {verdict.part.name}  (0 of {points:g})")
        why = verdict.sentence or verdict.fault
        if why in said:
            more = verdict.part.also or any(case.about for case in verdict.part.cases)
            why = "(counts once the results are right)" if more else "(for the same reason)"
        said.add(why)
        text += textwrap.wrap(why, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
    return [*text, f"{result.task}: {result.points:g} of {result.maximum:g} points"]


def notes(report):
    """What the student should know first, as Markdown; empty if there is nothing.

    report : a `model.Report`
    """
    items = list(report.problems)
    if report.sandbox == "none":
        items.append(f"sandbox: {DESCRIPTION['none']}")
    repairs = {}
    for repair in report.repairs:  # "what: which", and several of the same kind on one line
        what, _, which = repair.partition(": `")
        repairs.setdefault(what, []).extend(["`" + which] if which else [])
    for what, which in repairs.items():
        more = f" and {len(which) - MAX_NAMED} more" if len(which) > MAX_NAMED else ""
        cells = f": {', '.join(which[:MAX_NAMED])}{more}" if which else ""
        items.append(f"put right, at no cost: {what}{cells}")
    if not items:
        return ""
    items = [html.escape(item, quote=False) for item in items]  # one may name a file
    return "\n".join([f"**Notes from the grader** {SIGN}", "", *(f"- {item}" for item in items)])
