"""What is wrong with the outcome of one call, as a sentence for the student."""

from autograder.checking import disclosure
from autograder.checking.compare import a_type, answers, difference, unreadable, with_single
from autograder.model import Case, Observation, Part, Task
from autograder.sandbox.inside.wire import Made
from course import refusals

STOPPED = "it did not finish: stopped after too much CPU time"
UNJUDGED = "an answer that the grader could not judge: a person should look at it"


def fault(
    task: Task, part: Part, case: Case, seen: Observation, expected: Observation
) -> str | None:
    """What is wrong with ``seen``, as a sentence for the student; None if nothing is."""
    if seen.lost:
        return seen.lost
    if seen.stopped:
        return STOPPED
    if there_is_none := missing(task, seen):
        return there_is_none
    if case.about:
        return refusal_fault(case, seen)
    if seen.error:
        return disclosure.describe(task.reference, *seen.error, seen.line)
    if case.item:
        if not isinstance(seen.value, dict):
            return disclosure.format_fault("it should be a dictionary, not {}", a_type(seen.value))
        if case.item not in seen.value:
            return f"it has no entry {case.item!r}"
    wanted, value = answers(task, case, expected, seen)
    if task.by_value and isinstance(value, list | tuple):
        return unreadable(value)
    what = f"its entry {case.item!r}" if case.item else "it"
    exact = "dtype" in part.also
    wrong = difference(wanted, value, what, exact, single=with_single(case))
    return wrong or side_effect(task, part, case, seen, expected)


def missing(task: Task, seen: Observation) -> str | None:
    """Why there is no answer to be called, as a sentence; None if there is one."""
    if seen.error and seen.error[0] == "NotImplementedError":
        return "not written yet"
    if seen.error and seen.error[0] in ("KeyError", "NameError") and quoted(task) in seen.error[1]:
        return f"nothing is called `{task.name}`: the cell that defines it failed, or was removed"
    return None


def quoted(task: Task) -> str:
    """The task's name in quotes, as in Python's messages, so that it matches no longer name."""
    return f"'{task.name}'"


def refusal_fault(case: Case, seen: Observation) -> str | None:
    """What is wrong with the response to bad input; None if nothing is."""
    if not seen.error:
        return f"bad input was accepted: a ValueError that names `{case.about[0]}` was expected"
    name, message = seen.error
    if name != "ValueError":
        kind = disclosure.exception_name(name)
        return disclosure.format_fault(
            "bad input raised {}, not a ValueError that names the argument", kind
        )
    if not refusals.names_argument(message, case.about):
        return (
            f"the ValueError does not name the argument: its message should say `{case.about[0]}`"
        )
    return None


def side_effect(
    task: Task, part: Part, case: Case, seen: Observation, expected: Observation
) -> str | None:
    """The side effect of a call with a right result that this part forbids; None if none."""
    if "inputs" in part.also and seen.changed != expected.changed:
        changed = [key for key in seen.changed if key not in expected.changed]
        names = ", ".join(f"`{task.argument(key)}`" for key in changed or expected.changed)
        if not changed:
            return f"it did not draw from its {names}"
        data = [key for key in changed if not isinstance(case.argument(key), Made)]
        return f"it changed its input {names}" if data else f"it drew too often from its {names}"
    if "draws" in part.also and seen.states != expected.states:
        return wrong_draws(task, seen, expected)
    if "fresh" in part.also and seen.aliased:
        return "its result shares memory with its input: writing into one changes the other"
    if "apart" in part.also and seen.joined:
        return "two arrays of its result share memory: writing into one changes the other"
    if "quiet" in part.also and "RuntimeWarning" in seen.warned:
        return "NumPy warned about overflow or invalid values on valid input"
    return None


def wrong_draws(task: Task, seen: Observation, expected: Observation) -> str:
    """What is wrong with the generators of a call, which are not as they should be."""
    left = dict(seen.states)
    differ = [key for key, state in expected.states if left.get(key) != state]
    names = ", ".join(f"`{task.argument(key)}`" for key in differ)
    if not set(differ) & set(seen.changed):
        return f"it did not draw from its {names}"
    if not set(differ) & set(expected.changed):
        return f"it drew too often from its {names}"
    return f"it did not draw from its {names} what it should: another number comes next"
