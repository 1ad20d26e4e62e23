"""How two values differ, in words that give neither away.

The second is a student's: plain values from `autograder.sandbox.inside.wire`, of any size and form.
"""

import builtins

import numpy as np

from autograder.checking.disclosure import Quote, fault
from autograder.sandbox.inside.wire import Foreign
from course.differences import with_article

TOLERANCE = {"float64": 1e-9, "float32": 1e-4, "float16": 1e-2}  # relative to the largest value
MOST_BY_HAND = 1000  # numbers of a by-hand answer; more would only cost the grader memory
# Sizes and lengths from here on, and shapes of other numbers of dimensions, could carry a message.
MOST_SHOWN = 20
TYPES = frozenset({"function", "generator", "module", "method"})  # besides the built-in ones


def hand_written(value):
    """A by-hand answer as an array: nested lists or any array, outer dimensions of one dropped.

    Whatever is not a small table of numbers is returned as it is.
    """
    if count(value) > MOST_BY_HAND:
        return value
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            return value
        array = array.astype(np.float64)
    except ValueError:  # rows of different lengths, or an empty array of huge other dimensions
        return value
    while array.ndim > 2 and array.shape[0] == 1:
        array = array[0]
    return array


def unreadable(rows):
    """Why a by-hand answer in rows is not one array of numbers."""
    if any(item is ... or getattr(item, "type_name", "") == "ellipsis" for item in leaves(rows)):
        return "there are still dots in it: put your numbers in their place"
    return "it should be rows of numbers, all rows of the same length"


def leaves(rows):
    """Everything in nested lists, tuples and dictionaries that is none of them."""
    if isinstance(rows, dict):
        rows = list(rows.values())
    for item in rows:
        yield from leaves(item) if isinstance(item, list | tuple | dict) else [item]


def count(value):
    """How many numbers and lists a nested list or an array holds; infinite with anything else."""
    if isinstance(value, list | tuple):
        return 1 + sum(map(count, value))
    if isinstance(value, np.ndarray | np.generic):
        return value.size
    return 1 if isinstance(value, int | float) else float("inf")


def answers(task, case, *seen):
    """The values of several looks, ours first, ready to be compared: rows by hand as arrays."""
    values = [look.value for look in seen]
    if case.item:
        values = [v.get(case.item) if isinstance(v, dict) else None for v in values]
    rows = task.by_value and isinstance(values[0], np.ndarray | list | tuple)
    return [hand_written(value) for value in values] if rows else values


def difference(expected, value, what, exact_dtype=False, nan_agrees=False):
    """How ``value`` differs from ``expected``, in words that give neither away; None: not at all.

    Arrays must agree in shape and to a tolerance that fits their precision; lists, tuples and
    dictionaries item by item; anything else must be equal and of the same type. NaN agrees with
    nothing, or with itself if ``nan_agrees``: to see whether two wrong answers are the same.
    """
    expected, value = (v.item() if isinstance(v, np.bool) else v for v in (expected, value))
    if isinstance(expected, np.ndarray | np.generic | float | int) and not isinstance(
        expected, bool
    ):
        kind, expected = type(expected), np.asarray(expected)
        return numbers_differ(expected, value, what, exact_dtype, nan_agrees, kind)
    if isinstance(expected, dict):
        if not isinstance(value, dict):
            return fault("{} should be a dictionary, not {}", what, a_type(value))
        if set(map(str, value)) != set(map(str, expected)):
            return f"{what} should have the keys {', '.join(map(repr, expected))}"
        pairs = [(expected[key], value.get(key), f"{what}[{key!r}]") for key in expected]
    elif isinstance(expected, list | tuple):
        if not isinstance(value, list | tuple):
            return fault("{} should be a {}, not {}", what, type(expected).__name__, a_type(value))
        if len(value) != len(expected):
            found = len(value) if len(value) < MOST_SHOWN else "so many"
            return fault(
                "{} should have {} items, not {}", what, len(expected), Quote(found, "so many")
            )
        pairs = [
            (e, v, f"{what}[{i}]") for i, (e, v) in enumerate(zip(expected, value, strict=True))
        ]
    elif type(value) is type(expected) and value == expected:
        return None
    elif isinstance(expected, bool):
        if isinstance(value, bool):
            return f"{what} is the other way round"
        return fault("{} should be True or False, not {}", what, a_type(value))
    else:
        return f"{what} is not what was asked for"
    differences = (difference(*pair, exact_dtype, nan_agrees) for pair in pairs)
    return next(filter(None, differences), None)


def numbers_differ(expected, value, what, exact_dtype, nan_agrees, kind):
    """`difference` for arrays and for single numbers; ``kind`` is the type that is expected."""
    if kind is np.ndarray:
        if not isinstance(value, np.ndarray):
            return fault("{} should be an array, not {}", what, a_type(value))
    elif not isinstance(value, np.generic | float | int) or isinstance(value, bool):
        return fault("{} should be a number, not {}", what, a_type(value))
    value = np.asarray(value)
    if value.dtype.kind not in "biuf":
        return fault("{} should hold real numbers, not {}", what, Quote(value.dtype, "others"))
    if value.shape != expected.shape:
        found = shown(value.shape, expected.ndim)
        return fault("{} has the shape {}, not {}", what, found, expected.shape)
    if exact_dtype and value.dtype != expected.dtype:
        return fault("{} has the dtype {}, not {}", what, Quote(value.dtype, "…"), expected.dtype)
    if (value == expected).all():
        return None
    tolerance = TOLERANCE.get(expected.dtype.name, 0.0) if expected.dtype.kind == "f" else 0.0
    scale = np.abs(expected, where=np.isfinite(expected), out=np.ones(expected.shape)).max()
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(value.astype(np.float64) - expected.astype(np.float64))
    right = (error <= tolerance * max(scale, 1.0)) | (value == expected)
    if nan_agrees:
        right |= np.isnan(value) & np.isnan(expected)
    if right.all():
        return None
    if np.isnan(value).any():
        return f"{what} holds NaN"
    if tolerance and (error <= 1e-4 * max(scale, 1.0)).all():
        return f"{what} is close, but not as exact as {expected.dtype} allows"
    if not expected.ndim:
        return f"{what} is another number than what was asked for"
    wrong = 1 - right.mean()
    share = "all" if wrong == 1 else "most" if wrong > 0.5 else "some"
    return f"{what} has the right shape, but {share} of its values are wrong"


def shown(shape, dimensions):
    """A shape as text, as far as its sizes may be repeated where ``dimensions`` are expected."""
    usual = len(shape) <= dimensions + 1 and all(n < MOST_SHOWN for n in shape)
    return Quote(shape if usual else "(…)", "(…)")


def a_type(value):
    """The type of an untrusted value, in words; a name that students chose is not repeated."""
    return Quote(type_in_words(value), "something else")


def type_in_words(value):
    """`a_type`, without the marks of a quotation."""
    if value is None:
        return "None (is there a `return`?)"
    if not isinstance(value, Foreign):
        return with_article(type(value).__name__)
    name = value.type_name
    if name == "ellipsis":
        return "`...` (fill in your numbers)"
    if name.startswith("array of dtype complex"):
        return "an array of complex numbers"
    if name.startswith("array of"):
        return "an array of something else than numbers"
    known = name in TYPES or hasattr(builtins, name)
    return with_article(name) if known else "something else"
