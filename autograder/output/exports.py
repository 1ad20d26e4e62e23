"""The plugins of ``nbgrader export``: Canvas, Moodle, Gradescope, and nbgrader's ``grades.csv``.

Configurations name the plugins by this module, as in
``--exporter=autograder.output.exports.CanvasExportPlugin``. ``autograder export`` calls `run`. The
last plugin writes nbgrader's own ``grades.csv`` without formulas.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbgrader import plugins
from nbgrader.api import MissingEntry
from sqlalchemy.exc import SQLAlchemyError

from autograder.course import Course, CourseError, gradebook_problem
from autograder.output.gradescope import GradescopeExportPlugin
from autograder.output.lms import CanvasExportPlugin, MoodleExportPlugin
from autograder.output.scores import GradesPlugin, csv_cell


class CsvExportPlugin(plugins.CsvExportPlugin):
    """Writes the lines and columns of nbgrader's plugin of this name, with texts made safe.

    nbgrader's plugin writes texts unchanged: an id can be a formula, and a comma in a name adds a
    column.
    """

    COLUMNS = (
        *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
        *("raw_score", "late_submission_penalty", "score", "max_score"),
    )

    def export(self, gradebook: Any) -> None:
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

    def row(self, gradebook: Any, unit: Any, student: Any) -> tuple[object, ...]:
        """One line, in the order of `COLUMNS`; without a submission the score is 0, as in nbgrader.

        gradebook, unit, student : nbgrader's Gradebook, Assignment and Student
        """
        try:
            submission = gradebook.find_submission(unit.name, student.id)
            when, raw = submission.timestamp, submission.score
            penalty = submission.late_submission_penalty
        except MissingEntry:
            when, raw, penalty = None, 0.0, 0.0
        names = map(csv_cell, (student.id, student.last_name, student.first_name, student.email))
        score = max(0.0, raw - penalty)
        return csv_cell(unit.name), unit.duedate, when, *names, raw, penalty, score, unit.max_score


FORMATS: dict[str, type[GradesPlugin]] = {
    "canvas": CanvasExportPlugin,
    "moodle": MoodleExportPlugin,
    "gradescope": GradescopeExportPlugin,
}


def run(course: Course, format_: str, units: Sequence[str], to: str | Path | None = None) -> int:
    """Export the scores of a course; returns the exit code: 1 if some are not final or left out.

    format_ : one of `FORMATS`
    units : names of units; empty: all units in the gradebook
    to : the file, or for Gradescope the folder; None: the default name in the course's folder

    Raises CourseError if the gradebook cannot be read or the export cannot be written.
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
