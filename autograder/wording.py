"""Parts of sentences that several messages share."""

from collections.abc import Sized


def counted(items: Sized, noun: str) -> str:
    """The number of items with its noun: ``1 student``, ``2 students``."""
    return f"{len(items)} {noun}" + ("" if len(items) == 1 else "s")
