"""The course's content: a package per unit, with reference, checks, misconceptions and variants.

Units with questions in words have `model_answers`, too; `contracts` says which calls are legal.
"""

from importlib import metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.content import Content, required_by
from course import numbers

# The distribution of the student package, and its extra with what students need to work.
STUDENTS = metadata.distribution("convnet-course")
WHERE_THEY_WORK = "jupyter"

CONTENT = Content(
    package=__name__,
    students="course",
    title="Convolutional networks, by hand and in NumPy",
    kit="convnet-kit",
    requirements=required_by(STUDENTS.name, WHERE_THEY_WORK),
    python=STUDENTS.metadata["Requires-Python"],
    answers=("counting", "nn", "ops", "resampling", "training"),
    compared=("plots/*.py", "experiments/*.py"),
    draw=numbers.draw,
    plain_id=numbers.plain_id,
    licence=STUDENTS.read_text("licenses/LICENSE"),
)


def mean_and_spread(name: str, values: NDArray[np.floating[Any]]) -> dict[str, float]:
    """Two numbers of a model answer, as the notebooks print them: of networks trained alike.

    values : (networks,)

    Returns a dict: the mean as ``name``, the standard deviation as ``<name>_spread``.
    """
    return {name: float(values.mean()), f"{name}_spread": float(values.std(ddof=1))}
