"""Shows the progress of a grading run."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tqdm import tqdm

from autograder.model import Graded

if TYPE_CHECKING:
    from autograder.grading.run import Run

SECONDS_BETWEEN_LINES = 60  # of progress, if there is no terminal for a bar


def with_progress(running: Run) -> Iterator[Graded]:
    """Iterate over a run and show its progress: a bar on a terminal, else a line each minute.

    Both go to stderr.
    """
    begun = shown = time.monotonic()
    with tqdm(total=running.total, unit="submission", disable=None, leave=False) as bar:
        for number, graded in enumerate(running, 1):
            yield graded
            busy = min(running.executor.at_once(), running.total - number)
            bar.set_postfix_str(f"{busy} running, {running.total - number - busy} waiting", False)
            bar.update()
            if bar.disable and time.monotonic() - shown > SECONDS_BETWEEN_LINES:
                shown = time.monotonic()
                left = (shown - begun) / number * (running.total - number)
                state = f"{number} of {running.total} done, {busy} running"
                left = tqdm.format_interval(left)
                print(f"… {state}, about {left} left", file=sys.stderr, flush=True)
