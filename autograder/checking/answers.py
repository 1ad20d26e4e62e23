"""Answers in this process: our own functions, and what a namespace holds."""

import copy

from autograder.model import Observation
from autograder.sandbox.inside.observe import observe
from autograder.sandbox.inside.wire import Made


def here(value):
    """An argument of a call in this process: a copy, made if it is to be made."""
    value = copy.deepcopy(value)
    return value.make() if isinstance(value, Made) else value


class Local:
    """A function of ours, called here."""

    def __init__(self, function):
        self.function = function

    def observe(self, args, kwargs):
        args = [here(value) for value in args]
        kwargs = {name: here(value) for name, value in kwargs.items()}
        value, seen = observe(self.function, args, kwargs)
        if seen.get("error"):
            return Observation(error=tuple(seen["error"]), line=seen["line"])
        return Observation(value, tuple(seen["changed"]), seen["aliased"], tuple(seen["warned"]))


class Named(Local):
    """What a namespace of this process holds under a name: a function or (by value) an answer."""

    def __init__(self, namespace, name, by_value):
        def target(*args, **kwargs):
            return namespace[name] if by_value else namespace[name](*args, **kwargs)

        super().__init__(target)
