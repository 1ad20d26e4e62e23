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

import copy
import dataclasses
import inspect
import itertools
import textwrap
import time

import numpy as np

from autograder import messages
from autograder.comparing import a_type, difference, hand_written, unreadable
from autograder.sandbox.observe import observe
from autograder.sandbox.wire import Made
from course import numbers, refusals

TASK_SECONDS = 120.0  # wall time of one task's calls together; afterwards the rest is not run
UNJUDGED = "an answer that the grader could not judge: a person should look at it"
ASPECTS = frozenset({"dtype", "inputs", "fresh", "quiet"})


# -- the words of a check -------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, eq=False)
class Case:
    """One call. With words in ``naming``, a ValueError that names one of them; else a result.

    With an ``item``, only what a dictionary holds under this key is looked at.
    """

    args: tuple
    kwargs: dict
    naming: tuple[str, ...] = ()
    item: str | None = None

    @property
    def call(self):
        """The same for cases that make the same call, with the same objects (while they live)."""
        return tuple(map(id, self.args)), tuple((key, id(v)) for key, v in self.kwargs.items())

    def argument(self, key):
        """What was given as ``key``: a position, as text, or a name."""
        return self.args[int(key)] if key.isdecimal() else self.kwargs[key]


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """Cases that give points together. ``also`` names what else is looked at besides the values:

    dtype   the result has exactly the reference's dtype
    inputs  the arguments hold afterwards what they held before; a generator has been drawn from
            if the reference draws from it
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


def item(key, *args, **kwargs):
    """A call whose result, a dictionary, must hold under ``key`` what the reference's holds."""
    return Case(args, kwargs, item=key)


def refused(*args, naming, **kwargs):
    """A call that must raise a ValueError whose message names one of the words in ``naming``."""
    return Case(args, kwargs, (naming,) if isinstance(naming, str) else tuple(naming))


def made(source, **values):
    """An argument that cannot cross the border: a generator, a callable, an object with methods.

    source : the Python expression that makes it, from ``np``, ``SimpleNamespace`` and ``values``

    It is evaluated anew for every call, where the call is: a student's function can look at all of
    it, so it must not hold what answers the task.
    """
    return Made(source, values)


def part(name, points, *cases, also=()):
    """Cases that give points together; see `Part` for ``also``."""
    if not set(also) <= ASPECTS:
        raise ValueError(f"also: unknown aspects {set(also) - ASPECTS}, use {sorted(ASPECTS)}")
    return Part(name, points, cases, frozenset(also))


def signed(rng, *shape):
    """Signed, non-integer numbers: what no rounding, wrapping or sign error survives."""
    return rng.normal(0.0, 2.0, shape)


def unsigned(rng, *shape):
    """Numbers above 0, not whole: where signs are not what a part is about."""
    return 0.1 + np.abs(signed(rng, *shape))


def pairs(claims):
    """Claims by twos, (a true one, a false one): counted together, one word for all earns nothing.

    claims : dict from a claim to True or False, as many of the one as of the other
    """
    true, false = ([c for c in claims if claims[c] is word] for word in (True, False))
    return zip(true, false, strict=True)


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


def here(value):
    """An argument of a call in this process: a copy, made if it is to be made."""
    value = copy.deepcopy(value)
    return value.make() if isinstance(value, Made) else value


class Local:
    """A function of ours, called here."""

    def __init__(self, function):
        self.function = function

    def observe(self, args, kwargs):
        args = [here(value) for value in args]
        kwargs = {name: here(value) for name, value in kwargs.items()}
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
        return messages.describe(task.reference, *seen.error, seen.line)
    if case.item and not isinstance(seen.value, dict):
        return f"it should be a dictionary, not {a_type(seen.value)}"
    if case.item and case.item not in seen.value:
        return f"it has no entry {case.item!r}"
    wanted, value = answers(task, case, expected, seen)
    if task.by_value and isinstance(value, list | tuple):
        return unreadable(value)
    what = f"its entry {case.item!r}" if case.item else "it"
    return difference(wanted, value, what, "dtype" in part.also) or side_effect(
        task, part, case, seen, expected
    )


def quoted(task):
    """The task's name as Python's messages write it: no part of a longer name."""
    return f"'{task.name}'"


def refusal_fault(case, seen):
    """What is wrong with how bad input was met; None if nothing is."""
    if not seen.error:
        return f"bad input was accepted: a ValueError that names `{case.naming[0]}` was expected"
    name, message = seen.error
    if name != "ValueError":
        kind = messages.exception_name(name)
        return f"bad input raised {kind}, not a ValueError that names the argument"
    if not refusals.names_argument(message, case.naming):
        return (
            f"the ValueError does not name the argument: its message should say `{case.naming[0]}`"
        )
    return None


