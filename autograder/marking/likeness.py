"""Which answers are alike: those that are marked together, and the order in which one reads.

Answers that are equal but for case, spaces and punctuation, or nearly so, form a group. The groups
are ordered so that each stands beside one that is like it.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from rapidfuzz import fuzz, process

ALIKE = 90.0  # per cent of the characters; answers that are as much alike are one group
# Numbers of the own run differ between students who write the same.
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
EMPTY = -1  # the group of the answers without a text


@dataclasses.dataclass(frozen=True)
class Place:
    """Where an answer stands: the number of its group, and its place in the order."""

    group: int
    place: int


def plain(text: str) -> str:
    """The text as it is compared: words in lower case, each number as ``0``."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"\w+", NUMBER.sub("0", folded)))


def places(texts: Sequence[str]) -> list[Place]:
    """The place of each text. Texts without a word are the group `EMPTY`, at the end."""
    words = [plain(text) for text in texts]
    different = sorted({one for one in words if one})
    alike = process.cdist(different, different, scorer=fuzz.ratio, dtype=np.float32)
    groups = grouped(alike)
    order = chain(alike, groups)
    rank = {different[index]: place for place, index in enumerate(order)}
    group = {different[index]: number for index, number in enumerate(groups)}
    return [Place(group[one], rank[one]) if one else Place(EMPTY, len(different)) for one in words]


def grouped(alike: np.ndarray) -> list[int]:
    """The number of each text's group; two texts of a group are all alike.

    alike : per cent, of each pair of texts, shape (n, n)

    The text with most others like it founds the first group, and so on: no chain of small
    differences leads from one text of a group to another that is not like it.
    """
    near = alike >= ALIKE
    groups, number = [-1] * len(alike), 0
    for founder in np.argsort(-near.sum(axis=1), kind="stable"):
        if groups[founder] >= 0:
            continue
        members: list[int] = []
        for other in np.argsort(-alike[founder], kind="stable"):
            if groups[other] < 0 and near[founder, other] and near[other, members].all():
                groups[other] = number
                members.append(int(other))
        number += 1
    return groups


def chain(alike: np.ndarray, groups: Sequence[int]) -> list[int]:
    """An order of the texts: group by group, each next to the one that is most like it.

    It begins with the largest group.
    """
    members: dict[int, list[int]] = {}
    for index, number in enumerate(groups):
        members.setdefault(number, []).append(index)
    if not members:
        return []
    founders = {number: found[0] for number, found in members.items()}
    here = max(members, key=lambda number: (len(members[number]), -number))
    order, left = [], set(members)
    while True:
        order += members[here]
        left.remove(here)
        if not left:
            return order
        row = alike[founders[here]]
        here = max(left, key=lambda number: (row[founders[number]], -number))
