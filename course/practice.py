"""Checks that students see and run as often as they like. They give no points.

A check that passes prints one line with the error and what would have been fine. One that fails
raises ``NotYet`` with a sentence that names the fault. What is expected stands in the practice
cell. Its last line notes that all of it has passed; the notebook's last cell shows what has.
"""

import functools
import inspect
import re
import traceback
import warnings

import numpy as np


class NotYet(AssertionError):
    """A practice check that does not pass yet. Jupyter shows its sentence and no traceback."""

    def _render_traceback_(self):
        # IPython prints what this returns in place of the traceback.
        return [f"not yet  {self}"]


# By task: the answer that passed practice, the numbers of the practice cells, how many there are.
PASSED = {}
# (function, words) of the calls refused with a message that lists its parameters: see `refuses`.
LISTED = []


def _noted(check):
    """A check of an answer, its first argument: one that fails takes back what had passed."""

    @functools.wraps(check)
    def noted(answer, *args, **kwargs):
        try:
            return check(answer, *args, **kwargs)
        except NotYet:
            for task in [task for task, (known, *_) in PASSED.items() if known is answer]:
                del PASSED[task]
            raise

    return noted


# Messages of NumPy and SciPy that speak of dimensions, or of what is larger, and name no argument.
NUMPYS_OWN = re.compile(
    r"^all the input array|^window shape cannot be|core dimension|^negative dimensions are"
    r"|in einstein sum|^in1 and in2|is out of bounds for array of dimension \d"
)


@_noted
def compare(function, *args, expect, tol=1e-9, unlike=None, **kwargs):
    """Call a function and compare what it returns with what it should return.

    function, args, kwargs : the call to make
    expect : what it should return. A nested list of numbers stands for an array, of dtype float64.
        Anything else stands for itself: an array (its dtype counts), a number, True or False, and
        tuples, dictionaries and lists of such. A whole number must come back as one, no float.
    tol : largest absolute error that is fine, in the units of ``expect``
    unlike : dict from a question to the wrong result that it explains; outer dimensions of an
        array may be left out. If the result is one of these, its question ends the sentence.

    Prints one line. Raises NotYet, naming the first fault found: not written yet, raised an
    error, wrong type, wrong shape, wrong dtype, input changed, memory shared with the input,
    NaN, wrong values, a warning of NumPy.
    """
    call = _call(function, args, kwargs)
    before = [_copied(arg) for arg in args]

    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", RuntimeWarning)
            got = function(*args, **kwargs)
    except NotImplementedError as error:
        raise NotYet(f"{call}: {_unwritten(function, error)}") from None
    except Exception as error:
        raise NotYet(f"{call}: {_raised(function, error)}") from None

    if got is None:
        raise NotYet(f"{call}: it returned None. Does every path end with a return?")
    pairs = []
    if fault := _form(_meant(expect), got, "", pairs):
        raise NotYet(f"{call}: {fault}{_question(got, unlike, tol)}")
    for number, (was, now) in enumerate(zip(before, args, strict=True), start=1):
        if not _equal(was, now, 0):
            raise NotYet(f"{call}: it changed its input, argument {number}. Work on a copy.")
        if any(np.shares_memory(a, b) for _, _, a in pairs for b in _arrays(now)):
            raise NotYet(
                f"{call}: the output shares memory with argument {number}, so writing into one"
                " changes the other. Return a new array."
            )
    for where, expected, value in pairs:
        if fault := _wrong(expected, value, where, tol):
            raise NotYet(f"{call}: {fault}{_question(got, unlike, tol)}")
    for warning in caught:
        if warning.category is RuntimeWarning:  # overflow, division by 0, invalid values
            raise NotYet(f"{call}: right, but NumPy warned: {warning.message}.")

    inexact = [np.abs(v - e).max(initial=0.0) for _, e, v in pairs if v.dtype.kind == "f"]
    print(f"ok  {call}: {_error(max(inexact), tol) if inexact else got}")


