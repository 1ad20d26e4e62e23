"""The experiments of units 2 to 7, a module per unit: what their cells train and measure."""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

NEEDS = "This cell needs your"  # how the line begins that a cell prints in place of its experiment
Step = TypeVar("Step")


class Misfit(Exception):
    """What a student's function returned is not what it should return."""


@contextlib.contextmanager
def needs(*names: str) -> Iterator[None]:
    """Print a line, and no traceback, if the experiment inside fails.

    names : of the student's functions that take part; the line says that it needs them
    """
    try:
        yield
    except Exception as error:
        said = "" if isinstance(error, Misfit) else f"{type(error).__name__}: "
        said = "not written yet" if isinstance(error, NotImplementedError) else f"{said}{error}"
        print(f"{NEEDS} {' and your '.join(names)}: {said}")


def fitting(got: Any, shape: Sequence[int]) -> NDArray[np.float64]:
    """What a student's function returned, as an array of floats. Raises Misfit if it is none.

    shape : the shape it must have
    """
    try:
        array = np.asarray(got, float)
    except (TypeError, ValueError):
        raise Misfit("it should return an array of numbers") from None
    if array.shape != tuple(shape):
        raise Misfit(f"it returned the shape {array.shape}, it should be {tuple(shape)}")
    return array


def accuracy(network: Any, x: NDArray[Any], labels: NDArray[Any]) -> float:
    """The share of pictures that a network of `course.nn` classifies correctly; x is normalised."""
    return float((network.predict(x).argmax(axis=1) == labels).mean())


def progress(steps: Sequence[Step], label: str) -> Iterator[Step]:
    """Go through ``steps`` and show how far it is: with a bar where tqdm is installed.

    steps : a sequence
    label : what is going on, in a word or two
    """
    try:
        from tqdm import tqdm
    except ImportError:
        return _counted(steps, label)
    # On stdout: what a cell writes to stderr looks like a fault, and is one to stock nbgrader.
    bar: Iterator[Step] = iter(tqdm(steps, desc=label, file=sys.stdout, leave=False, ncols=80))
    return bar


def _counted(steps: Sequence[Step], label: str) -> Iterator[Step]:
    """The same with a line that counts, and that is gone in the end."""
    line = ""
    for number, step in enumerate(steps, start=1):
        line = f"{label}: {number} of {len(steps)}"
        print(f"\r{line}", end="", flush=True)
        yield step
    print(f"\r{' ' * len(line)}\r", end="", flush=True)
