"""How an answer is checked: the words of a check, one look at an answer, and the verdict.

A check is a function ``check_<task>`` that returns parts. A part has a name that the student reads,
points, and cases: calls whose result must equal the reference's on the same arguments, or that
must be refused with a ValueError. A part gives its points only if all of its cases are right.

    def check_pad2d(rng):
        x = signed(rng, 2, 3, 4, 5)
        return [
            part("a frame of zeros on every side", 1, case(x, 1), case(x, 2)),
            part("keeps its input", 0.5, case(x, 1), also={"inputs"}),
            part("refuses bad input", 0.5, case(x, 1), refused(x, -1, naming="pad")),
        ]

The same code looks at a student's function across the border (`autograder.border.Remote`), at one
in this process (`Named`), and at our own references, variants and misconceptions (`Local`).
"""

import builtins
import copy
import dataclasses
import inspect
import re
import time

import numpy as np

from autograder.sandbox.observe import observe
from autograder.sandbox.wire import Foreign
from course import numbers

TASK_SECONDS = 60.0  # wall time of one task's calls together; afterwards the rest is not run
TOLERANCE = {"float64": 1e-9, "float32": 1e-4, "float16": 1e-2}  # relative to the largest value
MOST_BY_HAND = 1000  # numbers of a by-hand answer; more would only cost the grader memory
ASPECTS = frozenset({"dtype", "inputs", "fresh", "quiet"})


# -- the words of a check -------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, eq=False)
class Case:
    """One call. With words in ``naming``, a ValueError that names one of them; else a result."""

    args: tuple
    kwargs: dict
    naming: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """Cases that give points together. ``also`` names what else is looked at besides the values:

    dtype   the result has exactly the reference's dtype
    inputs  the arguments hold afterwards what they held before
    fresh   the result shares no memory with an argument
    quiet   no floating-point warning (NumPy's RuntimeWarning)
    """

    name: str
    points: float
    cases: tuple[Case, ...]
    also: frozenset[str] = frozenset()


def case(*args, **kwargs):
    """A call whose result must equal the reference's."""
    return Case(args, kwargs)


def refused(*args, naming, **kwargs):
    """A call that must raise a ValueError whose message names one of the words in ``naming``."""
    return Case(args, kwargs, (naming,) if isinstance(naming, str) else tuple(naming))


def part(name, points, *cases, also=()):
    """Cases that give points together; see `Part` for ``also``."""
    if not set(also) <= ASPECTS:
        raise ValueError(f"also: unknown aspects {set(also) - ASPECTS}, use {sorted(ASPECTS)}")
    return Part(name, points, cases, frozenset(also))


def signed(rng, *shape):
    """Signed, non-integer numbers: what no rounding, wrapping or sign error survives."""
    return rng.normal(0.0, 2.0, shape)


# -- one look at an answer ------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, eq=False)
class Seen:
    """What was observed of one call: a value and what happened besides, or why there is none."""

    value: object = None
    changed: tuple[str, ...] = ()
    aliased: bool = False
    warned: tuple[str, ...] = ()
    error: tuple[str, str] | None = None
    line: int | None = None
    stopped: bool = False
    lost: str | None = None

    @property
    def returned(self):
        return not (self.error or self.stopped or self.lost)


class Local:
    """A function of ours, called here."""

    def __init__(self, function):
        self.function = function

    def observe(self, args, kwargs):
        args, kwargs = copy.deepcopy((args, kwargs))
        value, seen = observe(self.function, args, kwargs)
        if seen.get("error"):
            return Seen(error=tuple(seen["error"]), line=seen["line"])
        return Seen(value, tuple(seen["changed"]), seen["aliased"], tuple(seen["warned"]))


class Named(Local):
    """What a namespace of this process holds under a name: a function or (by value) an answer."""

    def __init__(self, namespace, name, by_value):
        def target(*args, **kwargs):
            return namespace[name] if by_value else namespace[name](*args, **kwargs)

        super().__init__(target)


# -- the verdict on one case ----------------------------------------------------------------------


