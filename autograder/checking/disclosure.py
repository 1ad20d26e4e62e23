"""Limits on what the feedback repeats of a student's answer.

A message, a shape or a line number may carry hidden inputs into the feedback. Only common messages
are repeated, which hold nothing but small numbers and our own names. At most one sentence about a
task quotes the answer. It carries about 50 bits, less than one hidden number (a float64: 64 bits).
"""

import builtins
import dataclasses
import functools
import inspect
import re
from collections.abc import Iterable
from typing import Self

from autograder.model import Solution

NUMBER = r"1?\d"
SHAPE = rf"\((?:{NUMBER}(?:, ?{NUMBER}){{0,3}},?)?\)"
MOST_LINES = 200  # of a cell whose line numbers are repeated


@dataclasses.dataclass(frozen=True)
class Quote:
    """A quotation from the answer in a sentence, and the text that replaces it in `sparing`."""

    text: object
    otherwise: str = ""


class Fault(str):
    """What is wrong with an answer, as a sentence for the student.

    sparing : the sentence with its quotations from the answer replaced. By default the sentence
        itself, for one that quotes nothing. A quoted message, shape or line number may carry hidden
        inputs into the feedback.
    """

    sparing: str

    def __new__(cls, text: str, sparing: str | None = None) -> Self:
        """Make a sentence from its text and its `sparing` form."""
        made = super().__new__(cls, text)
        made.sparing = text if sparing is None else sparing
        return made


def format_fault(template: str, *pieces: object) -> Fault:
    """A `Fault` from a template (as for `str.format`) and its pieces, some of them a `Quote`."""
    told = (piece.text if isinstance(piece, Quote) else piece for piece in pieces)
    spared = (piece.otherwise if isinstance(piece, Quote) else piece for piece in pieces)
    return Fault(template.format(*told), template.format(*spared))


@functools.cache
def common(reference: Solution) -> re.Pattern[str]:
    """A pattern of the error messages that may be repeated for this task's function."""
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


def sparing(faults: Iterable[str | None]) -> list[str | None]:
    """The sentences about one task as plain text; only one of them keeps its quotations."""
    said: str | None = None
    result: list[str | None] = []
    for fault in faults:
        if isinstance(fault, Fault) and fault.sparing != fault:
            said = said or str(fault)
            result.append(said if fault == said else fault.sparing)
        else:
            result.append(fault and str(fault))
    return result


def exception_name(name: str) -> Quote:
    """The name of a built-in exception, the only kind that is repeated."""
    kind = getattr(builtins, name, None)
    known = isinstance(kind, type) and issubclass(kind, BaseException)
    return Quote(name, "an exception") if known else Quote("an exception", "an exception")


def describe(reference: Solution, name: str, message: str, line: int | None) -> Fault:
    """A sentence on a student's exception: its type, its message if common, and its line."""
    said = f": {message}" if common(reference).fullmatch(message.strip()) else ""
    where = f" (line {line} of its cell)" if line and line <= MOST_LINES else ""
    return format_fault("it raised {}{}", exception_name(name), Quote(said + where))
