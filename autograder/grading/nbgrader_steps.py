"""Our steps in nbgrader's pipeline: what ``nbgrader autograde`` and formgrader run.

They only carry things over from nbgrader to `intake` and `execute`, which do not know it: importing
nbgrader takes seconds, and the workers of `grading` do without.
"""

import functools
import json
from pathlib import Path

from nbgrader import preprocessors
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from traitlets import Unicode

from autograder import content, secret
from autograder.grading import execute
from autograder.release.notebooks import released
from autograder.sandbox import launch, probe
from autograder.untrusted import rebuild

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
        with Gradebook(self.db_url) as book:
            notebook = book.find_notebook(self.notebook_id, self.assignment_id)
            notebook.kernelspec = json.dumps({"name": NO_KERNEL, "display_name": NO_KERNEL})
            book.db.commit()
        return nb, resources


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


class Intake(preprocessors.NbGraderPreprocessor):
    """The first step: the submission's answers in the instructor's notebook."""

    def preprocess(self, nb, resources):
        original = handed_out(self, resources["nbgrader"])
        nb, repairs = rebuild.rebuild(resources["submission"], original)
        for repair in repairs:
            self.log.warning("%s: %s", resources["nbgrader"]["student"], repair)
        digest = secret.digest(resources["submission"])
        nb.metadata.autograder = {"repairs": repairs, "submission": digest}
        return nb, resources


class SandboxExecute(preprocessors.NbGraderPreprocessor):
    """In the place of nbgrader's Execute: cells run in the sandbox, checks in this process."""

    sandbox = Unicode("auto", help="auto, bubblewrap, landlock or none").tag(config=True)

    def preprocess(self, nb, resources):
        meta = resources["nbgrader"]
        course, hidden = CourseDirectory(parent=self), content.hidden_modules(meta["assignment"])
        found, drawn = secret.of_course(course.root, course.groupshared)
        if drawn:
            self.log.warning("A new secret of the course was drawn: %s", secret.PLACE)
        with launch.Sandbox(probe.choose(self.sandbox), hidden=hidden) as sandboxed:
            self.log.info("sandbox: %s", probe.describe(sandboxed.kind))
            said, original = nb.metadata.autograder, handed_out(self, meta)
            names = meta["assignment"], meta["student"]
            seed = secret.seed(found, said["submission"])
            execute.execute(nb, *names, sandboxed, original, said["repairs"], seed)
        return nb, resources
