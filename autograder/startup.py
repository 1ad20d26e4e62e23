"""Preparation of a grader's process before it imports anything else."""

import os
import sys


def prepare() -> None:
    """Keep imports light and arithmetic in one thread.

    jsonschema, which nbformat needs, builds a parser of international addresses (IRIs) on import if
    the package rfc3987_syntax is installed. This takes more than a second in every process, and no
    notebook has such addresses, so the package is hidden.
    """
    # None makes the import fail; typeshed does not know this.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # several grader processes run in parallel
