"""Records grades: in the gradebook, through nbgrader's own steps, then in ``autograded/``.

A submission's grades are one transaction, and the notebook follows: whatever ends the grader in
between, what is not whole is graded again.
"""

import contextlib
import fcntl
import json
import re

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

from autograder.collecting import submissions
from autograder.course import CourseError, gradebook_problem
from autograder.files import text_of, write
from autograder.model import report_in, report_of


class Recorder:
    """Writes one unit's grades; the only one to do so while it is open (a context manager).

    Raises CourseError if the gradebook cannot be written or does not know the unit, or if another
    `autograder grade` is at work on the unit.
    """

    def __init__(self, course, unit):
        self.course, self.unit = course, unit
        names = course.config.Autograde.autograde_preprocessors
        try:
            steps = [import_item(name) for name in names]
            # It looks at metadata only, the instructor's, which have been through the release.
            self.steps = [step for step in steps if step is not CheckCellMetadata]
            for step in self.late_steps():  # a plugin that cannot be imported is noticed here
                step(config=course.config).init_plugin()
        except (ImportError, TraitError) as error:
            problem = re.sub(r"<\S+?(\w+) object at \w+> instance", r"\1", str(error))
            raise CourseError(
                f"A step of grading that the configuration names cannot be had: {problem}. Correct "
                "it in course_settings.py or nbgrader_config.py; a plugin is a file beside them."
            ) from None
        self.drafts = course.root / ".autograder" / unit
        self.lock, self.book = self.locked(), None
        self.drafted = any(self.drafts.glob("*.ipynb"))
        try:
            with self.explained():
                self.book = course.gradebook()
                self.book.find_notebook(unit, unit)
                # Writes nothing new: what cannot be written should be known before the grading.
                self.book.db.execute(text("UPDATE assignment SET name = name"))
                self.book.db.commit()
                self.due = self.book.find_assignment(unit).duedate
                self.scores, self.off = self.recorded(), self.penalties()
        except api.MissingEntry:
            self.close()
            raise CourseError(
                f"{unit} is not in the gradebook yet: run `autograder release {unit}` first."
            ) from None
        except CourseError:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def close(self):
        if self.book:
            self.book.close()
        self.lock.close()

    def locked(self):
        """An open file that no other grader of this unit can hold at the same time."""
        with self.explained():
            self.drafts.mkdir(parents=True, exist_ok=True)
            file = open(self.drafts / "lock", "w")  # noqa: SIM115  (open as long as this object)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise CourseError(
                f"Another `autograder grade` is at work on {self.unit} here: wait for its end."
            ) from None
        return file

    @contextlib.contextmanager
    def explained(self):
        """Turns errors of the gradebook and of the disk into CourseErrors that say what to do."""
        try:
            yield
        except (SQLAlchemyError, api.InvalidEntry) as error:  # nbgrader wraps some in its own
            raise CourseError(gradebook_problem(self.course, error)) from None
        except OSError as error:
            raise CourseError(
                f"{error.filename or self.course.root} cannot be written ({error.strerror}). "
                "Put that right and run the command again: what is recorded stays."
            ) from None

    # -- what is there ----------------------------------------------------------------------------

    def recorded(self):
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
        found = {}
        for student, name, kind, score in self.book.db.execute(query):
            if kind == "code":
                found.setdefault(student, {})[name] = score
        self.book.db.remove()
        return found

    def late_steps(self):
        return [step for step in self.steps if issubclass(step, AssignLatePenalties)]

    def penalties(self, *which):
        """What the gradebook takes off for lateness: {student: points}, where it takes any."""
        submission, notebook = api.SubmittedAssignment, api.SubmittedNotebook
        query = (
            select(submission.student_id, notebook.late_submission_penalty)
            .join(notebook, notebook.assignment_id == submission.id)
            .where(submission.assignment_id == self.book.find_assignment(self.unit).id, *which)
        )
        found = {student: points for student, points in self.book.db.execute(query) if points}
        self.book.db.remove()
        return found

    def late(self, student):
        """The points that the gradebook takes off a submission for lateness."""
        return self.off.get(student, 0.0)

    def total(self, student):
        """All points that the gradebook holds, those by hand too; None without a submission."""
        if student not in self.scores:
            return None
        with self.explained():
            total = self.book.find_submission(self.unit, student).score
            self.book.db.remove()
        return total

    def path(self, student):
        course = self.course
        folder = course.folder(course.directory.autograded_directory, student, self.unit)
        return folder / f"{self.unit}.ipynb"

    def known(self, job):
        """The `model.Report` of what has been graded from exactly this; None if nothing has.

        A notebook in ``autograded/`` whose scores the gradebook does not hold is not it.
        """
        report = report_in(text_of(self.path(job.student)))
        same = report and report.scores == self.scores.get(job.student) and report.key == job.key
        return report if same else None

    # -- drafts: graded, and not recorded ---------------------------------------------------------

    def draft(self, job):
        """The notebook that a dry run has left of exactly this; None if there is none."""
        if not self.drafted:
            return None
        notebook = text_of(self.drafts / f"{job.key}.ipynb")
        report = report_in(notebook)
        return notebook if report and report.key == job.key else None

    def keep_draft(self, key, notebook):
        with self.explained():
            write(self.drafts / f"{key}.ipynb", notebook.encode())

    def drop_drafts(self):
        """Remove what dry runs have left: it is recorded, or what it was made from has changed."""
        for path in self.drafts.glob("*.ipynb"):
            path.unlink()

    # -- writing ----------------------------------------------------------------------------------

    def record(self, student, notebook):
        """Record a graded notebook (JSON). Raises CourseError if it cannot be written."""
        course, unit = self.course, self.unit
        submitted = course.folder(course.directory.submitted_directory, student, unit)
        stamp = submissions.stamp(submitted)
        graded = json.loads(notebook)
        node = nbformat.from_dict(graded)  # as the grader wrote it, so it is valid
        may_be_late = self.may_be_late(student)
        unneeded = [] if may_be_late else self.late_steps()
        steps = [step for step in self.steps if step not in unneeded]
        with self.explained():
            with self.transaction() as resources:
                self.book.update_or_create_student(student)
                when = parse_utc(stamp) if stamp else None
                self.book.update_or_create_submission(unit, student, timestamp=when)
                for step in filter(is_ours, steps):
                    node, _ = step(config=course.config)(node, self.resources(student, **resources))
            for step in steps:  # a lecturer's own, which may open the gradebook
                if not is_ours(step):
                    node, _ = step(config=course.config)(node, self.resources(student))
            self.scores[student] = report_of(node).scores
            if may_be_late:
                self.note_late(student)
            path = self.path(student)
            path.parent.mkdir(parents=True, exist_ok=True)
            carry_over(submitted, path.parent)
            if node != graded:  # changed by a step; to write it all anew takes long
                notebook = json.dumps(node, sort_keys=True)
            write(path, notebook.encode())

    def resources(self, student, **more):
        """What nbgrader's steps are told."""
        names = {"student": student, "assignment": self.unit, "notebook": self.unit}
        return {"nbgrader": {**names, "db_url": self.course.directory.db_url}, **more}

    def penalize(self, student):
        """Work out the penalty of a recorded submission anew: the due date, an extension, the rule
        or points by hand may have changed since it was graded."""
        if not self.may_be_late(student):
            return
        with self.explained():
            with self.transaction() as resources:
                for step in self.late_steps():
                    told = self.resources(student, **resources)
                    step(config=self.course.config)(v4.new_notebook(), told)
            self.note_late(student)

    def may_be_late(self, student):
        """False where there is nothing to take off, or to give back: nobody has a due date."""
        return bool(self.due) or student in self.off

    def note_late(self, student):
        """Read again what is taken off one submission."""
        self.off.pop(student, None)
        self.off.update(self.penalties(api.SubmittedAssignment.student_id == student))

    @contextlib.contextmanager
    def transaction(self):
        """What is written to the gradebook in this block is committed at its end, or not at all.

        nbgrader's gradebook commits in each of its methods: its session joins a transaction that
        such a commit does not end. Yields what our steps need to write into this gradebook.
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


def is_ours(step):
    """True for a step that writes into the gradebook that it is given, or into none."""
    return step.__module__.startswith("autograder.") or step is LimitOutput


def carry_over(submitted, graded):
    """Write what nbgrader's exchange needs into ``autograded/…``: when something was handed in, and
    the secret by which its feedback is handed out. Nothing else of a submission gets there."""
    contents = {
        submissions.TIME: submissions.stamp(submitted),
        submissions.SECRET: submissions.small_text(submitted / submissions.SECRET),
    }
    for name, content in contents.items():
        if content:
            graded.mkdir(parents=True, exist_ok=True)
            write(graded / name, content.encode())
        else:  # what an earlier submission had
            (graded / name).unlink(missing_ok=True)
