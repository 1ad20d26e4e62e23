"""What grading costs, side by side with stock nbgrader: ``python -m benchmarks``."""
