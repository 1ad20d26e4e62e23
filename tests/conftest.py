"""What holds for all tests: the environment's own programs, and how cases are drawn."""

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

# nbgrader starts `alembic` by name, so the environment's programs must be found
# even when pytest was started as .venv/bin/pytest, without activating it.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

# What students hand in is graded by tests; pytest itself never runs it.
collect_ignore = ["submissions"]

# The same cases every time, unless `make soak` looks for new ones.
# No deadline and no complaint about slow drawing: a slow machine is not a wrong answer.
patient = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("repeatable", derandomize=True, **patient)
settings.register_profile("soak", max_examples=5000, **patient)
settings.load_profile("repeatable")
