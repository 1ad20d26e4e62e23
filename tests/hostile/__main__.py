"""``python -m tests.hostile``: the table of hostile submissions; ends with 1 if one got through."""

import sys
import tempfile

from tests.hostile import suite

if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        outcome = suite.run(folder)
    print(outcome.table())
    sys.exit(0 if outcome.good else 1)
