"""Behaviour: what wrong answers do that no misconception explains, so that they can be grouped.

The probes of a task are a few legal calls, drawn once from its contract and the same for everyone.
They give no points, so they are no secret. An answer with wrong values that nobody has named is
asked the probes after the calls of its check; what it does there is its behaviour. Answers of the
same behaviour form a group, which a lecturer can give a sentence (`autograder.named`).

An answer that is right in all probes has no behaviour, nor has one that a probe stops or ends:
there is nothing to group it by.
"""

import dataclasses
import hashlib
import itertools
import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checking import faults
from autograder.checking.answers import Answer, Local, is_late
from autograder.checking.compare import is_number, is_truth_value, leaves, type_in_words
from autograder.checking.contracts import Contract
from autograder.checking.disclosure import exception_name
from autograder.model import Behaviour, Case, Observation, Part, Task, TaskVerdict
from autograder.sandbox.inside import wire
from autograder.sandbox.inside.wire import Foreign, Made

PROBES = 12
DRAWN = 60  # legal calls, of which the probes are chosen
SECONDS = 20.0  # wall time of all probes of one answer; later ones are not asked
# Decimal places, relative to the largest value, that count. Rounding noise is far smaller.
PLACES = {"float32": 3, "float16": 2}
PLACES_ELSE = 8
# A value on the border between two rounded ones could fall on either side. At this odd place there
# is no border that values of exercises have: no whole number, half or power of ten.
BORDER = 0.237
SHORT = 160  # characters of a value as text
FEW = 16  # numbers of an array that is shown whole


@dataclasses.dataclass(frozen=True, eq=False)
class Probe:
    """A legal call of a task, and what the right answer returns."""

    case: Case
    asked: object


# -- the probes of a task -------------------------------------------------------------------------