def without_lists(task, trials):
    """The trials, where messages that list nearly all parameters no longer count as naming one.

    They do count if all faults that got one have a word in common: see `refusals.lists_parameters`.
    """
    lists = [
        trial
        for trial in trials
        if trial.case.naming
        and not trial.fault
        and refusals.lists_parameters(trial.seen.error[1], task.reference)
    ]
    named = [set(trial.case.naming) for trial in lists]
    if not any(one.isdisjoint(other) for one, other in itertools.combinations(named, 2)):
        return trials
    return [
        dataclasses.replace(
            trial,
            fault="the ValueError lists nearly all parameters, whichever is wrong: "
            f"its message should say `{trial.case.naming[0]}`",
        )
        if trial in lists
        else trial
        for trial in trials
    ]


def side_effect(task, part, case, seen, expected):
    """What a right result did besides that this part asks not to be done; None if nothing."""
    if "inputs" in part.also and seen.changed != expected.changed:
        changed = [key for key in seen.changed if key not in expected.changed]
        names = ", ".join(f"`{task.argument(key)}`" for key in changed or expected.changed)
        if not changed:
            return f"it did not draw from its {names}"
        data = [key for key in changed if not isinstance(case.argument(key), Made)]
        return f"it changed its input {names}" if data else f"it drew too often from its {names}"
    if "fresh" in part.also and seen.aliased:
        return "its result shares memory with its input: writing into one changes the other"
    if "quiet" in part.also and "RuntimeWarning" in seen.warned:
        return "NumPy warned about overflow or invalid values on valid input"
    return None


def answers(task, case, *seen):
    """The values of several looks, ours first, ready to be compared: rows by hand as arrays."""
    values = [look.value for look in seen]
    if case.item:
        values = [v.get(case.item) if isinstance(v, dict) else None for v in values]
    rows = task.by_value and isinstance(values[0], np.ndarray | list | tuple)
    return [hand_written(value) for value in values] if rows else values


# -- the verdict on a task ------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, eq=False)
class Trial:
    """One case of one part, what was seen, and what is wrong with it (None: nothing).

    expected : what our own answer did
    call : the number of the first trial that makes the same call
    """

    part: Part
    case: Case
    seen: Seen
    expected: Seen
    fault: str | None
    call: int


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
    problems: tuple[str, ...] = ()  # answers that could not be judged: a person should look

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
            if why in said:
                more = verdict.part.also or any(case.naming for case in verdict.part.cases)
                why = "(counts once the results are right)" if more else "(for the same reason)"
            said.add(why)
            text += textwrap.wrap(why, 84, initial_indent=" " * 6, subsequent_indent=" " * 6)
        return [*text, f"{self.task}: {self.points:g} of {self.maximum:g} points"]


def parts_of(task, student, seed=b""):
    """The parts of ``task`` for this student, with the inputs that are drawn for them.

    seed : of a submission, see `autograder.secret`
    """
    wanted = {
        "rng": lambda: np.random.default_rng([*task.name.encode(), *student.encode(), *seed]),
        "mine": lambda: numbers.draw(task.name, student),
    }
    names = inspect.signature(task.check).parameters
    return task.check(**{name: wanted[name]() for name in names})


def grade(task, answer, student="", known=None, seed=b""):
    """Check ``answer``, something with ``observe``, as ``task`` of ``student``: a `Result`.

    A call that several cases look at is made once.

    seed : see `parts_of`
    known : a dict to keep what misconceptions did, for other answers of the same student
    """
    from autograder import diagnosis

    trials, problems, stuck, first = [], [], None, {}
    reference, end = Local(task.reference), time.monotonic() + TASK_SECONDS
    for one in parts_of(task, student, seed):
        for each in one.cases:
            call = first.setdefault(each.call, len(trials))
            earlier = trials[call] if call < len(trials) else None
            if stuck or time.monotonic() > end:
                seen = Seen(lost=stuck or "not run: the calls before it took too long")
            else:
                seen = earlier.seen if earlier else answer.observe(each.args, each.kwargs)
            if seen.stopped or seen.lost:
                stuck = "not run, since a call before it did not end well"
            expected = earlier.expected if earlier else reference.observe(each.args, each.kwargs)
            try:
                wrong = fault(task, one, each, seen, expected)
            except Exception as error:
                # Values that nobody thought of, or a mistake of ours: no points, and it is said.
                wrong = UNJUDGED
                problems.append(f"{UNJUDGED}: `{task.name}` ({type(error).__name__})")
            trials.append(Trial(one, each, seen, expected, wrong, call))
    trials = without_lists(task, trials)
    verdicts = repeatable(diagnosis.verdicts(task, trials, known))
    return Result(task.name, verdicts, tuple(dict.fromkeys(problems)))


def repeatable(verdicts):
    """The same verdicts, with as much of the answer repeated as `messages.sparing` allows.

    Where a misconception says what is wrong, the fault is not what the student reads.
    """
    order = sorted(verdicts, key=lambda verdict: verdict.sentence is not None)
    faults = messages.sparing([verdict.fault for verdict in order])
    spared = dict(zip(order, faults, strict=True))
    return [dataclasses.replace(verdict, fault=spared[verdict]) for verdict in verdicts]
