"""The command line of `autograder` with small limits, so that what never ends ends soon."""

import functools
import sys
from unittest import mock

from autograder.commands import cli
from autograder.grading import run
from autograder.sandbox.limits import Limits

SMALL = Limits(
    cell_seconds=1.5,
    call_seconds=1.0,
    cpu_seconds=5,
    total_cpu=8.0,
    memory=1 << 30,
    scratch=32 << 20,
    deaths=2,
    wall_extra=8.0,  # 13 s for a call, 15.5 s for a cell: many cases only wait for that
)


def main(arguments=None):
    """`cli.main`, with these limits for every submission."""
    with mock.patch.object(run, "Options", functools.partial(run.Options, limits=SMALL)):
        return cli.main(arguments)


if __name__ == "__main__":
    sys.exit(main())
