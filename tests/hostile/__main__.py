"""``python -m tests.hostile``: the table of hostile submissions; ends with 1 if one got through.

It is printed for bubblewrap and for Landlock, and by root again for both as an ordinary user.
"""

import argparse
import os
import subprocess
import sys
import tempfile

from tests import ordinary_user
from tests.hostile import FAMILIES, suite

KINDS = ("bubblewrap", "landlock")


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--sandbox", choices=KINDS, help="only this one, as whoever runs this")
    parser.add_argument("--only", nargs="+", choices=FAMILIES, default=FAMILIES, metavar="FAMILY")
    options = parser.parse_args()
    if options.sandbox:
        return table(options.sandbox, options.only)
    again = [sys.executable, "-m", "tests.hostile", "--only", *options.only, "--sandbox"]
    results = [subprocess.run([*again, kind], check=False).returncode for kind in KINDS]
    if os.geteuid() == 0:
        with ordinary_user.folder() as folder:
            results += [ordinary_user.run([*again, kind], folder).returncode for kind in KINDS]
    return max(results)


def table(kind, only):
    """Print the table for one kind of sandbox; returns the exit code."""
    who = "root" if os.geteuid() == 0 else "an ordinary user"
    print(f"\n== {kind}, as {who} ==", flush=True)
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        outcome = suite.Attack(suite.honest_class(folder, kind), "attack", only).outcome()
    print(outcome.table(), flush=True)
    return 0 if outcome.good else 1


if __name__ == "__main__":
    sys.exit(main())
