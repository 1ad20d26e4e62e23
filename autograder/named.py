"""The mistakes that a course has named: ``mistakes.json`` in the course's folder.

A group of wrong answers that behave alike (`checking.behaviour`) gets a name and a sentence by
`autograder name`. The file holds them, with what the group does in the probes of its task, and
these probes. No code and no name of a student is in it. A person may edit its sentences and remove
entries; copied into the course of the next year it works there, since its probes are used in the
place of those that the contract would give.

    {"mistakes": [{"task": "pad2d", "name": "doubles_the_frame", "sentence": "You …",
                   "values": ["5f0c2b…", …], "example": {"call": "…", "asked": "…", "came": "…"}}],
     "probes": {"pad2d": [{"args": …, "kwargs": …, "asked": …}, …]}}

What else a person has written into it stays.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import json
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder import files
from autograder.checking import behaviour
from autograder.course import Course, CourseError
from autograder.model import Behaviour, TaskVerdict
from autograder.untrusted.text import clean_line

FILE = "mistakes.json"
EMPTY: dict[str, Any] = {"mistakes": [], "probes": {}}
SLUG = re.compile(r"[a-z][a-z0-9_]{0,59}")
SLUG_WORDS = 4
LITTLE = frozenset("a an and are as but for in is it of on that the to was were you your".split())
OPEN_DEPTH = 3  # of the file: what is nested deeper stands in one line


@dataclasses.dataclass(frozen=True)
class Mistake:
    """A named group of wrong answers.

    name : ``<task>__<slug>``, as of the misconceptions in a bank
    behaviour : of all answers in the group
    """

    name: str
    task: str
    sentence: str
    behaviour: Behaviour


@dataclasses.dataclass(frozen=True, eq=False)
class Named:
    """What the file holds.

    told : its JSON
    mistakes : in its order
    """

    told: Mapping[str, Any]
    mistakes: tuple[Mistake, ...]

    @functools.cached_property
    def by_behaviour(self) -> dict[tuple[str, str, tuple[str, ...]], Mistake]:
        """The mistakes by task, probes and values."""
        return {(m.task, m.behaviour.probes, m.behaviour.values): m for m in self.mistakes}

    def of(self, verdict: TaskVerdict) -> Mistake | None:
        """The mistake that an answer makes; None if it has no behaviour, or one without a name."""
        seen = verdict.behaviour
        return self.by_behaviour.get((verdict.task, seen.probes, seen.values)) if seen else None

    def with_mistake(self, mistake: Mistake, calls: list[dict[str, Any]]) -> Named:
        """The same with a mistake more, in the place of one of the same behaviour.

        calls : the probes of its task, as JSON
        """
        told = copy.deepcopy(dict(self.told))
        seen = mistake.behaviour
        entry = {
            "task": mistake.task,
            "name": mistake.name.removeprefix(f"{mistake.task}__"),
            "sentence": mistake.sentence,
            "values": list(seen.values),
            "example": {"call": seen.call, "asked": seen.asked, "came": seen.came},
        }
        same = self.by_behaviour.get((mistake.task, seen.probes, seen.values))
        if same:
            kept: dict[str, Any] = told["mistakes"][self.mistakes.index(same)]
            kept.update(entry)
        else:
            told["mistakes"].append(entry)
        told["probes"][mistake.task] = calls
        return parsed(told)

    def without(self, mistake: Mistake) -> Named:
        """The same without a mistake; the probes stay, so that nothing is graded again."""
        told = copy.deepcopy(dict(self.told))
        del told["mistakes"][self.mistakes.index(mistake)]
        return parsed(told)


def read(root: Path) -> Named:
    """What the file in a course's folder holds; nothing if there is none.

    Raises CourseError, which names the place in the file that is damaged.
    """
    path = root / FILE
    try:
        return parsed(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return parsed(EMPTY)
    except json.JSONDecodeError as error:
        problem = f"line {error.lineno}, column {error.colno}: {error.msg}"
    except (ValueError, RecursionError) as error:
        problem = str(error)
    except OSError as error:
        problem = f"it cannot be read ({error.strerror})"
    raise CourseError(
        f"{path} is damaged: {problem}. Correct it, or put back an earlier copy; nothing was "
        "changed."
    )


def parsed(told: Any) -> Named:
    """What the JSON of the file says. Raises ValueError, which names the place of a mistake."""
    kinds = {"mistakes": list, "probes": dict}
    for key, kind in kinds.items():
        if not isinstance(told, dict) or not isinstance(told.get(key), kind):
            raise ValueError(f"it needs `{key}`, {'a list' if kind is list else 'an object'}")
    prints: dict[str, str] = {}
    lengths: dict[str, int] = {}
    for task, calls in told["probes"].items():
        try:
            probes = behaviour.from_json(calls)
        except (TypeError, ValueError) as problem:
            raise ValueError(f"probes of `{task}`: {problem}") from None
        prints[task], lengths[task] = behaviour.fingerprint(probes), len(probes)
    mistakes: list[Mistake] = []
    for number, entry in enumerate(told["mistakes"], 1):
        try:
            mistakes.append(mistake_of(entry, prints, lengths))
        except ValueError as problem:
            raise ValueError(f"mistake {number}: {problem}") from None
        if mistakes[-1].name in [mistake.name for mistake in mistakes[:-1]]:
            raise ValueError(f"mistake {number}: another one has the name {mistakes[-1].name}")
    return Named(told, tuple(mistakes))


def mistake_of(entry: Any, prints: Mapping[str, str], lengths: Mapping[str, int]) -> Mistake:
    """The mistake of one entry. Raises ValueError.

    prints, lengths : hash and number of the probes, by task
    """
    if not isinstance(entry, dict):
        raise ValueError("it is not an object")
    task, name, values = (entry.get(key) for key in ("task", "name", "values"))
    if not isinstance(task, str) or task not in prints:
        raise ValueError("its `task` is none of those with probes")
    if not isinstance(name, str) or not SLUG.fullmatch(name):
        raise ValueError("its `name` is not made of a-z, 0-9 and _, beginning with a letter")
    sentence = clean_line(entry.get("sentence")).strip()
    if not sentence:
        raise ValueError(f"the `sentence` of {name} is missing")
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"the `values` of {name} are not a list of texts")
    if len(values) != lengths[task]:
        raise ValueError(f"{name} needs {lengths[task]} `values`, one for each probe of {task}")
    example = entry.get("example")
    told = example if isinstance(example, dict) else {}
    texts = (clean_line(told.get(key)) for key in ("call", "asked", "came"))
    seen = Behaviour(prints[task], tuple(values), *texts)
    return Mistake(f"{task}__{name}", task, sentence, seen)


def write(root: Path, named: Named) -> None:
    """Write the file, all of it or nothing. Raises CourseError."""
    path = root / FILE
    try:
        files.write(path, f"{laid_out(named.told)}\n".encode(), mode=0o644)
    except OSError as error:
        raise CourseError(f"{path} cannot be written ({error.strerror}).") from None


def laid_out(value: Any, depth: int = 0) -> str:
    """JSON that a person can read: each mistake in a few lines, each probe in one."""
    if depth == OPEN_DEPTH or not value or not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    indent = "  " * depth
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {laid_out(one, depth + 1)}" for key, one in value.items()]
    else:
        items = [laid_out(one, depth + 1) for one in value]
    inside = ",\n".join(f"{indent}  {item}" for item in items)
    begin, end = "{}" if isinstance(value, dict) else "[]"
    return f"{begin}\n{inside}\n{indent}{end}"


def slug_of(sentence: str) -> str:
    """A name for a mistake: the first words of its sentence that are not `LITTLE`."""
    plain = unicodedata.normalize("NFKD", sentence).encode("ascii", "ignore").decode().lower()
    words = [word for word in re.findall(r"[a-z0-9]+", plain) if word not in LITTLE]
    return re.sub(r"^[0-9_]+", "", "_".join(words[:SLUG_WORDS]))[:60]


def probes(course: Course, unit: str) -> dict[str, list[dict[str, Any]]]:
    """The probes of a unit's tasks, as JSON: those of the file, else those of the contracts.

    A task without a contract, or by value, has none. Raises CourseError if the file is damaged, or
    if a contract makes no calls.
    """
    kept: Mapping[str, list[dict[str, Any]]] = read(course.root).told["probes"]
    found = {}
    for name, task in course.content.tasks_if_any(unit).items():
        if name in kept:
            found[name] = kept[name]
        elif not task.by_value and (contract := course.content.contract(task)):
            try:
                found[name] = behaviour.as_json(behaviour.drawn(task, contract))
            except Exception as error:  # the author's code may raise anything
                raise CourseError(
                    f"{course.content.place(unit)}/contracts.py: `contract_{name}` makes no calls "
                    f"({type(error).__name__}: {error})."
                ) from None
    return found
