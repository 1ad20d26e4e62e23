"""The behaviour of misconceptions that is the same in every task, so that no bank repeats it.

A misconception refuses what the reference refuses, with the same exception: a bank contains only
the wrong computation. `about_refusals` marks misconceptions whose mistake is the refusal, and
`by_chance` those that do not do the same twice.

Two mistakes are possible in many tasks and are in no bank: `guest_numbers` and `always_float64`;
`possible` selects them for a task. The student reads their docstrings, or the text that
``SENTENCES`` in the bank has for the full name, ``<task>__<mistake>``.
"""

import copy
import functools
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from autograder.checking import judge
from autograder.checking.answers import Local
from autograder.checking.compare import leaves
from autograder.model import Solution, Task

GUEST = ""  # the id of a student who gives none
Mistake = Callable[..., Any]  # a mistake in any task: takes the `Task`, then its arguments


def about_refusals(mistake: Solution) -> Solution:
    """Mark a misconception whose mistake is what it refuses, or how; `of_task` leaves it as is."""
    vars(mistake)["about_refusals"] = True
    return mistake


def by_chance(mistake: Solution) -> Solution:
    """Mark a misconception whose values are another each time: its side effects alone name it."""
    vars(mistake)["by_chance"] = True
    return mistake


def of_task(task: Task, bank: ModuleType) -> dict[str, Solution]:
    """The misconceptions of a task, by full name, with the behaviour that all tasks share.

    task : its ``misconceptions`` are the functions of the bank
    bank : the unit's module ``misconceptions``
    """
    sentences: dict[str, str] = getattr(bank, "SENTENCES", {})
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


def refusing(mistake: Solution, reference: Solution) -> Solution:
    """``mistake``, changed to raise the exception of ``reference`` wherever that raises one.

    The reference is called on copies of the arguments, so that it cannot advance a generator or
    change an array that the mistake uses.
    """

    @functools.wraps(mistake)
    def refuses(*args: Any, **kwargs: Any) -> Any:
        copied, copied_kwargs = copy.deepcopy((args, kwargs))
        try:
            return mistake(*args, **kwargs)
        finally:
            # The reference runs last: function arguments are not copied, and some count their
            # calls. An exception raised here replaces the mistake's result or exception.
            with warnings.catch_warnings(action="ignore"):
                reference(*copied, **copied_kwargs)

    return refuses


# -- the same mistake in many tasks ---------------------------------------------------------------


def guest_numbers(task: Task, mine: object) -> Any:
    """These are the right numbers for the guest's data: put your id into STUDENT_ID at the top,
    run the cells again and work with your own."""
    assert task.draw  # see `content.tasks_of`
    return task.reference(task.draw(GUEST))


def always_float64(task: Task, *args: Any, **kwargs: Any) -> Any:
    """You returned float64 where the picture was float32: a float input keeps its dtype."""
    return task.reference(*widened(args), **widened(kwargs))


def widened(value: Any) -> Any:
    """The value, with all arrays in it as float64."""
    if isinstance(value, np.ndarray):
        return value.astype(np.float64)
    if type(value) in (list, tuple):
        return type(value)(map(widened, value))
    if type(value) is dict:
        return {key: widened(item) for key, item in value.items()}
    return value


def possible(task: Task) -> list[Mistake]:
    """The mistakes above that are possible in a task and that its check can detect."""
    if task.own_numbers:
        return [guest_numbers]
    return [always_float64] if not task.by_value and asks_for_float32(task) else []


def asks_for_float32(task: Task) -> bool:
    """True if the check compares the dtype of a result that must be float32."""
    cases = [c for p in judge.parts_of(task, "") if "dtype" in p.also for c in p.cases]
    reference = Local(task.reference)
    results = [reference.observe(case.args, case.kwargs).value for case in cases]
    return any(getattr(leaf, "dtype", None) == np.float32 for leaf in leaves(results))


def made_from(mistake: Mistake, task: Task, name: str, sentence: str | None) -> Solution:
    """One of the mistakes above as the misconception ``name`` of a task.

    sentence : the explanation for the student; None: the docstring of ``mistake``
    """

    @functools.wraps(mistake)
    def misconception(*args: Any, **kwargs: Any) -> Any:
        return mistake(task, *args, **kwargs)

    misconception.__name__ = misconception.__qualname__ = name
    misconception.__doc__ = sentence or mistake.__doc__
    return misconception
