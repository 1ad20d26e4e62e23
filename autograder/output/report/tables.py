"""The tables of the report; each is shown on the page and written to a CSV file of its name."""

import csv
import dataclasses
import io
from collections.abc import Sequence
from typing import TypeAlias

from autograder.checking import diagnose
from autograder.output import scores
from autograder.output.report import analysis, groups, summary
from autograder.output.report.history import Comparison
from autograder.output.report.results import Item, Results, Student
from autograder.untrusted.text import clean_line

UNKNOWN = (
    "autograded/ does not hold the notebook of these points, so its misconceptions are not "
    "counted: run `autograder grade` to make it again"
)


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a table. ``kind`` determines how the page shows a value:

    text, label (may be cut), sentence (with code between backticks), value (a short piece of code),
    code (folded), number, difference (with its
    sign), count (with a bar), points and total (coloured by the share that is missing), stack (see
    `Stack`), correlation (or why there is none); or names: student, students, task, misconception,
    misconceptions
    """

    title: str
    kind: str = "text"
    hint: str = ""
    maximum: float = 0.0  # of count, points and total


@dataclasses.dataclass(frozen=True)
class Stack:
    """A mean share of points, and the number of students by points."""

    share: float | None  # None: nobody is graded
    counts: tuple[int, ...]  # students with all, some and no points, and those waiting


# What a cell holds; None is an empty cell.
Value: TypeAlias = str | float | list[str] | Stack | None


@dataclasses.dataclass(frozen=True)
class Table:
    """A table of the page and its CSV file."""

    name: str
    columns: list[Column]
    rows: list[list[Value]]


def tables_of(found: Results, compared: Comparison | None) -> dict[str, Table]:
    """All tables by name; some may have no rows.

    compared : None if there are no earlier scores
    """
    made = [
        distribution_table(found),
        task_table(found),
        part_table(found),
        misconception_table(found),
        group_table(found),
        note_table(found),
        ungraded_table(found),
        absent_table(found),
        change_table(found, compared),
        student_table(found),
    ]
    return {table.name: table for table in made}


def distribution_table(found: Results) -> Table:
    """The score histogram as a table."""
    columns = [Column("from", "number"), Column("below", "number"), Column("students", "number")]
    rows: list[list[Value]] = [
        [bar.low, bar.high, len(bar.students)] for bar in analysis.histogram(found)
    ]
    return Table("distribution", columns, rows)


def task_table(found: Results) -> Table:
    """The difficulty of each task."""
    made = analysis.difficulties(found)
    waiting = any(d.waiting for d in made)
    columns = [
        Column("Task", "task"),
        Column("Mean share", "stack", "of the task's points; the bar shows who got how much"),
        Column("All", "number", "students with all points"),
        Column("Some", "number", "students with some points"),
        Column("None", "number", "students without points"),
        *[Column("Waiting", "number", "answers that a person has yet to grade")] * waiting,
        Column("Named", "number", "students whose mistake is one of the misconceptions below"),
    ]
    shown = len(found.students) >= analysis.MIN_CLASS
    if shown:
        hint = "correlation of these points with those of all other tasks"
        columns.append(Column("Discrimination", "correlation", hint))
    columns += [Column("Points", "number"), Column("Kind"), Column("Exercise", "label")]
    rows: list[list[Value]] = [
        [
            d.item.task,
            Stack(d.share, (d.full, d.some, d.none, d.waiting)),
            d.full,
            d.some,
            d.none,
            *[d.waiting] * waiting,
            d.named,
            *[d.why if d.discrimination is None else d.discrimination] * shown,
            d.item.maximum,
            d.item.kind,
            d.item.exercise,
        ]
        for d in made
    ]
    return Table("tasks", columns, rows)


def part_table(found: Results) -> Table:
    """The failed parts of the tasks with the most frequent reason; the most failed part first."""
    columns = [
        Column("Students", "count", "who failed the part", maximum=len(found.students)),
        Column("Task", "task"),
        Column("Part", "label"),
        Column("Points", "number"),
        Column("Most frequent reason", "sentence"),
        Column("For it", "number", "students who failed the part for the most frequent reason"),
        Column("Who", "students"),
    ]
    failures = [part for part in analysis.parts(found) if part.students]
    rows: list[list[Value]] = [
        [
            len(part.students),
            part.task,
            part.name,
            part.points,
            part.reason,
            part.with_reason,
            part.students,
        ]
        for part in sorted(failures, key=lambda part: -len(part.students))
    ]
    return Table("parts", columns, rows)


def misconception_table(found: Results) -> Table:
    """The misconceptions of the class and the students who hold them."""
    bank, holders = found.bank, summary.holders(found.outcomes())
    reports = [student.report for student in found.students if student.report]
    parts = [part for report in reports for one in report.grades for part in one.verdict.parts]
    by_course = {part.misconception: part.sentence for part in parts if part.by_course}
    columns = [
        Column("Students", "count", maximum=max(map(len, holders.values()), default=0)),
        Column("Task", "task"),
        Column("Misconception", "misconception"),
        Column("What they read", "sentence"),
        Column("Who", "students"),
    ]
    rows: list[list[Value]] = []
    for name, students in holders.items():
        task = name.partition("__")[0]
        function = bank[task].misconceptions.get(name) if task in bank else None
        said = diagnose.sentence(function) if function else "(no longer in the bank)"
        rows.append([len(students), task, name, by_course.get(name, said), students])
    return Table("misconceptions", columns, rows)


def group_table(found: Results) -> Table:
    """The groups of wrong answers that nobody has named, the largest first, without single ones."""
    made = [g for g in groups.groups(found.students) if len(g.students) >= groups.LEAST]
    columns = [
        Column("Students", "count", maximum=max((len(g.students) for g in made), default=0)),
        Column("Task", "task"),
        Column("Call", "value"),
        Column("Asked for", "value"),
        Column("Came", "value"),
        Column("Shortest code", "code"),
        Column("Who", "students"),
        Column("Name it", "value"),
    ]
    rows: list[list[Value]] = [
        [
            len(group.students),
            group.task,
            group.behaviour.call,
            group.behaviour.asked,
            group.behaviour.came,
            group.code,
            list(group.students),
            f'autograder name {found.unit} {group.id} "…"',
        ]
        for group in made
    ]
    return Table("groups", columns, rows)


def note_table(found: Results) -> Table:
    """The grader's notes on submissions other than scores: by kind, the most frequent first."""
    who: dict[tuple[str, str], list[str]] = {}

    def note(kind: str, text: str, student: Student) -> None:
        who.setdefault((kind, text), []).append(student.name)

    for student in found.students:
        if student.report is None:
            note("no notebook", UNKNOWN, student)
            continue
        for text in dict.fromkeys(student.report.problems):
            note("problem", text, student)
        for text, lines in student.report.overlap.items():
            note("copied", f"{lines} lines are those of {text}", student)
        for text in student.report.remarks:
            note("copied", text, student)
        if student.report.sandbox == "none":
            note("sandbox", "graded without a sandbox", student)
        for text in dict.fromkeys(repair.what for repair in student.report.repairs):
            note("put right", text, student)
    kinds = ["no notebook", "problem", "sandbox", "copied", "put right"]
    order = sorted(who.items(), key=lambda one: (kinds.index(one[0][0]), -len(one[1]), one[0][1]))
    columns = [
        Column("Kind"),
        Column("What"),
        Column("Students", "number"),
        Column("Who", "students"),
    ]
    rows: list[list[Value]] = [
        [kind, text, len(students), students] for (kind, text), students in order
    ]
    return Table("grading", columns, rows)


