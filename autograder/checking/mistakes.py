"""What the banks of misconceptions need not write, because it holds for every task.

A misconception refuses what the reference refuses, with the same exception: a bank writes only what
is computed wrongly. Where the refusals are the mistake, `about_refusals` says so.

Two mistakes are the same in every task, and no bank holds them: `guest_numbers` and
`always_float64`. A task has them where they are `possible`. Their docstrings are what the student
reads, unless ``SENTENCES`` in the bank has other words under the full name, ``<task>__<mistake>``.
"""

import copy
import functools
import warnings

import numpy as np

from autograder.checking import judge
from autograder.checking.answers import Local
from autograder.checking.compare import leaves

GUEST = ""  # the id of a student who gives none


def about_refusals(mistake):
    """Mark a misconception whose mistake is what it refuses, or how: it is run as it is written."""
    mistake.about_refusals = True
    return mistake


def of_task(task, bank):
    """The misconceptions of a task, by full name, as they are run.

    task : a `content.Task` whose ``misconceptions`` are those of its bank, as they are written
    bank : the module that holds them
    """
    sentences = getattr(bank, "SENTENCES", {})
    found = {
        name: mistake
        if task.by_value or hasattr(mistake, "about_refusals")
        else refusing(mistake, task.reference)
        for name, mistake in task.misconceptions.items()
    }
    for mistake in possible(task):
        name = f"{task.name}__{mistake.__name__}"
        found[name] = made_from(mistake, task, name, sentences.get(name))
    return found


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


# -- the same mistake in many tasks ---------------------------------------------------------------


def guest_numbers(task, mine):
    """These are the right numbers for the guest's data: put your id into STUDENT_ID at the top,
    run the cells again and work with your own."""
    return task.reference(task.draw(GUEST))


def always_float64(task, *args, **kwargs):
    """You returned float64 where the picture was float32: a float input keeps its dtype."""
    return task.reference(*widened(args), **widened(kwargs))


def widened(value):
    """The value, with all arrays in it as float64."""
    if isinstance(value, np.ndarray):
        return value.astype(np.float64)
    if type(value) in (list, tuple):
        return type(value)(map(widened, value))
    if type(value) is dict:
        return {key: widened(item) for key, item in value.items()}
    return value


def possible(task):
    """Those of the mistakes above that somebody can make in a task, and its check can notice."""
    if task.own_numbers:
        return [guest_numbers]
    return [always_float64] if not task.by_value and asks_for_float32(task) else []


def asks_for_float32(task):
    """True if a part of its check looks at the dtype, and the right result is float32 there."""
    cases = [c for p in judge.parts_of(task, "") if "dtype" in p.also for c in p.cases]
    reference = Local(task.reference)
    results = [reference.observe(case.args, case.kwargs).value for case in cases]
    return any(getattr(leaf, "dtype", None) == np.float32 for leaf in leaves(results))


def made_from(mistake, task, name, sentence):
    """One of the mistakes above as the misconception ``name`` of a task.

    sentence : what the student reads; None: the docstring of ``mistake``
    """

    @functools.wraps(mistake)
    def misconception(*args, **kwargs):
        return mistake(task, *args, **kwargs)

    misconception.__name__ = misconception.__qualname__ = name
    misconception.__doc__ = sentence or mistake.__doc__
    return misconception
