"""Our steps in nbgrader's pipeline: what ``nbgrader autograde`` and formgrader run.

They translate between nbgrader and `job`, which does not import nbgrader: that would take seconds
in each worker of `autograder grade`.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import nbformat
from nbformat import NotebookNode
from nbgrader import api, preprocessors, utils
from nbgrader.coursedir import CourseDirectory
from traitlets import Unicode

from autograder import secret
from autograder.cells import is_cleared, role
from autograder.gradebook import rows
from autograder.grading import naming
from autograder.grading.job import Job, grade_one
from autograder.marking import basis, marks, tables
from autograder.model import report_of
from autograder.output.scores import DECIMALS
from autograder.sandbox import probe
from autograder.untrusted.notebook import Unreadable
from autograder.wording import counted

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
        before = self.points(resources)
        nb, resources = super().preprocess(nb, resources)
        course = CourseDirectory(parent=self)
        secret.of_course(course.root, course.groupshared)  # drawn at the first release
        with api.Gradebook(self.db_url) as book:
            notebook = book.find_notebook(self.notebook_id, self.assignment_id)
            tables.make(book.engine)
            self.rescale(book, notebook, before)
            notebook.kernelspec = json.dumps({"name": NO_KERNEL, "display_name": NO_KERNEL})
            book.db.commit()
        return nb, resources

    def points(self, resources: Resources) -> dict[str, float]:
        """The points of the unit's graded cells as released before; none for a new unit."""
        names = resources["nbgrader"]
        with api.Gradebook(names["db_url"]) as book:
            try:
                notebook = book.find_notebook(names["notebook"], names["assignment"])
            except api.MissingEntry:
                return {}
            return {cell.name: cell.max_score for cell in notebook.grade_cells}

    def rescale(self, book: Any, notebook: Any, before: dict[str, float]) -> None:
        """Rescale the points that persons gave in cells whose points have changed, and say so.

        book : nbgrader's Gradebook
        notebook : in it, with the new points
        before : the points until now, by the name of the cell
        """
        for cell in notebook.grade_cells:
            was, now = before.get(cell.name), cell.max_score
            given = [grade for grade in cell.grades if grade.manual_score is not None]
            if not given or not was or was == now:
                continue
            for grade in given:
                grade.manual_score = round(grade.manual_score * now / was, DECIMALS)
            book.db.flush()
            question = tables.Place(self.assignment_id, cell.name)
            marks.rescale(book.db.connection(), question, now / was)
            self.log.warning(
                "%s: %s by hand rescaled, from %g points to %g",
                cell.name,
                counted(given, "grade"),
                was,
                now,
            )


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
    it opens the course's gradebook. Points that a person has given stay. They are marked for
    another look if what they refer to has changed (`marking.basis`); ``resources["again"]`` then
    says what, by the name of the cell.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        names = resources["nbgrader"]
        report = report_of(nb)
        assert report is not None  # `SandboxExecute` has put one into the notebook
        scores = report.scores
        place = names["notebook"], names["assignment"], names["student"]
        now = basis.of_notebook(nb, source_of(self, *place[:2]), scores)
        with opened(self, resources) as book:
            grades, comments = rows(book, api.Grade, *place), rows(book, api.Comment, *place)
            by_hand = [name for name, grade in grades.items() if grade.manual_score is not None]
            before = basis.recorded(book.db, *place[1:])
            again = basis.changes(before, now, by_hand)
            for cell in nb.cells:
                name = cell.metadata.get("nbgrader", {}).get("grade_id")
                empty = is_empty(cell)
                if utils.is_grade(cell):
                    grade = grades.get(name) or book.find_grade(name, *place)
                    # A written answer is graded by a person, unless there is none.
                    score = scores.get(name)
                    grade.auto_score = 0.0 if empty and score is None else score
                    if grade.manual_score is None:
                        grade.needs_manual_grade = grade.auto_score is None
                    elif name in again:
                        grade.needs_manual_grade = True
                if utils.is_solution(cell):
                    comment = comments.get(name) or book.find_comment(name, *place)
                    comment.auto_comment = "No response." if empty else None
            basis.record(book.db, *place[1:], before, now)
        return nb, {**resources, "again": again}


def is_empty(cell: NotebookNode) -> bool:
    """True if a student has not answered in this cell: it is as released, or was cleared."""
    meta = cell.metadata.get("nbgrader", {})
    if not meta.get("solution"):
        return False
    written = role(cell) == "written"
    return meta.get("checksum") == utils.compute_checksum(cell) or (written and is_cleared(cell))


def source_of(step: Any, name: str, unit: str) -> Path:
    """The source notebook of a unit, in the folders that the step's configuration names."""
    course = CourseDirectory(parent=step)
    return Path(course.format_path(course.source_directory, ".", unit)) / f"{name}.ipynb"


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
        tables.make(book.engine)
        yield book
        book.db.commit()
