"""What the message of a ValueError says: whether it names the argument that is wrong.

Practice and grading ask the same.
"""

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

# Messages of NumPy and SciPy that speak of dimensions, or of what is larger, and name no argument.
NUMPYS_OWN = re.compile(
    r"^all the input array|^window shape cannot be|core dimension|^negative dimensions are"
    r"|in einstein sum|^in1 and in2|is out of bounds for array of dimension \d"
)


def names_argument(message: str, words: Sequence[str]) -> bool:
    """True if a message names one of the words, and is not one that NumPy wrote.

    A word of one or two letters must stand alone; a longer one may also begin a word, so "pad"
    is named by "padding". Upper case does not matter.
    """
    return not NUMPYS_OWN.search(message) and any(_names(message, word) for word in words)


def lists_parameters(message: str, function: Callable[..., Any]) -> bool:
    """True if a message names more than four fifths of a function's parameters, and at least three.

    One such message may be right: "w does not fit into x with this stride, pad and dilation". But
    a function that raises one for faults with no word in common does not say what is wrong.
    """
    try:
        parameters = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # some built-in callables have no signature
        return False
    named = sum(_names(message, name) for name in parameters)
    return named >= 3 and named > 0.8 * len(parameters)


def lists_for_another_fault(function: Callable[..., Any], words: Sequence[str]) -> bool:
    """Whether a message that lists the parameters has come for a fault with other words before.

    words : of this fault. They are noted on the function itself, as an attribute, unless they have
        no word in common with those of an earlier fault.
    """
    earlier: tuple[Sequence[str], ...] = getattr(function, "listed_for", ())
    if any(set(words).isdisjoint(theirs) for theirs in earlier):
        return True
    try:
        vars(function)["listed_for"] = (*earlier, words)
    except TypeError:
        pass  # a callable without attributes: each of its messages is judged alone
    return False


def _names(message: str, word: str) -> bool:
    end = "" if len(word) > 2 else r"(?![a-z_])"
    return re.search(rf"(?<![a-z_]){re.escape(word)}{end}", message, re.IGNORECASE) is not None
