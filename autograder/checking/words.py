"""The vocabulary in which checks are written: cases, parts, and inputs for them."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.model import Case, Part
from autograder.sandbox.inside.wire import Made

ASPECTS = frozenset({"dtype", "inputs", "draws", "fresh", "apart", "quiet"})


def case(*args: Any, **kwargs: Any) -> Case:
    """A call whose result must equal the reference's."""
    return Case(args, kwargs)


def item(key: str, *args: Any, **kwargs: Any) -> Case:
    """A call that must return a dictionary with the reference's value under ``key``."""
    return Case(args, kwargs, item=key)


def refused(*args: Any, about: str | Iterable[str], **kwargs: Any) -> Case:
    """A call that must raise a ValueError whose message names one of the words in ``about``."""
    return Case(args, kwargs, (about,) if isinstance(about, str) else tuple(about))


def made(source: str, **values: Any) -> Made:
    """An argument that cannot be sent to the sandbox: a generator, a callable, an object.

    source : the Python expression that makes it, from ``np``, ``SimpleNamespace`` and ``values``

    The process that makes a call evaluates it anew for that call. A student's function can inspect
    all of it, so it must not contain the solution.
    """
    return Made(source, values)


def by_columns(array: NDArray[Any]) -> Made:
    """An argument that is this array, whose columns lie one after the other in memory.

    Who counts on rows that do, with ``as_strided`` for instance, or writes into what ``reshape``
    gives, which is then a copy, goes wrong.
    """
    return made("np.asfortranarray(array)", array=array)


def part(name: str, points: float, *cases: Case, also: Iterable[str] = ()) -> Part:
    """Cases that give their points only together; see `Part` for ``also``.

    Raises ValueError for an unknown word in ``also``.
    """
    if not set(also) <= ASPECTS:
        raise ValueError(f"also: unknown aspects {set(also) - ASPECTS}, use {sorted(ASPECTS)}")
    return Part(name, points, cases, frozenset(also))


def signed(rng: np.random.Generator, *shape: int) -> NDArray[np.float64]:
    """Normal numbers of both signs, not whole: they reveal rounding, wrapping and sign errors."""
    return rng.normal(0.0, 2.0, shape)


def unsigned(rng: np.random.Generator, *shape: int) -> NDArray[np.float64]:
    """Numbers above 0, not whole, for parts that are not about signs."""
    return 0.1 + np.abs(signed(rng, *shape))


def values(rng: np.random.Generator, kind: str, *shape: int) -> NDArray[Any]:
    """Numbers of a kind on which mistakes show that ordinary numbers hide.

    kind : "signed", "positive", "negative"; "sparse": mostly 0; "zero"; "even": all of them equal;
        "tied": few that repeat; "tiny" and "bright": differences of 1e-6, the second at 1000;
        "single": float32; "whole": int64 of both signs; "large": such that float32
        cannot hold; "bytes": uint8 up to 255

    Raises KeyError for another kind.
    """
    makers: dict[str, Callable[[], NDArray[Any]]] = {
        "signed": lambda: signed(rng, *shape),
        "positive": lambda: unsigned(rng, *shape),
        "negative": lambda: -unsigned(rng, *shape),
        "sparse": lambda: signed(rng, *shape) * (rng.random(shape) < 0.25),
        "zero": lambda: np.zeros(shape),
        "even": lambda: np.full(shape, rng.choice([-2.5, 0.75, 3.0])),
        "tied": lambda: rng.integers(-1, 2, shape) * 1.5,
        "tiny": lambda: 1e-6 * signed(rng, *shape),
        "bright": lambda: 1000 + 1e-6 * signed(rng, *shape),
        "single": lambda: signed(rng, *shape).astype(np.float32),
        "whole": lambda: rng.integers(-9, 10, shape),
        "large": lambda: rng.integers(-9, 10, shape) * (2**40 + 1),
        "bytes": lambda: rng.integers(0, 256, shape, dtype=np.uint8),
    }
    return makers[kind]()


def pairs(claims: dict[str, bool]) -> Iterator[tuple[str, str]]:
    """Pairs of a true and a false claim, (true, false).

    Put both claims of a pair into one part, so that the same answer to all claims earns nothing.

    claims : True or False by claim

    Raises ValueError if there are not as many true claims as false ones.
    """
    true, false = ([c for c in claims if claims[c] is word] for word in (True, False))
    return zip(true, false, strict=True)
