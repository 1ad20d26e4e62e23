"""Contracts: which calls of a task's function are legal.

A contract names factors, what can differ between two calls (a size, an option, the kind of the
values), and the levels of each. It makes a call from one level of each factor:

    def contract_pad2d():
        return contract(
            lambda rng, shape, pad: case(signed(rng, *shape), pad),
            shape=[(1, 1, 1, 1), (2, 3, 4, 6)],
            pad=[0, 1, (2, 0), (0, 3)],
        )

Every right answer gives the same result for every legal call, whether it keeps the lines of `given`
or not. So a contract holds what the docstring promises, and nothing that only ours does.

A check asks for some of these calls in its last part, beside those that were chosen by hand:

    def check_pad2d(rng):
        return [..., anything(0.5, contract_pad2d, rng)]
"""

import dataclasses
import functools
import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.checking.words import part
from autograder.model import Case, Part

FACES = 14  # calls of a contract in a check
CANDIDATES = 200  # rows that are drawn for each of them
TRIES = 200  # combinations that are drawn for one that is legal
COMPLETIONS = 12  # the same, for one with a certain pair


@dataclasses.dataclass(frozen=True)
class Contract:
    """The legal calls of one function.

    make : makes a call, given a generator and a level of each factor by name; returns None if the
        levels make no legal call together
    factors : the levels of each factor
    """

    make: Callable[..., Case | None]
    factors: Mapping[str, Sequence[Any]]

    def calls(self, rng: np.random.Generator) -> Iterator[Case]:
        """Legal calls without end: first all pairs of levels that can be had, then any levels.

        Raises ValueError if no levels make a legal call together.
        """
        yield from self.pairs(rng)
        while True:
            tries = (self.make(rng, **self.levels(self.draw(rng))) for _ in range(TRIES))
            found = next((call for call in tries if call is not None), None)
            if found is None:
                raise ValueError("the factors of this contract make no legal call")
            yield found

    def pairs(self, rng: np.random.Generator) -> Iterator[Case]:
        """Legal calls that contain each pair of levels of two factors, where one can be had.

        Greedy: of a few drawn calls with a pair that is missing, the one with most missing pairs.
        """
        sizes = [len(levels) for levels in self.factors.values()]
        missing = {
            ((a, i), (b, j))
            for a, b in itertools.combinations(range(len(sizes)), 2)
            for i in range(sizes[a])
            for j in range(sizes[b])
        }
        while missing:
            wanted = min(missing)
            best: tuple[set[Any], Case] | None = None
            for _ in range(COMPLETIONS):
                row = self.draw(rng)
                for position, level in wanted:
                    row[position] = level
                covered = missing & paired(row)
                call = self.make(rng, **self.levels(row))
                if call is not None and (best is None or len(covered) > len(best[0])):
                    best = covered, call
            missing -= best[0] if best else {wanted}
            if best:
                yield best[1]

    def draw(self, rng: np.random.Generator) -> list[int]:
        """The positions of drawn levels, one for each factor."""
        return [int(rng.integers(len(levels))) for levels in self.factors.values()]

    def levels(self, row: Sequence[int]) -> dict[str, Any]:
        """The levels at these positions, by the name of their factor."""
        named = zip(self.factors.items(), row, strict=True)
        return {name: levels[position] for (name, levels), position in named}


@functools.cache
def faces(made: Callable[[], Contract], count: int) -> tuple[tuple[int, ...], ...]:
    """The levels of a contract's calls in a check, as positions: the same for every student.

    Of a few that are drawn, each is the one with most levels that the others lack; of several such,
    the one with most pairs of levels that they lack.

    made : returns the contract

    Raises ValueError if no levels make a legal call together.
    """
    rng, one = np.random.default_rng(0), made()
    chosen: list[tuple[int, ...]] = []
    seen: set[Any] = set()  # levels, as pairs of a factor and a position, and pairs of levels
    for _ in range(count):
        best: tuple[tuple[int, int], tuple[int, ...]] | None = None
        for row in (tuple(one.draw(rng)) for _ in range(CANDIDATES)):
            new = len(single(row) - seen), len(paired(row) - seen)
            if (best is None or new > best[0]) and is_legal(one, row):
                best = new, row
        if best is None:
            raise ValueError("the factors of this contract make hardly any legal call")
        chosen.append(best[1])
        seen |= single(best[1]) | paired(best[1])
    return tuple(chosen)


def is_legal(one: Contract, row: Sequence[int]) -> bool:
    """True if these levels make a legal call together.

    It draws from a generator of its own, so that what a call draws does not change the next levels.
    """
    return one.make(np.random.default_rng(0), **one.levels(row)) is not None


def single(row: Sequence[int]) -> set[Any]:
    """The levels of a call, as pairs of a factor and a position."""
    return set(enumerate(row))


def paired(row: Sequence[int]) -> set[Any]:
    """The pairs of levels of a call."""
    return set(itertools.combinations(enumerate(row), 2))


def anything(
    points: float,
    made: Callable[[], Contract],
    rng: np.random.Generator,
    count: int = FACES,
    also: Iterable[str] = (),
) -> Part:
    """A part of a check: calls of a contract, with the same levels for every student.

    So no wrong answer is caught for one student and missed for another. The levels of the first
    call come once more in the end, with other numbers, for answers that keep an old result. In two
    calls of three the arrays have their axes in another order in memory.

    made : returns the contract
    rng : of the student, for the numbers in the calls
    also : see `Part`
    """
    one = made()
    rows = faces(made, count)
    calls = (one.make(rng, **one.levels(row)) for row in (*rows, rows[0]))
    # A level that is legal with some numbers only may leave a call out.
    legal = [laid_out(call, place) for place, call in enumerate(filter(None, calls))]
    return part("anything else that is promised", points, *legal, also=also)


def laid_out(call: Case, place: int) -> Case:
    """A call with its arrays in memory as they come, in Fortran's order, or with channels last.

    place : of the call in its part, which decides
    """

    def turned(value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.ndim > 1:
            return ORDERS[place % len(ORDERS)](value)
        if isinstance(value, list | tuple) and type(value) in (list, tuple):
            return type(value)(map(turned, value))
        if type(value) is dict:
            return {key: turned(item) for key, item in value.items()}
        return value

    kwargs = {name: turned(value) for name, value in call.kwargs.items()}
    return dataclasses.replace(call, args=tuple(map(turned, call.args)), kwargs=kwargs)


def channels_last(array: np.ndarray) -> np.ndarray:
    """The same array with its second axis, or its first of two, next to each other in memory."""
    axis = min(1, array.ndim - 2)
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(array, axis, -1)), -1, axis)


ORDERS: tuple[Callable[[np.ndarray], np.ndarray], ...] = (
    lambda array: array,
    np.asfortranarray,
    channels_last,
)


def contract(make: Callable[..., Case | None], **factors: Sequence[Any]) -> Contract:
    """A `Contract`. Raises ValueError if ``make`` does not take ``rng`` and these factors."""
    names = list(inspect.signature(make).parameters)
    if names != ["rng", *factors]:
        raise ValueError(f"make takes {names}, it should take {['rng', *factors]}")
    return Contract(make, factors)
