"""The judge: runs the cases of a check on an answer and gives the verdict.

A check is a function ``check_<task>`` that returns parts, written with `checking.words`. A part has
a name that the student reads, points, and cases: calls whose result must equal the reference's on
the same arguments, or that must be refused with a ValueError. A part gives its points only if all
of its cases are right.

    def check_pad2d(rng):
        x = signed(rng, 2, 3, 4, 5)
        return [
            part("a frame of zeros on every side", 1, case(x, 1), case(x, 2)),
            part("keeps its input", 0.5, case(x, 1), also={"inputs"}),
            part("refuses bad input", 0.5, case(x, 1), refused(x, -1, about="pad")),
        ]

The same code checks a student's function in the sandbox (`sandbox.client.Remote`), one in this
process (`answers.Named`), and our own references, variants and misconceptions (`answers.Local`).
"""

import dataclasses
import inspect
import itertools
import time
from collections.abc import Callable, Sequence

import numpy as np

from autograder.checking import diagnose, disclosure, faults
from autograder.checking.answers import Answer, Local, is_late
from autograder.checking.compare import Inexact
from autograder.checking.diagnose import Known
from autograder.model import Observation, Part, Task, TaskVerdict, Trial, Verdict
from course import refusals

TASK_SECONDS = 120.0  # wall time of all calls of one task; later calls are not made


def without_lists(task: Task, trials: list[Trial]) -> list[Trial]:
    """The trials, with a fault for messages that list nearly all parameters.

    Such messages are accepted if any two cases that got one have a word of their ``about`` in
    common: see `refusals.lists_parameters`.
    """
    lists = [
        trial
        for trial in trials
        if trial.case.about
        and not trial.fault
        and trial.seen.error  # a refusal without a fault has one
        and refusals.lists_parameters(trial.seen.error[1], task.reference)
    ]
    named = [set(trial.case.about) for trial in lists]
    if not any(one.isdisjoint(other) for one, other in itertools.combinations(named, 2)):
        return trials
    return [
        dataclasses.replace(
            trial,
            fault="the ValueError lists nearly all parameters, whichever is wrong: "
            f"its message should say `{trial.case.about[0]}`",
        )
        if trial in lists
        else trial
        for trial in trials
    ]


def parts_of(task: Task, student: str, seed: bytes = b"") -> list[Part]:
    """The parts of ``task`` for this student, with their inputs.

    seed : of the submission, see `autograder.secret`
    """

    def mine() -> object:
        assert task.draw  # see `content.tasks_of`
        return task.draw(student)

    wanted: dict[str, Callable[[], object]] = {
        "rng": lambda: np.random.default_rng([*task.name.encode(), *student.encode(), *seed]),
        "mine": mine,
    }
    names = inspect.signature(task.check).parameters
    return task.check(**{name: wanted[name]() for name in names})


def maximum(task: Task) -> float:
    """The points of all parts of a task."""
    return sum(part.points for part in parts_of(task, ""))


def grade(
    task: Task,
    answer: Answer,
    student: str = "",
    known: Known | None = None,
    seed: bytes = b"",
) -> TaskVerdict:
    """The verdict on ``answer`` as the solution of ``task`` by ``student``.

    Cases with the same call share one observation.

    known : cache of what our own functions did, for other answers of the same student and seed
    seed : see `parts_of`
    """
    trials: list[Trial] = []
    problems: list[str] = []
    stuck: str | None = None
    first: dict[object, int] = {}  # index of the first trial, by call
    reference, end = Local(task.reference), time.monotonic() + TASK_SECONDS
    known = {} if known is None else known
    for one in parts_of(task, student, seed):
        for each in one.cases:
            call = first.setdefault(each.call, len(trials))
            earlier = trials[call] if call < len(trials) else None
            if stuck or is_late(answer, end):
                seen = Observation(lost=stuck or "not run: the calls before it took too long")
            else:
                seen = earlier.seen if earlier else answer.observe(each.args, each.kwargs)
            if seen.stopped or seen.lost:
                stuck = "not run, since a call before it did not end well"
            ours = task.name, call
            if ours not in known:
                known[ours] = reference.observe(each.args, each.kwargs)
            expected = known[ours]
            try:
                wrong = faults.fault(task, one, each, seen, expected)
            except Exception as error:
                # An unforeseen value, or a bug of the grader: no points, and the report says so.
                wrong = faults.UNJUDGED
                problems.append(f"{faults.UNJUDGED}: `{task.name}` ({type(error).__name__})")
            trials.append(Trial(one, each, seen, expected, wrong, call))
    trials = without_lists(task, trials)
    verdicts = inexact_once(trials, diagnose.verdicts(task, trials, known))
    return TaskVerdict(task.name, repeatable(verdicts), tuple(dict.fromkeys(problems)))


def inexact_once(trials: Sequence[Trial], verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts, where values that are only inexact cost one part: the first that they fail.

    Who computes in float32, for instance, has the idea of all parts right.

    trials, verdicts : of all parts, in the same order
    """
    parts = dict.fromkeys(trial.part for trial in trials)
    faults_of = {part: [t.fault for t in trials if t.part is part and t.fault] for part in parts}
    inexact = [
        bool(found) and all(isinstance(fault, Inexact) for fault in found)
        for found in faults_of.values()
    ]
    return [
        dataclasses.replace(verdict, fault=None, misconception=None, sentence=None)
        if here and any(inexact[:number])
        else verdict
        for number, (here, verdict) in enumerate(zip(inexact, verdicts, strict=True))
    ]


def repeatable(verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """The verdicts with the faults that `disclosure.sparing` allows.

    Parts that a misconception explains get the one quotation last: the student reads the
    misconception's sentence in the place of their fault.
    """
    order = sorted(range(len(verdicts)), key=lambda i: verdicts[i].sentence is not None)
    said = disclosure.sparing(verdicts[i].fault for i in order)
    spared = dict(zip(order, said, strict=True))
    return tuple(dataclasses.replace(v, fault=spared[i]) for i, v in enumerate(verdicts))
