"""Checks that students see and run as often as they like. They give no points.

A check that passes prints one line, for numbers with the largest error and the tolerance. One that
fails raises ``NotYet`` with a sentence that names the fault. The practice cell says what is
expected. Its last line, ``passed``, notes that all of it has passed; the notebook's last cell,
``progress``, shows what has.
"""

import ast
import functools
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Collection, Mapping
from typing import Any, ParamSpec

import numpy as np

from course import differences, refusals
from course.record import Record

RECORD = Record()  # of this kernel
passed, progress = RECORD.passed, RECORD.progress
_SAID: dict[str, int] = {}  # the run of a cell that last said a function's syntax error


class NotYet(AssertionError):
    """A practice check that does not pass yet. Jupyter shows its sentence and no traceback."""

    def _render_traceback_(self) -> list[str]:
        # IPython prints what this returns in place of the traceback.
        return [f"not yet  {self}"]


P = ParamSpec("P")


def _noted(check: Callable[P, None]) -> Callable[P, None]:
    """A check of an answer, its first argument; when it fails, the answer has no longer passed."""

    @functools.wraps(check)
    def noted(*args: P.args, **kwargs: P.kwargs) -> None:
        name = getattr(args[0], "__name__", "")
        run = getattr(_shell(), "execution_count", 0)
        if _SAID.get(name) != run and (line := syntax_error(name)):
            _SAID[name] = run
            print(
                f"Line {line} of the cell with {name} is no Python, so that cell has not run:"
                " what follows is about the version before."
            )
        try:
            check(*args, **kwargs)
        except NotYet:
            RECORD.failed(args[0])
            raise
        except KeyboardInterrupt:
            raise NotYet(f"{name or 'The check'} was interrupted.") from None

    return noted


def _shell() -> Any:
    """Jupyter's shell; None outside of Jupyter."""
    return getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()


def syntax_error(name: str) -> int | None:
    """The line of a syntax error in the last cell that should define a function of this name.

    None if that cell can be run, if there is none, or outside of Jupyter.
    """
    shell = _shell()
    history = getattr(getattr(shell, "history_manager", None), "input_hist_raw", [])
    for source in reversed(history):
        if name and re.search(rf"^def {re.escape(name)}\b", source, re.MULTILINE):
            try:
                ast.parse(shell.transform_cell(source))
            except SyntaxError as error:
                return error.lineno
            return None
    return None


@_noted
def compare(
    function: Callable[..., Any],
    *args: Any,
    expect: Any,
    tol: float = 1e-9,
    unlike: Mapping[str, Any] | None = None,
    fresh: bool = False,
    **kwargs: Any,
) -> None:
    """Call a function and compare what it returns with what it should return.

    function, args, kwargs : the call to make
    expect : what it should return. A nested list of numbers stands for an array of any real
        numbers. Anything else stands for itself: an array (its dtype counts, if it is not
        float64), a number, True or False, and tuples, dictionaries and lists of such. A float
        for a whole number is right, and mentioned.
    tol : largest absolute error that is fine, in the units of ``expect``
    unlike : dict from a question to the wrong result that it explains; outer dimensions of an
        array may be left out. If the result is one of these, its question ends the sentence.
    fresh : whether the arguments must stay as they were and share no memory with the result. If
        not, the function gets copies, so that what it does to them is gone in the next call.

    Prints one line, which also says what NumPy warned of. Raises NotYet, naming the first fault
    found: not written yet, raised an error, wrong type, wrong shape, wrong dtype, with ``fresh`` a
    changed input or memory shared with it, NaN, wrong values.
    """
    call = _call(function, args, kwargs)
    before = [differences.copied(arg) for arg in args]

    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", RuntimeWarning)
            got = function(*(args if fresh else before), **kwargs)
    except NotImplementedError as error:
        raise NotYet(f"{call}: {_unwritten(function, error)}") from None
    except Exception as error:
        raise NotYet(f"{call}: {_raised(function, error)}") from None

    if got is None:
        raise NotYet(f"{call}: it returned None. Does every path end with a return?")
    pairs: differences.Pairs = []
    if fault := differences.form_fault(differences.as_expected(expect), got, pairs):
        raise NotYet(f"{call}: {fault}{differences.question_about(got, unlike, tol)}")
    for number, (was, now) in enumerate(zip(before, args, strict=True) if fresh else (), start=1):
        if not differences.equal(was, now, 0):
            raise NotYet(f"{call}: it changed its input, argument {number}. Work on a copy.")
        if any(np.shares_memory(a, b) for _, _, a in pairs for b in differences.arrays_in(now)):
            raise NotYet(
                f"{call}: the output shares memory with argument {number}, so writing into one"
                " changes the other. Return a new array."
            )
    for where, expected, value in pairs:
        if fault := differences.value_fault(where, expected, value, tol):
            raise NotYet(f"{call}: {fault}{differences.question_about(got, unlike, tol)}")

    inexact = [
        (np.abs(v - e).max(initial=0.0), differences.tolerance(e, v, tol))
        for _, e, v in pairs
        if v.dtype.kind == "f" or (v.ndim and v.dtype.kind in "iu")
    ]
    said = differences.error_text(*max(inexact)) if inexact else got
    if any(not e.ndim and e.dtype.kind in "iu" and v.dtype.kind == "f" for _, e, v in pairs):
        said = f"{got} (right, but a float; a whole number is better an int)"
    warned = "".join(
        f" (right, but NumPy warned: {warning.message})"
        for warning in caught
        if warning.category is RuntimeWarning  # overflow, division by 0, invalid values
    )
    print(f"ok  {call}: {said}{warned}")


