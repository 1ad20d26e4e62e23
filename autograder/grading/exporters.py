"""The exporters that nbgrader makes before each step and reads notebooks with.

Ours check the configuration when they are made. The one for submissions reads them as
`autograder grade` does.
"""

from __future__ import annotations

import datetime
import functools
import glob
import re
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.preprocessors import ExecutePreprocessor
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc
from traitlets import Bool
from traitlets.utils.importstring import import_item

from autograder import named, secret
from autograder.checking import asserts
from autograder.collecting import submissions
from autograder.content import ContentError, configured
from autograder.course import Course, CourseError
from autograder.grading import record
from autograder.grading.job import Conditions, conditions
from autograder.grading.nbgrader_steps import SandboxExecute, SaveAutoGrades
from autograder.sandbox import probe
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.limits import Limits
from autograder.untrusted.notebook import Unreadable
from autograder.untrusted.text import clean_line


class CheckedExporter(NotebookExporter):
    """nbgrader's exporter of notebooks, which refuses to work without this course's configuration.

    nbgrader makes an exporter before it changes anything. If there is a `problem`, the constructor
    logs it and raises NbGraderException, which ends the step.
    """

    configured = Bool(False, help="nbgrader_config.py was loaded, which sets this").tag(config=True)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if problem := self.problem():
            message = f"Nothing was released, graded or written: {problem}"
            self.log.error(message)
            raise NbGraderException(message)

    def problem(self) -> str | None:
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
    """The course's folders, without any file of a submission but its notebook and its time.

    nbgrader would copy every other file into ``autograded/``, even through a link, and from there
    into ``feedback/``, from which `nbgrader release_feedback` hands out every page.
    """

    @classmethod
    def of(cls, course: CourseDirectory) -> NotebooksOnly:
        """The same folders as an nbgrader `CourseDirectory`."""
        traits = {name: getattr(course, name) for name in course.trait_names(config=True)}
        return cls(parent=course.parent, **{**traits, "ignore": ["*"]})

    def get_existing_timestamp(self, dest_path: str) -> datetime.datetime | None:
        """When a submission was handed in, read as by `autograder grade`; None if not known."""
        stamp = submissions.stamp(Path(dest_path))
        return parse_utc(stamp) if stamp else None


class SubmissionExporter(CheckedExporter):
    """Passes the submission's path to `SandboxExecute`, which reads the file.

    nbgrader makes it after finding the submissions and before changing any, so the constructor
    removes those that nbgrader cannot handle.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.parent.coursedir = NotebooksOnly.of(self.parent.coursedir)
        self.leave_out_patterns()
        self.known: dict[str, Conditions] = {}  # by unit, see `conditions`

    def leave_out_patterns(self) -> None:
        """Leave out and log the students whose id nbgrader would read as a pattern of file names.

        A student called ``*`` would be graded with the notebooks of all. Raises NbGraderException
        if nobody is left.
        """
        course, found = self.parent.coursedir, getattr(self.parent, "assignments", {})
        step, unit = course.submitted_directory, course.assignment_id
        parts = course.format_path(step, "(?P<student>.*)", re.escape(unit), escape=True)
        refused = []
        for students in ("*", ".*"):  # nbgrader checks only for the first
            for folder in sorted(glob.glob(course.format_path(step, students, unit))):
                match = re.match(parts, folder)
                assert match is not None  # both are made from the same pattern
                student = match["student"]
                if problem := submissions.id_problem(student):
                    refused.append(f"{clean_line(student)}, whose name {problem}: rename it.")
                    self.log.error("Not graded: %s", refused[-1])
                    found.pop(folder, None)
        if refused and not found:
            raise NbGraderException(f"Not graded: {'; '.join(refused)}")

    def problem(self) -> str | None:
        """Why nbgrader must not begin, including what would run code outside the sandbox."""
        return super().problem() or self.sandbox_problem()

    def sandbox_problem(self) -> str | None:
        """Why submissions would run outside the sandbox; None if they would not."""
        autograde = self.parent
        names = [*autograde.sanitize_preprocessors, *autograde.autograde_preprocessors]
        try:
            steps = [import_item(name) if isinstance(name, str) else name for name in names]
            probe.choose(SandboxExecute(parent=autograde).sandbox)
            secret.of_course(autograde.coursedir.root, autograde.coursedir.groupshared)
            named.read(Path(autograde.coursedir.root))
        except (CourseError, ImportError, SandboxError, secret.SecretError) as problem:
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
    def course(self) -> Course:
        """The course that nbgrader works on, with nbgrader's configuration."""
        return Course(self.parent.coursedir.root, self.config)

    @functools.cached_property
    def named(self) -> named.Named:
        """The mistakes that the course has named."""
        return named.read(self.course.root)

    def conditions(self, unit: str, sandbox: str) -> Conditions:
        """The `job.Conditions` of a unit, computed once for all submissions of this run.

        sandbox : the kind that is asked for, or auto
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

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **kwargs: Any
    ) -> Any:
        assert resources is not None  # nbgrader passes them
        path, names = Path(filename), resources["nbgrader"]
        resources["metadata"] = {"name": path.stem, "path": str(path.parent)}
        course = CourseDirectory(parent=self)
        places = (course.submitted_directory, names["student"], names["assignment"])
        if path.parent.resolve() == Path(course.format_path(*places)).resolve():
            submission = submissions.look_at(
                path.parents[1], names["assignment"], self.course.units()
            )
            assert submission is not None  # nbgrader has found its notebook
            if submission.refusal:
                raise Unreadable(f"{names['student']}: {submission.refusal}")
            resources["submission"] = submission
            places = (course.autograded_directory, names["student"], names["assignment"])
            record.carry_over(path.parent, Path(course.format_path(*places)))
            notebook = nbformat.v4.new_notebook()  # for SandboxExecute to fill
        else:  # the notebook that SandboxExecute has written
            notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        return self.from_notebook_node(notebook, resources=resources, **kwargs)
