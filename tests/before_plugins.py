"""Loaded by pytest before its plugins, as a process of the grader begins: see `startup`."""

from autograder import startup

startup.prepare()
