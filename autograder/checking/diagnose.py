"""Diagnosis: finds the misconception that explains a wrong answer.

The misconceptions of a task are wrong solutions, as code. If a student's answer fails a part, they
are run on the same inputs. A misconception explains the part if it behaves like the student's
answer in every failed case; the student reads its docstring. Of several, the one that agrees with
the student in most cases of the whole task is chosen.
"""

import dataclasses
import functools
import inspect
from collections.abc import Callable, Sequence

import numpy as np

from autograder.checking.answers import Local
from autograder.checking.compare import answers, difference, leaves
from autograder.model import Case, Observation, Part, Solution, Task, Trial, Verdict

# What our own functions did: observations by (name of a misconception, or of the task for its
# reference; index of the call).
Known = dict[tuple[str, int], Observation]


def sentence(misconception: Solution) -> str:
    """The explanation for the student: a misconception's docstring in one line."""
    return " ".join((inspect.getdoc(misconception) or "").split()).replace("``", "`")


def verdicts(task: Task, trials: Sequence[Trial], known: Known | None = None) -> list[Verdict]:
    """The verdict on every part, in order; see `agreement` for ``known``."""
    agrees = agreement(task, trials, {} if known is None else known)
    result: list[Verdict] = []
    for part in dict.fromkeys(trial.part for trial in trials):
        refuses = any(case.about for case in part.cases)
        verdict = Verdict(part.name, part.points, conditional=bool(part.also) or refuses)
        failed = [i for i, trial in enumerate(trials) if trial.part is part and trial.fault]
        if failed:
            names = [name for name in task.misconceptions if all(agrees(name, i) for i in failed)]
            if len(names) > 1:
                names.sort(key=lambda name: -sum(agrees(name, i) for i in range(len(trials))))
            name = names[0] if names else None
            verdict = dataclasses.replace(
                verdict,
                fault=trials[failed[0]].fault,
                misconception=name,
                sentence=sentence(task.misconceptions[name]) if name else None,
            )
        result.append(verdict)
    return result


def agreement(task: Task, trials: Sequence[Trial], known: Known) -> Callable[[str, int], bool]:
    """A predicate of (name, index of a trial): did this misconception do what the student did?

    known : cache of our own functions' observations, filled on demand; it can be passed again for
        other answers to the same cases
    """

    @functools.cache
    def agrees(name: str, index: int) -> bool:
        part, case, student = trials[index].part, trials[index].case, trials[index].seen
        if student.lost or student.stopped:
            return False
        call = name, trials[index].call
        if call not in known:
            wrong = Local(task.misconceptions[name])
            known[call] = wrong.observe(case.args, case.kwargs)
        try:
            return same(task, part, case, student, known[call])
        except Exception:  # values that cannot be compared; `judge.grade` reports them
            return False

    return agrees


def same(task: Task, part: Part, case: Case, student: Observation, ours: Observation) -> bool:
    """True if two observations agree in everything that this part requires."""
    if not student.returned or not ours.returned:
        # The type of an exception is too little evidence: the message must be the same too.
        return student.error is not None and student.error == ours.error
    wrong, value = answers(task, case, ours, student)
    if difference(wrong, value, "", "dtype" in part.also, nan_agrees=True):
        return False
    held = list(leaves([wrong]))
    if held and all(isinstance(item, np.ndarray) and not item.size for item in held):
        return False  # empty arrays are no evidence: they all agree
    return (
        ("inputs" not in part.also or student.changed == ours.changed)
        and ("fresh" not in part.also or student.aliased == ours.aliased)
        and ("quiet" not in part.also or student.warned == ours.warned)
    )
