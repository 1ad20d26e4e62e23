"""Our steps in nbgrader's pipeline: what ``nbgrader autograde`` and formgrader run.

They only carry things over from nbgrader to `intake` and `execute`, which do not know it: importing
nbgrader takes seconds, and the workers of `grading` do without.
"""

import functools
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Unicode

from autograder import execute, intake, secret, tasks
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


def handed_out(step, names):
    """The notebook as it was handed out, by what nbgrader tells a step of its pipeline."""
    course = CourseDirectory(parent=step)
    folder = course.format_path(course.source_directory, ".", names["assignment"])
    source = Path(folder) / f"{names['notebook']}.ipynb"
    return released_once(source, source.stat().st_mtime_ns)


class Intake(NbGraderPreprocessor):
    """The first step: the submission's answers in the instructor's notebook."""

    def preprocess(self, nb, resources):
        original = handed_out(self, resources["nbgrader"])
        nb, repairs = intake.rebuild(resources["submission"], original)
        for repair in repairs:
            self.log.warning("%s: %s", resources["nbgrader"]["student"], repair)
        digest = secret.digest(resources["submission"])
        nb.metadata.autograder = {"repairs": repairs, "submission": digest}
        return nb, resources


class SandboxExecute(NbGraderPreprocessor):
    """In the place of nbgrader's Execute: cells run in the sandbox, checks in this process."""

    sandbox = Unicode("auto", help="auto, bubblewrap, landlock or none").tag(config=True)

    def preprocess(self, nb, resources):
        meta = resources["nbgrader"]
        course, hidden = CourseDirectory(parent=self), tasks.hidden_modules(meta["assignment"])
        found, drawn = secret.of_course(course.root, course.groupshared)
        if drawn:
            self.log.warning("A new secret of the course was drawn: %s", secret.PLACE)
        with fence.Fence(fence.choose(self.sandbox), hidden=hidden) as fenced:
            self.log.info("sandbox: %s", fence.describe(fenced.kind))
            said, original = nb.metadata.autograder, handed_out(self, meta)
            names = meta["assignment"], meta["student"]
            seed = secret.seed(found, said["submission"])
            execute.execute(nb, *names, fenced, original, said["repairs"], seed)
        return nb, resources
