"""Diagnosis: finds the misconception, or the two, that explain a wrong answer.

The misconceptions of a task are wrong solutions, as code. If a student's answer fails, they are run
on the same inputs. One is named only if the answer does what it does in every call of the task:
right where it is right, and wrong in the same way where it is wrong. The student reads its
docstring.

Of an answer with two mistakes that can be told apart both are named: each call in which one of them
alone is wrong must come out as that one says, and each call in which both are wrong must be wrong.

Whether bad input is refused is another question than what good input gives. So calls with bad input
decide only about the parts that contain them.
"""

import functools
import inspect
import itertools
from collections.abc import Sequence

import numpy as np

from autograder.checking import faults, patterns
from autograder.checking.answers import Local
from autograder.checking.compare import answers, difference, leaves, with_single
from autograder.model import Case, Observation, Part, Solution, Task, Trial, Verdict

# What our own functions did: observations by (name of a misconception, or of the task for its
# reference; index of the call).
Known = dict[tuple[str, int], Observation]


def sentence(misconception: Solution) -> str:
    """The explanation for the student: a misconception's docstring in one line."""
    return " ".join((inspect.getdoc(misconception) or "").split()).replace("``", "`")


def verdicts(task: Task, trials: Sequence[Trial], known: Known | None = None) -> list[Verdict]:
    """The verdict on every part, in order.

    known : cache of our own functions' observations, filled on demand; it can be passed again for
        other answers to the same cases
    """
    known = {} if known is None else known
    together = Diagnosis(task, trials, known)
    ended = any(trial.seen.lost or trial.seen.stopped for trial in trials)
    result: list[Verdict] = []
    for part in dict.fromkeys(trial.part for trial in trials):
        refuses = any(case.about for case in part.cases)
        mine = [trial for trial in trials if trial.part is part]
        failed = [trial for trial in mine if trial.fault]
        # Each claim is a question of its own: a mistake in one has nothing to do with the others.
        separate = task.by_value and not task.own_numbers
        fault = failed[0].fault if failed else None
        name = None
        if failed:
            diagnosis = Diagnosis(task, mine, known) if separate else together
            name = diagnosis.name(mine, failed)
        if fault and not name:
            fault = patterns.described(task, fault, failed, trials)
        verdict = Verdict(
            part.name,
            part.points,
            fault=fault,
            misconception=name,
            sentence=sentence(task.misconceptions[name]) if name else None,
            conditional=bool(part.also) or refuses,
            wrong_value=not ended and any(trial in together.wrong for trial in failed),
        )
        result.append(verdict)
    return result


