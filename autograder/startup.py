"""What a process of the grader does before it imports anything else."""

import os
import sys


def prepare() -> None:
    """Make this process a grader's: light imports, one thread for arithmetic.

    jsonschema, which comes with nbformat, builds a parser of international addresses (IRIs) when it
    is imported, if the package for that is installed: more than a second in every process. No
    notebook has such addresses, so the package is hidden.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # several graders work side by side
