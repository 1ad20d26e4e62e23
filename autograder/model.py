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


class Fault(str):
    """What is wrong with an answer, as a sentence for the student.

    ``sparing`` is the same sentence without what it repeats of the answer: a message, a shape or a
    line number may carry hidden inputs into the feedback (see `checking.disclosure`).
    """

    sparing: str

    def __new__(cls, text: str, sparing: str | None = None):
        """A sentence; without ``sparing`` it repeats nothing of the answer."""
        made = super().__new__(cls, text)
        made.sparing = text if sparing is None else sparing
        return made


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


# -- what travels: from the judge to the notebook's metadata, the pages and the exports -----------


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The outcome of one part of a task."""

    part: str  # its name, as the student reads it
    points: float  # to be had
    fault: str | None = None  # what is wrong, as a sentence; None: the points are earned
    misconception: str | None = None  # the name of the one that explains the fault
    sentence: str | None = None  # what that one says to the student
    conditional: bool = False  # the part looks at more than values: right ones are needed first


@dataclasses.dataclass(frozen=True)
class TaskVerdict:
    """The verdicts on a task, in the order of its parts."""

    task: str
    parts: tuple[Verdict, ...]
    problems: tuple[str, ...] = ()  # answers that could not be judged: a person should look

    @property
    def points(self) -> float:
        return float(sum(v.points for v in self.parts if v.fault is None))

    @property
    def maximum(self) -> float:
        return float(sum(v.points for v in self.parts))

    @property
    def misconceptions(self) -> list[str]:
        """The misconceptions found, each once."""
        return list(dict.fromkeys(v.misconception for v in self.parts if v.misconception))


@dataclasses.dataclass(frozen=True)
class Grade:
    """What a graded cell gets: the share of its points that the task's parts have earned."""

    cell: str  # its grade_id
    maximum: float  # the points of the cell, which may be others than those of the parts
    verdict: TaskVerdict

    @property
    def score(self) -> float:
        share = self.verdict.points / self.verdict.maximum if self.verdict.maximum else 1.0
        if share == 1:
            return self.maximum
        return round(self.maximum * share, 3)  # eighths of a point are exact


@dataclasses.dataclass(frozen=True)
class Repair:
    """Something of a submission that was put right: what, and (as Markdown) where."""

    what: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.where}" if self.where else self.what


@dataclasses.dataclass(frozen=True)
class Compiled:
    """What cells compiled besides themselves, as the student's process tells it.

    cut : True if there were more sources than are kept
    sourceless : True if code was made that has no source, from bytes or from a syntax tree
    """

    sources: tuple[str, ...] = ()
    cut: bool = False
    sourceless: bool = False


@dataclasses.dataclass(frozen=True)
class Report:
    """What the grader found in one submission. It is kept in the graded notebook's metadata."""

    sandbox: str  # its kind
    grades: tuple[Grade, ...] = ()  # in the order of the notebook
    written: float = 0.0  # points of the written answers, which a person grades
    repairs: tuple[Repair, ...] = ()
    problems: tuple[str, ...] = ()  # what the student should know
    overlap: dict[str, int] = dataclasses.field(default_factory=dict)  # see `untrusted.overlap`
    remarks: tuple[str, ...] = ()  # what the lecturer should know
    key: str = ""  # a hash of all that the grade depends on

    @property
    def scores(self) -> dict[str, float]:
        """The points of the graded cells, by grade_id."""
        return {grade.cell: grade.score for grade in self.grades}

    @property
    def score(self) -> float:
        return sum(self.scores.values())

    @property
    def maximum(self) -> float:
        return sum(grade.maximum for grade in self.grades)

    @property
    def misconceptions(self) -> dict[str, list[str]]:
        """The misconceptions found, by task."""
        found = ((grade.verdict.task, grade.verdict.misconceptions) for grade in self.grades)
        return {task: names for task, names in found if names}

    def as_json(self) -> dict:
        """The report as JSON holds it: see `report_in`."""
        return dataclasses.asdict(self)


PLACE = "autograder"  # of the report, in a notebook's metadata


def report_in(notebook: str) -> Report | None:
    """The `Report` in a graded notebook (JSON text); None if there is none."""
    try:
        return report_of(json.loads(notebook))
    except ValueError:
        return None


def report_of(notebook: dict) -> Report | None:
    """The same, from a notebook that has been read."""
    try:
        told = dict(notebook["metadata"][PLACE])
        grades = tuple(grade_of(**grade) for grade in told.pop("grades"))
        repairs = tuple(Repair(**repair) for repair in told.pop("repairs"))
        lists = {name: tuple(told.pop(name)) for name in ("problems", "remarks")}
        return Report(grades=grades, repairs=repairs, **lists, **told)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def grade_of(cell: str, maximum: float, verdict: dict) -> Grade:
    """The `Grade` that JSON holds."""
    parts = tuple(Verdict(**part) for part in verdict["parts"])
    return Grade(cell, maximum, TaskVerdict(verdict["task"], parts, tuple(verdict["problems"])))


@dataclasses.dataclass(frozen=True)
class Graded:
    """What became of one submission: a report on its grade, or why there is none."""

    student: str
    report: Report | None = None
    notebook: str | None = None  # the graded notebook, as JSON, until it is recorded
    refusal: str | None = None  # the submission's own fault
    failure: str | None = None  # ours: it has to be graded again
    unchanged: bool = False  # graded before, from the same bytes
    before: dict[str, float | None] | None = None  # the scores in the gradebook, by grade_id
    late: float = 0.0  # points that the gradebook takes off for lateness

    @property
    def score_before(self) -> float | None:
        """The automatic points until now; None if there were none."""
        return sum(score or 0 for score in self.before.values()) if self.before else None

    def changes(self) -> dict[str, tuple[float | None, float]]:
        """The scores that are others than before, {grade_id: (before, now)}: none at first."""
        if not self.report or not self.before:
            return {}
        pairs = {name: (self.before.get(name), now) for name, now in self.report.scores.items()}
        return {name: (before, now) for name, (before, now) in pairs.items() if before != now}
