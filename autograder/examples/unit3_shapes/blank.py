"""Handed in as it was handed out."""

EXPECTED = 0


def build(work):
    pass
