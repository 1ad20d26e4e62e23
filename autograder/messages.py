"""What of a student's exception may be repeated in the feedback.

A message may carry hidden inputs into the feedback. Only the usual ones of Python and NumPy are
repeated, which hold nothing but small numbers, shapes and our own names.
"""

import builtins
import functools
import inspect
import re

NUMBER = r"1?\d"
SHAPE = rf"\((?:{NUMBER}(?:, ?{NUMBER}){{0,3}},?)?\)"


@functools.cache
def common(reference):
    """A pattern of the messages that may be repeated of a call of this task's function."""
    function = re.escape(reference.__name__) + r"\(\)"
    argument = "'(?:" + "|".join(inspect.signature(reference).parameters) + ")'"
    several = rf"{argument}(?:,? (?:and )?{argument})*"
    return re.compile(
        "|".join(
            (
                rf"index -?{NUMBER} is out of bounds for axis \d with size {NUMBER}",
                r"list index out of range|tuple index out of range|division by zero",
                rf"operands could not be broadcast together with shapes {SHAPE} {SHAPE} ?",
                rf"could not broadcast input array from shape {SHAPE} into shape {SHAPE}",
                rf"cannot reshape array of size {NUMBER} into shape {SHAPE}",
                r"too many indices for array: array is \d-dimensional, but \d were indexed",
                r"not enough values to unpack \(expected \d, got \d\)",
                r"too many values to unpack \(expected \d(?:, got \d)?\)",
                rf"{function} takes (?:from \d to )?\d positional arguments? "
                r"but \d (?:was|were) given",
                rf"{function} got an unexpected keyword argument {argument}",
                rf"{function} missing \d required positional arguments?: {several}",
                r"'(?:int|float|tuple|list|dict|str|NoneType|numpy\.ndarray|function)' "
                r"object is not (?:callable|iterable|subscriptable)",
            )
        )
    )


def exception_name(name):
    """The name of a built-in exception, the only kind that is repeated."""
    kind = getattr(builtins, name, None)
    known = isinstance(kind, type) and issubclass(kind, BaseException)
    return name if known else "an exception"


def describe(reference, name, message, line):
    """A student's exception: its kind, its message if that is a common one, and where."""
    said = f": {message}" if common(reference).fullmatch(message.strip()) else ""
    where = f" (line {line} of its cell)" if line else ""
    return f"it raised {exception_name(name)}{said}{where}"
