"""Where nbgrader's steps begin: refuse unless the grader is in force, and read files as bytes."""

import functools
import glob
import re
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.preprocessors import ExecutePreprocessor
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc
from traitlets import Bool
from traitlets.utils.importstring import import_item

from autograder import secret
from autograder.checking import asserts
from autograder.collecting import submissions
from autograder.content import ContentError, configured
from autograder.course import Course, CourseError
from autograder.grading import record
from autograder.grading.job import conditions
from autograder.grading.nbgrader_steps import SandboxExecute, SaveAutoGrades
from autograder.sandbox import probe
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.limits import Limits
from autograder.untrusted.notebook import Unreadable
from autograder.untrusted.text import clean_line


class CheckedExporter(NotebookExporter):
    """nbgrader's exporter of notebooks, where this course's configuration is in force.

    nbgrader makes an exporter before it touches anything. If there is a `problem`, this one logs it
    and raises NbGraderException, which ends the step.
    """

    configured = Bool(False, help="nbgrader_config.py was loaded, which sets this").tag(config=True)

    def __init__(self, **options):
        super().__init__(**options)
        if problem := self.problem():
            message = f"Nothing was released, graded or written: {problem}"
            self.log.error(message)
            raise NbGraderException(message)

    def problem(self):
        """Why nbgrader must not begin, and what to do; None if it may."""
        if self.configured:
            try:
                configured(self.config)
            except ContentError as problem:
                return str(problem)
            return None
        try:
            Course(self.parent.coursedir.root)
        except CourseError as problem:
            return str(problem)
        return (
            "nbgrader could not load the course's nbgrader_config.py when it started. Start "
            "Jupyter, or the command, again."
        )


class NotebooksOnly(CourseDirectory):
    """The course's folders, in which a submission has a notebook, a time, and no other file.

    nbgrader copies every other file into ``autograded/``, through a link too, and from there into
    ``feedback/``, out of which `nbgrader release_feedback` hands every page to students.
    """

    @classmethod
    def of(cls, course):
        """The same folders as an nbgrader `CourseDirectory`."""
        traits = {name: getattr(course, name) for name in course.trait_names(config=True)}
        return cls(parent=course.parent, **{**traits, "ignore": ["*"]})

    def get_existing_timestamp(self, dest_path):
        """When a submission was handed in, as `autograder grade` reads it; None if not known."""
        stamp = submissions.stamp(Path(dest_path))
        return parse_utc(stamp) if stamp else None


class SubmissionExporter(CheckedExporter):
    """Hands on which file it is, so that `SandboxExecute` decides what can be made of it.

    nbgrader makes it once it has found the submissions, before it touches any: here they are looked
    through first.
    """

    def __init__(self, **options):
        super().__init__(**options)
        self.parent.coursedir = NotebooksOnly.of(self.parent.coursedir)
        self.leave_out_patterns()
        self.known = {}  # see `conditions`

    def leave_out_patterns(self):
        """Leave out students whose id nbgrader would take for a pattern, and say so.

        ``*`` would be graded with the notebooks of all. Raises NbGraderException if nobody is left.
        """
        course, found = self.parent.coursedir, getattr(self.parent, "assignments", {})
        step, unit = course.submitted_directory, course.assignment_id
        parts = course.format_path(step, "(?P<student>.*)", re.escape(unit), escape=True)
        refused = []
        for students in ("*", ".*"):  # nbgrader does not look for the second
            for folder in sorted(glob.glob(course.format_path(step, students, unit))):
                student = re.match(parts, folder)["student"]
                if problem := submissions.id_problem(student):
                    refused.append(f"{clean_line(student)}, whose name {problem}: rename it.")
                    self.log.error("Not graded: %s", refused[-1])
                    found.pop(folder, None)
        if refused and not found:
            raise NbGraderException(f"Not graded: {'; '.join(refused)}")

    def problem(self):
        """The same, and what would let a submission run outside the sandbox."""
        return super().problem() or self.sandbox_problem()

    def sandbox_problem(self):
        """Why submissions would be run outside the sandbox; None if they would not."""
        autograde = self.parent
        names = [*autograde.sanitize_preprocessors, *autograde.autograde_preprocessors]
        try:
            steps = [import_item(name) if isinstance(name, str) else name for name in names]
            probe.choose(SandboxExecute(parent=autograde).sandbox)
            secret.of_course(autograde.coursedir.root, autograde.coursedir.groupshared)
        except (ImportError, SandboxError, secret.SecretError) as problem:
            return str(problem)
        kinds = [step if isinstance(step, type) else type(step) for step in steps]
        outside = any(issubclass(kind, ExecutePreprocessor) for kind in kinds)
        if kinds[:1] == [SandboxExecute] and SaveAutoGrades in kinds and not outside:
            return None
        return (
            "the steps of Autograde are not those of the course's nbgrader_config.py. Remove "
            "Autograde.sanitize_preprocessors and Autograde.autograde_preprocessors from the "
            "command line, course_settings.py and every other nbgrader_config.py (`jupyter "
            "--paths` lists their folders)."
        )

    @functools.cached_property
    def course(self):
        """The `course.Course` that nbgrader works on, with nbgrader's configuration."""
        return Course(self.parent.coursedir.root, self.config)

    def conditions(self, unit, sandbox):
        """The `job.Conditions` of a unit, once for all submissions of this run.

        sandbox : the kind that is asked for
        """
        if unit not in self.known:
            course = self.course
            found, drawn = course.secret()
            if drawn:
                self.log.warning("A new secret of the course was drawn: %s", secret.PLACE)
            kind = probe.choose(sandbox)
            self.known[unit] = conditions(course, unit, kind, Limits(), found)
            if own := self.known[unit].asserts:
                self.log.warning(asserts.said(own))
        return self.known[unit]

    def from_filename(self, filename, resources=None, **kwargs):
        path, names = Path(filename), resources["nbgrader"]
        resources["metadata"] = {"name": path.stem, "path": str(path.parent)}
        course = CourseDirectory(parent=self)
        places = (course.submitted_directory, names["student"], names["assignment"])
        if path.parent.resolve() == Path(course.format_path(*places)).resolve():
            submission = submissions.look_at(
                path.parents[1], names["assignment"], self.course.units()
            )
            if submission.refusal:
                raise Unreadable(submission.refusal)
            resources["submission"] = submission
            places = (course.autograded_directory, names["student"], names["assignment"])
            record.carry_over(path.parent, Path(course.format_path(*places)))
            notebook = nbformat.v4.new_notebook()  # for SandboxExecute to fill
        else:  # what SandboxExecute made of it
            notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        return self.from_notebook_node(notebook, resources=resources, **kwargs)
