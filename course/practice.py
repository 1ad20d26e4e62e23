"""Checks that students see and run as often as they like. They give no points.

A check that passes prints one line with the error and what would have been fine. One that fails
raises ``NotYet`` with a sentence that names the fault. Nothing here knows an answer: what is
expected comes from the practice cell.
"""

import re
import traceback

import numpy as np


class NotYet(AssertionError):
    """A practice check that does not pass yet. Jupyter shows its sentence and no traceback."""

    def _render_traceback_(self):
        # IPython prints what this returns in place of the traceback.
        return [f"not yet  {self}"]


def compare(function, *args, expect, tol=1e-9, **kwargs):
    """Call a function and compare what it returns with what it should return.

    function, args, kwargs : the call to make
    expect : array or nested list; an array of floats also fixes the dtype, else it is float64
    tol : largest absolute error that is fine, in the units of ``expect``

    Prints one line. Raises NotYet, naming the first fault found: not written yet, raised an
    error, not an array, wrong shape, wrong dtype, input changed, memory shared with the input,
    NaN, wrong values.
    """
    call = _call(function, args, kwargs)
    expect = np.asarray(expect)
    if not np.issubdtype(expect.dtype, np.floating):
        expect = expect.astype(float)
    before = [np.array(a) if isinstance(a, np.ndarray) else None for a in args]

    try:
        got = function(*args, **kwargs)
    except NotImplementedError as error:
        raise NotYet(f"{call}: {_unwritten(function, error)}") from None
    except Exception as error:
        raise NotYet(f"{call}: {_raised(function, error)}") from None

    if got is None:
        raise NotYet(f"{call}: it returned None. Does every path end with a return?")
    if not isinstance(got, np.ndarray):
        raise NotYet(f"{call}: it returned a {type(got).__name__}, it should return a NumPy array.")
    if got.shape != expect.shape:
        raise NotYet(f"{call}: shape is {got.shape}, it should be {expect.shape}.")
    if got.dtype != expect.dtype:
        raise NotYet(f"{call}: dtype is {got.dtype}, it should be {expect.dtype}.")
    for number, (was, array) in enumerate(zip(before, args, strict=True), start=1):
        if was is not None and not np.array_equal(was, array):
            raise NotYet(f"{call}: it changed its input, argument {number}. Work on a copy.")
        if was is not None and np.shares_memory(got, array):
            raise NotYet(
                f"{call}: the output shares memory with argument {number}, so writing into one"
                " changes the other. Return a new array."
            )
    if np.isnan(got).any():
        raise NotYet(f"{call}: {np.isnan(got).sum()} of {got.size} values are NaN (not a number).")

    error = np.abs(got - expect)
    worst = error.max(initial=0.0)
    if not worst <= tol:
        at = tuple(int(i) for i in np.unravel_index(error.argmax(), error.shape))
        raise NotYet(
            f"{call}: {(error > tol).sum()} of {got.size} values are off, the most at {list(at)}:"
            f" it is {got[at]:g}, it should be {expect[at]:g}"
            f" ({_error(worst, tol)})."
        )
    print(f"ok  {call}: {_error(worst, tol)}")


def refuses(function, *args, about, **kwargs):
    """Check that a call raises a ValueError that says what is wrong.

    about : a word, or a tuple of words, one of which the message must contain

    Prints one line. Raises NotYet if nothing is raised, or another error, or a silent one.
    """
    call = _call(function, args, kwargs)
    words = (about,) if isinstance(about, str) else tuple(about)
    try:
        function(*args, **kwargs)
    except NotImplementedError as error:
        raise NotYet(f"{call}: {_unwritten(function, error)}") from None
    except ValueError as error:
        if any(re.search(rf"\b{re.escape(w)}s?\b", str(error), re.IGNORECASE) for w in words):
            print(f"ok  {call}: refused, {error}")
            return
        raise NotYet(
            f"{call}: the ValueError should name what is wrong ({' or '.join(words)}),"
            f" its message is {str(error)!r}."
        ) from None
    except Exception as error:
        raise NotYet(f"{call}: {_raised(function, error)} It should raise a ValueError.") from None
    raise NotYet(f"{call}: this call should raise a ValueError about {' or '.join(words)}.")


def shape(value, expected):
    """Check the form of an answer worked out by hand, not the answer itself.

    value : nested list or array of numbers
    expected : the shape it must have

    Prints one line. Raises NotYet if a ``...`` is left, if the rows differ in length, if
    something is not a number, or if the shape is another one.
    """
    dots = _dots(value)
    if dots:
        raise NotYet(f"Still to be filled in: {dots} (each ... stands for one number).")
    try:
        array = np.asarray(value)
    except ValueError:
        raise NotYet("The rows of your answer differ in length.") from None
    if array.shape != tuple(expected):
        raise NotYet(f"Your answer has shape {array.shape}, it should have {tuple(expected)}.")
    if not (np.issubdtype(array.dtype, np.number) and np.isfinite(array).all()):
        raise NotYet("Something in your answer is not a number.")
    print(f"ok  {array.size} numbers of shape {array.shape}; only the form is checked here")


def _dots(value):
    if isinstance(value, list | tuple):
        return sum(_dots(part) for part in value)
    return int(value is Ellipsis)


def _call(function, args, kwargs):
    """The call in short, such as ``conv2d(1×1×5×6, 1×1×2×2, stride=2)``."""
    parts = [_short(a) for a in args] + [f"{k}={_short(v)}" for k, v in kwargs.items()]
    return f"{getattr(function, '__name__', 'it')}({', '.join(parts)})"


def _short(value):
    if not isinstance(value, np.ndarray):
        return repr(value)
    sizes = "×".join(map(str, value.shape)) if value.ndim > 1 else str(value.shape)
    return sizes if value.dtype == float else f"{sizes} {value.dtype}"


def _error(worst, tol):
    return f"max error {worst:.2g}, fine below {tol:g}".replace("e-0", "e-")


def _unwritten(function, error):
    """Which function is not written yet: this one, or one of yours that it calls."""
    name = traceback.extract_tb(error.__traceback__)[-1].name
    if name == getattr(function, "__name__", ""):
        return "not written yet."
    return f"it calls {name}, which is not written yet."


def _raised(function, error):
    """What was raised, and the last line of the student's own function it went through."""
    frames = traceback.extract_tb(error.__traceback__)
    name = getattr(function, "__name__", "")
    own = [frame for frame in frames if frame.name == name and frame.line]
    where = f" in the line `{own[-1].line}`" if own else ""
    said = f": {error}" if str(error) else ""
    return f"it raised {type(error).__name__}{where}{said.rstrip('.')}."
