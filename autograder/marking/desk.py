"""What the marking page asks for and what it is told: plain values, as JSON has them.

`server` passes requests on to the methods of `Desk`, and tests call them without a server.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, delete, insert, select

from autograder.content import ContentError
from autograder.course import Course
from autograder.marking import (
    answers,
    compute,
    items,
    likeness,
    marks,
    runs,
    second,
    store,
    suggest,
    tables,
    team,
)
from autograder.marking.answers import Answer, Question
from autograder.marking.hashes import hashed
from autograder.marking.items import Item
from autograder.marking.marks import Choice, Given
from autograder.marking.store import MarkingError
from autograder.output import formulas, rubric
from autograder.output.feedback import rendered

Json: TypeAlias = dict[str, Any]

MOST_PHRASES = 100  # of a question
LONGEST_PHRASE = 2000  # characters


class Desk:
    """The written answers of a course, for the people who mark them.

    Methods raise MarkingError, and CourseError if the gradebook cannot be used.
    """

    def __init__(self, course: Course) -> None:
        self.course, self.store = course, store.Store(course)
        self.suggest = suggest.configured(course.config)

    # -- reading ----------------------------------------------------------------------------------

    def overview(self) -> Json:
        """All questions of the course, with the number of answers and of those that wait."""
        found = []
        with self.store.transaction() as db:
            for unit in self.course.units():
                for name, question in answers.questions(self.course, unit).items():
                    given = marks.of_question(db, question).values()
                    found.append(
                        {
                            "unit": unit,
                            "name": name,
                            "title": question.title,
                            "points": question.points,
                            "answers": len(given),
                            "open": sum(one.open for one in given),
                            "markers": sorted({one.marker for one in given if one.marker}),
                        }
                    )
        return {"questions": found}

    @contextlib.contextmanager
    def opened(self, question: Question) -> Iterator[Connection]:
        """A transaction for writing, in which the items are up to date with the source notebook."""
        with self.store.transaction() as db:
            store.lock(db, question.unit)
            before = items.of_question(db, question)
            if items.follow_source(db, question):
                marks.follow(db, question, before)
            yield db

    def follow_source(self, question: Question) -> None:
        """Bring the items of a question up to date with the source notebook."""
        with self.store.transaction() as db:
            differs = items.differs(db, question)
        if differs:
            with self.opened(question):
                pass

    def question(self, unit: str, name: str) -> Json:
        """A question with all its answers, and what each has got."""
        question = self.find(unit, name)
        found = answers.answers(self.course, unit, question)
        self.follow_source(question)
        with self.store.transaction() as db:
            given = marks.of_question(db, question)
            there = {student: one for student, one in found.items() if student in given}
            sample, shared = second.sample(db, question), team.shares(db, question)
            twice = {*second.given(db, question)}
            return {
                "unit": unit,
                "name": name,
                "title": question.title,
                "html": html(question.text),
                "points": question.points,
                "problem": question.problem,
                "suggests": self.suggest is not None,
                **self.rubric_of(db, question),
                "shares": shared,
                "answers": listed(there, given, shared, sample, twice),
                "stamp": stamp(given),
                "without": sorted(given.keys() - there.keys()),
            }

    def find(self, unit: str, name: str) -> Question:
        """A question of the course. Raises MarkingError if there is none of this name."""
        known = answers.questions(self.course, unit) if unit in self.course.units() else {}
        if name not in known:
            raise MarkingError(
                f"There is no question {name} in {unit} any more: go back to the list. Was it "
                "renamed? What was marked under the old name stays in the gradebook."
            )
        return known[name]

    def rubric_of(self, db: Connection, question: Question) -> Json:
        """The items and the saved comments of a question, and how marks agree."""
        table = tables.PHRASES
        where = tables.of(table, question)
        query = select(table.c.id, table.c.text).where(*where).order_by(table.c.id)
        agreed = {"second": second.agreement(db, question)}
        if self.suggest is not None:
            agreed["suggested"] = suggest.agreement(db, question)
        return {
            "items": [
                dataclasses.asdict(item)
                for item in items.of_question(db, question).values()
                if not item.removed
            ],
            "phrases": [{"id": number, "text": text} for number, text in db.execute(query)],
            "agreement": {
                what: dataclasses.asdict(found) for what, found in agreed.items() if found
            },
        }

    def beside(self, unit: str, name: str, student: str) -> Json:
        """What stands beside an answer: the student's run, model answer, history, suggestion."""
        question = self.find(unit, name)
        answer = self.answer(question, student)
        with self.store.transaction() as db:
            known = items.of_question(db, question)
            rows = marks.rows(db, question, marks.TABLE.c.student == student)
            given = marks.of_question(db, question)
        history = [
            {"marker": row.marker, "at": f"{row.at:%Y-%m-%d %H:%M}", "kind": row.kind}
            | {"points": row.points}
            for row in rows
        ]
        numbers, model = self.model_answer(question, student)
        told = self.suggested(question, answer, known, given, numbers)
        if told and told.items and student in given and given[student].points is None:
            with self.store.transaction() as db:
                store.lock(db, unit)
                suggest.note(db, question, answer, told.items)
        return {
            "run": runs.html(answer.run, student),
            "model": model,
            "history": history,
            "suggestion": dataclasses.asdict(told) if told else None,
        }

    def answer(self, question: Question, student: str) -> Answer:
        """A student's answer. Raises MarkingError if there is none."""
        found = answers.of_student(self.course, question.unit, question, student)
        if found is None:
            raise MarkingError(
                f"The graded notebook of this student cannot be read: run `autograder grade "
                f"{question.unit}` again."
            )
        return found

    def model_answer(self, question: Question, student: str) -> tuple[Json, str]:
        """The numbers of the student's run and the model answer with them, as HTML."""
        text, numbers = question.rubric.answer, {}
        try:
            numbers = compute.numbers(self.course, question.unit, question.name, student)
            text = rubric.filled(text, numbers)
        except (rubric.RubricError, ContentError) as problem:
            text = f"{text}\n\n**The numbers are missing. {problem}**"
        return numbers, html(text)

    def suggested(
        self,
        question: Question,
        answer: Answer,
        known: Mapping[int, Item],
        given: Mapping[str, Given],
        numbers: Json,
    ) -> suggest.Suggestion | None:
        """What the course's function suggests for an answer; None if there is no function."""
        if self.suggest is None:
            return None
        others = answers.answers(self.course, question.unit, question)
        marked = [
            suggest.Marked(others[student].text, one.items)
            for student, one in given.items()
            if one.items and student in others and student != answer.student
        ]
        offered = [item for item in known.values() if not item.removed]
        try:
            return self.suggest(question.text, offered, answer.text, numbers, marked)
        except Exception as problem:  # the course's own function may raise anything
            return suggest.Suggestion((), f"c.Marking.suggest failed: {problem!r}")

    def news(self, unit: str, name: str, marker: str, student: str, stamp_seen: str) -> Json:
        """What has changed since ``stamp_seen``, and who else is here. Notes what one looks at."""
        question = self.find(unit, name)
        with self.store.transaction() as db:
            if marker:
                team.here(db, marker, question, student)
            present = [dataclasses.asdict(one) for one in team.others(db, marker, unit)]
            given = marks.of_question(db, question)
            if stamp(given) == stamp_seen:
                return {"others": present}
            return {
                "others": present,
                "stamp": stamp(given),
                "given": {student: told(one) for student, one in given.items()},
                **self.rubric_of(db, question),
            }

    # -- writing ----------------------------------------------------------------------------------

    def mark(self, unit: str, name: str, marker: str, asked: Json) -> Json:
        """Give the same to some answers.

        asked : ``answers``, a list of ``student``, ``hash`` and ``state`` as they were shown;
            ``items``, ``own`` and ``comment``; ``second`` for a blind second mark
        """
        question, choice = self.find(unit, name), choice_of(asked)
        wanted = {str(one["student"]): one for one in asked["answers"]}
        there = {
            student: answers.of_student(self.course, unit, question, student) for student in wanted
        }
        with self.opened(question) as db:
            if asked.get("second"):
                rows, sample = [], second.sample(db, question)
                for student in wanted:
                    found = there[student]
                    if found is None or student not in sample:
                        raise MarkingError("This answer is not in the sample: load the page again.")
                    rows.append(second.give(db, question, choice, marker, found))
            else:
                seen = {
                    student: (there[student], str(one["hash"]), str(one["state"]))
                    for student, one in wanted.items()
                }
                rows = marks.give(db, question, choice, marker, seen)
            return {"rows": rows, **self.now(db, question)}

    def now(self, db: Connection, question: Question) -> Json:
        """What all answers have got, after something was written."""
        given = marks.of_question(db, question)
        return {
            "stamp": stamp(given),
            "given": {student: told(one) for student, one in given.items()},
            **self.rubric_of(db, question),
        }

    def undo(self, unit: str, name: str, marker: str, rows: Sequence[int]) -> Json:
        """Undo what the rows say, which `mark` or this method has returned."""
        question = self.find(unit, name)
        with self.opened(question) as db:
            undone = marks.undo(db, question, [int(row) for row in rows], marker)
            return {"rows": undone, **self.now(db, question)}

    def item(self, unit: str, name: str, marker: str, asked: Json) -> Json:
        """Add, change or remove an item; all answers marked with it follow.

        asked : ``id`` of the item, None for a new one; ``points`` and ``sentence``, or ``removed``;
            ``criterion`` of a new one
        """
        question = self.find(unit, name)
        with self.opened(question) as db:
            before = items.of_question(db, question)
            if asked.get("id") is None:
                text = str(asked["sentence"])
                points, criterion = points_of(asked["points"]), asked.get("criterion")
                items.added(db, question, criterion, points, text)
            elif asked.get("removed"):
                items.changed(db, question, int(asked["id"]), removed=True)
            else:
                wanted = {"points": points_of(asked["points"]), "sentence": str(asked["sentence"])}
                items.changed(db, question, int(asked["id"]), **wanted)
            followed = marks.follow(db, question, before)
            found = [dataclasses.asdict(one) for one in followed]
            return {"followed": found, **self.now(db, question)}

    def phrase(self, unit: str, name: str, asked: Json) -> Json:
        """Save a comment to be used again (``text``), or remove one (``id``)."""
        question, table = self.find(unit, name), tables.PHRASES
        with self.opened(question) as db:
            if asked.get("id") is not None:
                db.execute(delete(table).where(table.c.id == int(asked["id"])))
            else:
                text = str(asked["text"]).strip()
                kept = self.rubric_of(db, question)["phrases"]
                if not 0 < len(text) <= LONGEST_PHRASE or len(kept) >= MOST_PHRASES:
                    raise MarkingError(
                        f"At most {MOST_PHRASES} comments of {LONGEST_PHRASE} characters are saved."
                    )
                if text not in [one["text"] for one in kept]:
                    db.execute(insert(table).values(unit=unit, question=name, text=text))
            return self.rubric_of(db, question)

    def divide(self, unit: str, name: str, markers: Sequence[str]) -> Json:
        """Divide the answers to a question evenly among markers; among none: all mark all."""
        question = self.find(unit, name)
        with self.opened(question) as db:
            team.divide(db, question, [str(one) for one in markers])
        return self.question(unit, name)

    def sample(self, unit: str, name: str, size: int | str) -> Json:
        """Draw the answers that are marked twice."""
        question = self.find(unit, name)
        if not str(size).strip().isdecimal():
            raise MarkingError(f"{str(size)[:20]!r} is no number of answers: write 0 or more.")
        found = answers.answers(self.course, unit, question)
        with self.opened(question) as db:
            given = marks.of_question(db, question)
            written = {s: one for s, one in found.items() if s in given}
            students = [s for s, one in written.items() if not is_empty(one, given[s])]
            second.draw(db, question, students, int(size))
        return self.question(unit, name)

    def confirm(self, unit: str, name: str, students: Sequence[str]) -> Json:
        """Leave marks as they are, looked at again."""
        question = self.find(unit, name)
        with self.opened(question) as db:
            count = marks.confirm(db, question, [str(one) for one in students])
            return {"confirmed": count, **self.now(db, question)}


