"""Untrusted text, without characters that could mislead a reader or a program."""

import re

MAX_CLEAN_TEXT = 250_000  # characters of one cell's outputs
SIGN = "⚖"  # marks the grader's own messages; removed from everything that was handed in
# Control characters, and those that reverse the text or have no width: they can make two names look
# the same.
CONTROL_CHARACTERS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    rf"\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f{SIGN}]"
)

# Printable as Python counts, and yet nothing is seen of them: the letters and marks of Unicode's
# property Default_Ignorable_Code_Point (DerivedCoreProperties.txt), then signs that are blank.
BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff"
    "\u2800\U0001d159]"
)


def unseen(text: str) -> str | None:
    """The first character of which nothing is seen, but for a space; None if there is none.

    Two names that differ only in such characters look the same. In other texts they have a use:
    a variation selector makes a picture of the sign before it.
    """
    hidden = (char for char in text if not char.isprintable() or BLANK.match(char))
    return next(hidden, None)


def strings(value: object) -> tuple[str, ...]:
    """At most 20 strings of at most 80 characters, from an untrusted list; empty for others."""
    items = value[:20] if isinstance(value, list) else []
    return tuple(clean_text(item, 80) for item in items)


def clean_text(value: object, limit: int = MAX_CLEAN_TEXT) -> str:
    """Text without control characters, escape sequences or our sign.

    Of a line that carriage returns overwrite, as in progress bars, only the last state is kept.

    value : a string or a list of strings; anything else gives an empty text
    limit : how many characters of it are used
    """
    if isinstance(value, list):
        value = "".join(item for item in value if isinstance(item, str))
    text = value if isinstance(value, str) else ""
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in text[:limit].split("\n"))
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", "\n".join(lines))
    return CONTROL_CHARACTERS.sub("", text)


def clean_line(value: object, limit: int = MAX_CLEAN_TEXT) -> str:
    """`clean_text` on one line: for names, so that they cannot add lines to a message or log."""
    return re.sub(r"[\t\n]+", " ", clean_text(value, limit))
