"""A file with nothing in it."""

EXPECTED = None
REASON = "empty"


def build(work):
    work.raw = b""
