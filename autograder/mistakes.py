"""What the banks of misconceptions need not write, because it holds for every task.

A misconception refuses what the reference refuses, with the same exception: a bank writes only what
is computed wrongly. Where the refusals are the mistake, `about_refusals` says so.
"""

import copy
import functools
import warnings


def about_refusals(mistake):
    """Mark a misconception whose mistake is what it refuses, or how: it is run as it is written."""
    mistake.about_refusals = True
    return mistake


def of_task(task):
    """The misconceptions of a task, by full name, as they are run.

    task : a `tasks.Task` whose ``misconceptions`` are those of the bank, as they are written
    """
    return {
        name: mistake
        if task.by_value or hasattr(mistake, "about_refusals")
        else refusing(mistake, task.reference)
        for name, mistake in task.misconceptions.items()
    }


def refusing(mistake, reference):
    """``mistake``, but what ``reference`` refuses is refused with the same exception.

    The reference is called on copies of the arguments: what it draws from a generator, or does to
    an array, does not count.
    """

    @functools.wraps(mistake)
    def refuses(*args, **kwargs):
        copied, copied_kwargs = copy.deepcopy((args, kwargs))
        try:
            return mistake(*args, **kwargs)
        finally:
            # Last, because functions are not copied, and some count how often they were called.
            # An exception that is raised here takes the place of the mistake's own, or its result.
            with warnings.catch_warnings(action="ignore"):
                reference(*copied, **copied_kwargs)

    return refuses
