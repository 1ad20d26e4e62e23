"""What answers have got, from whom, and how that changes.

The last row of `tables.MARKS` for an answer, second marks aside, says what was given; points and
comment that follow from it are written into nbgrader's tables in the same transaction. If somebody
has changed these elsewhere, in formgrader for instance, the gradebook counts and not the row.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from autograder.marking import basis, store, tables
from autograder.marking import items as rubric_items
from autograder.marking.answers import Answer, Question
from autograder.marking.hashes import hashed
from autograder.marking.items import Item
from autograder.marking.store import Entry, MarkingError
from autograder.output.scores import DECIMALS

MARK = "mark"  # a marker gave points
FOLLOW = "follow"  # an item, or the points of the question, has changed and the mark followed
SECOND = "second"  # a blind mark of the sample, see `second`: no points, only agreement
UNDO = "undo"  # the state before an earlier row is back
ELSEWHERE = "elsewhere"  # what stood in the gradebook and was not given here
LONGEST = 20_000  # characters of a comment
TABLE = tables.MARKS


class Conflict(MarkingError):
    """An answer is not as the marker has seen it: marked by somebody else, or graded again.

    students : whose answers
    """

    def __init__(self, message: str, students: Sequence[str]) -> None:
        super().__init__(message)
        self.students = list(students)


@dataclasses.dataclass(frozen=True)
class Given:
    """What an answer has got, as it stands in the gradebook.

    version : number of the last row that holds it; 0 if there is none
    points : None if nobody has marked it
    items : numbers of the items that were given
    own : points in the place of those of the items; None if there are none
    comment : what the marker wrote, without the sentences of the items
    marker, at : who, and when (UTC); empty if that is not known
    open : True if somebody has to mark it, or to look at it again
    elsewhere : True if it was given elsewhere, as ``own`` points and a comment
    """

    version: int = 0
    points: float | None = None
    items: tuple[int, ...] = ()
    own: float | None = None
    comment: str = ""
    marker: str = ""
    at: str = ""
    open: bool = True
    elsewhere: bool = False

    @property
    def state(self) -> str:
        """A hash: another state is another one."""
        return hashed(self.version, self.points, self.comment, self.open)[:16]


@dataclasses.dataclass(frozen=True)
class Choice:
    """What a marker gives."""

    items: tuple[int, ...] = ()
    own: float | None = None
    comment: str = ""


# -- reading --------------------------------------------------------------------------------------


def of_question(db: Connection, question: Question) -> dict[str, Given]:
    """What each answer to a question has got, by student."""
    known = rubric_items.of_question(db, question)
    last = last_rows(db, question)
    found = store.entries(db, question.unit, question.name)
    return {student: given(one, last.get(student), known) for student, one in found.items()}


def last_rows(db: Connection, question: tables.Asked) -> dict[str, Row[Any]]:
    """The last row of each answer, by student."""
    return {row.student: row for row in rows(db, question)}


def rows(db: Connection, question: tables.Asked, *which: Any) -> Sequence[Row[Any]]:
    """The rows of a question's answers without second marks, oldest first.

    which : further conditions of the query, as SQLAlchemy expressions
    """
    where = (*tables.of(TABLE, question), TABLE.c.kind != SECOND, *which)
    query = select(TABLE).where(*where).order_by(TABLE.c.id)
    return db.execute(query).all()


def given(entry: Entry, row: Row[Any] | None, known: Mapping[int, Item]) -> Given:
    """What an answer has got, from the gradebook's entry and the last row on it.

    known : the items of the question
    """
    points, text = (row.points, text_of(row, known)) if row is not None else (None, "")
    if (entry.points, entry.text) != (points, text):
        version = row.id if row is not None else 0
        return Given(version, entry.points, (), entry.points, entry.text, "", "", entry.open, True)
    if row is None:
        return Given(open=entry.open)
    return Given(
        row.id,
        row.points,
        tuple(row.items),
        row.own,
        row.comment,
        row.marker,
        f"{row.at:%Y-%m-%d %H:%M}",
        entry.open,
    )


def text_of(row: Row[Any], known: Mapping[int, Item]) -> str:
    """What the student reads of a row; nothing if it says that the answer is not marked."""
    if row.points is None:
        return ""
    return rubric_items.text_of(row.items, known, row.comment)


# -- giving ---------------------------------------------------------------------------------------


def give(
    db: Connection,
    question: Question,
    choice: Choice,
    marker: str,
    answers: Mapping[str, tuple[Answer | None, str, str]],
) -> list[int]:
    """Give the same to one answer or to several; returns the numbers of the new rows.

    answers : {student: (the answer as it is, its hash as the marker saw it, and `Given.state`)}

    Raises MarkingError, and Conflict if an answer is not as the marker has seen it; then nothing
    is given to any.
    """
    known = rubric_items.of_question(db, question)
    checked(choice, known, question)
    entries = {
        student: store.locked_entry(db, question.unit, question.name, student)
        for student in sorted(answers)
    }
    last = last_rows(db, question)
    found = {student: given(one, last.get(student), known) for student, one in entries.items()}
    again = [s for s, (now, seen, _) in answers.items() if now is None or now.hash != seen]
    if again:
        raise Conflict("The submission was graded again and the answer has changed.", again)
    if other := [s for s, (_, _, state) in answers.items() if found[s].state != state]:
        who = sorted({found[s].marker or "somebody in formgrader" for s in other})
        raise Conflict(f"Marked in the meantime by {' and '.join(who)}.", other)
    numbers = []
    for student, (answer, _, _) in answers.items():
        assert answer is not None  # see above
        entry, before = entries[student], found[student]
        if before.elsewhere:
            keep_elsewhere(db, question, student, before)
        points = points_of(choice, known, entry.most)
        text = rubric_items.text_of(choice.items, known, choice.comment)
        numbers.append(
            add(db, question, student, marker, MARK, choice, points, answer.hash),
        )
        store.write(db, entry, points, text)
        basis.looked_at(db, question, student)
    return numbers


def checked(choice: Choice, known: Mapping[int, Item], question: Question) -> None:
    """Raise MarkingError if this cannot be given."""
    chosen = [known.get(number) for number in choice.items]
    there = [item for item in chosen if item is not None and not item.removed]
    if len(there) < len(chosen):
        raise MarkingError("An item was removed in the meantime: choose another one.")
    named = [item.criterion for item in there if item.criterion is not None]
    if len(named) > len(set(named)):
        raise MarkingError("Two items of the same criterion: choose one of them.")
    if not chosen and choice.own is None:
        raise MarkingError("Choose an item, or enter points.")
    if choice.own is not None and not 0 <= choice.own <= question.points:
        raise MarkingError(f"{choice.own:g} points: this question has 0 to {question.points:g}.")
    if len(choice.comment) > LONGEST:
        raise MarkingError(f"The comment is longer than {LONGEST} characters.")


def points_of(choice: Choice, known: Mapping[int, Item], most: float) -> float:
    """The points of a choice."""
    if choice.own is not None:
        return round(min(choice.own, most), DECIMALS)
    return rubric_items.points_of(choice.items, known, most)


def keep_elsewhere(db: Connection, question: Question, student: str, before: Given) -> None:
    """Keep what was given elsewhere, before something else takes its place."""
    choice = Choice((), before.points, before.comment)
    add(db, question, student, "", ELSEWHERE, choice, before.points, "")


def add(
    db: Connection,
    question: tables.Asked,
    student: str,
    marker: str,
    kind: str,
    choice: Choice,
    points: float | None,
    answer: str,
) -> int:
    """Add a row; returns its number."""
    values = {
        "unit": question.unit,
        "question": question.name,
        "student": student,
        "marker": marker,
        "at": tables.now(),
        "kind": kind,
        "items": list(choice.items),
        "own": choice.own,
        "comment": choice.comment,
        "points": points,
        "answer": answer,
    }
    return tables.add(db, TABLE, **values)


def undo(db: Connection, question: Question, numbers: Sequence[int], marker: str) -> list[int]:
    """Bring back what stood before these rows; returns the numbers of the new rows.

    Undoing what this returns brings the marks back. Raises Conflict, with nothing undone, if an
    answer was marked since.
    """
    known, undone = rubric_items.of_question(db, question), []
    wanted = rows(db, question, TABLE.c.id.in_(numbers))
    for row in sorted(wanted, key=lambda row: str(row.student)):
        entry = store.locked_entry(db, question.unit, question.name, row.student)
        *before, last = rows(db, question, TABLE.c.student == row.student)
        now = given(entry, last, known)
        if last.id != row.id or now.elsewhere:
            who = now.marker or "somebody in formgrader"
            raise Conflict(f"Marked since by {who}: it is not undone.", [row.student])
        old = before[-1] if before else None
        choice = Choice(tuple(old.items), old.own, old.comment) if old is not None else Choice()
        points = old.points if old is not None else None
        answer = old.answer if old is not None else ""
        undone.append(add(db, question, row.student, marker, UNDO, choice, points, answer))
        text = text_of(old, known) if old is not None else ""
        store.write(db, entry, points, text)
        if old is not None and points is not None and old.answer not in ("", row.answer):
            store.set_open(db, entry, True)  # what is back was given for another text
    return undone


@dataclasses.dataclass(frozen=True)
class Followed:
    """A mark that has changed with an item."""

    student: str
    before: float | None
    after: float | None


def follow(db: Connection, question: Question, before: Mapping[int, Item]) -> list[Followed]:
    """Let marks follow their items; returns those whose points or sentences have changed.

    before : the items until now

    A mark that was changed elsewhere stays as it is, and so do points in the place of the items'.
    """
    now, last = rubric_items.of_question(db, question), last_rows(db, question)
    differ = {n for n, item in now.items() if item != before.get(n)} | before.keys() - now.keys()
    if [n for n in before if n in now] != [n for n in now if n in before]:
        differ |= now.keys()  # sentences stand in another order
    found = []
    for student, entry in store.entries(db, question.unit, question.name).items():
        row = last.get(student)
        if row is None or row.points is None or not differ & {*row.items}:
            continue
        if given(entry, row, before).elsewhere:
            continue
        choice = Choice(tuple(n for n in row.items if not now[n].removed), row.own, row.comment)
        if choice.items or choice.own is not None:
            points: float | None = points_of(choice, now, entry.most)
            text = rubric_items.text_of(choice.items, now, choice.comment)
        else:  # nothing is left of the mark: the answer is open again
            points, text = None, ""
        if (points, text) == (entry.points, entry.text):
            continue
        add(db, question, student, row.marker, FOLLOW, choice, points, row.answer)
        store.write(db, entry, points, text, looked=False)
        found.append(Followed(student, entry.points, points))
    return found


def rescale(db: Connection, question: tables.Asked, factor: float) -> None:
    """Note that the points of all marks of a question were multiplied, in nbgrader's tables too."""
    for student, row in last_rows(db, question).items():
        if row.points is not None:
            points = round(row.points * factor, DECIMALS)
            choice = Choice(tuple(row.items), points, row.comment)
            add(db, question, student, row.marker, FOLLOW, choice, points, row.answer)


def confirm(db: Connection, question: Question, students: Iterable[str]) -> int:
    """Leave the marks of these answers as they are, looked at again; returns how many."""
    found = 0
    for student in sorted(students):
        entry = store.locked_entry(db, question.unit, question.name, student)
        if entry.open and entry.points is not None:
            store.set_open(db, entry, False)
            basis.looked_at(db, question, student)
            found += 1
    return found