class Diagnosis:
    """What the misconceptions of a task explain of an answer, by the trials of some calls."""

    def __init__(self, task: Task, trials: Sequence[Trial], known: Known) -> None:
        self.task, self.known = task, known
        self.judged: dict[tuple[str, int], bool] = {}  # by misconception and call: see `is_wrong`
        self.valid = [trial for trial in trials if not trial.case.about]
        # Those with wrong values; a trial without a fault has right ones.
        self.wrong = [t for t in self.valid if t.fault and self.values_fault(t, t.seen)]
        self.right = [t for t in self.valid if t not in self.wrong]

    def name(self, part: Sequence[Trial], failed: Sequence[Trial]) -> str | None:
        """The misconception that explains a failed part; None if none does.

        part, failed : its trials, and those of them that have a fault
        """
        if all(is_empty(trial) for trial in failed):
            return None
        names = list(self.explanation)
        if not any(trial in self.wrong for trial in failed):  # a side effect, or a refusal
            names += self.faultless
            names += [n for n, wrong in self.task.misconceptions.items() if is_by_chance(wrong)]
        # The failed ones first: they rule out most misconceptions at once.
        calls = [*failed, *(trial for trial in part if not trial.fault)]
        return next((n for n in names if all(self.agrees(n, trial) for trial in calls)), None)

    # -- all calls with good input ----------------------------------------------------------------

    @functools.cached_property
    def explanation(self) -> list[str]:
        """The misconceptions that explain all values together: one, or two; none if no set does."""
        lost = any(trial.seen.lost or trial.seen.stopped for trial in self.wrong)
        if lost or all(is_empty(trial) for trial in self.wrong):
            return []
        bank = self.task.misconceptions
        if alone := [name for name in bank if self.explains([name])]:
            return alone
        partly = [name for name in bank if self.may_be_one_of_two(name)]
        pairs = [pair for pair in itertools.combinations(partly, 2) if self.explains(pair)]
        return [name for name in partly if pairs and all(name in pair for pair in pairs)]

    @functools.cached_property
    def faultless(self) -> list[str]:
        """The misconceptions whose mistake is no value: they pass wherever the answer passes."""
        passed = [trial for trial in self.valid if not trial.fault]
        return [
            name
            for name in self.task.misconceptions
            if not any(self.is_wrong(name, trial) for trial in self.valid)
            and all(self.agrees(name, trial) for trial in passed)
        ]

    def explains(self, names: Sequence[str]) -> bool:
        """True if these misconceptions together predict the values of all calls."""
        shown = set()  # those that a call shows alone
        for trial in self.wrong:
            wrong = [name for name in names if self.is_wrong(name, trial)]
            if not wrong or (len(wrong) == 1 and not self.same_value(wrong[0], trial)):
                return False
            shown |= set(wrong) if len(wrong) == 1 else set()
        return shown == set(names) and not any(
            self.is_wrong(name, trial) for trial in self.right for name in names
        )

    def may_be_one_of_two(self, name: str) -> bool:
        """True if a misconception is once wrong like the answer, and never where that is right."""
        alike = any(
            self.is_wrong(name, trial) and self.same_value(name, trial) for trial in self.wrong
        )
        return alike and not any(self.is_wrong(name, trial) for trial in self.right)

    # -- one call ---------------------------------------------------------------------------------

    def ours(self, name: str, trial: Trial) -> Observation:
        """What a misconception does in a call."""
        call = name, trial.call
        if call not in self.known:
            wrong = Local(self.task.misconceptions[name])
            self.known[call] = wrong.observe(trial.case.args, trial.case.kwargs)
        return self.known[call]

    def values_fault(self, trial: Trial, seen: Observation) -> str | None:
        """What is wrong with the value of a call, whatever else its part asks for."""
        part = values_only(trial.part)
        try:
            return faults.fault(self.task, part, trial.case, seen, trial.expected)
        except Exception:  # a value that cannot be compared; `judge.grade` reports it
            return faults.UNJUDGED

    def is_wrong(self, name: str, trial: Trial) -> bool:
        """True if the value of a misconception is wrong in this call."""
        call = name, id(trial)
        if call not in self.judged:
            self.judged[call] = self.values_fault(trial, self.ours(name, trial)) is not None
        return self.judged[call]

    def same_value(self, name: str, trial: Trial) -> bool:
        """True if a misconception gives the value of the answer in this call."""
        return self.is_same(values_only(trial.part), name, trial)

    def agrees(self, name: str, trial: Trial) -> bool:
        """True if a misconception does what the answer did, in all that the part asks for."""
        if trial.fault:
            return self.is_same(trial.part, name, trial)
        ours = self.ours(name, trial)
        return faults.fault(self.task, trial.part, trial.case, ours, trial.expected) is None

    def is_same(self, part: Part, name: str, trial: Trial) -> bool:
        """`same`, and False for values that cannot be compared; `judge.grade` reports them."""
        try:
            return same(self.task, part, trial.case, trial.seen, self.ours(name, trial))
        except Exception:
            return False


def is_by_chance(misconception: Solution) -> bool:
    """True if `mistakes.by_chance` marks it."""
    return getattr(misconception, "by_chance", False)


def values_only(part: Part) -> Part:
    """A part that asks for nothing but its values."""
    return Part(part.name, part.points, part.cases)


def is_empty(trial: Trial) -> bool:
    """True if a call gave nothing but empty arrays, which are no evidence: they all agree."""
    held = list(leaves([trial.seen.value]))
    return bool(held) and all(isinstance(item, np.ndarray) and not item.size for item in held)


def same(task: Task, part: Part, case: Case, student: Observation, ours: Observation) -> bool:
    """True if two observations agree in everything that this part requires."""
    if not student.returned or not ours.returned:
        # The type of an exception is too little evidence: the message must be the same too.
        return student.error is not None and student.error == ours.error
    wrong, value = answers(task, case, ours, student)
    if difference(wrong, value, "", "dtype" in part.also, True, with_single(case)):
        return False
    return (
        ("inputs" not in part.also or student.changed == ours.changed)
        and ("draws" not in part.also or student.states == ours.states)
        and ("fresh" not in part.also or student.aliased == ours.aliased)
        and ("apart" not in part.also or student.joined == ours.joined)
        and ("quiet" not in part.also or student.warned == ours.warned)
    )
