"""What a student's answer says, as far as it may be repeated in the feedback.

A message, a shape or a line number may carry hidden inputs into the feedback. Only usual ones are
repeated, which hold nothing but small numbers and our own names; and of all that is said of one
task, only one sentence repeats any: about 50 bits, where one hidden number has 64.
"""

import builtins
import functools
import inspect
import re

NUMBER = r"1?\d"
SHAPE = rf"\((?:{NUMBER}(?:, ?{NUMBER}){{0,3}},?)?\)"
MOST_LINES = 200  # of a cell whose line numbers are repeated
# How a sentence holds what is repeated, and what is said instead: characters of no meaning, which
# no text of a student's holds that gets this far.
QUOTED = re.compile("\ue000([^\ue000-\ue002]*)\ue001([^\ue000-\ue002]*)\ue002")


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


def quoted(text, otherwise=""):
    """A student's own ``text`` inside a sentence, and what is said where it is not repeated."""
    return f"\ue000{text}\ue001{otherwise}\ue002"


def sparing(faults):
    """The sentences about one task (or None), of which the first with a quotation keeps it."""
    said, result = None, []
    for fault in faults:
        whole = fault and QUOTED.sub(r"\1", fault)
        if fault == whole or said in (None, whole):
            said = said or (whole if fault != whole else None)
            result.append(whole)
        else:
            result.append(QUOTED.sub(r"\2", fault))
    return result


def exception_name(name):
    """The name of a built-in exception, the only kind that is repeated."""
    kind = getattr(builtins, name, None)
    known = isinstance(kind, type) and issubclass(kind, BaseException)
    return quoted(name, "an exception") if known else "an exception"


def describe(reference, name, message, line):
    """A student's exception: its kind, its message if that is a common one, and where."""
    said = f": {message}" if common(reference).fullmatch(message.strip()) else ""
    where = f" (line {line} of its cell)" if line and line <= MOST_LINES else ""
    return f"it raised {exception_name(name)}{quoted(said + where)}"