def drawn(task: Task, contract: Contract) -> tuple[Probe, ...]:
    """The probes of a task, always the same: legal calls of middling size, the smaller first.

    The smallest calls show little (one pixel, one channel), and large ones only take room.
    """
    rng = np.random.default_rng([*b"probes", *task.name.encode()])
    reference = Local(task.reference)
    found: list[tuple[int, Probe]] = []
    for case in itertools.islice(contract.calls(rng), DRAWN):
        seen = reference.observe(case.args, case.kwargs)
        if not case.about and seen.returned and size(seen.value):
            given = [*case.args, *case.kwargs.values()]
            found.append((size(given), Probe(Case(case.args, case.kwargs), seen.value)))
    found.sort(key=lambda one: one[0])
    middle = found[len(found) // 4 : len(found) - len(found) // 4]
    middle = middle if len(middle) >= PROBES else found
    chosen = np.linspace(0, len(middle) - 1, min(PROBES, len(middle))).astype(int)
    return tuple(middle[place][1] for place in chosen)


def size(value: object) -> int:
    """How many numbers, texts and other single things a value holds."""
    held = [*value.values.values()] if isinstance(value, Made) else [value]
    return sum(leaf.size if isinstance(leaf, np.ndarray) else 1 for leaf in leaves(held))


def as_json(probes: Sequence[Probe]) -> list[dict[str, Any]]:
    """Probes as JSON: arrays as nested lists with their dtype; `from_json` reads them back."""
    return [
        {
            "args": packed(list(probe.case.args)),
            "kwargs": packed(dict(probe.case.kwargs)),
            "asked": packed(probe.asked),
        }
        for probe in probes
    ]


def from_json(told: Sequence[dict[str, Any]]) -> tuple[Probe, ...]:
    """The probes that `as_json` has written. Raises ValueError if one is damaged.

    Nothing in them is evaluated: that happens where the answer is called, in the sandbox.
    """
    return tuple(probe_of(one, number) for number, one in enumerate(told, 1))


def probe_of(told: dict[str, Any], number: int) -> Probe:
    """The probe of one entry; see `from_json`."""
    try:
        args, kwargs = unpacked(told["args"]), unpacked(told["kwargs"])
        if not isinstance(args, list) or not isinstance(kwargs, dict):
            raise TypeError
        return Probe(Case(tuple(args), kwargs), unpacked(told["asked"]))
    except (AttributeError, KeyError, TypeError, ValueError, wire.Malformed):
        raise ValueError(f"call {number} is not as the grader has written it") from None


def packed(value: object) -> dict[str, Any]:
    """A value as JSON, in the form of `wire`, its arrays beside it as nested lists."""
    tensors: wire.Tensors = {}
    tree = wire.pack(value, tensors)
    arrays = {
        name: {"dtype": array.dtype.name, "shape": array.shape, "values": array.tolist()}
        for name, array in tensors.items()
    }
    return {"value": tree, "arrays": arrays}


def unpacked(told: dict[str, Any]) -> object:
    """The value of an object of `packed`; a `Made` stays one."""
    arrays = {
        name: np.array(one["values"], one["dtype"]).reshape(one["shape"])
        for name, one in told["arrays"].items()
    }
    return wire.unpack(told["value"], arrays, make=lambda made: made)


def fingerprint(probes: Sequence[Probe]) -> str:
    """A hash of the probes."""
    return hashed(json.dumps([{**one, "asked": None} for one in as_json(probes)]))


# -- the behaviour of an answer -------------------------------------------------------------------


def with_behaviour(
    task: Task, verdict: TaskVerdict, answer: Answer, probes: Sequence[Probe]
) -> TaskVerdict:
    """The verdict, with the answer's behaviour where it is `unnamed`; the points stay."""
    if not verdict.unnamed:
        return verdict
    return dataclasses.replace(verdict, behaviour=of_answer(task, answer, probes))


def of_answer(task: Task, answer: Answer, probes: Sequence[Probe]) -> Behaviour | None:
    """What an answer does in the probes; None if that is not known, or always right."""
    values, first = [], None
    end = time.monotonic() + SECONDS
    for probe in probes:
        if is_late(answer, end):
            return None
        seen = answer.observe(probe.case.args, probe.case.kwargs)
        if seen.lost or seen.stopped or faults.missing(task, seen):
            return None
        values.append(hashed(outcome(seen)))
        if first is None and is_wrong(task, probe, seen):
            first = probe, seen
    if first is None:
        return None
    probe, seen = first
    call = f"{task.name}({arguments(probe.case)})"
    return Behaviour(fingerprint(probes), tuple(values), call, *texts(probe.asked, seen))


def is_wrong(task: Task, probe: Probe, seen: Observation) -> bool:
    """True if a probe came out wrong, or cannot be compared."""
    try:
        part = Part("", 0.0, (probe.case,))
        return faults.fault(task, part, probe.case, seen, Observation(probe.asked)) is not None
    except Exception:
        return True


def hashed(text: str) -> str:
    """The first digits of a hash, in hex."""
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()[:12]


def outcome(seen: Observation) -> str:
    """What came, as a text that is the same for the same behaviour.

    The type of an error is too little evidence that two answers do the same, as in the diagnosis of
    misconceptions, so its message belongs to it.
    """
    return f"{seen.error}" if seen.error else rounded(seen.value)


def rounded(value: object) -> str:
    """A value as a text that is the same for values which differ by rounding noise.

    As in `compare.difference` a number is a number in whatever form, and a tuple is a list. Floats
    of low precision are rounded more, and differ from others.
    """
    if is_truth_value(value):
        return ascii(value.item())
    if isinstance(value, np.ndarray) or is_number(value):
        return rounded_numbers(np.asarray(value))
    if isinstance(value, dict):
        return f"{{{sorted((str(key), rounded(item)) for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(rounded, value))}]"
    return type_in_words(value) if isinstance(value, Foreign) else ascii(value)


def rounded_numbers(array: NDArray[Any]) -> str:
    """`rounded` for an array."""
    if array.dtype.kind not in "iuf":  # truth values, or a whole number too large for an array
        return f"{array.dtype} {array.tolist()}"
    name = array.dtype.name if array.dtype.name in PLACES else "number"
    numbers = array.astype(np.float64)
    finite = np.isfinite(numbers)
    # As in `compare`: what is far below 1 is noise.
    largest = max(float(np.abs(numbers[finite]).max(initial=0.0)), 1.0)
    exponent = np.floor(np.log10(largest) + BORDER)
    step = 10.0 ** (exponent - PLACES.get(name, PLACES_ELSE))
    steps = np.floor(np.where(finite, numbers, 0.0) / step + BORDER)
    steps = np.where(finite, steps, numbers) + 0.0  # -0.0 is 0.0
    return f"{name} {array.shape} {exponent:g} {hashed(str(steps.tobytes()))}"


# -- as text, for the lecturer --------------------------------------------------------------------


def arguments(case: Case) -> str:
    """The arguments of a call as text."""
    words = [shown(value) for value in case.args]
    return ", ".join([*words, *(f"{name}={shown(value)}" for name, value in case.kwargs.items())])


def texts(asked: object, seen: Observation) -> tuple[str, str]:
    """What was asked for and what came, as short texts; of large arrays where they first differ."""
    if seen.error:
        kind, message = seen.error
        return shown(asked), f"{exception_name(kind).text}: {short(ascii(message)[1:-1])}"
    came = seen.value
    if are_large(asked, came):
        right, other = np.asarray(asked, np.float64), np.asarray(came, np.float64)
        wrong = ~np.isclose(right, other, equal_nan=True)
        if wrong.any():
            place = tuple(map(int, np.argwhere(wrong)[0]))
            where, share = f"{right.shape}, at {list(place)}", f"{wrong.sum()} of {wrong.size}"
            return f"{where}: {right[place]:.6g}", f"{where}: {other[place]:.6g}; {share} differ"
    return shown(asked), shown(came)


def are_large(asked: object, came: object) -> bool:
    """True for two arrays of real numbers and of one shape that are too large to be shown whole."""
    return (
        isinstance(asked, np.ndarray)
        and isinstance(came, np.ndarray)
        and asked.size > FEW
        and asked.shape == came.shape
        and came.dtype.kind in "biuf"
    )


def shown(value: object) -> str:
    """A value as a short text in ASCII, without anything that could mislead a reader."""
    if isinstance(value, np.ndarray):
        numbers = np.array2string(value, precision=4, threshold=FEW, edgeitems=1, separator=", ")
        return short(f"{value.dtype} {value.shape} {' '.join(numbers.split())}")
    if isinstance(value, np.generic):
        return shown(value.item())
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, dict):
        items = itertools.islice(value.items(), FEW)
        return short(f"{{{', '.join(f'{shown(key)}: {shown(item)}' for key, item in items)}}}")
    if isinstance(value, list | tuple):
        begin, end = "[]" if isinstance(value, list) else "()"
        return short(f"{begin}{', '.join(map(shown, value[:FEW]))}{end}")
    if isinstance(value, Made):
        return short(value.source)
    return type_in_words(value) if isinstance(value, Foreign) else short(ascii(value))


def short(text: str) -> str:
    """The beginning of a text."""
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"
