"""The content: a package for each unit, with its reference, checks, misconceptions and variants."""

from importlib import metadata
from pathlib import Path

from autograder.content import Content, required_by
from course import numbers

DISTRIBUTION = "convnet-course"  # which brings the student package

CONTENT = Content(
    package=__name__,
    students="course",
    title="Convolutional networks, by hand and in NumPy",
    kit="convnet-kit",
    requirements=required_by(DISTRIBUTION),
    python=metadata.metadata(DISTRIBUTION)["Requires-Python"],
    answers=("nn", "ops", "resampling", "training"),
    compared=("plots/*.py", "experiments/*.py"),
    draw=numbers.draw,
    plain_id=numbers.plain_id,
    licence=Path(__file__).parents[2] / "LICENSE",
)
