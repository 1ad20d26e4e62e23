"""Call a function and record what happens: its value, and an observation.

The student's process uses this module for the student's functions, the grader for its own, so that
both are observed in the same way.

The grader compares the value. The rest of the observation (``changed``, ``aliased``, ``warned`` and
so on) is reported by the student's process, and code there can replace this module; no check inside
that process can prevent it. Forging these points takes more work than earning them, which takes a
copy of the input or of the result.
"""

import hashlib
import itertools
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

MOST_ARRAYS = 50  # of a result, in which memory that two of them share is looked for


class Stopped(KeyboardInterrupt):
    """Raised in the student's code once its CPU time is used up."""


def arrays_in(value: object) -> Iterator[np.ndarray[Any, Any]]:
    """Yield every array in nested lists, tuples and dicts, or in subclasses of these."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, list):
        for item in list.__iter__(value):
            yield from arrays_in(item)
    elif isinstance(value, tuple):
        yield from arrays_in(list(tuple.__iter__(value)))
    elif isinstance(value, dict):
        yield from arrays_in(list(dict.values(value)))


def joined(arrays: Sequence[np.ndarray[Any, Any]]) -> bool:
    """True if two of the first arrays share memory."""
    pairs = itertools.combinations(arrays[:MOST_ARRAYS], 2)
    return any(np.may_share_memory(one, other) for one, other in pairs)


def contents(value: object) -> object:
    """A copy of what a value holds: equal to a later one only if nothing in it has changed."""
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, value.tobytes()
    if type(value) is list or type(value) is tuple:
        return type(value), [contents(item) for item in value]
    if type(value) is dict:
        return dict, [(key, contents(item)) for key, item in value.items()]
    if isinstance(value, np.random.Generator):
        return contents(value.bit_generator.state)  # changes with every draw
    return value


def kind_of(error: BaseException) -> str:
    """The name of the exception's type, or of its nearest built-in base class."""
    return next(c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins")


def message_of(error: BaseException) -> str:
    """The message of an exception, at most 500 characters; empty if ``str(error)`` raises."""
    try:
        return str(error)[:500]
    except Exception:
        return ""


def last_line_in_notebook(error: BaseException) -> int | None:
    """The line number, in its cell, of the innermost frame of a notebook cell; None without one."""
    numbers = [
        line
        for frame, line in traceback.walk_tb(error.__traceback__)
        if "ipython-input" in frame.f_code.co_filename or "/ipykernel_" in frame.f_code.co_filename
    ]
    return numbers[-1] if numbers else None


def observe(
    function: Callable[..., object], arguments: Sequence[object], keywords: Mapping[str, object]
) -> tuple[object, dict[str, Any]]:
    """Call ``function``; return (value, observation). No exception leaves this function.

    The observation is a dict that JSON can hold. After a call that returned: ``changed``, the keys
    of the arguments that were changed in place (a position as text, or a name); ``aliased``, True
    if the result shares memory with an argument; ``warned``, the names of up to 10 categories of
    warnings; ``joined``, True if two arrays of the result share memory; ``states``, by key, a hash
    of the state of each generator among the arguments. After one that raised, with None as the
    value: ``error``, [type, message]; ``line``, see `last_line_in_notebook`; ``stopped``, True if
    its CPU time was used up.
    """
    given = {str(key): value for key, value in [*enumerate(arguments), *keywords.items()]}
    before = {key: contents(value) for key, value in given.items()}
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            value = function(*arguments, **keywords)
    except BaseException as error:
        return None, {
            "error": [kind_of(error), message_of(error)],
            "line": last_line_in_notebook(error),
            "stopped": isinstance(error, Stopped),
        }
    inputs, results = list(arrays_in(list(given.values()))), list(arrays_in(value))
    return value, {
        "changed": [key for key, value in given.items() if contents(value) != before[key]],
        "aliased": any(
            np.may_share_memory(result, array) for result in results for array in inputs
        ),
        "warned": sorted({w.category.__name__ for w in caught})[:10],
        "joined": joined(results),
        "states": {
            key: hashlib.sha256(repr(contents(value)).encode()).hexdigest()
            for key, value in given.items()
            if isinstance(value, np.random.Generator)
        },
    }
