"""Export of the gradebook as Gradescope's ``results.json`` files.

The format is that of *Autograder Specifications* in Gradescope's autograder documentation.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory
from traitlets import Enum

from autograder.files import text_of
from autograder.model import report_in
from autograder.output import words
from autograder.output.scores import DECIMALS, GradesPlugin, Score, csv_cell, how_many
from autograder.wording import counted


class GradescopeExportPlugin(GradesPlugin):
    """Writes a ``results.json`` for each submission, as Gradescope's autograders do.

    The files are ``<destination>/<unit>/<student>/results.json``.
    """

    DESTINATION = "grades_gradescope"

    visibility = Enum(
        ["visible", "after_due_date", "after_published", "hidden"],
        "after_published",
        help="when Gradescope shows students the tests",
    ).tag(config=True)

    def write(self, destination: Path) -> None:
        course = CourseDirectory(parent=self.parent, config=self.config)
        for (unit, student), score in self.scores.items():
            if Path(student).name != student:  # such as ".." or "a/b"
                self.not_final(f"LEFT OUT, since it cannot be a folder's name: {csv_cell(student)}")
                continue
            graded = Path(course.format_path(course.autograded_directory, student, unit))
            texts = explanations(graded / f"{unit}.ipynb")
            results = self.results(self.submissions[unit, student], score, texts)
            path = destination / unit / student / "results.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(results, indent=1, ensure_ascii=False), encoding="utf-8")
        many = counted(self.scores, "submission"), counted(self.units, "unit")
        print(f"{destination}: {', '.join(many)}")

    def results(self, submission: Any, score: Score, texts: Mapping[str, str]) -> dict[str, object]:
        """The content of one ``results.json``.

        submission : nbgrader's SubmittedAssignment
        texts : from `explanations`
        """
        notes = []
        if score.penalty:
            notes.append(f"For lateness: -{score.penalty:g}")
        if score.waiting:
            notes.append(f"Not final: {how_many(score.waiting, 'written answer')} not graded yet.")
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
            "score": score.points,  # Gradescope takes it instead of the sum of the tests
            "output": "\n".join(notes),
            # The outputs hold students' own words: as text they are not read as markup.
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


def explanations(path: Path) -> dict[str, str]:
    """The verdict on each graded cell of a graded notebook: {grade_id: text}.

    Empty if the notebook cannot be read.
    """
    report = report_in(text_of(path))
    grades = report.grades if report else ()
    return {grade.cell: "\n".join(words.lines(grade.verdict)) for grade in grades}
