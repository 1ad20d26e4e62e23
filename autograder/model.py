"""The typed values that travel: what was asked, what was seen, the verdict, the report."""

import dataclasses
import json

# -- the words of a check -------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, eq=False)
class Case:
    """One call. With words in ``about``, a ValueError that names one of them; else a result.

    With an ``item``, only what a dictionary holds under this key is looked at.
    """

    args: tuple
    kwargs: dict
    about: tuple[str, ...] = ()
    item: str | None = None

    @property
    def call(self):
        """The same for cases that make the same call, with the same objects (while they live)."""
        return tuple(map(id, self.args)), tuple((key, id(v)) for key, v in self.kwargs.items())

    def argument(self, key):
        """What was given as ``key``: a position, as text, or a name."""
        return self.args[int(key)] if key.isdecimal() else self.kwargs[key]


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """Cases that give points together. ``also`` names what else is looked at besides the values:

    dtype   the result has exactly the reference's dtype
    inputs  the arguments hold afterwards what they held before; a generator has been drawn from
            if the reference draws from it
    fresh   the result shares no memory with an argument
    quiet   no floating-point warning (NumPy's RuntimeWarning)
    """

    name: str
    points: float
    cases: tuple[Case, ...]
    also: frozenset[str] = frozenset()


# -- one look at an answer ------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, eq=False)
class Observation:
    """What was observed of one call: a value and what happened besides, or why there is none."""

    value: object = None
    changed: tuple[str, ...] = ()
    aliased: bool = False
    warned: tuple[str, ...] = ()
    error: tuple[str, str] | None = None
    line: int | None = None
    stopped: bool = False
    lost: str | None = None

    @property
    def returned(self):
        return not (self.error or self.stopped or self.lost)


# -- the verdict on a task ------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, eq=False)
class Trial:
    """One case of one part, what was seen, and what is wrong with it (None: nothing).

    expected : what our own answer did
    call : the number of the first trial that makes the same call
    """

    part: Part
    case: Case
    seen: Observation
    expected: Observation
    fault: str | None
    call: int


@dataclasses.dataclass(frozen=True, eq=False)
class Verdict:
    """One part's outcome, with the name and sentence of the misconception that explains it."""

    part: Part
    fault: str | None
    misconception: str | None = None
    sentence: str | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class Result:
    """A task's verdicts, in the order of its parts."""

    task: str
    verdicts: list[Verdict]
    problems: tuple[str, ...] = ()  # answers that could not be judged: a person should look

    @property
    def points(self):
        return float(sum(v.part.points for v in self.verdicts if v.fault is None))

    @property
    def maximum(self):
        return float(sum(v.part.points for v in self.verdicts))

    @property
    def misconceptions(self):
        """The misconceptions found, each once."""
        return list(dict.fromkeys(v.misconception for v in self.verdicts if v.misconception))


@dataclasses.dataclass(frozen=True)
class Compiled:
    """What cells compiled besides themselves, as the student's process tells it.

    cut : True if there were more sources than are kept
    sourceless : True if code was made that has no source, from bytes or from a syntax tree
    """

    sources: tuple[str, ...] = ()
    cut: bool = False
    sourceless: bool = False


@dataclasses.dataclass(eq=False)
class Report:
    """What happened to one submission, besides its scores."""

    sandbox: str
    repairs: list[str]
    scores: dict[str, float] = dataclasses.field(default_factory=dict)  # by grade_id
    maximum: float = 0.0  # of the scores together
    written: float = 0.0  # points of the written answers, which a person grades
    misconceptions: dict[str, list[str]] = dataclasses.field(default_factory=dict)  # by task
    problems: list[str] = dataclasses.field(default_factory=list)
    copied: dict[str, int] = dataclasses.field(default_factory=dict)  # see `copied`
    remarks: list[str] = dataclasses.field(default_factory=list)  # for the lecturer: see `copied`
    key: str = ""  # what it was made from, by hash

    @property
    def score(self):
        return sum(self.scores.values())


def report_in(notebook):
    """The `Report` in a graded notebook (JSON text); None if there is none."""
    try:
        return Report(**json.loads(notebook)["metadata"]["autograder"])
    except (ValueError, KeyError, TypeError):
        return None


@dataclasses.dataclass(frozen=True)
class Graded:
    """What became of one submission: a report on its grade, or why there is none."""

    student: str
    report: Report | None = None
    notebook: str | None = None  # the graded notebook, as JSON, until it is recorded
    reason: str | None = None  # the submission's own fault
    failure: str | None = None  # ours: it has to be graded again
    unchanged: bool = False  # graded before, from the same bytes
    before: dict | None = None  # the scores in the gradebook until now, by grade_id
    late: float = 0.0  # points that the gradebook takes off for lateness

    @property
    def score_before(self):
        """The automatic points until now; None if there were none."""
        return sum(score or 0 for score in self.before.values()) if self.before else None

    def changes(self):
        """The scores that are others than before, {grade_id: (before, now)}: none at first."""
        if not self.report or not self.before:
            return {}
        pairs = {name: (self.before.get(name), now) for name, now in self.report.scores.items()}
        return {name: (before, now) for name, (before, now) in pairs.items() if before != now}