# -- values ---------------------------------------------------------------------------------------


def told(given: Given) -> Json:
    """What an answer has got, for the page."""
    return {**dataclasses.asdict(given), "state": given.state}


def stamp(given: Mapping[str, Given]) -> str:
    """A hash of what all answers have got."""
    return hashed(sorted((student, one.state) for student, one in given.items()))[:16]


def choice_of(asked: Json) -> Choice:
    """What a marker gives, in the page's words. Raises MarkingError."""
    own = asked.get("own")
    chosen = tuple(sorted({int(number) for number in asked.get("items") or ()}))
    comment = str(asked.get("comment") or "")
    return Choice(chosen, None if own in (None, "") else points_of(own), comment)


def points_of(text: object) -> float:
    """Points as a person writes them: 0.5 or 0,5. Raises MarkingError."""
    try:
        found = float(str(text).strip().replace(",", ".").replace("−", "-"))
    except ValueError:
        found = float("nan")
    if not abs(found) < 1e6:
        raise MarkingError(f"{str(text)[:20]!r} is no number of points: write 0.5 or 0,5.")
    return found


def listed(
    there: Mapping[str, Answer],
    given: Mapping[str, Given],
    shared: Sequence[str],
    sample: set[str],
    seconded: set[str],
) -> list[Json]:
    """The answers for the page, like ones side by side, each with its group."""
    students = sorted(there, key=lambda student: (team.drawn(student), student))
    numbers = {student: number for number, student in enumerate(students, 1)}
    places = places_of(tuple(answers.texts([there[student] for student in students])))
    ordered = sorted(zip(students, places, strict=True), key=lambda pair: pair[1].place)
    return [
        {
            "student": student,
            "number": numbers[student],
            "html": answer_html(student, there[student]),
            "hash": there[student].hash,
            "words": len(there[student].text.split()),
            "empty": is_empty(there[student], given[student]),
            "group": place.group,
            "share": team.whose(student, shared),
            "sample": student in sample,
            "seconded": student in seconded,
            "given": told(given[student]),
        }
        for student, place in ordered
    ]


def is_empty(answer: Answer, given: Given) -> bool:
    """True if nothing was written: the cell was cleared, or is as released and so has 0 points."""
    return answer.cleared or (not given.open and given.points is None)


@functools.lru_cache(maxsize=32)
def places_of(texts: tuple[str, ...]) -> list[likeness.Place]:
    """`likeness.places`, kept until an answer changes."""
    return likeness.places(texts)


@functools.lru_cache(maxsize=4096)
def shown(text: str, attachments: str) -> str:
    """Markdown as HTML."""
    return str(rendered(text, formulas.Page(), json.loads(attachments)))


def html(text: str) -> str:
    """A text of the course as HTML."""
    return shown(text, "{}")


def answer_html(student: str, answer: Answer) -> str:
    """A student's text as HTML, without the student's id."""
    pictures = json.dumps(dict(answer.attachments), sort_keys=True)
    return shown(answers.anonymous(answer.text, student), pictures)
