"""Our steps in nbgrader's pipeline: what ``nbgrader autograde`` and formgrader run.

They carry things over from nbgrader to `job`, which does not know it: importing nbgrader takes
seconds, and the workers of `autograder grade` do without.
"""

import contextlib
import json

import nbformat
from nbgrader import api, preprocessors, utils
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import select
from traitlets import Unicode

from autograder import secret
from autograder.grading.job import Job, grade_one
from autograder.model import report_of
from autograder.sandbox import probe
from autograder.untrusted.notebook import Unreadable

# No machine has a kernel of this name; nbgrader shows it as it ends for want of it.
NO_KERNEL = (
    "none: nbgrader itself runs nothing in this course, "
    "see 'If nothing is graded' in docs/lecturer.md"
)


class SaveCells(preprocessors.SaveCells):
    """nbgrader's own step of a release, and then the gradebook names a kernel that nobody has.

    nbgrader's own Autograde runs a submission in the kernel that the gradebook names: so it runs
    none of this course's, where it is started without this course's configuration.
    """

    def preprocess(self, nb, resources):
        nb, resources = super().preprocess(nb, resources)
        course = CourseDirectory(parent=self)
        secret.of_course(course.root, course.groupshared)  # drawn at the first release
        with api.Gradebook(self.db_url) as book:
            notebook = book.find_notebook(self.notebook_id, self.assignment_id)
            notebook.kernelspec = json.dumps({"name": NO_KERNEL, "display_name": NO_KERNEL})
            book.db.commit()
        return nb, resources


class SandboxExecute(preprocessors.NbGraderPreprocessor):
    """In the place of nbgrader's Execute: the submission is rebuilt, run and checked.

    `job.grade_one` does it, as for `autograder grade`, from the same `job.Job`: the notebook, the
    report in it and its key are the same. The step's parent is an `exporters.SubmissionExporter`.
    """

    sandbox = Unicode("auto", help="auto, bubblewrap, landlock or none").tag(config=True)

    def preprocess(self, nb, resources):
        names = resources["nbgrader"]
        now = self.parent.conditions(names["assignment"], self.sandbox)
        self.log.info("sandbox: %s", probe.describe(now.kind))
        graded = grade_one(Job.of(resources["submission"], now))
        if graded.refusal:
            raise Unreadable(graded.refusal)
        for repair in graded.report.repairs:
            self.log.warning("%s: %s", names["student"], repair)
        return nbformat.from_dict(json.loads(graded.notebook)), resources


class SaveAutoGrades(preprocessors.SaveAutoGrades):
    """nbgrader's step of this name, with the scores that the grader's report holds.

    It writes into the gradebook that it is given in its resources, and leaves the commit to whoever
    gave it; else it opens the course's own.
    """

    def preprocess(self, nb, resources):
        names = resources["nbgrader"]
        scores = report_of(nb).scores
        with opened(self, resources) as book:
            place = names["notebook"], names["assignment"], names["student"]
            grades, comments = rows(book, api.Grade, *place), rows(book, api.Comment, *place)
            for cell in nb.cells:
                name = cell.metadata.get("nbgrader", {}).get("grade_id")
                if utils.is_grade(cell):
                    grade = grades.get(name) or book.find_grade(name, *place)
                    score = scores.get(name)
                    if score is None:  # a person gives it, unless the answer was not touched
                        score, _ = utils.determine_grade(cell, self.log)
                    grade.auto_score = score
                    grade.needs_manual_grade = score is None or grade.manual_score is not None
                if utils.is_solution(cell):
                    comment = comments.get(name) or book.find_comment(name, *place)
                    untouched = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(
                        cell
                    )
                    comment.auto_comment = "No response." if untouched else None
        return nb, resources


def rows(book, kind, notebook, assignment, student):
    """The grades or comments of a student's notebook, by the names of their cells.

    Read together: nbgrader's methods ask for them one by one.
    """
    query = (
        select(api.BaseCell.name, kind)
        .join(kind.cell)
        .join(kind.notebook)
        .join(api.SubmittedNotebook.notebook)
        .join(api.SubmittedNotebook.assignment)
        .join(api.SubmittedAssignment.assignment)
        .where(
            api.Notebook.name == notebook,
            api.Assignment.name == assignment,
            api.SubmittedAssignment.student_id == student,
        )
    )
    return dict(book.db.execute(query).all())


class AssignLatePenalties(preprocessors.AssignLatePenalties):
    """nbgrader's step of this name, which writes into the gradebook as `SaveAutoGrades` does."""

    def preprocess(self, nb, resources):
        names = resources["nbgrader"]
        unit, student = names["assignment"], names["student"]
        self.init_plugin()
        with opened(self, resources) as book:
            late = book.find_submission(unit, student).total_seconds_late
            notebook = book.find_submission_notebook(names["notebook"], unit, student)
            notebook.late_submission_penalty = None
            if late > 0:
                self.log.warning("%s: %s is %s seconds late", student, unit, late)
                penalty = self.plugin_inst.late_submission_penalty(student, notebook.score, late)
                if penalty is not None:
                    penalty = self._check_late_penalty(notebook, penalty)
                    notebook.late_submission_penalty = penalty
        return nb, resources


@contextlib.contextmanager
def opened(step, resources):
    """The gradebook that a step writes into: given in its resources, or opened for it here."""
    if given := resources.get("gradebook"):
        yield given
        given.db.flush()
        return
    course = CourseDirectory(parent=step)
    with api.Gradebook(resources["nbgrader"]["db_url"], course.course_id) as book:
        yield book
        book.db.commit()
