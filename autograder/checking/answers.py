"""Answers that are called in this process: our own functions, and values in a namespace."""

import copy
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from autograder.model import Observation, Solution
from autograder.sandbox.inside.observe import observe
from autograder.sandbox.inside.wire import Made

MOST_DELAY = 480.0  # seconds more for the calls of a task, if the answer waits for a processor


class Answer(Protocol):
    """An answer to be checked: a function or a value, here or in the sandbox."""

    def observe(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Observation:
        """Call it with copies of the arguments; an answer by value ignores them."""

    def delay(self) -> float:
        """The seconds that it has waited for a processor so far: they do not count."""


def is_late(answer: Answer, end: float) -> bool:
    """True if no more calls of an answer should be made.

    end : time of the monotonic clock; what the answer has waited for a processor is excused
    """
    late = time.monotonic() - end
    return late > 0 and late > min(answer.delay(), MOST_DELAY)


def here(value: Any) -> Any:
    """A copy of an argument for a call in this process; a `Made` is evaluated."""
    value = copy.deepcopy(value)
    return value.make() if isinstance(value, Made) else value


class Local:
    """A function of ours, called in this process."""

    def __init__(self, function: Solution) -> None:
        self.function = function

    def delay(self) -> float:
        """In this process nobody waits."""
        return 0.0

    def observe(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Observation:
        """Call the function with copies of the arguments."""
        args = [here(value) for value in args]
        kwargs = {name: here(value) for name, value in kwargs.items()}
        value, seen = observe(self.function, args, kwargs)
        if seen.get("error"):
            kind, message = seen["error"]
            return Observation(error=(kind, message), line=seen["line"])
        return Observation(
            value,
            tuple(seen["changed"]),
            seen["aliased"],
            tuple(seen["warned"]),
            joined=seen["joined"],
            states=tuple(seen["states"].items()),
        )


class Named(Local):
    """The function or, by value, the answer that a namespace of this process holds under a name."""

    def __init__(self, namespace: Mapping[str, Any], name: str, by_value: bool) -> None:
        def target(*args: Any, **kwargs: Any) -> Any:
            return namespace[name] if by_value else namespace[name](*args, **kwargs)

        super().__init__(target)