def ungraded_table(found: Results) -> Table:
    """The submissions that have no grade, with the reason."""
    columns = [Column("Student", "student"), Column("State"), Column("Why, and what to do")]
    rows: list[list[Value]] = [[one.name, one.kind, one.reason] for one in found.ungraded]
    return Table("ungraded", columns, rows)


def absent_table(found: Results) -> Table:
    """The students without a submission."""
    columns = [Column("Student", "student"), Column("Name")]
    return Table("absent", columns, [[*person] for person in found.absent.items()])


def change_table(found: Results, compared: Comparison | None) -> Table:
    """The students whose scores have changed, and in which cells."""
    names = {item.cell: item.task for item in found.items}

    def point(value: float | None) -> str:
        return "–" if value is None else f"{value:g}".replace("-", "−")

    columns = [
        Column("Student", "student"),
        Column("Before", "number"),
        Column("Now", "number"),
        Column("Difference", "difference"),
        Column("Where"),
    ]
    rows: list[list[Value]] = []
    for change in compared.changes if compared else []:
        where = (
            f"{names.get(cell, cell)} {point(was)} → {point(now)}"
            for cell, (was, now) in change.cells.items()
        )
        difference = change.now - change.before
        rows.append([change.name, change.before, change.now, difference, "; ".join(where)])
    return Table("changes", columns, rows)


def student_table(found: Results) -> Table:
    """The points of all students, the highest score first."""
    named = any(s.full_name for s in found.students)
    late = any(s.penalty for s in found.students)
    columns = [
        Column("Student", "student"),
        *[Column("Name")] * named,
        Column("Score", "total", maximum=found.maximum),
        *[Column("Late penalty", "number")] * late,
        *[Column(item.task, "points", item.kind, item.maximum) for item in found.items],
        Column("Misconceptions", "misconceptions"),
    ]
    rows: list[list[Value]] = [
        [
            student.name,
            *[student.full_name] * named,
            student.total,
            *[student.penalty] * late,
            *[student.scores.get(item.cell) for item in found.items],
            held(student, found.items),
        ]
        for student in sorted(found.students, key=lambda s: (-s.total, s.name))
    ]
    return Table("students", columns, rows)


def held(student: Student, items: Sequence[Item]) -> list[str] | None:
    """The names of a student's misconceptions in order of the tasks; None without a report."""
    if student.report is None:
        return None
    return [name for i in items for name in student.report.misconceptions.get(i.task, [])]


def plain(value: Value) -> str:
    """A value as text, for the CSV file and for the page's sorting."""
    if isinstance(value, Stack):
        value = value.share
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"  # without rounding errors such as that of 0.1 + 0.2
    return "; ".join(map(clean_line, value)) if isinstance(value, list) else clean_line(str(value))


def as_csv(table: Table) -> bytes:
    """The bytes of a CSV file for spreadsheets: with a UTF-8 byte order mark, without formulas."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([column.title for column in table.columns])
    for row in table.rows:
        writer.writerow(
            scores.csv_cell(plain(value)) if isinstance(value, str | list) else plain(value)
            for value in row
        )
    return file.getvalue().encode("utf-8-sig")
