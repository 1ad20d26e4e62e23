"""Imports the grader once, in the process that the workers are forked from (`workers.new_pool`)."""

from autograder import startup

startup.prepare()

from autograder.grading import job  # noqa: E402, F401  (workers find it imported)