def fault(task, part, case, seen, expected):
    """What is wrong with ``seen``, as a sentence for the student; None if nothing is."""
    if seen.lost:
        return seen.lost
    if seen.stopped:
        return "it did not finish: stopped after too much CPU time"
    if seen.error and seen.error[0] == "NotImplementedError":
        return "not written yet"
    if seen.error and seen.error[0] in ("KeyError", "NameError") and quoted(task) in seen.error[1]:
        return f"nothing is called `{task.name}`: the cell that defines it failed, or was removed"
    if case.naming:
        return refusal_fault(case, seen)
    if seen.error:
        return describe_error(seen)
    wanted, value = answers(task, expected, seen)
    if task.by_value and isinstance(value, list | tuple):
        return unreadable(value)
    return difference(wanted, value, "it", "dtype" in part.also) or side_effect(task, part, seen)


def quoted(task):
    """The task's name as Python's messages write it: no part of a longer name."""
    return f"'{task.name}'"


def refusal_fault(case, seen):
    """What is wrong with how bad input was met; None if nothing is."""
    if not seen.error:
        return f"bad input was accepted: a ValueError that names `{case.naming[0]}` was expected"
    name, message = seen.error
    if name != "ValueError":
        return f"bad input raised {exception_name(name)}, not a ValueError that names the argument"
    if NUMPYS_OWN.search(message) or not any(names(message, word) for word in case.naming):
        return (
            f"the ValueError does not name the argument: its message should say `{case.naming[0]}`"
        )
    return None


# Messages of NumPy and SciPy that speak of dimensions, or of what is larger, and name no argument.
NUMPYS_OWN = re.compile(
    r"^all the input array|^window shape cannot be|core dimension|^negative dimensions are"
    r"|in einstein sum|^in1 and in2|array of dimension \d"
)


def names(message, word):
    """True if ``word`` stands in the message; a longer one may also begin a word (channel-s)."""
    end = "" if len(word) > 2 else r"(?![a-z_])"
    return re.search(rf"(?<![a-z_]){re.escape(word)}{end}", message, re.IGNORECASE) is not None


def side_effect(task, part, seen):
    """What a right result did besides that this part asks not to be done; None if nothing."""
    if "inputs" in part.also and seen.changed:
        names = ", ".join(f"`{task.argument(key)}`" for key in seen.changed)
        return f"it changed its input {names}"
    if "fresh" in part.also and seen.aliased:
        return "its result shares memory with its input: writing into one changes the other"
    if "quiet" in part.also and "RuntimeWarning" in seen.warned:
        return "NumPy warned about overflow or invalid values on valid input"
    return None


def answers(task, *seen):
    """The values of several looks, ready to be compared: by-hand answers as arrays."""
    values = [look.value for look in seen]
    return [hand_written(value) for value in values] if task.by_value else values


def hand_written(value):
    """A by-hand answer as an array: nested lists or any array, outer dimensions of one dropped.

    Whatever is not a small table of numbers is returned as it is.
    """
    if count(value) > MOST_BY_HAND:
        return value
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        return value
    if array.dtype.kind not in "biuf":
        return value
    while array.ndim > 2 and array.shape[0] == 1:
        array = array[0]
    return array.astype(np.float64)


def unreadable(rows):
    """Why a by-hand answer in rows is not one array of numbers."""
    if any(item is ... or getattr(item, "type_name", "") == "ellipsis" for item in leaves(rows)):
        return "there are still dots in it: put your numbers in their place"
    return "it should be rows of numbers, all rows of the same length"


def leaves(rows):
    """Everything in nested lists and tuples that is neither."""
    for item in rows:
        yield from leaves(item) if isinstance(item, list | tuple) else [item]


def count(value):
    """How many numbers a nested list or an array holds; infinite if anything in it is no number."""
    if isinstance(value, list | tuple):
        return sum(map(count, value))
    if isinstance(value, np.ndarray | np.generic):
        return value.size
    return 1 if isinstance(value, int | float) else float("inf")


