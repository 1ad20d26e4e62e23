"""Records grades: in the gradebook, through nbgrader's own steps, then in ``autograded/``.

The grades of a submission are written in one transaction, then its notebook. If the grader ends in
between, the submission is graded again.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self, TextIO

import nbformat
import nbformat.v4 as v4
from nbgrader import api
from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, LimitOutput
from nbgrader.utils import parse_utc
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import scoped_session, sessionmaker
from traitlets import TraitError
from traitlets.utils.importstring import import_item

from autograder import named
from autograder.collecting import submissions
from autograder.course import Course, CourseError, gradebook_problem
from autograder.files import text_of, write
from autograder.gradebook import rows
from autograder.grading import naming
from autograder.grading.job import Job
from autograder.grading.nbgrader_steps import SaveAutoGrades
from autograder.marking import basis, tables
from autograder.marking.basis import Basis
from autograder.model import ByHand, Report, report_in, report_of


class Recorder:
    """Writes the grades of one unit; a context manager that holds the unit's lock.

    Raises CourseError if the gradebook cannot be written or does not know the unit, if another
    `autograder grade` holds the lock, or if the file of named mistakes is damaged.
    """

    def __init__(self, course: Course, unit: str) -> None:
        self.course, self.unit = course, unit
        self.named = named.read(course.root)
        names = course.config.Autograde.autograde_preprocessors
        try:
            steps = [import_item(name) for name in names]
            # CheckCellMetadata checks only the instructor's metadata, which the release checked.
            self.steps: list[Any] = [step for step in steps if step is not CheckCellMetadata]
            for step in self.late_steps():  # raises here if its plugin cannot be imported
                step(config=course.config).init_plugin()
        except (ImportError, TraitError) as error:
            problem = re.sub(r"<\S+?(\w+) object at \w+> instance", r"\1", str(error))
            raise CourseError(
                f"A grading step that the configuration names cannot be loaded: {problem}. Correct "
                "it in course_settings.py or nbgrader_config.py; a plugin is a file beside them."
            ) from None
        if SaveAutoGrades not in steps:
            raise CourseError(
                "Nothing was graded: without the step SaveAutoGrades no score would be recorded. "
                "Remove Autograde.autograde_preprocessors from course_settings.py."
            )
        self.drafts = course.root / ".autograder" / unit
        self.lock = self.locked()
        self.book: Any = None  # nbgrader's Gradebook
        self.drafted = any(self.drafts.glob("*.ipynb"))
        try:
            with self.explained():
                self.book = course.gradebook()
                tables.make(self.book.engine)
                self.book.find_notebook(unit, unit)
                # Changes nothing, but fails if the gradebook cannot be written.
                self.book.db.execute(text("UPDATE assignment SET name = name"))
                self.book.db.commit()
                self.due = self.book.find_assignment(unit).duedate
                self.scores, self.off = self.recorded(), self.penalties()
                self.hand = self.points_by_hand()
                # What has changed under points given by hand: {student: {grade_id: what}}.
                self.again: dict[str, dict[str, str]] = {}
        except api.MissingEntry:
            self.close()
            raise CourseError(
                f"{unit} is not in the gradebook yet: run `autograder release {unit}` first."
            ) from None
        except CourseError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        if self.book:
            self.book.close()
        self.lock.close()

    def locked(self) -> TextIO:
        """Take the unit's lock: an open file. Raises CourseError if another grader holds it."""
        with self.explained():
            self.drafts.mkdir(parents=True, exist_ok=True)
            file = open(self.drafts / "lock", "w")  # noqa: SIM115  (open as long as this object)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise CourseError(
                f"Another `autograder grade` is at work on {self.unit} here: wait until it ends."
            ) from None
        return file

    @contextlib.contextmanager
    def explained(self) -> Iterator[None]:
        """Turn errors of the gradebook and of the disk into CourseErrors that say what to do."""
        try:
            yield
        except (SQLAlchemyError, api.InvalidEntry) as error:  # nbgrader wraps some in its own
            raise CourseError(gradebook_problem(self.course, error)) from None
        except OSError as error:
            raise CourseError(
                f"{error.filename or self.course.root} cannot be written ({error.strerror}). "
                "Correct this and run the command again: recorded grades are kept."
            ) from None

    # -- reading ----------------------------------------------------------------------------------

    def recorded(self) -> dict[str, dict[str, float | None]]:
        """The automatic scores in the gradebook: {student: {grade_id: score or None}}."""
        where = api.SubmittedAssignment, api.SubmittedNotebook, api.Grade, api.GradeCell
        submission, notebook, grade, cell = where
        query = (
            select(submission.student_id, cell.name, cell.cell_type, grade.auto_score)
            .join(notebook, notebook.assignment_id == submission.id)
            .join(grade, grade.notebook_id == notebook.id)
            .join(cell, cell.id == grade.cell_id)
            .where(submission.assignment_id == self.book.find_assignment(self.unit).id)
        )
        found: dict[str, dict[str, float | None]] = {}
        for student, name, kind, score in self.book.db.execute(query):
            if kind == "code":
                found.setdefault(student, {})[name] = score
        self.book.db.remove()
        return found

    def late_steps(self) -> list[Any]:
        return [step for step in self.steps if issubclass(step, AssignLatePenalties)]

    def penalties(self, *which: Any) -> dict[str, float]:
        """The late penalties in the gradebook: {student: points}, without zeros.

        which : further conditions of the query, as SQLAlchemy expressions
        """
        submission, notebook = api.SubmittedAssignment, api.SubmittedNotebook
        query = (
            select(submission.student_id, notebook.late_submission_penalty)
            .join(notebook, notebook.assignment_id == submission.id)
            .where(submission.assignment_id == self.book.find_assignment(self.unit).id, *which)
        )
        found = {student: points for student, points in self.book.db.execute(query) if points}
        self.book.db.remove()
        return found

    def points_by_hand(self, *which: Any) -> dict[str, ByHand]:
        """What persons have given and have yet to give: {student: points}, of all submissions.

        Points given in the place of automatic ones count as the difference, and extra credit too.

        which : further conditions of the query, as SQLAlchemy expressions
        """
        where = api.SubmittedAssignment, api.SubmittedNotebook, api.Grade, api.GradeCell
        submission, notebook, grade, cell = where
        query = (
            select(submission.student_id, cell.max_score, grade)
            .join(notebook, notebook.assignment_id == submission.id)
            .join(grade, grade.notebook_id == notebook.id)
            .join(cell, cell.id == grade.cell_id)
            .where(submission.assignment_id == self.book.find_assignment(self.unit).id, *which)
        )
        found: dict[str, ByHand] = {}
        for student, most, one in self.book.db.execute(query):
            so_far = found.get(student, ByHand())
            points, waits = one.score - (one.auto_score or 0.0), one.auto_score is None
            waits = waits and one.manual_score is None
            found[student] = ByHand(so_far.points + points, so_far.waiting + most * waits)
        self.book.db.remove()
        return found

    def late(self, student: str) -> float:
        """The late penalty of a student's submission, in points."""
        return self.off.get(student, 0.0)

    def total(self, student: str) -> float | None:
        """All points in the gradebook, including those by hand; None without a submission."""
        if student not in self.scores:
            return None
        with self.explained():
            total: float = self.book.find_submission(self.unit, student).score
            self.book.db.remove()
        return total

    def path(self, student: str) -> Path:
        course = self.course
        folder = course.folder(course.directory.autograded_directory, student, self.unit)
        return folder / f"{self.unit}.ipynb"

    def report(self, student: str) -> Report | None:
        """The report in ``autograded/``; None if there is none."""
        return report_in(text_of(self.path(student)))

    def known(self, job: Job) -> Report | None:
        """The report in ``autograded/`` if it is from exactly this job; None otherwise.

        None too if the gradebook does not hold the scores of the report.
        """
        report = self.report(job.student)
        same = report and report.scores == self.scores.get(job.student) and report.key == job.key
        return report if same else None

    # -- drafts: graded in a dry run, not recorded ------------------------------------------------

    def draft(self, job: Job) -> str | None:
        """The notebook that a dry run has kept of exactly this job; None if there is none."""
        if not self.drafted:
            return None
        notebook = text_of(self.drafts / f"{job.key}.ipynb")
        report = report_in(notebook)
        return notebook if report and report.key == job.key else None

    def keep_draft(self, key: str, notebook: str) -> None:
        with self.explained():
            write(self.drafts / f"{key}.ipynb", notebook.encode())

    # -- points by hand that are to be looked at again ---------------------------------------------

    def compare(self, student: str, notebook: str) -> None:
        """Find what would change under the points given by hand if this notebook were recorded."""
        now = self.basis(notebook)
        with self.explained():
            before = basis.recorded(self.book.db, self.unit, student)
            self.again[student] = basis.changes(before, now, self.by_hand(student))
            self.book.db.remove()

    def look_again(self, student: str, dry_run: bool) -> dict[str, str]:
        """What has changed under the points given by hand though the submission is as it was.

        That is the rubric, which no grading depends on. Flags these points, but not in a dry run.
        Returns what has changed, by the name of the cell.
        """
        with self.explained():
            if student not in self.marked:
                return {}
        now = self.basis(text_of(self.path(student)))
        with self.explained(), self.transaction():
            by_hand, db = self.by_hand(student), self.book.db
            before = basis.recorded(db, self.unit, student)
            # Without one, the submission was graded before it was kept.
            found = basis.changes(before, now, by_hand) if before else {}
            if not dry_run:
                for name in found:
                    by_hand[name].needs_manual_grade = True
                basis.record(db, self.unit, student, before, now)
            db.flush()
        return found

    def basis(self, notebook: str) -> dict[str, Basis]:
        """What the points of a graded notebook refer to."""
        graded = nbformat.from_dict(json.loads(notebook))
        report = report_of(graded)
        assert report is not None  # the grader has put one into the notebook
        return basis.of_notebook(graded, self.course.source(self.unit), report.scores)

    def by_hand(self, student: str) -> dict[str, Any]:
        """The gradebook's entries that have points by hand, by the name of their cell."""
        grades = rows(self.book, api.Grade, self.unit, self.unit, student)
        return {name: one for name, one in grades.items() if one.manual_score is not None}

    @functools.cached_property
    def marked(self) -> set[str]:
        """The students who had points by hand when this was first asked."""
        submission, notebook, grade = api.SubmittedAssignment, api.SubmittedNotebook, api.Grade
        query = (
            select(submission.student_id)
            .join(notebook, notebook.assignment_id == submission.id)
            .join(grade, grade.notebook_id == notebook.id)
            .where(submission.assignment_id == self.book.find_assignment(self.unit).id)
            .where(grade.manual_score.is_not(None))
        )
        found = set(self.book.db.execute(query).scalars())
        self.book.db.remove()
        return found

    def drop_drafts(self) -> None:
        """Remove all drafts: after a real run each is recorded or out of date."""
        for path in self.drafts.glob("*.ipynb"):
            path.unlink()

    # -- writing ----------------------------------------------------------------------------------

    def record(self, student: str, notebook: str) -> Report:
        """Record a graded notebook (JSON), with the names of the course; returns its report.

        Raises CourseError if it cannot be written.
        """
        course, unit = self.course, self.unit
        submitted = course.folder(course.directory.submitted_directory, student, unit)
        stamp = submissions.stamp(submitted)
        told = json.loads(notebook)
        graded = naming.with_names(told, self.named)
        if graded is not told:
            notebook = json.dumps(graded, sort_keys=True)
        node = nbformat.from_dict(graded)  # as the grader wrote it, so it is valid
        may_be_late = self.may_be_late(student)
        unneeded = [] if may_be_late else self.late_steps()
        steps = [step for step in self.steps if step not in unneeded]
        with self.explained():
            with self.transaction() as resources:
                self.book.update_or_create_student(student)
                when = parse_utc(stamp) if stamp else None
                self.book.update_or_create_submission(unit, student, timestamp=when)
                told = self.resources(student, **resources)
                for step in filter(is_ours, steps):
                    node, told = step(config=course.config)(node, told)
            for step in steps:  # a lecturer's own steps, which may open the gradebook
                if not is_ours(step):
                    node, _ = step(config=course.config)(node, self.resources(student))
            report = report_of(node)
            assert report is not None  # the grader has put one into the notebook
            self.scores[student] = {**report.scores}
            self.again[student] = told["again"]
            self.hand.update(self.points_by_hand(api.SubmittedAssignment.student_id == student))
            if may_be_late:
                self.note_late(student)
            path = self.path(student)
            path.parent.mkdir(parents=True, exist_ok=True)
            carry_over(submitted, path.parent)
            if node != graded:  # a step has changed it; otherwise skip the slow serialization
                notebook = json.dumps(node, sort_keys=True)
            write(path, notebook.encode())
        return report

    def rename(self, student: str, report: Report) -> Report:
        """Give a recorded notebook the names of the course as they are now; returns its report.

        report : the one in ``autograded/``
        """
        now = naming.renamed(report, self.named)
        if now != report:
            path = self.path(student)
            graded = naming.with_names(json.loads(text_of(path)), self.named)
            with self.explained():
                write(path, json.dumps(graded, sort_keys=True).encode())
        return now

    def resources(self, student: str, **more: Any) -> dict[str, Any]:
        """The ``resources`` argument of nbgrader's steps."""
        names = {"student": student, "assignment": self.unit, "notebook": self.unit}
        return {"nbgrader": {**names, "db_url": self.course.directory.db_url}, **more}

    def penalize(self, student: str) -> None:
        """Compute the late penalty of a recorded submission again.

        The due date, an extension, the rule or points by hand may have changed since.
        """
        if not self.may_be_late(student):
            return
        with self.explained():
            with self.transaction() as resources:
                for step in self.late_steps():
                    told = self.resources(student, **resources)
                    step(config=self.course.config)(v4.new_notebook(), told)
            self.note_late(student)

    def may_be_late(self, student: str) -> bool:
        """False if the unit has no due date and the student has no penalty to remove."""
        return bool(self.due) or student in self.off

    def note_late(self, student: str) -> None:
        """Read the late penalty of one submission from the gradebook again."""
        self.off.pop(student, None)
        self.off.update(self.penalties(api.SubmittedAssignment.student_id == student))

    @contextlib.contextmanager
    def transaction(self) -> Iterator[dict[str, Any]]:
        """Commit everything that is written to the gradebook in this block at its end, or nothing.

        nbgrader's gradebook commits in each of its methods; here its session joins an outer
        transaction, which such a commit does not end. Yields the resources by which our steps find
        this gradebook.
        """
        with self.book.engine.begin() as connection:
            session = scoped_session(
                sessionmaker(bind=connection, join_transaction_mode="rollback_only")
            )
            reading, self.book.db = self.book.db, session
            try:
                yield {"gradebook": self.book}
            finally:
                self.book.db = reading
                session.remove()


def is_ours(step: Any) -> bool:
    """True for a step that writes only into the gradebook in its resources, or into none.

    step : a class of preprocessors
    """
    return step.__module__.startswith("autograder.") or step is LimitOutput


def carry_over(submitted: Path, graded: Path) -> None:
    """Copy the two files that nbgrader's exchange needs into ``autograded/…``.

    These are the time of submission and the secret by which the feedback is handed out. No other
    file of a submission is copied.
    """
    contents = {
        submissions.TIME: submissions.stamp(submitted),
        submissions.SECRET: submissions.small_text(submitted / submissions.SECRET),
    }
    for name, content in contents.items():
        if content:
            graded.mkdir(parents=True, exist_ok=True)
            write(graded / name, content.encode())
        else:  # remove the file of an earlier submission
            (graded / name).unlink(missing_ok=True)
