"""The content of the course: a package for each unit."""

import functools

from sample import numbers

import autograder
from autograder.content import Content

CONTENT = Content(
    package=__name__,
    students="sample",
    title="Statistics of a list",
    kit="statistics-kit",
    requirements=("numpy>=2.0", "jupyterlab>=4.2", "nbgrader>=0.9.5,<0.10"),
    answers=("solutions",),
    draw=numbers.draw,
    plain_id=numbers.plain_id,
)
check = functools.partial(autograder.check_with, CONTENT)
