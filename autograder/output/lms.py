"""Exports of the gradebook as the CSV files that Canvas and Moodle import.

The formats follow what the importers read:

- Canvas: *How do I import grades in the Gradebook?* in the instructor guide, and the class
  `GradebookImporter` of its source.
- Moodle: *Grade import* in its documentation, and the class `gradeimport_csv_load_data` of its
  source.
"""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from traitlets import Dict, Enum

from autograder.output.scores import GradesPlugin, csv_cell, how_many, print_note
from autograder.wording import counted


class TablePlugin(GradesPlugin):
    """Base of the CSV exports: UTF-8, without a byte order mark, since Canvas does not skip it."""

    titles = Dict(
        help="The titles of units in the other system, where they differ from the names here: "
        '{"unit1": "Unit 1 (4711)"}'
    ).tag(config=True)

    def title(self, unit: str) -> str:
        return csv_cell(self.titles.get(unit, unit))

    def write_table(
        self, path: Path, rows: Sequence[Sequence[object]], identities: Iterable[str]
    ) -> None:
        """Write the rows; ``identities`` are the texts by which the importer finds students."""
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
        print(f"{path}: {counted(self.people, 'student')}, {counted(self.units, 'unit')}")
        if changed := [csv_cell(text) for text in identities if csv_cell(text) != text]:
            self.not_final(
                "NOT FOUND by the import, since they were changed so as not to be formulas: "
                + ", ".join(changed)
            )

    def grades(self, person: Any, missing: str) -> list[float | str]:
        """A student's points, one cell for each unit; ``missing`` stands for no score.

        person : nbgrader's Student
        """
        found = [self.scores.get((unit, person.id)) for unit in self.units]
        return [score.points if score else missing for score in found]


class CanvasExportPlugin(TablePlugin):
    """Writes a CSV that Canvas imports into its gradebook.

    Canvas finds a student by ``ID``, its own number (nbgrader's ``lms_user_id``), then by the two
    SIS columns, one of which holds nbgrader's id, then by the name. It finds an assignment by the
    number in brackets at the end of a title, then by the whole title. It asks about what it does
    not find. An empty cell means no grade.
    """

    DESTINATION = "grades_canvas.csv"

    student_id = Enum(
        ["SIS Login ID", "SIS User ID"],
        "SIS Login ID",
        help="which of Canvas's columns holds nbgrader's student id",
    ).tag(config=True)

    def write(self, destination: Path) -> None:
        identity = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
        rows: list[list[object]] = [
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
            rows.append(
                [*(csv_cell(known.get(name)) for name in identity), *self.grades(person, "")]
            )
        self.write_table(destination, rows, [person.id for person in self.people])
        if odd:
            print_note(
                f"lms_user_id is not a number of Canvas's and was left out: {', '.join(odd)}"
            )


class MoodleExportPlugin(TablePlugin):
    """Writes a CSV that Moodle imports into its gradebook.

    The import asks which column identifies the student; the title of that column here is the
    setting `identifier`. A student without an identifier is left out: Moodle would give the grades
    of such a line to the student of the line before. ``-`` means no grade, as in Moodle's own
    exports; an empty cell would be 0 in a new grade item.
    """

    DESTINATION = "grades_moodle.csv"

    identifier = Enum(
        ["Username", "ID number", "Email address"],
        "Username",
        help="the field of Moodle's that identifies a student: the username or the ID number is "
        "nbgrader's student id; the email address is that in the gradebook",
    ).tag(config=True)

    def write(self, destination: Path) -> None:
        def who(person: Any) -> str:
            return (person.email or "") if self.identifier == "Email address" else person.id

        nobody = [person.id for person in self.people if not who(person)]
        self.people = [person for person in self.people if who(person)]
        titles = map(self.title, self.units)
        rows: list[list[object]] = [[self.identifier, "First name", "Last name", *titles]]
        for person in self.people:
            texts = who(person), person.first_name, person.last_name
            rows.append([*map(csv_cell, texts), *self.grades(person, "-")])
        self.write_table(destination, rows, map(who, self.people))
        if nobody:
            self.not_final(
                f"LEFT OUT, without an email address: {', '.join(map(csv_cell, nobody))}"
            )
        over = sum(score.points > score.maximum for score in self.scores.values())
        if over:
            print_note(
                f"{how_many(over, 'score')} above the maximum, with extra points: Moodle cuts them "
                "to the maximum unless its setting `unlimitedgrades` is on."
            )
