"""The audit by mutants: whether the checks catch wrong answers that nobody thought of.

Mutants are made from the reference and from every variant of a task (`checking.mutants`). A mutant
counts as wrong if legal calls, drawn from the task's contract (`checking.contracts`), tell it from
the right answer. Each wrong mutant has to lose points for every one of many students.

Of those that are caught the audit also says what the student would read, and whether a
misconception that is named does what the mutant does in all legal calls; and which share of the
points each kind of change costs.
"""

import collections
import contextlib
import dataclasses
import enum
import itertools
import resource
import signal
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

import numpy as np

from autograder.checking import diagnose, faults, judge
from autograder.checking.answers import Local
from autograder.checking.compare import is_vague
from autograder.checking.contracts import Contract
from autograder.checking.mutants import Mutant, mutants
from autograder.model import Case, Observation, Part, Task, TaskVerdict

STUDENTS = tuple(f"student-{number}" for number in range(20))
CALLS = 1000  # legal calls that are drawn to tell a mutant from the right answer
SECONDS = 0.3  # CPU time of a call; a mutant may never end
PATIENT = 10.0  # of a legal call that is to show that a mutant is wrong
MEMORY = 2 << 30  # bytes of address space that mutants may use, as in the sandbox


class Said(enum.Enum):
    """What the student reads of a mutant that is caught."""

    NAMED = "named"  # a misconception
    MORE = "described"  # what the values have to do with the right ones, an error, a shape, …
    VAGUE = "only wrong"  # that values are wrong, and nothing else


@dataclasses.dataclass(frozen=True)
class Judged:
    """A wrong mutant, and how the check took it.

    call : a legal call that tells it from the right answer; None if a hidden call was the first
    missed : students for whom it got all points
    lost : the share of the points that it loses for the first student
    said : what the first student reads; None if it got all points
    misnamed : a legal call in which the misconception that is named does something else
    """

    mutant: Mutant
    call: Case | None
    missed: tuple[str, ...]
    lost: float = 0.0
    said: Said | None = None
    misnamed: tuple[str, Case] | None = None


@dataclasses.dataclass(frozen=True)
class Result:
    """The outcome for one task.

    students : for how many each mutant was checked
    made : all mutants
    wrong : those that legal calls tell from the right answer
    """

    task: Task
    students: int
    made: int
    wrong: tuple[Judged, ...]

    @property
    def survivors(self) -> list[Judged]:
        """The wrong mutants that got all points of at least one student."""
        return [judged for judged in self.wrong if judged.missed]

    def count(self, said: Said) -> int:
        """The number of wrong mutants of which the student reads this."""
        return sum(judged.said is said for judged in self.wrong)


Call = tuple[Part, Case, Observation]  # with what the reference did


