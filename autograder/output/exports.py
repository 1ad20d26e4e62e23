"""The gradebook as files that Canvas and Moodle import, and as Gradescope's ``results.json``; and
nbgrader's own ``grades.csv``, without formulas.

They are plugins of ``nbgrader export``, as in
``--exporter=autograder.output.exports.CanvasExportPlugin``;
``autograder export`` is a front to them. The formats follow what the importers read:

- Canvas: *How do I import grades in the Gradebook?* in the instructor guide, and the class
  `GradebookImporter` of its source.
- Moodle: *Grade import* in its documentation, and the class `gradeimport_csv_load_data` of its
  source.
- Gradescope: *Autograder Specifications* in its autograder documentation.

A score is what nbgrader says: points of the grader and by hand, extra credit, less what lateness
costs. Whoever has handed in nothing, or nothing that could be graded, has no score, which is not 0.
"""

import csv
import dataclasses
import json
import re
import sys
from pathlib import Path

from nbgrader import plugins
from nbgrader.api import MissingEntry
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SQLAlchemyError
from traitlets import Dict, Enum

from autograder.course import CourseError, gradebook_problem
from autograder.files import text_of
from autograder.model import report_in
from autograder.output import words
from autograder.untrusted.text import clean_line
from autograder.wording import counted

# At the start of a cell a spreadsheet takes these signs for a formula, and runs it; full-width ones
# too in some languages. An apostrophe before them makes it text (OWASP's page on CSV injection).
FORMULA = re.compile("(^|;)(?=\\s*[=+@\uff1d\uff0b\uff0d\uff20-])")
DECIMALS = 3  # of a score; eighths of a point are exact


def said(text):
    """Tell the lecturer, in either command, what the file itself cannot say."""
    print(text, file=sys.stderr)


def number(count, noun):
    """How many, in words."""
    return counted(range(count), noun)


def cell(text):
    """A text as a cell of a table: on one line, and never a formula.

    Nor does one begin behind a ``;``, at which spreadsheets of some languages cut.
    """
    return FORMULA.sub(r"\1'", clean_line(text or "").strip())


@dataclasses.dataclass(frozen=True)
class Score:
    """What one student has in one unit."""

    points: float  # as nbgrader counts, after the penalty
    maximum: float
    penalty: float  # points
    waiting: int  # answers that a person has to grade, and has not
    marked: int  # graded by hand before the grader ran again: to be looked at once more

    @classmethod
    def of(cls, submission):
        """The score of one of nbgrader's submitted assignments."""
        penalty = submission.late_submission_penalty or 0.0
        open_ = [g for n in submission.notebooks for g in n.grades if g.needs_manual_grade]
        marked = sum(grade.manual_score is not None for grade in open_)
        points = round(max(0.0, submission.score - penalty), DECIMALS)
        return cls(points, submission.max_score, penalty, len(open_) - marked, marked)


class GradesPlugin(plugins.ExportPlugin):
    """What the exports have in common: which students and units, and what to say of their scores.

    After `export`, ``final`` is True if every score that was written is one to hand on.
    """

    DESTINATION = ""  # where to, if nobody says

    def export(self, gradebook):
        self.final = True
        units = {a.name: a for a in gradebook.assignments}
        if missing := set(self.assignment) - set(units):
            raise CourseError(
                f"The gradebook does not hold {', '.join(sorted(missing))}: "
                "run `autograder release` first."
            )
        if not units:
            raise CourseError("The gradebook holds no unit yet: run `autograder release` first.")
        wanted = [units[name] for name in sorted(self.assignment or units)]
        self.units = {unit.name: unit.max_score for unit in wanted}
        chosen = {str(student) for student in self.student}
        self.people = sorted(
            (p for p in gradebook.students if not chosen or p.id in chosen), key=lambda p: p.id
        )
        if missing := chosen - {person.id for person in self.people}:
            raise CourseError(f"The gradebook does not know {', '.join(sorted(missing))}.")
        self.submissions = {
            (unit.name, s.student_id): s for unit in wanted for s in unit.submissions
        }
        self.scores = {
            (unit, person.id): Score.of(self.submissions[unit, person.id])
            for unit in self.units
            for person in self.people
            if (unit, person.id) in self.submissions
        }
        self.write(Path(self.to or self.DESTINATION))
        for unit in self.units:
            self.say_what_is_open(unit)

    def write(self, destination):
        """Write ``people``, ``units`` and ``scores``; say what is left out."""
        raise NotImplementedError

    def not_final(self, text):
        """Say why somebody's score is not one to hand on."""
        self.final = False
        said(text)

    def say_what_is_open(self, unit):
        """How many scores of a unit are not final, and who has none."""
        scores = {p.id: self.scores[unit, p.id] for p in self.people if (unit, p.id) in self.scores}
        if not scores:
            self.not_final(f"{unit}: NO SCORES yet: run `autograder grade {unit}` first.")
            return
        if waiting := sum(score.waiting for score in scores.values()):
            who = sum(score.waiting > 0 for score in scores.values())
            answers = number(waiting, "written answer")
            self.not_final(
                f"{unit}: NOT FINAL for {who} of {len(scores)}: {answers} not graded yet, with 0 "
                "points so far. Grade in formgrader, then export again."
            )
        if marked := sum(score.marked for score in scores.values()):
            self.not_final(
                f"{unit}: {number(marked, 'grade')} by hand marked for another look, since the "
                "grader ran again after that. The points count; formgrader shows which."
            )
        if without := [person.id for person in self.people if person.id not in scores]:
            some = ", ".join(map(cell, without[:5])) + (", …" if len(without) > 5 else "")
            said(f"{unit}: no score, which is not 0, for {len(without)}: {some}")


