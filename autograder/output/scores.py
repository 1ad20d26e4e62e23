"""The scores of the gradebook as the exports write them, and what the exports have in common.

A score is what nbgrader counts: automatic points and points by hand, extra credit, less the late
penalty. A student without a submission, or without one that could be graded, has no score; that is
not a score of 0.
"""

import dataclasses
import re
import sys
from pathlib import Path
from typing import Any, Self

from nbgrader import plugins

from autograder.course import CourseError
from autograder.untrusted.text import clean_line
from autograder.wording import counted

# A spreadsheet runs a cell that begins with one of these signs as a formula; in some languages the
# full-width signs too. An apostrophe before it makes it text (OWASP's page on CSV injection).
FORMULA = re.compile("(^|;)(?=\\s*[=+@\uff1d\uff0b\uff0d\uff20-])")
DECIMALS = 3  # of a score; eighths of a point are exact


def print_note(text: str) -> None:
    """Print a note for the lecturer to stderr."""
    print(text, file=sys.stderr)


def how_many(count: int, noun: str) -> str:
    """A count with its noun, such as ``2 grades``."""
    return counted(range(count), noun)


def csv_cell(text: str | None) -> str:
    """A text as a cell of a table: on one line, and never a formula.

    A formula after a ``;`` is disarmed too: spreadsheets of some languages split a line there.
    """
    return FORMULA.sub(r"\1'", clean_line(text or "").strip())


@dataclasses.dataclass(frozen=True)
class Score:
    """The score of one student in one unit."""

    points: float  # as nbgrader counts them, after the penalty
    maximum: float
    penalty: float  # points
    waiting: int  # answers that a person has yet to grade
    marked: int  # answers graded by hand before the grader ran again, to be checked again

    @classmethod
    def of(cls, submission: Any) -> Self:
        """The score of one of nbgrader's submitted assignments."""
        penalty = submission.late_submission_penalty or 0.0
        open_ = [g for n in submission.notebooks for g in n.grades if g.needs_manual_grade]
        marked = sum(grade.manual_score is not None for grade in open_)
        points = round(max(0.0, submission.score - penalty), DECIMALS)
        return cls(points, submission.max_score, penalty, len(open_) - marked, marked)


class GradesPlugin(plugins.ExportPlugin):
    """Base of the exports: selects students and units, and reports which scores are not final.

    After `export`, ``final`` is True if every score that was written is final.
    """

    DESTINATION = ""  # the default of ``to``

    def export(self, gradebook: Any) -> None:
        """Write the export of an nbgrader gradebook.

        Raises CourseError if the gradebook lacks a unit or a student that is asked for.
        """
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
        self.units: dict[str, float] = {unit.name: unit.max_score for unit in wanted}
        chosen = {str(student) for student in self.student}
        self.people: list[Any] = sorted(
            (p for p in gradebook.students if not chosen or p.id in chosen), key=lambda p: p.id
        )
        if missing := chosen - {person.id for person in self.people}:
            raise CourseError(f"The gradebook does not know {', '.join(sorted(missing))}.")
        self.submissions: dict[tuple[str, str], Any] = {
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

    def write(self, destination: Path) -> None:
        """Write ``people``, ``units`` and ``scores``; report what is left out."""
        raise NotImplementedError

    def not_final(self, text: str) -> None:
        """Report why some score is not final."""
        self.final = False
        print_note(text)

    def say_what_is_open(self, unit: str) -> None:
        """Report how many scores of a unit are not final, and which students have none."""
        scores = {p.id: self.scores[unit, p.id] for p in self.people if (unit, p.id) in self.scores}
        if not scores:
            self.not_final(f"{unit}: NO SCORES yet: run `autograder grade {unit}` first.")
            return
        if waiting := sum(score.waiting for score in scores.values()):
            who = sum(score.waiting > 0 for score in scores.values())
            answers = how_many(waiting, "written answer")
            self.not_final(
                f"{unit}: NOT FINAL for {who} of {len(scores)}: {answers} not graded yet, with 0 "
                "points so far. Mark them with `autograder mark`, then export again."
            )
        if marked := sum(score.marked for score in scores.values()):
            self.not_final(
                f"{unit}: {how_many(marked, 'grade')} by hand marked for another look, since "
                "answer, rubric or points have changed. They count; `autograder mark` shows which."
            )
        if without := [person.id for person in self.people if person.id not in scores]:
            some = ", ".join(map(csv_cell, without[:5])) + (", …" if len(without) > 5 else "")
            print_note(f"{unit}: no score, which is not 0, for {len(without)}: {some}")
