"""One call of one function, and all there is to note about it.

Used by the student's process for the student's functions and by the grader for its own, so that
both are looked at in the same way.

The value is compared on the grader's side. What happened besides (``changed``, ``aliased``,
``warned``) is the word of the student's process, and code in it can replace this module: nothing in
there can prevent that, and what it sends back of the arguments would be its word too. To earn these
points by forging takes more than to earn them by right: a copy of the input, or of the result.
"""

import traceback
import warnings

import numpy as np


class Stopped(KeyboardInterrupt):
    """Raised in the student's code when its CPU time is used up."""


def arrays_in(value):
    """Every array in nested lists, tuples and dicts."""
    if isinstance(value, np.ndarray):
        yield value
    elif type(value) in (list, tuple):
        for item in value:
            yield from arrays_in(item)
    elif type(value) is dict:
        yield from arrays_in(list(value.values()))


def contents(value):
    """What a value holds, to be compared later: equal only as long as nothing in it has changed."""
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, value.tobytes()
    if type(value) in (list, tuple):
        return type(value), [contents(item) for item in value]
    if type(value) is dict:
        return dict, [(key, contents(item)) for key, item in value.items()]
    if isinstance(value, np.random.Generator):
        return contents(value.bit_generator.state)  # drawing from it changes this
    return value


def kind_of(error):
    """The name of the built-in exception that this one is, or is a special case of."""
    return next(c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins")


def message_of(error):
    """The message of an exception; empty if asking for it raises another."""
    try:
        return str(error)[:500]
    except Exception:
        return ""


def last_line_in_notebook(error):
    """Line number, in its cell, of the innermost frame of the student's own code (or None)."""
    numbers = [
        line
        for frame, line in traceback.walk_tb(error.__traceback__)
        if "ipython-input" in frame.f_code.co_filename or "/ipykernel_" in frame.f_code.co_filename
    ]
    return numbers[-1] if numbers else None


def observe(function, arguments, keywords):
    """Call ``function`` and note all there is to note; returns (value, observation).

    The observation is a dict: ``changed`` names the arguments that no longer hold what they held,
    ``aliased`` says whether the result shares memory with one of them, ``warned`` lists the
    categories of warnings, and ``error`` (type, message) with ``line`` stand for a result that
    never came. The grader looks at its own functions through this as well.
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
    inputs = list(arrays_in(list(given.values())))
    return value, {
        "changed": [key for key, value in given.items() if contents(value) != before[key]],
        "aliased": any(
            np.may_share_memory(result, array) for result in arrays_in(value) for array in inputs
        ),
        "warned": sorted({w.category.__name__ for w in caught})[:10],
    }