class CsvExportPlugin(plugins.CsvExportPlugin):
    """What ``nbgrader export`` writes: the lines and columns of nbgrader's plugin of this name.

    nbgrader writes texts as they are: an id can be a formula, and a comma in a name is another
    column.
    """

    COLUMNS = (
        *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
        *("raw_score", "late_submission_penalty", "score", "max_score"),
    )

    def export(self, gradebook):
        path = self.to or "grades.csv"
        self.log.info("Exporting grades to %s", path)
        units, students = set(map(str, self.assignment)), set(map(str, self.student))
        if units:
            self.log.info("Exporting only assignments: %s", sorted(units))
        if students:
            self.log.info("Exporting only students: %s", sorted(students))
        rows = [
            self.row(gradebook, unit, student)
            for unit in gradebook.assignments
            for student in gradebook.students
            if (not units or unit.name in units) and (not students or student.id in students)
        ]
        with open(path, "w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(self.COLUMNS)
            table.writerows(rows)

    def row(self, gradebook, unit, student):
        """One line, in the order of `COLUMNS`; without a submission 0, as nbgrader has it."""
        try:
            submission = gradebook.find_submission(unit.name, student.id)
            when, raw = submission.timestamp, submission.score
            penalty = submission.late_submission_penalty
        except MissingEntry:
            when, raw, penalty = None, 0.0, 0.0
        names = map(cell, (student.id, student.last_name, student.first_name, student.email))
        score = max(0.0, raw - penalty)
        return cell(unit.name), unit.duedate, when, *names, raw, penalty, score, unit.max_score


class TablePlugin(GradesPlugin):
    """A table in UTF-8, without a byte order mark, which Canvas does not skip."""

    titles = Dict(
        help="What a unit is called over there, where that is not its name here: "
        '{"unit1": "Unit 1 (4711)"}'
    ).tag(config=True)

    def title(self, unit):
        return cell(self.titles.get(unit, unit))

    def write_table(self, path, rows, identities):
        """Write the rows; ``identities`` are the texts by which students are looked for."""
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
        print(f"{path}: {counted(self.people, 'student')}, {counted(self.units, 'unit')}")
        if changed := [cell(text) for text in identities if cell(text) != text]:
            self.not_final(
                "NOT FOUND by the import, since they had to be changed to be no formula: "
                + ", ".join(changed)
            )

    def grades(self, person, missing):
        """A student's cells, unit by unit."""
        found = [self.scores.get((unit, person.id)) for unit in self.units]
        return [score.points if score else missing for score in found]


class CanvasExportPlugin(TablePlugin):
    """A CSV that Canvas imports into its gradebook.

    Canvas looks for a student by ``ID``, its own number (nbgrader's ``lms_user_id``), then by the
    two SIS columns, in one of which nbgrader's id stands, then by the name; and for an assignment
    by the number in brackets at the end of a title, then by the whole title. What it does not find
    it asks about. An empty cell is no grade.
    """

    DESTINATION = "grades_canvas.csv"

    student_id = Enum(
        ["SIS Login ID", "SIS User ID"], "SIS Login ID", help="what nbgrader's student id is there"
    ).tag(config=True)

    def write(self, destination):
        identity = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
        rows = [
            [*identity, *map(self.title, self.units)],
            ["    Points Possible", "", "", "", "", *self.units.values()],
        ]
        odd = []
        for person in self.people:
            number = person.lms_user_id or ""
            if number and not (number.isascii() and number.isdecimal()):  # Canvas reads "12a" as 12
                odd.append(person.id)
                number = ""
            name = ", ".join(filter(None, [person.last_name, person.first_name]))
            known = {
                "Student": name or person.id,
                "ID": number,
                self.student_id: person.id,
            }
            rows.append([*(cell(known.get(name)) for name in identity), *self.grades(person, "")])
        self.write_table(destination, rows, [person.id for person in self.people])
        if odd:
            said(f"lms_user_id is no number of Canvas's and was left out: {', '.join(odd)}")


class MoodleExportPlugin(TablePlugin):
    """A CSV that Moodle imports into its gradebook.

    The import asks which column tells who a student is; `identifier` is its name here. Nobody is
    listed without it: Moodle gives the grades of such a line to the student of the line before.
    ``-`` is no grade, as in Moodle's own exports: an empty cell would be 0 in a new grade item.
    """

    DESTINATION = "grades_moodle.csv"

    identifier = Enum(
        ["Username", "ID number", "Email address"],
        "Username",
        help="which of Moodle's fields tells who a student is: nbgrader's student id is the "
        "username or the ID number; the email address is in the gradebook",
    ).tag(config=True)

    def write(self, destination):
        def who(person):
            return (person.email or "") if self.identifier == "Email address" else person.id

        nobody = [person.id for person in self.people if not who(person)]
        self.people = [person for person in self.people if who(person)]
        rows = [[self.identifier, "First name", "Last name", *map(self.title, self.units)]]
        for person in self.people:
            texts = who(person), person.first_name, person.last_name
            rows.append([*map(cell, texts), *self.grades(person, "-")])
        self.write_table(destination, rows, map(who, self.people))
        if nobody:
            self.not_final(f"LEFT OUT, without an email address: {', '.join(map(cell, nobody))}")
        over = sum(score.points > score.maximum for score in self.scores.values())
        if over:
            said(
                f"{number(over, 'score')} above the maximum, with extra points: Moodle cuts there, "
                "unless its setting `unlimitedgrades` is on."
            )


class GradescopeExportPlugin(GradesPlugin):
    """A ``results.json`` for each submission, as Gradescope's autograders write: in the folder
    ``<destination>/<unit>/<student>/``.
    """

    DESTINATION = "grades_gradescope"

    visibility = Enum(
        ["visible", "after_due_date", "after_published", "hidden"],
        "after_published",
        help="when Gradescope shows students the tests",
    ).tag(config=True)

    def write(self, destination):
        course = CourseDirectory(parent=self.parent, config=self.config)
        for (unit, student), score in self.scores.items():
            if Path(student).name != student:  # "..", "a/b": not a folder of its own
                self.not_final(f"LEFT OUT, since it can be no folder's name: {cell(student)}")
                continue
            graded = Path(course.format_path(course.autograded_directory, student, unit))
            texts = explanations(graded / f"{unit}.ipynb")
            results = self.results(self.submissions[unit, student], score, texts)
            path = destination / unit / student / "results.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(results, indent=1, ensure_ascii=False), encoding="utf-8")
        many = counted(self.scores, "submission"), counted(self.units, "unit")
        print(f"{destination}: {', '.join(many)}")

    def results(self, submission, score, texts):
        """The content of one ``results.json``."""
        notes = []
        if score.penalty:
            notes.append(f"For lateness: -{score.penalty:g}")
        if score.waiting:
            notes.append(f"Not final: {number(score.waiting, 'written answer')} not graded yet.")
        tests = []
        for notebook in submission.notebooks:
            comments = {c.name: c.comment for c in notebook.comments if c.comment}
            for grade in notebook.grades:
                task = grade.name.removeprefix("test_")
                waits = grade.needs_manual_grade and grade.manual_score is None
                said_of = [texts.get(grade.name), comments.get(task)]
                said_of += ["Not graded yet: a person reads this answer."] if waits else []
                test = {
                    "name": task,
                    "max_score": grade.max_score,
                    "output": "\n".join(filter(None, said_of)),
                    "visibility": self.visibility,
                }
                if not waits:
                    test["score"] = round(grade.score, DECIMALS)
                tests.append(test)
        return {
            "score": score.points,  # counts in the place of the sum of the tests
            "output": "\n".join(notes),
            # Students' own words are among them: text is not looked through for markup.
            "output_format": "text",
            "test_output_format": "text",
            "test_name_format": "text",
            "visibility": self.visibility,
            "tests": tests,
            "extra_data": {
                "student": submission.student_id,
                "unit": submission.name,
                "late_penalty": score.penalty,
                "waiting": score.waiting,
            },
        }


def explanations(path):
    """What the grader says of each graded cell, {grade_id: text}, from a graded notebook.

    Empty if there is none to be read any more.
    """
    report = report_in(text_of(path))
    grades = report.grades if report else ()
    return {grade.cell: "\n".join(words.lines(grade.verdict)) for grade in grades}


FORMATS = {
    "canvas": CanvasExportPlugin,
    "moodle": MoodleExportPlugin,
    "gradescope": GradescopeExportPlugin,
}


def run(course, format_, units, to=None):
    """Export a `folders.Course`; returns the exit code: 1 if something is not final or left out.

    units : their names; all that the gradebook holds if there are none
    to : the file, or for Gradescope the folder; by default one in the course's folder

    Raises CourseError if it cannot be done.
    """
    plugin = FORMATS[format_](config=course.config)
    plugin.assignment = list(units)
    plugin.to = str(to or course.root / plugin.DESTINATION)
    try:
        with course.gradebook() as book:
            plugin.export(book)
    except SQLAlchemyError as error:
        raise CourseError(gradebook_problem(course, error)) from None
    except OSError as error:
        raise CourseError(f"{error.filename} cannot be written: {error.strerror}.") from None
    return 0 if plugin.final else 1
