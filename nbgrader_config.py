"""The course, as nbgrader sees it: this folder, with our grader in place of nbgrader's Execute.

Read by every nbgrader command and by formgrader when they are started in this folder, or when their
own configuration names it as `c.CourseDirectory.root`. `autograder grade` runs the same
`c.Autograde.autograde_preprocessors`; its workers do the work of `c.Autograde.exporter_class` and
`c.Autograde.sanitize_preprocessors`.

Your own settings belong into `course_settings.py` beside this file, written in the same way.

nbgrader drops a configuration file that raises, with all that it sets, and goes on without it. So
this file does not raise: where the grader or your settings cannot be loaded, it makes nbgrader
refuse to release, to grade and to write feedback, and say why. If a line added below raises all the
same, `nbgrader_config.json` makes nbgrader refuse: it is loaded separately, and its exporter
refuses to start unless this file has set `c.CheckedExporter.configured`.
"""

import os
import sys
import warnings
from pathlib import Path

c = get_config()  # noqa: F821  (nbgrader provides it)
ROOT = Path(__file__).resolve().parent
c.CheckedExporter.configured = True

# nbgrader starts `alembic` by name, also when the environment it stands in is not activated.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

# nbgrader 0.9.6 reads `submission.assignment` before it adds the submission to the session.
# SQLAlchemy 2.1 warns each time.
warnings.filterwarnings("ignore", message="Object of type <Submitted.*> not in session")

c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", ".pytest_cache"]

# source/ -> release/: nbgrader's own steps and GoOn, with our SaveCells in the place of nbgrader's.
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.InstantiateTests",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "autograder.release.steps.GoOn",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "autograder.grading.nbgrader_steps.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# A file that is not a notebook is that student's problem, with a reason, not the batch's.
c.Autograde.exporter_class = "autograder.grading.exporters.SubmissionExporter"

# submitted/ -> autograded/: rebuild around the instructor's own notebook, run it in the sandbox,
# check outside of it.
c.Autograde.sanitize_preprocessors = ["autograder.grading.nbgrader_steps.SandboxExecute"]

# autograded/ -> the gradebook.
c.Autograde.autograde_preprocessors = [
    "nbgrader.preprocessors.LimitOutput",
    "autograder.grading.nbgrader_steps.SaveAutoGrades",
    "autograder.grading.nbgrader_steps.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# autograded/ -> feedback/
c.GenerateFeedback.exporter_class = "autograder.output.feedback.FeedbackExporter"
c.GenerateFeedback.preprocessors = ["autograder.output.feedback.Grades"]
c.FeedbackExporter.template_name = "course_feedback"

# Here stand the grader and the plugins that your settings name, such as late.py. Last on the path,
# so that they take the place of nothing that is installed.
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

problem = None
try:
    import autograder.collecting.exchange
    import autograder.course
    import autograder.grading.exporters
    import autograder.grading.nbgrader_steps
    import autograder.output.feedback

    grader, ours = Path(autograder.__file__).resolve().parent, (ROOT / "autograder").resolve()
    if ours.is_dir() and grader != ours:
        raise ImportError(f"{grader} is found, the grader of another course folder")
except (Exception, SystemExit) as error:
    problem = (
        f"this course's grader cannot be loaded ({type(error).__name__}: {error}). Install "
        f"convnet-autograder into the environment of {sys.executable} (in a clone of its "
        "repository: `python -m pip install -e ./students -e .`), or use the environment in which "
        "it is installed"
    )
else:
    # The exchange, into which students write: nothing is read or written through a link of theirs.
    c.ExchangeFactory.collect = "autograder.collecting.exchange.Collect"
    c.ExchangeFactory.list = "autograder.collecting.exchange.List"
    c.ExchangeFactory.release_assignment = "autograder.collecting.exchange.ReleaseAssignment"
    c.ExchangeFactory.release_feedback = "autograder.collecting.exchange.ReleaseFeedback"

    # `nbgrader export`: nbgrader's table, in which no text is a formula.
    c.ExportApp.plugin_class = "autograder.output.exports.CsvExportPlugin"

    # What people read, formgrader's page of a submission and the feedback: formulas without
    # MathJax, which would come from the network, and templates of ours.
    c.HTMLExporter.extra_template_basedirs.prepend([str(grader / "output" / "templates")])
    c.HTMLExporter.filters = {"markdown2html": "autograder.output.feedback.markdown2html"}

    # Formgrader: the model answer and the rubric below each written answer. They are not stored,
    # and students do not get them unless you say c.ShowRubric.in_feedback = True.
    c.HTMLExporter.template_name = "course_formgrade"
    c.HTMLExporter.preprocessors = ["autograder.output.feedback.ShowRubric"]

try:
    load_subconfig("course_settings.py", path=str(ROOT))  # noqa: F821  (nbgrader provides it)
except (Exception, SystemExit) as error:
    problem = problem or (
        f"{ROOT / 'course_settings.py'} cannot be loaded "
        f"({autograder.course.in_short(error, 'course_settings.py')}). Correct it"
    )

if problem:
    from nbconvert.exporters import NotebookExporter
    from nbgrader.converters.base import NbGraderException
    from nbgrader.exchange import default

    c.Refusal.message = (
        f"Nothing was released, graded or written: {problem}. "
        "Then start Jupyter, or the command, again."
    )

    class Refusal(NotebookExporter):
        """The exporter is the first thing that a step of nbgrader makes: this one ends the step."""

        def __init__(self, parent, **options):
            parent.log.error(c.Refusal.message)
            raise NbGraderException(c.Refusal.message)

    for step in (c.GenerateAssignment, c.GenerateSolution, c.Autograde, c.GenerateFeedback):
        step.exporter_class = Refusal

    def refuse(exchange):
        """In the place of what goes through the exchange: nbgrader's own would follow links."""
        exchange.fail(c.Refusal.message)

    for name, step in {
        "collect": default.ExchangeCollect,
        "release_assignment": default.ExchangeReleaseAssignment,
        "release_feedback": default.ExchangeReleaseFeedback,
    }.items():
        c.ExchangeFactory[name] = type(step.__name__, (step,), {"start": refuse})
