"""Items of rubrics: at first those of the source notebook, and changed while marking."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select, update

from autograder.marking import tables
from autograder.marking.answers import Question
from autograder.marking.store import MarkingError
from autograder.output.scores import DECIMALS

LONGEST = 2000  # characters of a sentence
TABLE = tables.ITEMS


@dataclasses.dataclass(frozen=True)
class Item:
    """An item of a rubric, as it is now.

    criterion : of which one item at most is given; None for an item beside any other
    points : may be negative if there is no criterion
    """

    id: int
    criterion: str | None
    points: float
    sentence: str
    removed: bool = False


def of_question(db: Connection, question: Question) -> dict[int, Item]:
    """The items of a question by their numbers, in order, with those that are removed."""
    return {row.id: item_of(row) for row in rows(db, question)}


def rows(db: Connection, question: Question) -> Sequence[Row[Any]]:
    """The rows of the question's items, in order."""
    where = tables.of(TABLE, question)
    return db.execute(select(TABLE).where(*where).order_by(TABLE.c.place, TABLE.c.id)).all()


def item_of(row: Row[Any]) -> Item:
    """The item in a row."""
    return Item(row.id, row.criterion, row.points, row.sentence, row.removed)


def points_of(chosen: Iterable[int], items: Mapping[int, Item], most: float) -> float:
    """The points of items together: between 0 and the points of the question."""
    found = sum(items[number].points for number in chosen if number in items)
    return round(min(max(found, 0.0), most), DECIMALS)


def text_of(chosen: Iterable[int], items: Mapping[int, Item], comment: str) -> str:
    """What the student reads: the sentences of the items in their order, then the comment."""
    wanted = set(chosen)
    said = [item.sentence for number, item in items.items() if number in wanted]
    return "\n\n".join(filter(None, [*said, comment.strip()]))


def follow_source(db: Connection, question: Question) -> bool:
    """Bring the items up to date with the source notebook; True if some have changed.

    What a marker has changed stays. An item that stands there no longer stays as an added one.
    """
    old, new = from_source(db, question), in_source(question)
    if [list(row.source) for row in old] == new:
        return False
    matches = matched([list(row.source) for row in old], new)
    for place, source in enumerate(new):
        match = old[matches[place]] if place in matches else None
        values: dict[str, Any] = {"place": float(place), "source": source}
        told = dict(zip(("criterion", "points", "sentence"), source, strict=True))
        if match is None:
            add(db, question, **told, **values)
            continue
        if [match.criterion, match.points, match.sentence] == list(match.source):
            values |= told
        db.execute(update(TABLE).where(TABLE.c.id == match.id).values(**values))
    for number in {*range(len(old))} - {*matches.values()}:
        db.execute(update(TABLE).where(TABLE.c.id == old[number].id).values(source=None))
    return True


def differs(db: Connection, question: Question) -> bool:
    """True if the items are not up to date with the source notebook."""
    return [list(row.source) for row in from_source(db, question)] != in_source(question)


def from_source(db: Connection, question: Question) -> list[Row[Any]]:
    """The rows of the items that the source notebook had when they were last brought up to date."""
    return [row for row in rows(db, question) if row.source is not None]


def in_source(question: Question) -> list[list[Any]]:
    """The items of the source notebook: criterion, points and sentence of each."""
    return [
        [criterion.name, item.points, item.sentence]
        for criterion in question.rubric.criteria
        for item in criterion.items
    ]


def matched(old: Sequence[list[Any]], new: Sequence[list[Any]]) -> dict[int, int]:
    """Which of the old items each new one is: {place of the new one: place of the old one}.

    old, new : criterion, points and sentence of items

    It has the same criterion and sentence, else the same sentence, else the same criterion and
    points; else it is the next one of its criterion if that has as many items as before.
    """
    found: dict[int, int] = {}
    criteria = [[item[0] for item in items] for items in (old, new)]
    rules: list[Callable[[list[Any], list[Any]], bool]] = [
        lambda was, now: bool(was[0] == now[0] and was[2] == now[2]),
        lambda was, now: bool(was[2] == now[2]),
        lambda was, now: bool(was[:2] == now[:2]),
        lambda was, now: was[0] == now[0] and len({c.count(now[0]) for c in criteria}) == 1,
    ]
    for same in rules:
        for place, now in enumerate(new):
            left = (n for n, was in enumerate(old) if n not in found.values() and same(was, now))
            if place not in found and (match := next(left, None)) is not None:
                found[place] = match
    return found


def add(db: Connection, question: Question, **values: Any) -> int:
    """Add an item with these values of its columns; returns its number."""
    key = {"unit": question.unit, "question": question.name, "removed": False}
    return tables.add(db, TABLE, **key, **values)


def added(
    db: Connection, question: Question, criterion: str | None, points: float, say: str
) -> int:
    """Add the last item of a criterion, as a marker asks for; returns its number.

    Raises MarkingError.
    """
    known = {item.criterion for item in of_question(db, question).values()}
    if criterion is not None and criterion not in known:
        raise MarkingError(f"There is no criterion {criterion!r}: choose one of the rubric's.")
    values = checked(points, say, question, negative=criterion is None)
    place = place_after(rows(db, question), criterion)
    return add(db, question, criterion=criterion, place=place, source=None, **values)


def place_after(found: Sequence[Row[Any]], criterion: str | None) -> float:
    """A place for a new item: after the last one of its criterion, or at the end.

    found : the rows of the question's items, in order
    """
    of_it = [number for number, row in enumerate(found) if row.criterion == criterion]
    last = of_it[-1] if of_it and criterion is not None else len(found) - 1
    if last < 0:
        return 0.0
    if last == len(found) - 1:
        return float(found[last].place + 1)
    return float(found[last].place + found[last + 1].place) / 2


def changed(db: Connection, question: Question, number: int, **wanted: Any) -> None:
    """Change points and sentence of an item, or remove it. Raises MarkingError.

    wanted : ``points`` and ``sentence``, or ``removed``
    """
    item = of_question(db, question).get(number)
    if item is None:
        raise MarkingError("This item does not exist any more: load the page again.")
    if "removed" not in wanted:
        negative = item.criterion is None
        wanted = checked(wanted["points"], wanted["sentence"], question, negative=negative)
    db.execute(update(TABLE).where(TABLE.c.id == number).values(**wanted))


def checked(points: float, sentence: str, question: Question, negative: bool) -> dict[str, Any]:
    """Points and sentence of an item, if they can be used. Raises MarkingError."""
    sentence = " ".join(sentence.split())
    least = -question.points if negative else 0.0
    if not least <= points <= question.points:
        raise MarkingError(
            f"{points:g} points: an item of this question has {least:g} to {question.points:g}."
        )
    if not 0 < len(sentence) <= LONGEST:
        raise MarkingError(f"An item needs a sentence, of at most {LONGEST} characters.")
    return {"points": points, "sentence": sentence}