@_noted
def refuses(function, *args, about, **kwargs):
    """Check that a call raises a ValueError that says what is wrong.

    about : a word, or a tuple of words, one of which the message must contain: see names_argument

    Prints one line. Raises NotYet if nothing is raised, or another error, or one that does not
    name the argument. A message that lists nearly all parameters does not name one if the function
    has raised such a message for another fault already: see lists_parameters.
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
        if lists_parameters(str(error), function):
            earlier = [theirs for known, theirs in LISTED if known is function]
            if not all(set(words) & set(theirs) for theirs in earlier):
                raise NotYet(
                    f"{call}: the ValueError should name what is wrong ({_either(words)}), but it"
                    f" lists nearly all parameters, as for another fault: {str(error)!r}."
                ) from None
            LISTED.append((function, words))
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


def lists_parameters(message, function):
    """True if a message names more than four fifths of a function's parameters, and at least three.

    One such message may be right: "w does not fit into x with this stride, pad and dilation". But
    a function that raises one for faults with no word in common does not say what is wrong.
    """
    try:
        parameters = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # some callables do not tell
        return False
    named = sum(_names(message, name) for name in parameters)
    return named >= 3 and named > 0.8 * len(parameters)


def with_article(name):
    """The name of a type after "a" or "an"."""
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


@_noted
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


@_noted
def filled_in(answer, keys, kind=int):
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
    accepted, words = {
        int: ((int, np.integer), "a whole number, without a decimal point"),
        bool: ((bool, np.bool), "True or False"),
    }[kind]
    for key, value in answer.items():
        if not isinstance(value, accepted) or (kind is int and isinstance(value, bool)):
            raise NotYet(f"The entry {key!r} should be {words}.")
    print(f"ok  {len(answer)} entries; only the form is checked here")


def passed(task, answer, part=1, of=1):
    """Note that a practice cell has passed: the last line of the cell.

    task : name of the task
    answer : what was checked. What later has this name and is another object has not passed.
    part, of : which of the task's practice cells it is, and how many there are
    """
    known, parts, _ = PASSED.get(task, (None, set(), of))
    PASSED[task] = answer, (parts if known is answer else set()) | {part}, of


def progress(names, *tasks, written=()):
    """Print which tasks have passed practice since the kernel was started, and which are open.

    names : the names of the notebook, ``globals()``
    tasks : the names of the tasks, in order
    written : the names of the answers in words, of which no check can say anything
    """
    if not any(task in names for task in tasks):
        print(
            "No task has been run since the kernel was started."
            " Run the cells from the top, one by one, then this one again."
        )
        return
    states = {task: _state(task, names) for task in tasks}
    done = sum(ok for ok, _ in states.values())
    print(f"Practice since the kernel was started: {done} of {len(tasks)} tasks have passed.\n")
    states |= dict.fromkeys(written, (None, "in words: a person reads it, no cell can check it"))
    width = max(map(len, states))
    for task, (ok, said) in states.items():
        mark = {True: "ok", False: "open", None: "-"}[ok]
        print(f"{mark:<6}{task:<{width}}  {said}".rstrip())
    if done == len(tasks):
        print("\nBefore you hand in: restart the kernel, run all cells once more, and save.")


def _state(task, names):
    """Whether a task has passed practice as it stands, and what there is to say of it."""
    if task not in names:
        return False, "its cell has not been run"
    if task not in PASSED:
        return False, "its practice has not passed"
    answer, parts, of = PASSED[task]
    if answer is not names[task]:
        return False, "run again since its practice passed: practise once more"
    if len(parts) < of:
        return False, f"{len(parts)} of {of} practice cells have passed"
    return True, "" if callable(answer) else "filled in; practice looks at the form only"


def _names(message, word):
    end = "" if len(word) > 2 else r"(?![a-z_])"
    return re.search(rf"(?<![a-z_]){re.escape(word)}{end}", message, re.IGNORECASE) is not None


def _either(words):
    """The words as they are read: ``x, w or kernel``."""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _meant(expect):
    """What stands for itself as it is; a nested list of numbers as the array that it stands for."""
    if isinstance(expect, list) and expect and _only_numbers(expect):
        return np.array(expect, float)
    if isinstance(expect, list | tuple):
        return type(expect)(_meant(item) for item in expect)
    if isinstance(expect, dict):
        return {key: _meant(value) for key, value in expect.items()}
    return expect


def _only_numbers(value):
    if isinstance(value, list):
        return all(map(_only_numbers, value))
    return isinstance(value, int | float | np.generic) and not isinstance(value, bool)


def _form(expected, got, where, pairs):
    """What is wrong with the form of a result, or "". Collects (where, expected, got) as arrays."""
    it, has = (where, f"{where}: ") if where else ("it", "")
    if isinstance(expected, np.ndarray):
        if not isinstance(got, np.ndarray):
            returned = f"{it} is {_a(got)}" if where else f"it returned {_a(got)}"
            return f"{returned}, it should {'be' if where else 'return'} a NumPy array."
        if got.shape != expected.shape:
            return f"{has}shape is {got.shape}, it should be {expected.shape}."
        if got.dtype != expected.dtype:
            return f"{has}dtype is {got.dtype}, it should be {expected.dtype}."
    elif isinstance(expected, dict | list | tuple):
        if not isinstance(got, dict if isinstance(expected, dict) else list | tuple):
            return f"{it} is {_a(got)}, it should be {_a(expected)}."
        if isinstance(expected, dict):
            if set(got) != set(expected):
                return f"{it} has the keys {list(got)}, it should have {list(expected)}."
            keys = list(expected)
        elif len(got) != len(expected):
            return f"{it} has {len(got)} items, it should have {len(expected)}."
        else:
            keys = range(len(expected))
        faults = (_form(expected[key], got[key], f"{where}[{key!r}]", pairs) for key in keys)
        return next(filter(None, faults), "")
    elif isinstance(expected, bool | np.bool | str):
        if not isinstance(got, str if isinstance(expected, str) else bool | np.bool):
            return f"{it} is {got!r}, it should be {expected!r}."
    elif isinstance(got, bool) or not isinstance(got, int | float | np.number):
        return f"{it} is {_a(got)}, it should be a number."
    elif isinstance(expected, int | np.integer) and not isinstance(got, int | np.integer):
        return f"{it} is {got!r}, it should be a whole number (an int)."
    pairs.append((where, np.asarray(expected), np.asarray(got)))
    return ""


def _wrong(expected, got, where, tol):
    """What is wrong with the values of an array or a number of the right form, or ""."""
    it, has = (where, f"{where}: ") if where else ("it", "")
    if got.dtype.kind in "bU":
        return "" if got == expected else f"{it} is {got}, it should be {expected}."
    if np.isnan(got).any():
        return f"{has}{np.isnan(got).sum()} of {got.size} values are NaN (not a number)."
    error = np.abs(got - expected)
    worst = error.max(initial=0.0)
    if worst <= tol:
        return ""
    at = tuple(int(i) for i in np.unravel_index(error.argmax(), error.shape))
    values = f"is {got[at]:.10g}, it should be {expected[at]:.10g}"
    if not got.ndim:
        return f"{it} {values}."
    return (
        f"{has}{(error > tol).sum()} of {got.size} values are off, the most at {list(at)}:"
        f" it {values} ({_error(worst, tol)})."
    )


def _a(value):
    """The type of a value, with its article."""
    return with_article("NumPy array" if isinstance(value, np.ndarray) else type(value).__name__)


def _equal(one, other, tol):
    """True if two values hold the same, to an absolute tolerance."""
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and set(one) == set(other)
            and all(_equal(one[key], other[key], tol) for key in one)
        )
    if isinstance(one, list | tuple):
        return (
            isinstance(other, list | tuple)
            and len(one) == len(other)
            and all(_equal(a, b, tol) for a, b in zip(one, other, strict=True))
        )
    numbers = int | float | np.generic | np.ndarray
    if not (isinstance(one, numbers) and isinstance(other, numbers)):
        return type(one) is type(other) and one == other
    one, other = np.asarray(one), np.asarray(other)
    same = one.shape == other.shape and one.dtype.kind != "U" != other.dtype.kind
    return same and np.allclose(one, other, rtol=0, atol=tol, equal_nan=True)


def _copied(value):
    """A copy of what arguments hold; generators, functions and layers stand for themselves."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_copied, value))
    return value.copy() if isinstance(value, np.ndarray) else value


def _arrays(value):
    """Every array in nested lists, tuples and dictionaries."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [a for item in value for a in _arrays(item)] if isinstance(value, list | tuple) else []


def _question(got, unlike, tol):
    """The question that names a wrong result, if it is a known one."""
    for question, wrong in (unlike or {}).items():
        wrong = _meant(wrong)
        if isinstance(wrong, np.ndarray) and isinstance(got, np.ndarray):
            wrong = wrong.reshape((1,) * (got.ndim - wrong.ndim) + wrong.shape)
        if _equal(got, wrong, tol):
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
