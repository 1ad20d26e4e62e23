"""Parts of sentences that several messages share."""

from collections.abc import Iterable, Sized


def counted(items: Sized, noun: str) -> str:
    """The number of items with its noun: ``1 student``, ``2 students``."""
    return f"{len(items)} {noun}" + ("" if len(items) == 1 else "s")


def quoted(names: Iterable[str]) -> str:
    """Names in a sentence, each once: "`one`, `two`"."""
    return ", ".join(f"`{name}`" for name in dict.fromkeys(names))
