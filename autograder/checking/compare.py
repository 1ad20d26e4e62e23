"""Comparison of two values, described in words that reveal neither of them.

The second value is a student's: it consists of the plain types that `sandbox.inside.wire` decodes,
in any size and nesting.
"""

import builtins
from collections.abc import Iterable, Iterator
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from autograder.checking.disclosure import Quote, format_fault
from autograder.model import Case, Observation, Task
from autograder.sandbox.inside.observe import arrays_in
from autograder.sandbox.inside.wire import Foreign
from course.differences import with_article

TOLERANCE = {"float64": 1e-9, "float32": 1e-4, "float16": 1e-2}  # relative to the largest value
ROUNDING = 1e-5  # what sums in float32 may be off, relative to the largest value
MOST_BY_HAND = 1000  # numbers of a by-hand answer; more would only cost the grader memory
# Sizes and lengths from this one on are not repeated: they could carry a message. Nor are shapes
# with an unexpected number of dimensions.
MOST_SHOWN = 20
# Names of types that are repeated besides the built-in ones.
TYPES = frozenset({"function", "generator", "module", "method"})
# How the sentences end that say of values only that they are wrong.
OTHER, NUMBER, SHARE = (
    "is not what was asked for",
    "is another number than what was asked for",
    "of its values are wrong",
)


def hand_written(value: object) -> object:
    """A by-hand answer, nested lists or an array, as a float64 array without outer axes of size 1.

    Returns anything but a small table of numbers unchanged.
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


def unreadable(rows: list[Any] | tuple[Any, ...]) -> str:
    """Why a by-hand answer in rows is not one array of numbers."""
    if any(item is ... or getattr(item, "type_name", "") == "ellipsis" for item in leaves(rows)):
        return "there are still dots in it: put your numbers in their place"
    return "it should be rows of numbers, all rows of the same length"


def leaves(rows: Iterable[Any]) -> Iterator[Any]:
    """The items of nested lists, tuples and dictionaries, without these containers."""
    if isinstance(rows, dict):
        rows = list(rows.values())
    for item in rows:
        yield from leaves(item) if isinstance(item, list | tuple | dict) else [item]


def count(value: object) -> float:
    """The number of numbers and lists in a nested list or an array; infinite for anything else."""
    if isinstance(value, list | tuple):
        return 1 + sum(map(count, value))
    if isinstance(value, np.ndarray | np.generic):
        return value.size
    return 1 if isinstance(value, int | float) else float("inf")


def answers(task: Task, case: Case, *seen: Observation) -> list[object]:
    """The values to compare from several observations: the case's item, by-hand rows as arrays.

    seen : the observation of our own answer first
    """
    values = [one.value for one in seen]
    if case.item:
        values = [v.get(case.item) if isinstance(v, dict) else None for v in values]
    rows = task.by_value and isinstance(values[0], np.ndarray | list | tuple)
    return [hand_written(value) for value in values] if rows else values


def difference(
    expected: object,
    value: object,
    what: str,
    exact_dtype: bool = False,
    nan_agrees: bool = False,
    single: bool = False,
) -> str | None:
    """How ``value`` differs from ``expected``, in words that reveal neither; None if it does not.

    Arrays must agree in shape, and in value to a tolerance that fits the precision of ``expected``.
    Lists, tuples and dictionaries are compared item by item; anything else must be equal and of the
    same type.

    what : the subject of the sentence
    exact_dtype : True if arrays must have the same dtype
    nan_agrees : True if NaN agrees with NaN, to compare two wrong answers
    single : True if the call was made with float32, in which an answer may then compute
    """
    expected, value = (v.item() if is_truth_value(v) else v for v in (expected, value))
    if isinstance(expected, np.ndarray | np.generic | float | int) and not isinstance(
        expected, bool
    ):
        kind, expected = type(expected), np.asarray(expected)
        return numbers_differ(expected, value, what, exact_dtype, nan_agrees, single, kind)
    if isinstance(expected, dict):
        if not isinstance(value, dict):
            return format_fault("{} should be a dictionary, not {}", what, a_type(value))
        if set(map(str, value)) != set(map(str, expected)):
            return f"{what} should have the keys {', '.join(map(repr, expected))}"
        pairs = [(expected[key], value.get(key), f"{what}[{key!r}]") for key in expected]
    elif isinstance(expected, list | tuple):
        if not isinstance(value, list | tuple):
            return format_fault(
                "{} should be a {}, not {}", what, type(expected).__name__, a_type(value)
            )
        if len(value) != len(expected):
            found = len(value) if len(value) < MOST_SHOWN else "so many"
            return format_fault(
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
        return format_fault("{} should be True or False, not {}", what, a_type(value))
    else:
        return f"{what} {OTHER}"
    differences = (difference(*pair, exact_dtype, nan_agrees, single) for pair in pairs)
    return next(filter(None, differences), None)


class Inexact(str):
    """What is wrong with values that lack exactness and nothing else."""


def with_single(case: Case) -> bool:
    """True if a call has an argument in float32."""
    found = arrays_in([*case.args, case.kwargs])
    return any(array.dtype == np.float32 for array in found)


def tolerance_of(expected: NDArray[Any], value: NDArray[Any], single: bool) -> float:
    """The largest error that is fine, relative to the largest value; 0 for whole numbers.

    A result in float32, or of a call with float32, is held against float32, whatever dtype is
    expected: students are told so.
    """
    single = expected.dtype.kind == "f" and (single or value.dtype == np.float32)
    names = [expected.dtype.name, *["float32"] * single]
    return max(TOLERANCE.get(name, 0.0) for name in names)


def is_vague(fault: str) -> bool:
    """True if a fault says of values only that they are wrong."""
    return fault.endswith((OTHER, NUMBER, SHARE))


def is_truth_value(value: object) -> TypeGuard[np.bool | NDArray[np.bool]]:
    """True for a truth value of NumPy's: a scalar, or an array without dimensions."""
    return isinstance(value, np.bool | np.ndarray) and value.dtype == bool and value.ndim == 0


