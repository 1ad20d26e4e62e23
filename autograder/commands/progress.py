"""How far a run is, shown while it grades."""

import sys
import time

from tqdm import tqdm

SECONDS_BETWEEN_LINES = 60  # of progress, where there is no terminal for a bar


def with_progress(running):
    """The same as iterating over a `Run`, while it is shown how far it is and how long it takes.

    On a terminal by a bar, else by a line a minute, to stderr.
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
