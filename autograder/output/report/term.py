"""The class over all units: who is where, who needs a word, and what to teach again."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograder.checking import behaviour
from autograder.checking.answers import Local
from autograder.content import Content
from autograder.output.report import analysis, summary
from autograder.output.report.results import Results, Student
from autograder.output.report.tables import Column, Table, Value

LOW = 0.5  # share of the points; who has less over all units is named
FALL = 0.25  # share of the points; who is as much below the mean of earlier units is named
OPEN = 0.5  # share of the class; a unit that fewer have a grade in may still be running
LEAST = 0.1  # share of the class; what fewer have got wrong is not taught again
MOST = 12  # rows of what to teach again
COVERED = 0.8  # share of a part's students who hold a misconception, which then says it all


@dataclasses.dataclass(frozen=True)
class Person:
    """A student over the term.

    shares : of the points that are graded, by unit; units without a grade are missing
    missing : why there is no grade, by unit: of units that most of the class have a grade in
    """

    name: str
    full_name: str
    shares: Mapping[str, float]
    missing: Mapping[str, str]

    @property
    def mean(self) -> float | None:
        """The mean share; None without a grade."""
        return statistics.fmean(self.shares.values()) if self.shares else None


@dataclasses.dataclass(frozen=True)
class Lesson:
    """What many have got wrong.

    what : the sentence of a misconception, or a part and the most frequent reason for failing it
    lost : points of the class together
    misconception : its name; empty for a part
    example : a call, what it should return and what they got; empty if there is none
    """

    unit: str
    task: str
    what: str
    students: Sequence[str]
    share: float
    lost: float
    misconception: str = ""
    example: tuple[str, str, str] | None = None


def graded_share(student: Student, found: Results) -> float:
    """The share of a student's points, of those that are graded."""
    waiting = {cell for cell, score in student.scores.items() if score is None}
    possible = found.maximum - sum(i.maximum for i in found.items if i.cell in waiting)
    return student.total / possible if possible > 0 else 0.0


def people(units: Sequence[Results]) -> list[Person]:
    """All students of the gradebook, by name.

    units : in the order of the course
    """
    names: dict[str, str] = {}
    shares: dict[str, dict[str, float]] = {}
    why: dict[str, dict[str, str]] = {}
    for found in units:
        names |= found.people
        for student in found.students:
            names[student.name] = student.full_name
            shares.setdefault(student.name, {})[found.unit] = graded_share(student, found)
        for one in found.ungraded:  # of which some are files of nobody
            why.setdefault(one.name, {})[found.unit] = f"{one.kind}: {one.reason}"
    done = [found.unit for found in units if len(found.students) >= OPEN * len(names)]
    return [
        Person(
            name,
            names[name],
            shares.get(name, {}),
            {
                unit: why.get(name, {}).get(unit, "nothing handed in")
                for unit in done
                if unit not in shares.get(name, {})
            },
        )
        for name in sorted(names)
    ]


def reasons(person: Person) -> Iterator[str]:
    """Why a student needs a word."""
    for unit, why in person.missing.items():
        yield f"{unit}: {why}"
    if person.mean is not None and person.mean < LOW:
        yield f"{person.mean:.0%} of the points on average"
    *before, last = [*person.shares.items()] or [("", 0.0)]
    if before:
        usual = statistics.fmean(share for _, share in before)
        if last[1] <= usual - FALL:
            yield f"{last[0]}: {last[1]:.0%} after {usual:.0%} before"


def lessons(units: Sequence[Results], content: Content) -> list[Lesson]:
    """What many of the class have got wrong, the most students first."""
    found = [lesson for unit in units for lesson in of_unit(unit)]
    found.sort(key=lambda lesson: (-lesson.share, -lesson.lost))
    banks = {unit.unit: unit.bank for unit in units}
    return [with_example(one, banks[one.unit], content) for one in found[:MOST]]


def of_unit(found: Results) -> Iterator[Lesson]:
    """The misconceptions of a unit, and failed parts that these do not explain."""
    least = max(2.0, LEAST * len(found.students))
    lost = {
        task: {
            student.name: item.maximum - (student.scores.get(item.cell) or 0.0)
            for student in found.students
        }
        for item in found.items
        for task in [item.task]
    }
    reports = [student.report for student in found.students if student.report]
    said = {
        part.misconception: part.sentence
        for report in reports
        for one in report.grades
        for part in one.verdict.parts
    }
    holders = summary.holders(found.outcomes())
    in_task: dict[str, set[str]] = {}
    for name, students in holders.items():
        task = name.partition("__")[0]
        if len(students) >= least:
            in_task.setdefault(task, set()).update(students)
            points = sum(lost.get(task, {}).get(student, 0.0) for student in students)
            share = len(students) / len(found.students)
            yield Lesson(found.unit, task, said.get(name) or name, students, share, points, name)
    for part in analysis.parts(found):
        explained = in_task.get(part.task, set()) & {*part.students}
        if len(part.students) >= least and len(explained) < COVERED * len(part.students):
            share = len(part.students) / len(found.students)
            what = f"{part.name}: {part.reason}" if part.reason else part.name
            points = part.points * len(part.students)
            yield Lesson(found.unit, part.task, what, part.students, share, points)


