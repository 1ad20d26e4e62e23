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

from autograder import secret
from autograder.content import configured
from autograder.grading import execute
from autograder.release.notebooks import own_asserts, released
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


@functools.lru_cache(maxsize=16)
def own_asserts_once(source, modified, content, unit):
    """`own_asserts`, once per version of the source notebook."""
    return own_asserts(source, released_once(source, modified), content, unit)


def source_of(step, names):
    """The path of the source notebook, and when it was changed: what nbgrader tells a step."""
    course = CourseDirectory(parent=step)
    folder = course.format_path(course.source_directory, ".", names["assignment"])
    source = Path(folder) / f"{names['notebook']}.ipynb"
    return source, source.stat().st_mtime_ns


class Intake(preprocessors.NbGraderPreprocessor):
    """The first step: the submission's answers in the instructor's notebook."""

    def preprocess(self, nb, resources):
        original = released_once(*source_of(self, resources["nbgrader"]))
        nb, repairs = rebuild.rebuild(resources["submission"], original, configured(self.config))
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
        course, content = CourseDirectory(parent=self), configured(self.config)
        unit = meta["assignment"]
        source, hidden = source_of(self, meta), content.hidden_modules(unit)
        found, drawn = secret.of_course(course.root, course.groupshared)
        if drawn:
            self.log.warning("A new secret of the course was drawn: %s", secret.PLACE)
        kind = probe.choose(self.sandbox)
        with launch.Sandbox(kind, content=content, hidden=hidden) as sandboxed:
            self.log.info("sandbox: %s", probe.describe(sandboxed.kind))
            said, original = nb.metadata.autograder, released_once(*source)
            seed = secret.seed(found, said["submission"])
            more = said["repairs"], seed, own_asserts_once(*source, content, unit)
            execute.execute(nb, content, unit, meta["student"], sandboxed, original, *more)
        return nb, resources
