"""From a wrong answer to the sentence that names the mistake.

The misconceptions of a task are wrong solutions, as code. Where a student's answer fails a part,
they are run on the same inputs; the one that did the same as the student in every failed case of
that part gives its sentence (its docstring). Where several did, the one that agrees with the
student most over the whole task does.
"""

import inspect

import numpy as np

from autograder import checking


def sentence(misconception):
    """What a misconception says to the student who holds it."""
    return " ".join(inspect.getdoc(misconception).split())


def verdicts(task, trials):
    """A `checking.Verdict` for every part, in order."""
    wrong = any(trial.fault for trial in trials if trial.seen.error or trial.seen.returned)
    agreement = agreements(task, trials) if wrong else {}
    totals = {name: sum(agrees) for name, agrees in agreement.items()}
    result = []
    for part in dict.fromkeys(trial.part for trial in trials):
        failed = [i for i, trial in enumerate(trials) if trial.part is part and trial.fault]
        explains = [name for name, agrees in agreement.items() if all(agrees[i] for i in failed)]
        if not failed:
            result.append(checking.Verdict(part, None))
        elif not explains:
            result.append(checking.Verdict(part, trials[failed[0]].fault))
        else:
            best = max(explains, key=totals.get)
            said = sentence(task.misconceptions[best])
            result.append(checking.Verdict(part, trials[failed[0]].fault, best, said))
    return result


def agreements(task, trials):
    """For every misconception, case by case, whether it did what the student did."""
    found = {}
    for name, function in task.misconceptions.items():
        local = checking.Local(function)
        found[name] = [
            same(trial.part, trial.seen, local.observe(trial.case.args, trial.case.kwargs))
            for trial in trials
        ]
    return found


def same(part, student, ours):
    """True if two looks cannot be told apart in what this part looks at."""
    if not student.returned or not ours.returned:
        # An exception alone says little: the same kind must come with the same message.
        return student.error is not None and student.error == ours.error
    value = (
        checking.hand_written(student.value) if isinstance(student.value, list) else student.value
    )
    if checking.difference(ours.value, value, "", "dtype" in part.also):
        return False
    return (
        ("inputs" not in part.also or student.changed == ours.changed)
        and ("fresh" not in part.also or student.aliased == ours.aliased)
        and ("quiet" not in part.also or student.warned == ours.warned)
        and not (isinstance(ours.value, np.ndarray) and ours.value.size == 0)
    )
