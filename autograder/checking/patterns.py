"""What can be said of wrong values that no misconception explains.

A pattern is a sentence that is true of every failed call of a part: what the values have to do with
the right ones, or which calls fail. It tells none of the values. A pattern counts only in calls in
which it changes the values: a mirrored result is no evidence where the right one is its own mirror
image.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from autograder.checking.compare import answers, is_number
from autograder.checking.disclosure import Fault
from autograder.model import Case, Task, Trial

Array: TypeAlias = NDArray[Any]
Pair: TypeAlias = tuple[Array, Array]  # the right values and the student's, as float64

TOLERANCE = 1e-6  # relative to the largest value


def described(task: Task, fault: str, failed: Sequence[Trial], trials: Sequence[Trial]) -> str:
    """A fault and, after a colon, what else can be said of the failed calls, if anything.

    fault : what is wrong in the first of them
    failed : those of one part
    trials : all of the task
    """
    more = relation(task, failed) or condition(task, failed, trials)
    if not more:
        return fault
    sparing = fault.sparing if isinstance(fault, Fault) else fault
    return Fault(f"{fault}: {more}", f"{sparing}: {more}")


# -- what the values have to do with the right ones -----------------------------------------------


def relation(task: Task, failed: Sequence[Trial]) -> str | None:
    """The first of `RELATIONS` that holds in all failed calls; None if none does."""
    wrong: list[Pair] = []
    for trial in failed:
        if trial.case.about or not trial.seen.returned or not trial.expected.returned:
            return None
        right, value = answers(task, trial.case, trial.expected, trial.seen)
        pairs = numbers(right, value)
        if pairs is None:
            return None
        wrong += [pair for pair in pairs if not equal(*pair)]
    found = (text for text, holds in RELATIONS.items() if all(holds(*pair) for pair in wrong))
    return next(found, None) if wrong else None


def numbers(right: object, value: object) -> list[Pair] | None:
    """The arrays and numbers of two results of the same form, in pairs; None for another form."""
    if isinstance(right, dict):
        if not isinstance(value, dict) or right.keys() != value.keys():
            return None
        inner = [(right[key], value[key]) for key in right]
    elif isinstance(right, list | tuple):
        if not isinstance(value, list | tuple) or len(right) != len(value):
            return None
        inner = list(zip(right, value, strict=True))
    elif is_number(right) or isinstance(right, np.ndarray):
        found = [np.asarray(one) for one in (right, value) if is_number(one) or is_array(one)]
        if len(found) < 2 or not all(one.dtype.kind in "biuf" for one in found):
            return None
        if found[0].size != found[1].size:  # which may be far too large to look at
            return None
        return [(found[0].astype(np.float64), found[1].astype(np.float64))]
    else:
        return [] if type(right) is type(value) and right == value else None
    each = [numbers(*pair) for pair in inner]
    return [pair for pairs in each for pair in pairs or []] if None not in each else None


def is_array(value: object) -> bool:
    """True for an array of any number of dimensions."""
    return isinstance(value, np.ndarray)


def equal(one: Array, other: Array) -> bool:
    """True if two arrays have the same shape and, to the tolerance, the same values."""
    if one.shape != other.shape:
        return False
    if not one.size:
        return True
    with np.errstate(invalid="ignore", over="ignore"):
        scale = max(np.abs(one).max(), 1.0) if np.isfinite(one).all() else 1.0
        return bool(np.all((one == other) | (np.abs(one - other) <= TOLERANCE * scale)))


def is_result_of(change: Callable[[Array], Array], dimensions: int = 1) -> Callable[..., bool]:
    """A relation: the values are the right ones after this change, which changes them.

    dimensions : how many the right ones must have
    """

    def holds(right: Array, value: Array) -> bool:
        if right.ndim < dimensions or not np.isfinite(right).all():
            return False
        changed = change(right)
        return equal(changed, value) and not equal(changed, right)

    return holds


def moved_by_one(right: Array, value: Array) -> bool:
    """True if the values are the right ones, one place further along one of the last two axes."""
    if right.shape != value.shape or right.ndim < 1:
        return False
    for axis in range(max(right.ndim - 2, 0), right.ndim):
        a, b = (np.moveaxis(one, axis, -1) for one in (right, value))
        if a.shape[-1] >= 4 and (equal(a[..., :-1], b[..., 1:]) or equal(a[..., 1:], b[..., :-1])):
            return True
    return False


def right_in(place: Callable[[Array], Array], dimensions: int) -> Callable[..., bool]:
    """A relation: the values at a place are right, and all others are not.

    place : returns a view of the place, which must be smaller than the whole
    """

    def holds(right: Array, value: Array) -> bool:
        if right.shape != value.shape or right.ndim < dimensions or 0 in right.shape:
            return False
        there = place(right)
        if not 0 < there.size < right.size:
            return False
        return equal(there, place(value))

    return holds


def scaled(right: Array, value: Array) -> bool:
    """True if the values are the right ones times one number other than 0."""
    if right.shape != value.shape or right.size < 3 or not np.isfinite(value).all():
        return False
    whole = float(np.vdot(right, right))
    factor = float(np.vdot(right, value)) / whole if whole else 0.0
    return factor != 0 and equal(value, right * factor)


def raised(right: Array, value: Array) -> bool:
    """True if the values are the right ones plus one number."""
    if right.shape != value.shape or right.size < 3 or not np.isfinite(value).all():
        return False
    return np.ptp(right) > 0 and equal(value, right + (value - right).mean())


def reordered(right: Array, value: Array) -> bool:
    """True if the values are the right ones in another order."""
    if right.size != value.size or right.size < 4:
        return False
    return equal(np.sort(right, axis=None), np.sort(value, axis=None))


RELATIONS: dict[str, Callable[[Array, Array], bool]] = {
    "rows and columns are exchanged": is_result_of(lambda a: np.swapaxes(a, -1, -2), 2),
    "they are mirrored from left to right": is_result_of(lambda a: a[..., ::-1], 2),
    "they are mirrored from top to bottom": is_result_of(lambda a: a[..., ::-1, :], 2),
    "they are turned by 180°": is_result_of(lambda a: a[..., ::-1, ::-1], 2),
    "their order is reversed": is_result_of(lambda a: a[..., ::-1]),
    "the sign is the opposite": is_result_of(np.negative, 0),
    "negative values are missing their sign": is_result_of(np.abs, 0),
    "negative values have become 0": is_result_of(lambda a: np.maximum(a, 0), 0),
    "they are rounded": lambda right, value: any(
        is_result_of(change, 0)(right, value) for change in (np.round, np.floor, np.ceil)
    ),
    "each is one too large": is_result_of(lambda a: a + 1, 0),
    "each is one too small": is_result_of(lambda a: a - 1, 0),
    "they are moved by one place": moved_by_one,
    "only the first picture is right": right_in(lambda a: a[:1], 4),
    "only the first channel is right": right_in(lambda a: a[:, :1], 4),
    "they are right except in the last row or column": right_in(lambda a: a[..., :-1, :-1], 2),
    "they are right inside and wrong at the border": right_in(lambda a: a[..., 1:-1, 1:-1], 2),
    "they are the right ones times a constant": scaled,
    "they are the right ones plus a constant": raised,
    "they are the right ones in another order": reordered,
}


# -- which calls fail -----------------------------------------------------------------------------


def condition(task: Task, failed: Sequence[Trial], trials: Sequence[Trial]) -> str | None:
    """What all failed calls of a task have in common and no other call has; None if nothing.

    failed : those of one part, all of them with good input
    """
    if any(trial.case.about or trial.seen.lost or trial.seen.stopped for trial in failed):
        return None
    valid = [trial for trial in trials if not trial.case.about]
    wrong = [set(conditions(task, trial.case)) for trial in valid if trial.fault]
    right = [set(conditions(task, trial.case)) for trial in valid if not trial.fault]
    if not right:
        return None
    common = set.intersection(*wrong).difference(*right)
    ordered = (text for trial in failed for text in conditions(task, trial.case) if text in common)
    return next((f"only calls fail in which {text}" for text in ordered), None)


def conditions(task: Task, case: Case) -> Iterator[str]:
    """What is special about a call, in sentences."""
    signature = inspect.signature(task.reference)
    try:
        given = signature.bind(*case.args, **case.kwargs).arguments
    except TypeError:
        return
    for name, value in given.items():
        default = signature.parameters[name].default
        if isinstance(value, tuple | list) and len(set(map(str, value))) > 1:
            yield f"`{name}` holds different numbers"
        if default is None and value is not None:
            yield f"there is a `{name}`"
        elif isinstance(default, bool | int | float | str) and (
            isinstance(value, tuple | list | np.ndarray) or value != default
        ):
            yield f"`{name}` is not {default!r}"
    pictures = {name: value for name, value in given.items() if isinstance(value, np.ndarray)}
    for name, value in pictures.items():
        if value.dtype.kind in "iu":
            yield f"`{name}` holds integers"
        elif value.dtype in (np.float16, np.float32):
            yield f"`{name}` is {value.dtype}"
        if value.ndim >= 2 and value.shape[-1] != value.shape[-2]:
            yield f"`{name}` is not square"
        if value.ndim == 4 and value.shape[0] > 1:
            yield f"`{name}` holds more than one along its first axis"
