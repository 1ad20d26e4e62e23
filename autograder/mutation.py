"""The audit by mutants: whether the checks catch wrong answers that nobody thought of.

Mutants are made from the reference and from every variant of a task (`checking.mutants`). A mutant
counts as wrong if legal calls, drawn from the task's contract (`checking.contracts`), tell it from
the right answer. Each wrong mutant has to lose points for every one of many students.
"""

import contextlib
import dataclasses
import itertools
import signal
from collections.abc import Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

import numpy as np

from autograder.checking import faults, judge
from autograder.checking.answers import Local
from autograder.checking.contracts import Contract
from autograder.checking.mutants import Mutant, mutants
from autograder.model import Case, Observation, Part, Task

STUDENTS = tuple(f"student-{number}" for number in range(20))
CALLS = 1000  # legal calls that are drawn to tell a mutant from the right answer
SECONDS = 0.3  # CPU time of a call; a mutant may never end


@dataclasses.dataclass(frozen=True)
class Judged:
    """A wrong mutant, and how the check took it.

    call : a legal call that tells it from the right answer; None if a hidden call was the first
    missed : students for whom it got all points
    """

    mutant: Mutant
    call: Case | None
    missed: tuple[str, ...]


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


Call = tuple[Part, Case, Observation]  # with what the reference did


def audit(
    task: Task, contract: Contract, students: Sequence[str] = STUDENTS, calls: int = CALLS
) -> Result:
    """Judge every mutant of a task by its check and by its contract."""
    legal = list(legal_calls(task, contract, calls))
    hidden = {student: list(hidden_calls(task, student)) for student in students}
    made, wrong = 0, []
    for answer in (task.reference, *task.variants.values()):
        for mutant in mutants(answer):
            made += 1
            missed = tuple(s for s in students if not differs(task, mutant, hidden[s]))
            if not missed:
                wrong.append(Judged(mutant, None, ()))
            elif (call := first_difference(task, mutant, legal)) is not None:
                wrong.append(Judged(mutant, call, missed))
            elif len(missed) < len(students):
                # No legal call shows it, so the contract lacks what the check asks for.
                wrong.append(Judged(mutant, None, missed))
    return Result(task, len(students), made, tuple(wrong))


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


def first_difference(task: Task, mutant: Mutant, calls: Sequence[Call]) -> Case | None:
    """The first call in which a mutant is wrong; None if it is right in all."""
    answer = Local(mutant.function)
    found = (case for part, case, ours in calls if is_wrong(task, answer, part, case, ours))
    return next(found, None)


def differs(task: Task, mutant: Mutant, calls: Sequence[Call]) -> bool:
    """True if a mutant is wrong in one of these calls."""
    return first_difference(task, mutant, calls) is not None


def is_wrong(task: Task, answer: Local, part: Part, case: Case, expected: Observation) -> bool:
    """True if an answer is wrong in a call, or does not end."""
    try:
        with limited(SECONDS):
            seen = answer.observe(case.args, case.kwargs)
        return faults.fault(task, part, case, seen, expected) is not None
    except Exception:  # it did not end, or returned what cannot be compared
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
    """The audit as text: a line for each task, and one for each mutant that it missed."""
    width = max(len(result.task.name) for result in results)
    lines = [f"{'task':<{width}}{'mutants':>9}{'wrong':>8}{'caught':>8}"]
    for result in results:
        wrong, caught = len(result.wrong), len(result.wrong) - len(result.survivors)
        lines.append(f"{result.task.name:<{width}}{result.made:>9}{wrong:>8}{caught:>8}")
        lines += [f"  NOT caught: {describe(judged)}" for judged in result.survivors]
    wrong = sum(len(result.wrong) for result in results)
    missed = sum(len(result.survivors) for result in results)
    students = results[0].students
    lines.append(
        f"wrong mutants caught, for each of {students} students: {wrong - missed} of {wrong}"
    )
    return "\n".join(lines)


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
