"""How a result differs from what it should be, in a sentence for the student."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

SINGLE = 1e-4  # the largest error of a result in float32, relative to its largest value
Pairs = list[tuple[str, NDArray[Any], NDArray[Any]]]  # (where, expected, got)


def as_expected(expect: Any) -> Any:
    """A copy in which each nested list of numbers is an array of float64."""
    if isinstance(expect, list) and expect and _only_numbers(expect):
        return np.array(expect, float)
    if isinstance(expect, list | tuple):
        return type(expect)(as_expected(item) for item in expect)
    if isinstance(expect, dict):
        return {key: as_expected(value) for key, value in expect.items()}
    return expect


def _only_numbers(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_only_numbers, value))
    return isinstance(value, int | float | np.generic) and not isinstance(value, bool)


def form_fault(expected: Any, got: Any, pairs: Pairs, where: str = "") -> str:
    """What is wrong with the types, shapes and dtypes of a result, or "".

    expected : from ``as_expected``
    pairs : gets the arrays and numbers that are left to compare by ``value_fault``
    where : the place in the whole result, such as "[0]['w']"
    """
    it, has = (where, f"{where}: ") if where else ("it", "")
    if isinstance(expected, np.ndarray):
        if not isinstance(got, np.ndarray):
            returned = f"{it} is {_a(got)}" if where else f"it returned {_a(got)}"
            return f"{returned}, it should {'be' if where else 'return'} a NumPy array."
        if got.shape != expected.shape:
            return f"{has}shape is {got.shape}, it should be {expected.shape}."
        if expected.dtype == np.float64 and got.dtype.kind not in "iuf":
            return f"{has}dtype is {got.dtype}, it should be real numbers."
        if expected.dtype != np.float64 and got.dtype != expected.dtype:
            return f"{has}dtype is {got.dtype}, it should be {expected.dtype}."
        pairs.append((where, expected, got))
        return ""
    if isinstance(got, np.ndarray) and got.ndim == 0:
        got = got[()]  # an array without dimensions is as good as the number in it
    if isinstance(expected, dict | list | tuple):
        if not isinstance(got, dict if isinstance(expected, dict) else list | tuple):
            return f"{it} is {_a(got)}, it should be {_a(expected)}."
        if isinstance(expected, dict):
            if set(got) != set(expected):
                return f"{it} has the keys {list(got)}, it should have {list(expected)}."
            keys: Iterable[Any] = expected
        elif len(got) != len(expected):
            return f"{it} has {len(got)} items, it should have {len(expected)}."
        else:
            keys = range(len(expected))
        faults = (form_fault(expected[key], got[key], pairs, f"{where}[{key!r}]") for key in keys)
        return next(filter(None, faults), "")
    if isinstance(expected, bool | np.bool | str):
        if not isinstance(got, str if isinstance(expected, str) else bool | np.bool):
            return f"{it} is {got!r}, it should be {expected!r}."
    elif isinstance(got, bool) or not isinstance(got, int | float | np.number):
        return f"{it} is {_a(got)}, it should be a number."
    pairs.append((where, np.asarray(expected), np.asarray(got)))
    return ""


def tolerance(expected: NDArray[Any], got: NDArray[Any], tol: float) -> float:
    """``tol``, or the error that is fine for a result in float32."""
    if expected.dtype.kind != "f" or got.dtype != np.float32:
        return tol
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=1.0)
    return max(tol, SINGLE * float(scale))


def value_fault(where: str, expected: NDArray[Any], got: NDArray[Any], tol: float) -> str:
    """What is wrong with the values of an array or a number of the right form, or ""."""
    it, has = (where, f"{where}: ") if where else ("it", "")
    if got.dtype.kind in "bU":
        return "" if got == expected else f"{it} is {got}, it should be {expected}."
    if np.isnan(got).any():
        return f"{has}{np.isnan(got).sum()} of {got.size} values are NaN (not a number)."
    tol = tolerance(expected, got, tol)
    unsigned = got.dtype.kind == expected.dtype.kind == "u"  # 145 - 146 wraps to 255 in uint8
    error = np.abs(np.subtract(got, expected, dtype=float if unsigned else None))
    worst = error.max(initial=0.0)
    if worst <= tol:
        return ""
    at = tuple(int(i) for i in np.unravel_index(error.argmax(), error.shape))
    values = f"is {got[at]:.10g}, it should be {expected[at]:.10g}"
    if not got.ndim:
        return f"{it} {values}."
    return (
        f"{has}{(error > tol).sum()} of {got.size} values are off, the most at {list(at)}:"
        f" it {values} ({error_text(worst, tol)})."
    )


def _a(value: object) -> str:
    """The type of a value, with its article."""
    return with_article("NumPy array" if isinstance(value, np.ndarray) else type(value).__name__)


def with_article(name: str) -> str:
    """The name of a type after "a" or "an"."""
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def error_text(worst: float, tol: float) -> str:
    """The largest error beside what would have been fine."""
    if worst == 0:
        return "error 0"
    return f"error {worst:{'.1g' if worst < 1 else '.4g'}}, fine below {tol:g}".replace("e-0", "e-")


def equal(one: Any, other: Any, tol: float) -> bool:
    """True if two values are equal, nested ones as well, to an absolute tolerance."""
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and set(one) == set(other)
            and all(equal(one[key], other[key], tol) for key in one)
        )
    if isinstance(one, list | tuple):
        return (
            isinstance(other, list | tuple)
            and len(one) == len(other)
            and all(equal(a, b, tol) for a, b in zip(one, other, strict=True))
        )
    numbers = int | float | np.generic | np.ndarray
    if not (isinstance(one, numbers) and isinstance(other, numbers)):
        return type(one) is type(other) and one == other
    one, other = np.asarray(one), np.asarray(other)
    same = one.shape == other.shape and one.dtype.kind != "U" != other.dtype.kind
    return same and np.allclose(one, other, rtol=0, atol=tol, equal_nan=True)


def question_about(got: Any, unlike: Mapping[str, Any] | None, tol: float) -> str:
    """The question that ``unlike`` has for this wrong result, after a blank, or ""."""
    for question, wrong in (unlike or {}).items():
        wrong = as_expected(wrong)
        if isinstance(wrong, np.ndarray) and isinstance(got, np.ndarray):
            wrong = wrong.reshape((1,) * (got.ndim - wrong.ndim) + wrong.shape)
        if equal(got, wrong, tol):
            return f" {question}"
    return ""


def copied(value: Any) -> Any:
    """A copy of arrays in nested lists, tuples and dictionaries; other objects are not copied."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(copied, value))
    return value.copy() if isinstance(value, np.ndarray) else value


def arrays_in(value: Any) -> list[NDArray[Any]]:
    """Every array in nested lists, tuples and dictionaries."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [a for item in value for a in arrays_in(item)] if isinstance(value, list | tuple) else []
