"""Our steps in nbgrader's pipeline: what ``nbgrader autograde`` and formgrader run.

They only carry things over from nbgrader to `intake` and `execute`, which do not know it: importing
nbgrader takes seconds, and the workers of `grading` do without.
"""

import fnmatch
import functools
import glob
import re
from pathlib import Path
from unittest import mock

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.converters import Autograde, BaseConverter, NbGraderException, base
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import parse_utc
from traitlets import Unicode

from autograder import execute, folders, intake, recording, tasks
from autograder.border import clean_line
from autograder.release import released
from autograder.sandbox import fence


class SubmissionExporter(NotebookExporter):
    """Hands the file on as bytes, so that `Intake` decides what can be made of it."""

    def from_filename(self, filename, resources=None, **kwargs):
        path, names = Path(filename), resources["nbgrader"]
        resources["metadata"] = {"name": path.stem, "path": str(path.parent)}
        course = CourseDirectory(parent=self)
        places = (course.submitted_directory, names["student"], names["assignment"])
        if path.parent.resolve() == Path(course.format_path(*places)).resolve():
            resources["submission"] = intake.read_bytes(path)
            notebook = nbformat.v4.new_notebook()  # for Intake to fill
        else:  # what Intake wrote
            notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        return self.from_notebook_node(notebook, resources=resources, **kwargs)


@functools.lru_cache(maxsize=16)
def released_once(source, modified):
    """`released`, once per version of the source notebook."""
    return released(source)


class Intake(NbGraderPreprocessor):
    """The first step: the submission's answers in the instructor's notebook."""

    def preprocess(self, nb, resources):
        course = CourseDirectory(parent=self)
        unit, name = resources["nbgrader"]["assignment"], resources["nbgrader"]["notebook"]
        folder = course.format_path(course.source_directory, ".", unit)
        source = Path(folder) / f"{name}.ipynb"
        original = released_once(source, source.stat().st_mtime_ns)
        nb, repairs = intake.rebuild(resources["submission"], original)
        for repair in repairs:
            self.log.warning("%s: %s", resources["nbgrader"]["student"], repair)
        nb.metadata.autograder = {"repairs": repairs}
        return nb, resources


class SandboxExecute(NbGraderPreprocessor):
    """In the place of nbgrader's Execute: cells run in the sandbox, checks in this process."""

    sandbox = Unicode("auto", help="auto, bubblewrap, landlock or none").tag(config=True)

    def preprocess(self, nb, resources):
        meta = resources["nbgrader"]
        hidden = tasks.hidden_modules(meta["assignment"])
        with fence.Fence(fence.choose(self.sandbox), hidden=hidden) as fenced:
            self.log.info("sandbox: %s", fence.describe(fenced.kind))
            repairs = nb.metadata.get("autograder", {}).get("repairs", [])
            execute.execute(nb, meta["assignment"], meta["student"], fenced, repairs)
        return nb, resources


class SafeAutograde(Autograde):
    """nbgrader's Autograde, which reads of a submission only what `autograder grade` reads.

    That is the notebook (see `SubmissionExporter`) and two small files of the exchange. nbgrader
    copies every other file into ``autograded/``, through a link too, and from there into
    ``feedback/``, out of which `nbgrader release_feedback` hands every page to students.
    """

    def start(self):
        with mock.patch.object(self.coursedir, "get_existing_timestamp", time_of):
            BaseConverter.start(self)

    def init_notebooks(self):
        """Find the submissions, but for students whose id nbgrader would take for a pattern."""
        chosen = self.coursedir.student_id
        problems = {
            folder: folders.id_problem(student)
            for folder, student in self.students().items()
            if student == chosen or fnmatch.fnmatchcase(student, chosen)
        }
        self.refused = [folder for folder, problem in problems.items() if problem]
        for folder in self.refused:
            name = clean_line(Path(folder).parent.name)
            self.log.error("Not graded: %s, whose name %s: rename it.", name, problems[folder])
        if self.refused and len(self.refused) == len(problems):
            raise NbGraderException("No submission is left to grade.")
        super().init_notebooks()
        for folder in self.refused:
            self.assignments.pop(folder, None)

    def students(self):
        """The student of each folder of the unit in ``submitted/``, {path: id}."""
        found, unit = {}, self.coursedir.assignment_id
        parts = self._format_source("(?P<assignment_id>.*)", "(?P<student_id>.*)", escape=True)
        for students in ("*", ".*"):  # the second: nbgrader does not see those
            for folder in sorted(glob.glob(self._format_source(unit, students))):
                found[folder] = re.match(parts, folder)["student_id"]
        return found

    def init_assignment(self, assignment_id, student_id):
        # To nbgrader there are no other files in the submission.
        with mock.patch.object(base, "find_all_files", return_value=[]):
            super().init_assignment(assignment_id, student_id)
        names = assignment_id, student_id
        recording.carry_over(Path(self._format_source(*names)), Path(self._format_dest(*names)))

    def convert_notebooks(self):
        super().convert_notebooks()
        if self.refused:
            raise NbGraderException(
                "Not all submissions are graded."
            )  # as said in `init_notebooks`


def time_of(folder):
    """When a submission was handed in, a datetime, as `autograder grade` reads it; else None."""
    stamp = folders.stamp(Path(folder))
    return parse_utc(stamp) if stamp else None


def start(converter):
    """In the place of `Autograde.start`: run a `SafeAutograde` instead."""
    converter.__class__ = SafeAutograde
    converter.start()


# nbgrader makes an Autograde by name, and no setting gives it another class. `nbgrader_config.py`
# has this module imported as soon as one is made.
Autograde.start = start
