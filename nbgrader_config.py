"""The course, as nbgrader sees it: this folder, with our grader in place of nbgrader's Execute.

Read by every nbgrader command and by formgrader when they are started in this folder.
`autograder grade` follows the same lists, with its workers in the place of the first two steps.
"""

import os
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

# nbgrader starts `alembic` by name, also when the environment it stands in is not activated.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

# nbgrader 0.9.6 walks from a new submission to its assignment before it adds the submission:
# SQLAlchemy 2.1 says so at every one.
warnings.filterwarnings("ignore", message="Object of type <Submitted.*> not in session")

c = get_config()  # noqa: F821  (nbgrader provides it)

c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", ".pytest_cache"]

# The exchange, into which students write: nothing is read or written through a link of theirs.
c.ExchangeFactory.collect = "autograder.exchange.Collect"
c.ExchangeFactory.list = "autograder.exchange.List"
c.ExchangeFactory.release_assignment = "autograder.exchange.ReleaseAssignment"
c.ExchangeFactory.release_feedback = "autograder.exchange.ReleaseFeedback"

# A file that is not a notebook is that student's problem, with a reason, not the batch's.
c.Autograde.exporter_class = "autograder.preprocessors.SubmissionExporter"

# submitted/ -> autograded/: rebuild around the instructor's own notebook.
c.Autograde.sanitize_preprocessors = ["autograder.preprocessors.Intake"]

# autograded/ -> graded: run in the sandbox, check outside of it, record.
c.Autograde.autograde_preprocessors = [
    "autograder.preprocessors.SandboxExecute",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# What people read, formgrader's page of a submission and the feedback: formulas without MathJax,
# which would come from the network, and templates of ours.
templates = Path(find_spec("autograder").origin).parent / "templates"
c.HTMLExporter.extra_template_basedirs.prepend([str(templates)])
c.HTMLExporter.filters = {"markdown2html": "autograder.pages.markdown2html"}

# Formgrader: the model answer and the rubric below each written answer. They are not stored, and
# students do not get them unless you say c.ShowRubric.in_feedback = True.
c.HTMLExporter.template_name = "course_formgrade"
c.HTMLExporter.preprocessors = ["autograder.pages.ShowRubric"]

# autograded/ -> feedback/
c.GenerateFeedback.exporter_class = "autograder.pages.FeedbackExporter"
c.GenerateFeedback.preprocessors = ["autograder.pages.Grades"]
c.FeedbackExporter.template_name = "course_feedback"

# `nbgrader export`: nbgrader's table, in which no text is a formula.
c.ExportApp.plugin_class = "autograder.export.CsvExportPlugin"
