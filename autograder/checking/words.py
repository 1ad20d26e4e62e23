"""The words of a check: cases, parts, and how their inputs are drawn."""

import numpy as np

from autograder.model import Case, Part
from autograder.sandbox.inside.wire import Made

ASPECTS = frozenset({"dtype", "inputs", "fresh", "quiet"})


def case(*args, **kwargs):
    """A call whose result must equal the reference's."""
    return Case(args, kwargs)


def item(key, *args, **kwargs):
    """A call whose result, a dictionary, must hold under ``key`` what the reference's holds."""
    return Case(args, kwargs, item=key)


def refused(*args, about, **kwargs):
    """A call that must raise a ValueError whose message names one of the words in ``about``."""
    return Case(args, kwargs, (about,) if isinstance(about, str) else tuple(about))


def made(source, **values):
    """An argument that cannot cross the border: a generator, a callable, an object with methods.

    source : the Python expression that makes it, from ``np``, ``SimpleNamespace`` and ``values``

    It is evaluated anew for every call, where the call is: a student's function can look at all of
    it, so it must not hold what answers the task.
    """
    return Made(source, values)


def part(name, points, *cases, also=()):
    """Cases that give points together; see `Part` for ``also``."""
    if not set(also) <= ASPECTS:
        raise ValueError(f"also: unknown aspects {set(also) - ASPECTS}, use {sorted(ASPECTS)}")
    return Part(name, points, cases, frozenset(also))


def signed(rng, *shape):
    """Signed, non-integer numbers: what no rounding, wrapping or sign error survives."""
    return rng.normal(0.0, 2.0, shape)


def unsigned(rng, *shape):
    """Numbers above 0, not whole: where signs are not what a part is about."""
    return 0.1 + np.abs(signed(rng, *shape))


def pairs(claims):
    """Claims by twos, (a true one, a false one): counted together, one word for all earns nothing.

    claims : dict from a claim to True or False, as many of the one as of the other
    """
    true, false = ([c for c in claims if claims[c] is word] for word in (True, False))
    return zip(true, false, strict=True)
