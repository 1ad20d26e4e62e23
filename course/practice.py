"""Checks that students see and run as often as they like. They give no points.

A check that passes prints one line with the error and what would have been fine. One that fails
raises ``NotYet`` with a sentence that names the fault. What is expected stands in the practice
cell.
"""

import re
import traceback

import numpy as np


class NotYet(AssertionError):
    """A practice check that does not pass yet. Jupyter shows its sentence and no traceback."""

    def _render_traceback_(self):
        # IPython prints what this returns in place of the traceback.
        return [f"not yet  {self}"]


# Messages of NumPy and SciPy that speak of dimensions, or of what is larger, and name no argument.
NUMPYS_OWN = re.compile(
    r"^all the input array|^window shape cannot be|core dimension|^negative dimensions are"
    r"|in einstein sum|^in1 and in2|array of dimension \d"
)


def compare(function, *args, expect, tol=1e-9, unlike=None, **kwargs):
    """Call a function and compare what it returns with what it should return.

    function, args, kwargs : the call to make
    expect : array or nested list; an array of floats also fixes the dtype, else it is float64
    tol : largest absolute error that is fine, in the units of ``expect``
    unlike : dict from a question to the wrong result that it explains; outer dimensions of one
        may be left out. If the result is one of these, its question ends the sentence.

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
        question = _question(got, unlike, tol)
        raise NotYet(f"{call}: shape is {got.shape}, it should be {expect.shape}.{question}")
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
            f" ({_error(worst, tol)}).{_question(got, unlike, tol)}"
        )
    print(f"ok  {call}: {_error(worst, tol)}")


def refuses(function, *args, about, **kwargs):
    """Check that a call raises a ValueError that says what is wrong.

    about : a word, or a tuple of words, one of which the message must contain: see names_argument

    Prints one line. Raises NotYet if nothing is raised, or another error, or one that does not
    name the argument.
    """
    call = _call(function, args, kwargs)
    words = (about,) if isinstance(about, str) else tuple(about)
    try:
        function(*args, **kwargs)
    except NotImplementedError as error:
        raise NotYet(f"{call}: {_unwritten(function, error)}") from None
    except ValueError as error:
        if not names_argument(str(error), words):
            said = f"its message is {str(error)!r}.{_by_accident(error)}"
            raise NotYet(
                f"{call}: the ValueError should name what is wrong ({_either(words)}), {said}"
            ) from None
        print(f"ok  {call}: refused, {error}")
        return
    except Exception as error:
        said = f"{_raised(function, error)}{_by_accident(error)}"
        raise NotYet(f"{call}: {said} A ValueError is asked for.") from None
    raise NotYet(f"{call}: this call should raise a ValueError that names {_either(words)}.")


def names_argument(message, words):
    """True if a message names one of the words, and is not one that NumPy wrote.

    A word of one or two letters must stand alone; a longer one may also begin a word, so "pad"
    is named by "padding". Upper case does not matter.
    """
    return not NUMPYS_OWN.search(message) and any(_names(message, word) for word in words)


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


def _names(message, word):
    end = "" if len(word) > 2 else r"(?![a-z_])"
    return re.search(rf"(?<![a-z_]){re.escape(word)}{end}", message, re.IGNORECASE) is not None


def _either(words):
    """The words as they are read: ``x, w or kernel``."""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _question(got, unlike, tol):
    """The question that names a wrong result, if it is a known one."""
    for question, wrong in (unlike or {}).items():
        wrong = np.asarray(wrong)
        wrong = wrong.reshape((1,) * (got.ndim - wrong.ndim) + wrong.shape)
        if got.shape == wrong.shape and np.allclose(got, wrong, rtol=0, atol=tol):
            return f" {question}"
    return ""


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
    if worst == 0:
        return "error 0"
    return f"error {worst:{'.1g' if worst < 1 else '.4g'}}, fine below {tol:g}".replace("e-0", "e-")


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


def _by_accident(error):
    """Says so if the error is not one that the student's own code raises."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    library = "-packages" in last.filename  # site-packages, dist-packages
    if not library and (not last.line or re.search(r"\b(raise|assert)\b", last.line)):
        return ""
    return " NumPy or Python raised this by accident; check the argument first."
