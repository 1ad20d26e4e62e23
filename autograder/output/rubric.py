"""Rubrics of written answers, read from the source notebook.

Between the solution marks of a written answer's cell stands the model answer, then its rubric: one
criterion or more, each with the items that a marker chooses from. An item has points and the
sentence that a student would be told::

    Rubric: mechanism
    - 1: You say what the means remove and what the lengths remove.
    - 0.5: You say it for one of the two.
    - 0: Say what each step removes, not only that it helps.

The first items of all criteria add up to the points of the cell. A single criterion needs no name:
``Rubric:``.
"""

from __future__ import annotations

import dataclasses
import re

HEADING = re.compile(r"^Rubric:[ \t]*(.*)$", re.MULTILINE)
ITEM = re.compile(r"- (\d+(?:\.\d+)?): (\S.*)")
MARKS = re.compile(r"### (?:BEGIN|END) SOLUTION")


class RubricError(ValueError):
    """A rubric cannot be read; the message says why, and what to do."""


@dataclasses.dataclass(frozen=True)
class Item:
    """What a marker chooses: points, and the sentence for the student."""

    points: float
    sentence: str


@dataclasses.dataclass(frozen=True)
class Criterion:
    """What an answer is judged by: its items, from full points down to 0."""

    name: str  # "" if there is only one
    items: tuple[Item, ...]


@dataclasses.dataclass(frozen=True)
class Rubric:
    """The model answer, in Markdown, and the criteria of a written answer."""

    answer: str
    criteria: tuple[Criterion, ...]

    @property
    def points(self) -> float:
        """What the best answer gets."""
        return sum(criterion.items[0].points for criterion in self.criteria)


def read(source: str) -> Rubric:
    """The rubric in the source of a written answer's cell. Raises RubricError.

    A cell without a line ``Rubric:`` has a model answer, and no criteria.
    """
    answer, *parts = HEADING.split(MARKS.sub("", source))
    named = list(zip(parts[::2], parts[1::2], strict=True))
    if len(named) > 1 and (len({name for name, _ in named}) < len(named) or "" in dict(named)):
        raise RubricError(
            "has several criteria, so each needs a name of its own: `Rubric: mechanism`."
        )
    return Rubric(answer.strip(), tuple(criterion(name.strip(), text) for name, text in named))


def criterion(name: str, text: str) -> Criterion:
    """A criterion from its name and the lines below it. Raises RubricError."""
    lines = [line for line in text.splitlines() if line.strip()]
    found = [ITEM.fullmatch(line.strip()) for line in lines]
    items = tuple(Item(float(match[1]), match[2]) for match in found if match)
    if len(items) < len(lines) or not items:
        wrong = next((line for line, match in zip(lines, found, strict=True) if not match), "")
        raise RubricError(
            f"has a rubric that cannot be read{f', at {wrong!r}' if wrong else ''}: below "
            "`Rubric:` stand lines such as `- 0.5: the sentence that the student is told`."
        )
    points = [item.points for item in items]
    if points != sorted(set(points), reverse=True) or points[-1] != 0:
        raise RubricError(
            f"has a rubric with items of {', '.join(f'{p:g}' for p in points)} points: they go "
            "down from the best to 0, none twice."
        )
    return Criterion(name, items)


def filled(answer: str, numbers: dict[str, object]) -> str:
    """A model answer with ``{name}`` or ``{name:.2f}`` replaced by its number. Raises RubricError.

    numbers : by name; a single brace is written ``{{``. Without numbers the text stays as it is.
    """
    if not numbers:
        return answer
    try:
        return answer.format_map(numbers)
    except (KeyError, IndexError, ValueError, AttributeError, TypeError) as problem:
        raise RubricError(
            f"has a model answer that cannot be filled in ({type(problem).__name__}: {problem}). "
            f"Its numbers are {', '.join(sorted(numbers))}; write a brace of the text twice."
        ) from None