def numbers_differ(
    expected: NDArray[Any],
    value: object,
    what: str,
    exact_dtype: bool,
    nan_agrees: bool,
    single: bool,
    kind: type,
) -> str | None:
    """`difference` for arrays and for single numbers; ``kind`` is the type that is expected."""
    if kind is np.ndarray:
        if not isinstance(value, np.ndarray):
            return format_fault("{} should be an array, not {}", what, a_type(value))
    elif not is_number(value):
        return format_fault("{} should be a number, not {}", what, a_type(value))
    value = np.asarray(value)
    if value.dtype.kind not in "biuf":
        return format_fault(
            "{} should hold real numbers, not {}", what, Quote(value.dtype, "others")
        )
    if value.shape != expected.shape:
        found = shown(value.shape, expected.ndim)
        return format_fault("{} has the shape {}, not {}", what, found, expected.shape)
    if exact_dtype and value.dtype != expected.dtype:
        return format_fault(
            "{} has the dtype {}, not {}", what, Quote(value.dtype, "…"), expected.dtype
        )
    if (value == expected).all():
        return None
    tolerance = tolerance_of(expected, value, single)
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
    if tolerance and (error <= ROUNDING * scale).all():
        return Inexact(f"{what} is close, but not as exact as {expected.dtype} allows")
    if not expected.ndim:
        return f"{what} {NUMBER}"
    wrong = 1 - right.mean()
    share = "all" if wrong == 1 else "most" if wrong > 0.5 else "some"
    return f"{what} has the right shape, but {share} {SHARE}"


def is_number(value: object) -> TypeGuard[np.generic | NDArray[Any] | float | int]:
    """True for one number: Python's, NumPy's, or an array without dimensions."""
    if isinstance(value, np.ndarray):
        return value.ndim == 0
    return isinstance(value, np.generic | float | int) and not isinstance(value, bool)


def shown(shape: tuple[int, ...], dimensions: int) -> Quote:
    """A shape as text, or ``(…)`` if repeating it could carry a message.

    dimensions : how many are expected
    """
    usual = len(shape) <= dimensions + 1 and all(n < MOST_SHOWN for n in shape)
    return Quote(shape if usual else "(…)", "(…)")


def a_type(value: object) -> Quote:
    """The type of an untrusted value, in words; a name that students chose is not repeated."""
    return Quote(type_in_words(value), "something else")


def type_in_words(value: object) -> str:
    """The text of `a_type`."""
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
