"""Text that a student made, without what could mislead a reader or a program."""

import re

# Of one cell's outputs.
MAX_TEXT = 250_000
SIGN = "⚖"  # before what the grader itself says: taken out of all that was handed in
# Controls, what turns text around, and what has no width: with it a name can look like another.
CONTROL_CHARACTERS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    rf"\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f{SIGN}]"
)


def strings(value):
    """At most 20 short strings, from whatever was sent as a list of strings."""
    items = value[:20] if isinstance(value, list) else []
    return tuple(clean_text(item, 80) for item in items)


# -- notebook outputs -----------------------------------------------------------------------------


def clean_text(value, limit=MAX_TEXT):
    """Text without control characters, escapes or our sign, from a string or a list of strings.

    Of a line that was written over, as progress bars do, what was written last is left.
    """
    if isinstance(value, list):
        value = "".join(item for item in value if isinstance(item, str))
    text = value if isinstance(value, str) else ""
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in text[:limit].split("\n"))
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", "\n".join(lines))
    return CONTROL_CHARACTERS.sub("", text)


def clean_line(value, limit=MAX_TEXT):
    """The same on one line: for names, which must not write lines of their own anywhere."""
    return re.sub(r"[\t\n]+", " ", clean_text(value, limit))