class Timed(Local):
    """An answer that is stopped, and counts as that, once a call has used its CPU time.

    seconds : that a call may use
    """

    def __init__(self, function: Callable[..., Any], seconds: float = SECONDS) -> None:
        super().__init__(function)
        self.seconds = seconds

    def observe(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Observation:
        """Call the function with copies of the arguments."""
        try:
            with limited(self.seconds):
                seen = super().observe(args, kwargs)
        except TimeoutError:  # after the call, while it was looked at
            return Observation(stopped=True)
        except RecursionError:  # a list that contains itself
            return Observation(error=(RecursionError.__name__, ""))
        stopped = seen.error is not None and seen.error[0] == TimeoutError.__name__
        return Observation(stopped=True) if stopped else seen


def audit(
    task: Task, contract: Contract, students: Sequence[str] = STUDENTS, calls: int = CALLS
) -> Result:
    """Judge every mutant of a task by its check and by its contract."""
    with little_memory():
        return judged(task, contract, students, calls)


def judged(task: Task, contract: Contract, students: Sequence[str], calls: int) -> Result:
    """The result of `audit`, in whatever memory there is."""
    legal = list(legal_calls(task, contract, calls))
    hidden = {student: list(hidden_calls(task, student)) for student in students}
    known: diagnose.Known = {}  # of the first student's calls
    made, wrong = 0, []
    for right in (task.reference, *task.variants.values()):
        for mutant in mutants(right):
            made += 1
            answer = Timed(mutant.function)
            missed = tuple(s for s in students if not is_told(task, answer, hidden[s]))
            # A hidden call is legal. Of those that pass, the slow ones are not taken for wrong.
            patient = Timed(mutant.function, PATIENT)
            call = first_difference(task, patient, legal) if missed else None
            if call is None and len(missed) == len(students):
                continue  # nothing tells it from the right answer
            verdict = judge.grade(task, answer, students[0], known)
            lost = 1 - verdict.points / verdict.maximum
            wrong_name = misnamed(task, answer, verdict, legal)
            wrong.append(Judged(mutant, call, missed, lost, said(verdict), wrong_name))
    return Result(task, len(students), made, tuple(wrong))


def said(verdict: TaskVerdict) -> Said | None:
    """What a student reads of an answer; None if it got all points."""
    failed = [part for part in verdict.parts if part.fault]
    if not failed:
        return None
    if any(part.misconception for part in failed):
        return Said.NAMED
    return Said.VAGUE if all(is_vague(part.fault or "") for part in failed) else Said.MORE


def misnamed(
    task: Task, answer: Local, verdict: TaskVerdict, legal: Sequence[Call]
) -> tuple[str, Case] | None:
    """The misconception that is named, and a legal call in which the answer does something else.

    None if there is no such call, or if no misconception is named, or two, which explain it only
    together.
    """
    if len(verdict.misconceptions) != 1:
        return None
    (name,) = verdict.misconceptions
    ours = Timed(task.misconceptions[name])
    for part, case, _ in legal:
        seen, wrong = (one.observe(case.args, case.kwargs) for one in (answer, ours))
        # Where a mistake leaves nothing to compute, each fails in a way of its own.
        returned = seen.returned and wrong.returned
        if returned and not diagnose.same(task, part, case, seen, wrong):
            return name, case
    return None


def legal_calls(task: Task, contract: Contract, count: int) -> Iterator[Call]:
    """Drawn calls of a contract, and what the reference does in them."""
    rng = np.random.default_rng([*task.name.encode()])
    reference = Local(task.reference)
    for case in itertools.islice(contract.calls(rng), count):
        yield Part("", 0.0, (case,)), case, reference.observe(case.args, case.kwargs)


def hidden_calls(task: Task, student: str) -> Iterator[Call]:
    """The calls of the check for one student, and what the reference does in them."""
    reference = Local(task.reference)
    for part in judge.parts_of(task, student):
        for case in part.cases:
            yield part, case, reference.observe(case.args, case.kwargs)


def first_difference(task: Task, answer: Local, calls: Sequence[Call]) -> Case | None:
    """The first call in which an answer is wrong; None if it is right in all."""
    found = (case for part, case, ours in calls if is_wrong(task, answer, part, case, ours))
    return next(found, None)


def is_told(task: Task, answer: Local, calls: Sequence[Call]) -> bool:
    """True if one of these calls tells an answer from the right one."""
    return first_difference(task, answer, calls) is not None


def is_wrong(task: Task, answer: Local, part: Part, case: Case, expected: Observation) -> bool:
    """True if an answer is wrong in a call, or does not end."""
    seen = answer.observe(case.args, case.kwargs)
    try:
        return faults.fault(task, part, case, seen, expected) is not None
    except Exception:  # it returned what cannot be compared
        return True


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the code below once it has used this CPU time."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@contextlib.contextmanager
def little_memory() -> Iterator[None]:
    """Make what a mutant allocates beyond `MEMORY` a MemoryError, in the code below."""
    with open("/proc/self/statm", encoding="ascii") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    before, hard = resource.getrlimit(resource.RLIMIT_AS)
    lower = [limit for limit in (used + MEMORY, before, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(lower), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, hard))


def unfit(task: Task, contract: Contract, calls: int = CALLS) -> list[str]:
    """What is wrong with a contract: legal calls in which a right answer is not right."""
    found = []
    for name, answer in task.variants.items():
        for part, case, expected in legal_calls(task, contract, calls):
            if expected.error and not case.about:
                found.append(f"{task.name}: the reference raises {expected.error} at {shown(case)}")
                return found
            if is_wrong(task, Local(answer), part, case, expected):
                found.append(f"{name} is not right at {shown(case)}")
                break
    return found


def table(results: Sequence[Result]) -> str:
    """The audit as text: a line for each task, and one for each mutant that it missed or misnamed.

    Then a line for each kind of change, with the share of the points that it costs.
    """
    width = max(len(result.task.name) for result in results)
    heads = [f"{one.value:>12}" for one in Said]
    lines = [f"{'task':<{width}}{'mutants':>9}{'wrong':>8}{'caught':>8}{''.join(heads)}"]
    for result in results:
        wrong, caught = len(result.wrong), len(result.wrong) - len(result.survivors)
        counts = "".join(f"{result.count(one):>12}" for one in Said)
        lines.append(f"{result.task.name:<{width}}{result.made:>9}{wrong:>8}{caught:>8}{counts}")
        lines += [f"  NOT caught: {describe(judged)}" for judged in result.survivors]
        lines += [
            f"  NOT {name}: {judged.mutant} (at {shown(case)})"
            for judged in result.wrong
            if judged.misnamed
            for name, case in [judged.misnamed]
        ]
    found = [judged for result in results for judged in result.wrong]
    lines += ["", *by_kind(found), ""]
    vague = sum(result.count(Said.VAGUE) for result in results)
    named = sum(result.count(Said.NAMED) for result in results)
    false = sum(judged.misnamed is not None for judged in found)
    missed = sum(len(result.survivors) for result in results)
    students, total = results[0].students, max(len(found), 1)
    lines.append(
        f"wrong mutants caught, for each of {students} students: "
        f"{len(found) - missed} of {len(found)}; named {named / total:.0%}, {false} of them by a "
        f"misconception that differs in a legal call; only said to be wrong {vague / total:.0%}"
    )
    return "\n".join(lines)


def by_kind(found: Sequence[Judged]) -> list[str]:
    """Lines: for each kind of change, how many mutants there are, and what they cost."""
    kinds: dict[str, list[float]] = collections.defaultdict(list)
    for judged in found:
        kinds[judged.mutant.kind].append(judged.lost)
    lines = [f"{'kind of change':<18}{'wrong':>8}{'points lost: median':>22}{'all of them':>14}"]
    for kind, lost in sorted(kinds.items()):
        every = sum(share == 1 for share in lost) / len(lost)
        lines.append(f"{kind:<18}{len(lost):>8}{statistics.median(lost):>22.0%}{every:>14.0%}")
    return lines


def describe(judged: Judged) -> str:
    """A mutant that got all points, for how many students, and a legal call that tells it."""
    call = shown(judged.call) if judged.call else "a call that the contract does not have"
    return f"{judged.mutant} (by {len(judged.missed)} students' checks; wrong at {call})"


def shown(case: Case) -> str:
    """A call as text, arrays as their dtype and shape."""
    words = [text_of(value) for value in case.args]
    words += [f"{name}={text_of(value)}" for name, value in case.kwargs.items()]
    return f"({', '.join(words)})"


def text_of(value: Any) -> str:
    """A value as text; see `shown`."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{list(value.shape)}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {text_of(item)}" for key, item in value.items()) + "}"
    return repr(value)
