"""From a wrong answer to the sentence that names the mistake.

The misconceptions of a task are wrong solutions, as code. Where a student's answer fails a part,
they are run on the same inputs; the one that did the same as the student in every failed case of
that part gives its sentence (its docstring). Where several did, the one that agrees with the
student most over the whole task does.
"""

import dataclasses
import functools
import inspect

import numpy as np

from autograder.checking.answers import Local
from autograder.checking.compare import answers, difference, leaves
from autograder.model import Verdict


def sentence(misconception):
    """What a misconception says to the student who holds it."""
    return " ".join(inspect.getdoc(misconception).split()).replace("``", "`")


def verdicts(task, trials, known=None):
    """A `model.Verdict` for every part, in order; see `agreement` for ``known``."""
    agrees = agreement(task, trials, {} if known is None else known)
    result = []
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


def agreement(task, trials, known):
    """A function that says whether a misconception, by name, did in one case what the student did.

    It runs a misconception only when asked, and once per call: ``known`` holds what came of it, by
    (name, number of the call), and may be kept for other answers to the same cases.
    """

    @functools.cache
    def agrees(name, index):
        part, case, student = trials[index].part, trials[index].case, trials[index].seen
        if student.lost or student.stopped:
            return False
        call = name, trials[index].call
        if call not in known:
            wrong = Local(task.misconceptions[name])
            known[call] = wrong.observe(case.args, case.kwargs)
        try:
            return same(task, part, case, student, known[call])
        except Exception:  # nothing that we know; `checking.grade` says so where it cannot judge
            return False

    return agrees


def same(task, part, case, student, ours):
    """True if two looks cannot be told apart in what this part looks at."""
    if not student.returned or not ours.returned:
        # An exception alone says little: the same kind must come with the same message.
        return student.error is not None and student.error == ours.error
    wrong, value = answers(task, case, ours, student)
    if difference(wrong, value, "", "dtype" in part.also, nan_agrees=True):
        return False
    held = list(leaves([wrong]))
    if held and all(isinstance(item, np.ndarray) and not item.size for item in held):
        return False  # empty arrays agree with any other ones
    return (
        ("inputs" not in part.also or student.changed == ours.changed)
        and ("fresh" not in part.also or student.aliased == ours.aliased)
        and ("quiet" not in part.also or student.warned == ours.warned)
    )