def with_example(lesson: Lesson, bank: Mapping[str, Any], content: Content) -> Lesson:
    """The lesson with a call that shows the difference, if its misconception is in the bank."""
    task = bank.get(lesson.task)
    wrong = task.misconceptions.get(lesson.misconception) if task else None
    if task is None or wrong is None or task.by_value:
        return lesson
    contract = content.contract(task)
    if contract is None:
        return lesson
    seen = behaviour.of_answer(task, Local(wrong), behaviour.drawn(task, contract))
    return (
        dataclasses.replace(lesson, example=(seen.call, seen.asked, seen.came)) if seen else lesson
    )


# -- tables ---------------------------------------------------------------------------------------


def tables_of(
    units: Sequence[Results], found: Sequence[Person], again: Sequence[Lesson]
) -> list[Table]:
    """The tables of the page.

    found : from `people`
    again : from `lessons`
    """
    names = [unit.unit for unit in units]
    return [unit_table(units), lesson_table(again), word_table(found), student_table(found, names)]


def unit_table(units: Sequence[Results]) -> Table:
    """A line for each unit."""
    columns = [
        Column("Unit", "label"),
        Column("Graded", "number", "students with a grade"),
        Column("No grade", "number", "students of the gradebook without one"),
        Column("Mean", "points", "per cent of the points that are graded", 100.0),
        Column("Median", "points", "the same", 100.0),
        Column("Waiting", "number", "written answers that a person has yet to mark"),
        Column("Hardest task"),
    ]
    rows: list[list[Value]] = []
    for found in units:
        shares = [100 * graded_share(student, found) for student in found.students]
        tasks = [one for one in analysis.difficulties(found) if one.share is not None]
        hardest = min(tasks, key=lambda one: one.share or 0.0).item.task if tasks else None
        rows.append(
            [
                found.unit,
                len(found.students),
                len({*found.people} - {student.name for student in found.students}),
                round(statistics.fmean(shares), 1),
                round(statistics.median(shares), 1),
                sum(student.waiting for student in found.students),
                hardest,
            ]
        )
    return Table("units", columns, rows)


def lesson_table(again: Sequence[Lesson]) -> Table:
    """What to teach again, for the CSV file."""
    columns = [
        Column("Unit"),
        Column("Task"),
        Column("What", "sentence"),
        Column("Students", "number"),
        Column("Share", "number"),
        Column("Points lost", "number"),
        Column("To show", "value"),
        Column("Right", "value"),
        Column("Theirs", "value"),
    ]
    rows: list[list[Value]] = []
    for one in again:
        numbers = len(one.students), round(one.share, 3), one.lost
        rows.append([one.unit, one.task, one.what, *numbers, *(one.example or ("", "", ""))])
    return Table("again", columns, rows)


def word_table(found: Sequence[Person]) -> Table:
    """The students who need a word, with the reasons."""
    columns = [Column("Student", "student"), Column("Name"), Column("Why")]
    named = [(person, [*reasons(person)]) for person in found]
    named = [(person, why) for person, why in named if why]
    named.sort(key=lambda one: (-len(one[1]), one[0].mean or 0.0, one[0].name))
    rows: list[list[Value]] = [[one.name, one.full_name, "; ".join(why)] for one, why in named]
    return Table("word", columns, rows)


def student_table(found: Sequence[Person], units: Sequence[str]) -> Table:
    """The share of the points of all students in each unit."""
    columns = [
        Column("Student", "student"),
        Column("Name"),
        Column("Mean", "total", "of the units with a grade", 100.0),
        *[Column(unit, "points", maximum=100.0) for unit in units],
    ]
    rows: list[list[Value]] = []
    for one in sorted(found, key=lambda one: (-(one.mean or 0.0), one.name)):
        shares = [one.shares.get(unit) for unit in units]
        told = [None if share is None else round(100 * share) for share in [one.mean, *shares]]
        rows.append([one.name, one.full_name, *told])
    return Table("students", columns, rows)
