"""Our steps in nbgrader's pipeline: what ``nbgrader autograde`` and formgrader run.

They translate between nbgrader and `job`, which does not import nbgrader: that would take seconds
in each worker of `autograder grade`.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any, TypeAlias

import nbformat
from nbformat import NotebookNode
from nbgrader import api, preprocessors, utils
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import select
from traitlets import Unicode

from autograder import secret
from autograder.grading import naming
from autograder.grading.job import Job, grade_one
from autograder.model import report_of
from autograder.sandbox import probe
from autograder.untrusted.notebook import Unreadable

# No machine has a kernel of this name, so nbgrader fails and shows the name in its error.
NO_KERNEL = (
    "none: nbgrader itself runs nothing in this course, "
    "see 'If nothing is graded' in docs/lecturer.md"
)


Resources: TypeAlias = dict[str, Any]  # what nbconvert passes from step to step


class SaveCells(preprocessors.SaveCells):
    """nbgrader's step of this name, which also stores a kernel that does not exist.

    nbgrader's own Autograde runs a submission in the kernel that the gradebook names. If it is
    started without this course's configuration, it therefore runs no submission.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        nb, resources = super().preprocess(nb, resources)
        course = CourseDirectory(parent=self)
        secret.of_course(course.root, course.groupshared)  # drawn at the first release
        with api.Gradebook(self.db_url) as book:
            notebook = book.find_notebook(self.notebook_id, self.assignment_id)
            notebook.kernelspec = json.dumps({"name": NO_KERNEL, "display_name": NO_KERNEL})
            book.db.commit()
        return nb, resources


class SandboxExecute(preprocessors.NbGraderPreprocessor):
    """Rebuilds, runs and checks the submission, in the place of nbgrader's Execute.

    It calls `job.grade_one` with the same `job.Job` as `autograder grade`, so the notebook, the
    report in it and its key are the same. The step's parent is an `exporters.SubmissionExporter`.
    """

    sandbox = Unicode("auto", help="auto, bubblewrap, landlock or none").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        names = resources["nbgrader"]
        now = self.parent.conditions(names["assignment"], self.sandbox)
        self.log.info("sandbox: %s", probe.describe(now.kind))
        graded = grade_one(Job.of(resources["submission"], now))
        if graded.refusal:
            raise Unreadable(graded.refusal)
        assert graded.report is not None
        assert graded.notebook is not None
        for repair in graded.report.repairs:
            self.log.warning("%s: %s", names["student"], repair)
        notebook = naming.with_names(json.loads(graded.notebook), self.parent.named)
        return nbformat.from_dict(notebook), resources


class SaveAutoGrades(preprocessors.SaveAutoGrades):
    """nbgrader's step of this name, with the scores of the grader's report.

    It writes into the gradebook in its resources and leaves the commit to the caller; without one
    it opens the course's gradebook.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        names = resources["nbgrader"]
        report = report_of(nb)
        assert report is not None  # `SandboxExecute` has put one into the notebook
        scores = report.scores
        with opened(self, resources) as book:
            place = names["notebook"], names["assignment"], names["student"]
            grades, comments = rows(book, api.Grade, *place), rows(book, api.Comment, *place)
            for cell in nb.cells:
                name = cell.metadata.get("nbgrader", {}).get("grade_id")
                if utils.is_grade(cell):
                    grade = grades.get(name) or book.find_grade(name, *place)
                    score = scores.get(name)
                    if score is None:  # graded by hand, or 0 if the answer is unchanged
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


def rows(book: Any, kind: Any, notebook: str, assignment: str, student: str) -> dict[str, Any]:
    """The grades or comments of a student's notebook, by the names of their cells.

    One query for all of them: nbgrader's methods read them one by one.

    book : nbgrader's Gradebook
    kind : `api.Grade` or `api.Comment`
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

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
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
def opened(step: Any, resources: Resources) -> Iterator[Any]:
    """The gradebook that a step writes into: the one in its resources, or one opened here."""
    if given := resources.get("gradebook"):
        yield given
        given.db.flush()
        return
    course = CourseDirectory(parent=step)
    with api.Gradebook(resources["nbgrader"]["db_url"], course.course_id) as book:
        yield book
        book.db.commit()
