"""Suggestions for a marker: what an answer might get, and why. A person decides.

A course may bring its own: ``suggest(question, items, answer, numbers, marked)`` in a module that
``c.Marking.suggest`` names, see docs/lecturer.md. `built_in` needs no network and no model.

The last suggestion before an answer was marked is kept, so that the page can say how often it came
to the same points as the marker.
"""

from __future__ import annotations

import dataclasses
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rapidfuzz import fuzz, process
from sqlalchemy import Connection, delete, insert, select
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from autograder.course import CourseError, in_short
from autograder.marking import items as rubric_items
from autograder.marking import marks, tables
from autograder.marking.agreement import Agreement, measured
from autograder.marking.answers import Answer, Question
from autograder.marking.items import Item
from autograder.marking.likeness import plain

NEAREST = 3  # answers that have been marked already
LIKE = 60.0  # per cent of the words; less alike answers say nothing of each other
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
SHORT = 25  # words
LEAST = 10  # a smaller number without decimals may be any: it has to be the value itself


@dataclasses.dataclass(frozen=True)
class Suggestion:
    """What an answer might get.

    items : numbers of items; none if only the reason is of use
    reason : a sentence for the marker
    """

    items: tuple[int, ...]
    reason: str


@dataclasses.dataclass(frozen=True)
class Marked:
    """An answer that a person has marked."""

    text: str
    items: tuple[int, ...]


# question (its text), items, answer, the numbers of the student's run, the answers marked so far
Suggest = Callable[
    [str, Sequence[Item], str, Mapping[str, Any], Sequence[Marked]], "Suggestion | None"
]


def built_in(
    question: str,
    items: Sequence[Item],
    answer: str,
    numbers: Mapping[str, Any],
    marked: Sequence[Marked],
) -> Suggestion | None:
    """The items of the most similar answers that are marked, and what is plain to see.

    Says which of the numbers of the student's own run stand in the answer and how long it is. There
    are no items unless at least one marked answer is like this one.
    """
    found = found_numbers(answer, numbers)
    said = []
    if numbers:
        names = ", ".join(found) if found else "none"
        said.append(f"own numbers: {names}")
    words = len(re.findall(r"\w+", answer))
    if words < SHORT:
        said.append(f"{words} words")
    text = plain(answer)
    likes = process.extract(
        text, [plain(one.text) for one in marked], scorer=fuzz.token_sort_ratio, limit=NEAREST
    )
    near = [(ratio, marked[index]) for _, ratio, index in likes if ratio >= LIKE]
    chosen: tuple[int, ...] = ()
    if near:
        # The first of the most frequent: the nearest one, if no two are the same.
        chosen = statistics.mode(one.items for _, one in near)
        said.append(f"{near[0][0]:.0f} % like an answer that got this")
    if not said:
        return None
    return Suggestion(chosen, "; ".join(said))


def found_numbers(answer: str, numbers: Mapping[str, Any]) -> list[str]:
    """The names of the numbers that stand in an answer, rounded in whatever way."""
    written = [match.replace(",", "") for match in NUMBER.findall(answer)]
    found = []
    for name, value in numbers.items():
        if not isinstance(value, int | float) or isinstance(value, bool):
            continue
        if any(is_rounded(text, value) for text in written):
            found.append(name)
    return found


def is_rounded(text: str, value: float) -> bool:
    """True if a number as written is this value, or the value rounded to its digits."""
    digits = len(text.partition(".")[2])
    return any(
        abs(float(text) - one) <= 0.500001 * 10.0**-digits
        for one in (abs(value), abs(value) * 100)  # as a share, or in per cent
        if digits or one >= LEAST or one == float(text)
    )


def configured(config: Config) -> Suggest | None:
    """The function that the course names; None if it wants no suggestions. Raises CourseError."""
    name = config.Marking.suggest if "suggest" in config.Marking else None
    if not name:
        return None
    if name == "built-in":
        return built_in
    try:
        found: Suggest = import_item(name) if isinstance(name, str) else name
    except Exception as error:  # the course's own module may raise anything
        raise CourseError(
            f"c.Marking.suggest names {name}, which cannot be loaded "
            f"({in_short(error, str(name))}). Correct it in course_settings.py."
        ) from None
    return found


# -- how far suggestions can be trusted -----------------------------------------------------------


def note(db: Connection, question: Question, answer: Answer, items: Sequence[int]) -> None:
    """Keep what is suggested for an answer that nobody has marked yet."""
    table = tables.SUGGESTED
    key = {"unit": question.unit, "question": question.name, "student": answer.student}
    where = (*tables.of(table, question), table.c.student == answer.student)
    db.execute(delete(table).where(*where))
    db.execute(insert(table).values(**key, items=list(items), answer=answer.hash))


def agreement(db: Connection, question: Question) -> Agreement | None:
    """How suggestions and marks agree; None if no answer with a suggestion has been marked."""
    table, known = tables.SUGGESTED, rubric_items.of_question(db, question)
    last, pairs = marks.last_rows(db, question), []
    for row in db.execute(select(table).where(*tables.of(table, question))):
        mark = last.get(row.student)
        if mark is None or mark.points is None or mark.answer != row.answer:
            continue
        suggested = rubric_items.points_of(row.items, known, question.points)
        pairs.append((suggested, mark.points))
    return measured(pairs)