@_noted
def refuses(
    function: Callable[..., Any], *args: Any, about: str | tuple[str, ...], **kwargs: Any
) -> None:
    """Check that a call raises a ValueError that says what is wrong.

    about : a word, or a tuple of words, one of which the message must contain: see
        refusals.names_argument

    Prints one line. Raises NotYet if nothing is raised, or another error, or one that does not
    name the argument. A message that lists nearly all parameters does not name one if the function
    has raised such a message for another fault already: see refusals.lists_parameters.
    """
    call = _call(function, args, kwargs)
    words = (about,) if isinstance(about, str) else tuple(about)
    try:
        function(*args, **kwargs)
    except NotImplementedError as error:
        raise NotYet(f"{call}: {_unwritten(function, error)}") from None
    except ValueError as error:
        if not refusals.names_argument(str(error), words):
            said = f"its message is {str(error)!r}.{_by_accident(error)}"
            raise NotYet(
                f"{call}: the ValueError should name what is wrong ({_either(words)}), {said}"
            ) from None
        lists = refusals.lists_parameters(str(error), function)
        if lists and refusals.lists_for_another_fault(function, words):
            raise NotYet(
                f"{call}: the ValueError should name what is wrong ({_either(words)}), but it"
                f" lists nearly all parameters, as for another fault: {str(error)!r}."
            ) from None
        print(f"ok  {call}: refused, {error}")
        return
    except Exception as error:
        said = f"{_raised(function, error)}{_by_accident(error)}"
        raise NotYet(f"{call}: {said} A ValueError is asked for.") from None
    raise NotYet(f"{call}: this call should raise a ValueError that names {_either(words)}.")


@_noted
def shape(value: Any, expected: Collection[int]) -> None:
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


@_noted
def filled_in(answer: Any, keys: Collection[str], kind: type = int) -> None:
    """Check the form of an answer with several entries, not the answer itself.

    answer : dict with one entry for each of ``keys``
    kind : int for whole numbers, bool for True or False

    Prints one line. Raises NotYet if a ``...`` is left, if an entry is missing or has another
    name, or if something is not of that kind.
    """
    if not isinstance(answer, dict) or set(answer) != set(keys):
        raise NotYet(f"Your answer should be a dictionary with the entries {', '.join(keys)}.")
    dots = _dots(list(answer.values()))
    if dots:
        raise NotYet(f"Still to be filled in: {dots} (each ... stands for one entry).")
    accepted: tuple[type, ...]
    accepted, words = {
        int: ((int, np.integer), "a whole number, without a decimal point"),
        bool: ((bool, np.bool), "True or False"),
    }[kind]
    for key, value in answer.items():
        if not isinstance(value, accepted) or (kind is int and isinstance(value, bool)):
            raise NotYet(f"The entry {key!r} should be {words}.")
    print(f"ok  {len(answer)} entries; only the form is checked here")


def _either(words: tuple[str, ...]) -> str:
    """The words as they are read: ``x, w or kernel``."""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _dots(value: Any) -> int:
    """How often ``...`` stands in nested lists."""
    if isinstance(value, list | tuple):
        return sum(_dots(part) for part in value)
    return int(value is Ellipsis)


def _call(function: object, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """The call in short, such as ``conv2d(1×1×5×6, 1×1×2×2, stride=2)``."""
    parts = [_short(a) for a in args] + [f"{k}={_short(v)}" for k, v in kwargs.items()]
    return f"{getattr(function, '__name__', 'it')}({', '.join(parts)})"


def _short(value: Any) -> str:
    if isinstance(value, np.random.Generator):
        return "rng"
    if callable(value):
        return getattr(value, "__name__", "a function").replace("<lambda>", "a function")
    if isinstance(value, dict) and not all(
        isinstance(v, int | float | str) for v in value.values()
    ):
        return f"{{{', '.join(map(str, value))}}}"
    if not isinstance(value, np.ndarray):
        return repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:50]} …"
    sizes = "×".join(map(str, value.shape)) if value.ndim > 1 else str(value.shape)
    return sizes if value.dtype == float else f"{sizes} {value.dtype}"


def _unwritten(function: object, error: BaseException) -> str:
    """Which function is not written yet: this one, or one of yours that it calls."""
    name = traceback.extract_tb(error.__traceback__)[-1].name
    if name == getattr(function, "__name__", ""):
        return "not written yet."
    return f"it calls {name}, which is not written yet."


def _raised(function: object, error: BaseException) -> str:
    """What was raised, and the last line of the student's own function it went through."""
    frames = traceback.extract_tb(error.__traceback__)
    name = getattr(function, "__name__", "")
    own = [frame for frame in frames if frame.name == name and frame.line]
    where = f" in the line `{own[-1].line}`" if own else ""
    said = f": {error}" if str(error) else ""
    return f"it raised {type(error).__name__}{where}{said.rstrip('.')}."


def _by_accident(error: BaseException) -> str:
    """Says so if the error is not one that the student's own code raises."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    library = "-packages" in last.filename  # site-packages, dist-packages
    if not library and (not last.line or re.search(r"\b(raise|assert)\b", last.line)):
        return ""
    return " NumPy or Python raised this by accident; check the argument first."
