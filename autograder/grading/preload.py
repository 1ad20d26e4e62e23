"""Imported once by the process that workers are forked from: see `workers.new_pool`."""

from autograder import startup

startup.prepare()

from autograder.grading import job  # noqa: E402, F401  (workers find it imported)