def difference(expected, value, what, exact_dtype=False):
    """How ``value`` differs from ``expected``, in words that give neither away; None: not at all.

    Arrays must agree in shape and to a tolerance that fits their precision (NaN never agrees);
    lists, tuples and dictionaries item by item; anything else must be equal and of the same type.
    """
    expected, value = (v.item() if isinstance(v, np.bool) else v for v in (expected, value))
    if isinstance(expected, np.ndarray | np.generic | float | int) and not isinstance(
        expected, bool
    ):
        return numbers_differ(np.asarray(expected), value, what, exact_dtype, type(expected))
    if isinstance(expected, dict):
        if not isinstance(value, dict):
            return f"{what} should be a dictionary, not {a_type(value)}"
        if set(map(str, value)) != set(map(str, expected)):
            return f"{what} should have the keys {', '.join(map(repr, expected))}"
        pairs = [(expected[key], value.get(key), f"{what}[{key!r}]") for key in expected]
    elif isinstance(expected, list | tuple):
        if not isinstance(value, list | tuple):
            return f"{what} should be a {type(expected).__name__}, not {a_type(value)}"
        if len(value) != len(expected):
            return f"{what} should have {len(expected)} items, not {len(value)}"
        pairs = [
            (e, v, f"{what}[{i}]") for i, (e, v) in enumerate(zip(expected, value, strict=True))
        ]
    elif type(value) is type(expected) and value == expected:
        return None
    else:
        return f"{what} is not what was asked for"
    return next(filter(None, (difference(*pair, exact_dtype) for pair in pairs)), None)


def numbers_differ(expected, value, what, exact_dtype, kind):
    """`difference` for arrays and for single numbers; ``kind`` is the type that is expected."""
    if kind is np.ndarray:
        if not isinstance(value, np.ndarray):
            return f"{what} should be an array, not {a_type(value)}"
    elif not isinstance(value, np.generic | float | int) or isinstance(value, bool):
        return f"{what} should be a number, not {a_type(value)}"
    value = np.asarray(value)
    if value.dtype.kind not in "biuf":
        return f"{what} should hold real numbers, not {value.dtype}"
    if value.shape != expected.shape:
        return f"{what} has the shape {value.shape}, not {expected.shape}"
    if exact_dtype and value.dtype != expected.dtype:
        return f"{what} has the dtype {value.dtype}, not {expected.dtype}"
    if not expected.size:
        return None
    tolerance = TOLERANCE.get(expected.dtype.name, 0.0) if expected.dtype.kind == "f" else 0.0
    scale = np.abs(expected, where=np.isfinite(expected), out=np.ones(expected.shape)).max()
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(value.astype(np.float64) - expected.astype(np.float64))
    right = (error <= tolerance * max(scale, 1.0)) | (value == expected)
    if right.all():
        return None
    if np.isnan(value).any():
        return f"{what} holds NaN"
    if (error <= 1e-4 * max(scale, 1.0)).all():
        return f"{what} is close, but not as exact as {expected.dtype} allows"
    wrong = 1 - right.mean()
    share = "all" if wrong == 1 else "most" if wrong > 0.5 else "some"
    return f"{what} has the right shape, but {share} of its values are wrong"


def a_type(value):
    """The type of an untrusted value, in words."""
    if value is None:
        return "None (is there a `return`?)"
    if isinstance(value, Foreign):
        known = {"ellipsis": "`...` (fill in your numbers)"}
        return known.get(value.type_name, f"a {safe_name(value.type_name)}")
    return f"a {type(value).__name__}"


# -- what may be repeated of a student's exception ------------------------------------------------

