"""The command line of `autograder` with small limits, so that what never ends ends soon."""

import functools
import sys

from autograder.commands import cli
from autograder.grading.run import Options
from autograder.sandbox.limits import Limits

SMALL = {
    "cell_seconds": 1.5,
    "call_seconds": 1.0,
    "cpu_seconds": 6,
    "memory": 1 << 30,
    "scratch": 32 << 20,
    "deaths": 2,
    "wall_extra": 8.0,  # 13 s for a call, 15.5 s for a cell: many cases only wait for that
}

if __name__ == "__main__":
    Options = functools.partial(Options, limits=Limits(**SMALL))
    sys.exit(cli.main())
