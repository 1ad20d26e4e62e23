"""The tables of a class's page, each made once: for the page and for a CSV file of its name."""

import csv
import dataclasses
import io

from autograder.checking import diagnose
from autograder.output import scores
from autograder.output.report import analysis, summary
from autograder.untrusted.text import clean_line

UNKNOWN = (
    "autograded/ does not hold the notebook that these points are from, so misconceptions are not "
    "counted: `autograder grade` makes it anew"
)


@dataclasses.dataclass(frozen=True)
class Column:
    """What stands in one column. ``kind`` chooses how the page shows a value:

    text, label (may be cut), sentence (with code between backticks), number, difference (with its
    sign), count (with a bar), points and total (coloured by what is missing), stack (see `Stack`),
    correlation (or why there is none); or names: student, students, task, misconception,
    misconceptions
    """

    title: str
    kind: str = "text"
    hint: str = ""
    maximum: float = 0.0  # of count, points and total


@dataclasses.dataclass(frozen=True)
class Table:
    """A table of the page, and of a CSV file of the same name."""

    name: str
    columns: list[Column]
    rows: list[list]


@dataclasses.dataclass(frozen=True)
class Stack:
    """A mean share, and what it is made of: students by what they got."""

    share: float | None
    counts: tuple[int, ...]


def tables_of(found, compared):
    """All tables by name; some may have no rows.

    found : `results.Results`
    compared : `results.Comparison`, or None
    """
    made = [
        distribution_table(found),
        task_table(found),
        part_table(found),
        misconception_table(found),
        note_table(found),
        ungraded_table(found),
        absent_table(found),
        change_table(found, compared),
        student_table(found),
    ]
    return {table.name: table for table in made}


def distribution_table(found):
    """The histogram."""
    columns = [Column("from", "number"), Column("below", "number"), Column("students", "number")]
    rows = [[bar.low, bar.high, len(bar.students)] for bar in analysis.histogram(found)]
    return Table("distribution", columns, rows)


def task_table(found):
    """How hard the tasks were."""
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
    rows = [
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


def part_table(found):
    """Which parts of the tasks fail, and why: the parts that most students fail first."""
    columns = [
        Column("Students", "count", "who failed the part", maximum=len(found.students)),
        Column("Task", "task"),
        Column("Part", "label"),
        Column("Points", "number"),
        Column("Most frequent reason", "sentence"),
        Column("Who", "students"),
    ]
    failures = [part for part in analysis.parts(found) if part.students]
    rows = [
        [len(part.students), part.task, part.name, part.points, part.reason, part.students]
        for part in sorted(failures, key=lambda part: -len(part.students))
    ]
    return Table("parts", columns, rows)


def misconception_table(found):
    """Which misconceptions the class holds, and who."""
    bank, holders = found.bank, summary.holders(found.outcomes())
    columns = [
        Column("Students", "count", maximum=max(map(len, holders.values()), default=0)),
        Column("Task", "task"),
        Column("Misconception", "misconception"),
        Column("What they read", "sentence"),
        Column("Who", "students"),
    ]
    rows = []
    for name, students in holders.items():
        task = name.partition("__")[0]
        function = bank[task].misconceptions.get(name) if task in bank else None
        said = diagnose.sentence(function) if function else "(is no longer in the bank)"
        rows.append([len(students), task, name, said, students])
    return Table("misconceptions", columns, rows)


def note_table(found):
    """What the grader had to say of submissions besides their scores, most frequent first."""
    who = {}

    def note(kind, text, student):
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
    rows = [[kind, text, len(students), students] for (kind, text), students in order]
    return Table("grading", columns, rows)


def ungraded_table(found):
    """What was handed in and has no grade."""
    columns = [Column("Student", "student"), Column("State"), Column("Why, and what to do")]
    rows = [[one.name, one.kind, one.reason] for one in found.ungraded]
    return Table("ungraded", columns, rows)


def absent_table(found):
    """Who handed in nothing."""
    columns = [Column("Student", "student"), Column("Name")]
    return Table("absent", columns, [list(person) for person in found.absent.items()])


def change_table(found, compared):
    """Whose scores have changed, and where."""
    names = {item.cell: item.task for item in found.items}

    def point(value):
        return "–" if value is None else f"{value:g}".replace("-", "−")

    columns = [
        Column("Student", "student"),
        Column("Before", "number"),
        Column("Now", "number"),
        Column("Difference", "difference"),
        Column("Where"),
    ]
    rows = []
    for change in compared.changes if compared else []:
        where = (
            f"{names.get(cell, cell)} {point(was)} → {point(now)}"
            for cell, (was, now) in change.cells.items()
        )
        difference = change.now - change.before
        rows.append([change.name, change.before, change.now, difference, "; ".join(where)])
    return Table("changes", columns, rows)


def student_table(found):
    """Everyone's points, the highest score first."""
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
    rows = [
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


def held(student, items):
    """The names of a student's misconceptions in the order of the tasks; None if unknown."""
    if student.report is None:
        return None
    return [name for i in items for name in student.report.misconceptions.get(i.task, [])]


def plain(value):
    """A value of a table as a CSV file and the page's sorting have it."""
    if isinstance(value, Stack):
        value = value.share
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"  # no more than is known, and none of 0.1 + 0.2
    return "; ".join(map(clean_line, value)) if isinstance(value, list) else clean_line(str(value))


def as_csv(table):
    """The bytes of a CSV file, made for spreadsheets: marked as UTF-8, and without formulas."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([column.title for column in table.columns])
    for row in table.rows:
        writer.writerow(
            scores.cell(plain(value)) if isinstance(value, str | list) else plain(value)
            for value in row
        )
    return file.getvalue().encode("utf-8-sig")