# A message may carry hidden inputs. These are the usual ones, with nothing in them but small
# numbers, shapes and names; all others are left out.
SHAPE = r"\((?:\d{1,3}(?:, ?\d{1,3}){0,5},?)?\)"
COMMON_MESSAGES = re.compile(
    "|".join(
        (
            r"index -?\d{1,4} is out of bounds for axis \d with size \d{1,4}",
            r"list index out of range|tuple index out of range|division by zero",
            rf"operands could not be broadcast together with shapes (?:{SHAPE} ?){{2,3}}",
            rf"could not broadcast input array from shape {SHAPE} into shape {SHAPE}",
            rf"cannot reshape array of size \d{{1,5}} into shape {SHAPE}",
            r"too many indices for array: array is \d-dimensional, but \d were indexed",
            r"not enough values to unpack \(expected \d, got \d\)",
            r"too many values to unpack \(expected \d(?:, got \d)?\)",
            r"[a-z0-9_]{1,30}\(\) takes \d positional arguments? but \d (?:was|were) given",
            r"[a-z0-9_]{1,30}\(\) got an unexpected keyword argument '[a-z]{1,12}'",
            r"[a-z0-9_]{1,30}\(\) missing \d required positional arguments?: '[a-z]{1,12}'",
            r"'[A-Za-z]{1,12}' object is not (?:callable|iterable|subscriptable)",
        )
    )
)


def safe_name(text):
    """A type's name, if it could be one."""
    return text if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]{0,39}", text) else "object"


def exception_name(name):
    """The name of a built-in or NumPy exception; students' own are not repeated."""
    known = isinstance(getattr(builtins, name, None), type) or hasattr(np.exceptions, name)
    return name if known else "an exception of its own"


def describe_error(seen):
    """A student's exception: its kind, its message if that is a common one, and where."""
    name, message = seen.error
    said = f": {message}" if COMMON_MESSAGES.fullmatch(message.strip()) else ""
    where = f" (line {seen.line} of its cell)" if seen.line else ""
    return f"it raised {exception_name(name)}{said}{where}"


# -- the verdict on a task ------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, eq=False)
class Trial:
    """One case of one part, what was seen, and what is wrong with it (None: nothing)."""

    part: Part
    case: Case
    seen: Seen
    fault: str | None


@dataclasses.dataclass(frozen=True, eq=False)
class Verdict:
    """One part's outcome, with the name and sentence of the misconception that explains it."""

    part: Part
    fault: str | None
    misconception: str | None = None
    sentence: str | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class Result:
    """A task's verdicts, in the order of its parts."""

    task: str
    verdicts: list[Verdict]

    @property
    def points(self):
        return float(sum(v.part.points for v in self.verdicts if v.fault is None))

    @property
    def maximum(self):
        return float(sum(v.part.points for v in self.verdicts))

    @property
    def misconceptions(self):
        """The misconceptions found, each once."""
        return list(dict.fromkeys(v.misconception for v in self.verdicts if v.misconception))

    def lines(self):
        """What the student reads: a line per part, and under a failed one why."""
        text, said = [], set()
        for verdict in self.verdicts:
            points = verdict.part.points
            if verdict.fault is None:
                text.append(f"ok    {verdict.part.name}  ({points:g} of {points:g})")
                continue
            text.append(f"FAIL  {verdict.part.name}  (0 of {points:g})")
            why = verdict.sentence or verdict.fault
            text.append(f"      {'(as above)' if why in said else why}")
            said.add(why)
        return [*text, f"{self.task}: {self.points:g} of {self.maximum:g} points"]


def parts_of(task, student):
    """The parts of ``task`` for this student, with the inputs that are drawn for them."""
    wanted = {
        "rng": lambda: np.random.default_rng([*task.name.encode(), *student.encode()]),
        "mine": lambda: numbers.draw(task.name, student),
    }
    names = inspect.signature(task.check).parameters
    return task.check(**{name: wanted[name]() for name in names})


def grade(task, answer, student=""):
    """Check ``answer``, something with ``observe``, as ``task`` of ``student``: a `Result`."""
    from autograder import diagnosis

    trials, stuck = [], None
    end = time.monotonic() + TASK_SECONDS
    for one in parts_of(task, student):
        for each in one.cases:
            if stuck or time.monotonic() > end:
                seen = Seen(lost=stuck or "not run: the calls before it took too long")
            else:
                seen = answer.observe(each.args, each.kwargs)
            if seen.stopped or seen.lost:
                stuck = "not run, since a call before it did not end well"
            expected = Local(task.reference).observe(each.args, each.kwargs)
            trials.append(Trial(one, each, seen, fault(task, one, each, seen, expected)))
    return Result(task.name, diagnosis.verdicts(task, trials))
