"""The values passed between stages: checks, tasks, observations, verdicts and reports."""

import dataclasses
import functools
import inspect
import json
from collections.abc import Callable
from typing import Any

Solution = Callable[..., Any]  # a reference, a variant or a misconception

# -- checks ---------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, eq=False)
class Case:
    """One call of a student's function, and what is expected of it.

    about : argument names; if there are any, the call must raise a ValueError that names one of
        them, else it must return what the reference returns
    item : key of a dictionary; only the value under it is compared
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    about: tuple[str, ...] = ()
    item: str | None = None

    @property
    def call(self) -> tuple[tuple[int, ...], tuple[tuple[str, int], ...]]:
        """The ids of all arguments: equal for cases that pass the same objects."""
        return tuple(map(id, self.args)), tuple((key, id(v)) for key, v in self.kwargs.items())

    def argument(self, key: str) -> Any:
        """The argument given as ``key``: a position, as text, or a name."""
        return self.args[int(key)] if key.isdecimal() else self.kwargs[key]


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """Cases that give their points only together. ``also`` names further requirements:

    dtype   the result has exactly the reference's dtype
    inputs  the call leaves its arguments unchanged; a generator advances if and only if it does
            in the reference
    draws   a generator gives the same afterwards as after the reference, whatever becomes of other
            arguments
    fresh   the result shares no memory with an argument
    apart   no two arrays of the result share memory
    quiet   no floating-point warning (NumPy's RuntimeWarning)
    """

    name: str
    points: float
    cases: tuple[Case, ...]
    also: frozenset[str] = frozenset()


# -- tasks ----------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, eq=False)
class Task:
    """One exercise, with the functions that check it.

    check : returns the parts; has a parameter ``rng``, ``mine``, both or none
    misconceptions, variants : solutions by full name, ``<task>__<mistake>``, ``<task>__<style>``
    draw : returns the student's own numbers for this task, given the student's id; None if no task
        of the course has any
    """

    name: str
    unit: str
    reference: Solution
    check: Callable[..., list[Part]]
    misconceptions: dict[str, Solution]
    variants: dict[str, Solution]
    draw: Callable[[str], object] | None = None

    @functools.cached_property
    def parameters(self) -> list[str]:
        """The names of the reference's parameters."""
        return list(inspect.signature(self.reference).parameters)

    @property
    def by_value(self) -> bool:
        """True if the student writes down an answer, not a function.

        The reference of such a task has no parameter or only ``mine``, the student's own numbers.
        """
        return self.own_numbers or not self.parameters

    @property
    def own_numbers(self) -> bool:
        """True if the answer is to be worked out from numbers drawn for each student."""
        return self.parameters == ["mine"]

    def argument(self, key: str) -> str:
        """The name of the argument given as ``key``: a position, as text, or a name."""
        names = self.parameters
        return names[int(key)] if key.isdecimal() and int(key) < len(names) else key


# -- observations ---------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, eq=False)
class Observation:
    """The result of one call and its side effects, or the reason why there is no result.

    changed : the arguments that the call changed: positions, as text, or names
    aliased : True if the result shares memory with an argument
    warned : the categories of the warnings
    joined : True if two arrays of the result share memory
    states : of each generator among the arguments, the argument and a hash of its state afterwards
    error : (type, message) of the exception that the call raised
    line : line of the student's cell that raised it
    stopped : True if the call used up its CPU time
    lost : why the call could not be made, or gave no answer
    """

    value: object = None
    changed: tuple[str, ...] = ()
    aliased: bool = False
    warned: tuple[str, ...] = ()
    error: tuple[str, str] | None = None
    line: int | None = None
    stopped: bool = False
    lost: str | None = None
    joined: bool = False
    states: tuple[tuple[str, str], ...] = ()

    @property
    def returned(self) -> bool:
        """True if the call returned a value."""
        return not (self.error or self.stopped or self.lost)


# -- verdicts -------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, eq=False)
class Trial:
    """One case of one part, and its outcome.

    seen : the observation of the student's answer
    expected : the observation of the reference
    fault : what is wrong with ``seen``; None if nothing is
    call : index of the first trial that makes the same call
    """

    part: Part
    case: Case
    seen: Observation
    expected: Observation
    fault: str | None
    call: int


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The outcome of one part of a task."""

    part: str  # its name, as the student reads it
    points: float  # of the part, earned or not
    fault: str | None = None  # what is wrong, as a sentence; None: the points are earned
    misconception: str | None = None  # the name of the one that explains the fault
    sentence: str | None = None  # the misconception's explanation for the student
    conditional: bool = False  # the part requires more than right values
    wrong_value: bool = False  # a call with good input gave a wrong value, or raised an error
    by_course: bool = False  # the misconception is one of `named`: a lecturer has named it


@dataclasses.dataclass(frozen=True)
class Behaviour:
    """What a wrong answer does in the probes of its task, see `checking.behaviour`.

    probes : a hash of the probes
    values : a hash of the value, or of the error, in each
    call, asked, came : the first probe in which the answer is wrong, as short texts: the call, the
        right value and the answer's
    """

    probes: str
    values: tuple[str, ...]
    call: str
    asked: str
    came: str


@dataclasses.dataclass(frozen=True)
class TaskVerdict:
    """The verdicts on a task, in the order of its parts."""

    task: str
    parts: tuple[Verdict, ...]
    problems: tuple[str, ...] = ()  # answers that could not be judged: a person should look
    behaviour: Behaviour | None = None  # of an answer with wrong values that no bank explains

    @property
    def points(self) -> float:
        """The points earned."""
        return float(sum(v.points for v in self.parts if v.fault is None))

    @property
    def maximum(self) -> float:
        """The points of all parts."""
        return float(sum(v.points for v in self.parts))

    @property
    def unnamed(self) -> bool:
        """True if a part has wrong values that no misconception explains."""
        return any(v.fault and v.wrong_value and not v.misconception for v in self.parts)

    @property
    def misconceptions(self) -> list[str]:
        """The names of the misconceptions found, without repetition."""
        return list(dict.fromkeys(v.misconception for v in self.parts if v.misconception))


@dataclasses.dataclass(frozen=True)
class Grade:
    """The grade of one graded cell."""

    cell: str  # its grade_id
    maximum: float  # the points of the cell, which may differ from the sum over the parts
    verdict: TaskVerdict

    @property
    def score(self) -> float:
        """The share of the cell's points that the task's parts have earned."""
        share = self.verdict.points / self.verdict.maximum if self.verdict.maximum else 1.0
        if share == 1:
            return self.maximum
        return round(self.maximum * share, 3)  # eighths of a point are exact


@dataclasses.dataclass(frozen=True)
class Repair:
    """A defect of a submission that was corrected before grading."""

    what: str
    where: str = ""  # Markdown

    def __str__(self) -> str:
        return f"{self.what}: {self.where}" if self.where else self.what


@dataclasses.dataclass(frozen=True)
class Report:
    """The result of grading one submission; stored in the graded notebook's metadata."""

    sandbox: str  # its kind
    grades: tuple[Grade, ...] = ()  # in the order of the notebook
    written: float = 0.0  # points of the written answers, which a person grades
    repairs: tuple[Repair, ...] = ()
    problems: tuple[str, ...] = ()  # what the student should know
    overlap: dict[str, int] = dataclasses.field(default_factory=dict)  # see `untrusted.overlap`
    remarks: tuple[str, ...] = ()  # what the lecturer should know
    key: str = ""  # a hash of everything that the grade depends on

    @property
    def scores(self) -> dict[str, float]:
        """The points of the graded cells, by grade_id."""
        return {grade.cell: grade.score for grade in self.grades}

    @property
    def score(self) -> float:
        """The points of all graded cells."""
        return sum(self.scores.values())

    @property
    def maximum(self) -> float:
        """The most points that the graded cells can get."""
        return sum(grade.maximum for grade in self.grades)

    @property
    def misconceptions(self) -> dict[str, list[str]]:
        """The names of the misconceptions found, by task."""
        found = ((grade.verdict.task, grade.verdict.misconceptions) for grade in self.grades)
        return {task: names for task, names in found if names}

    def as_json(self) -> dict[str, Any]:
        """The report as a JSON object; `report_of` reads it back."""
        return dataclasses.asdict(self)


PLACE = "autograder"  # key of the report in a notebook's metadata


def report_in(notebook: str) -> Report | None:
    """The `Report` in the JSON text of a graded notebook; None if there is no valid one."""
    try:
        return report_of(json.loads(notebook))
    except ValueError:
        return None


def report_of(notebook: dict[str, Any]) -> Report | None:
    """The `Report` in a graded notebook, given as parsed JSON; None if there is no valid one."""
    try:
        told = dict(notebook["metadata"][PLACE])
        grades = tuple(grade_of(**grade) for grade in told.pop("grades"))
        repairs = tuple(Repair(**repair) for repair in told.pop("repairs"))
        problems, remarks = tuple(told.pop("problems")), tuple(told.pop("remarks"))
        return Report(grades=grades, repairs=repairs, problems=problems, remarks=remarks, **told)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def grade_of(cell: str, maximum: float, verdict: dict[str, Any]) -> Grade:
    """The `Grade` in a report's JSON."""
    parts = tuple(Verdict(**part) for part in verdict["parts"])
    told = verdict.get("behaviour")
    seen = Behaviour(**{**told, "values": tuple(told["values"])}) if told else None
    problems = tuple(verdict["problems"])
    return Grade(cell, maximum, TaskVerdict(verdict["task"], parts, problems, seen))


@dataclasses.dataclass(frozen=True)
class ByHand:
    """The part of a submission's points that persons give, as it stands in the gradebook."""

    points: float = 0.0  # given so far
    waiting: float = 0.0  # the most that answers which nobody has marked can still get


@dataclasses.dataclass(frozen=True)
class Graded:
    """The outcome for one submission: a report, or the reason why there is none."""

    student: str
    report: Report | None = None
    notebook: str | None = None  # the graded notebook, as JSON, until it is recorded
    refusal: str | None = None  # why the submission cannot be graded, by its own fault
    failure: str | None = None  # why grading failed, by the grader's fault: grade it again
    unchanged: bool = False  # graded before, from the same bytes
    before: dict[str, float | None] | None = None  # earlier scores in the gradebook, by grade_id
    late: float = 0.0  # points that the gradebook takes off for lateness
    by_hand: ByHand | None = None  # None: nothing is recorded
    # What has changed under points that a person gave, by grade_id: to be looked at again.
    again: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def score_before(self) -> float | None:
        """The automatic points before this run; None if there were none."""
        return sum(score or 0 for score in self.before.values()) if self.before else None

    def changes(self) -> dict[str, tuple[float | None, float]]:
        """The scores that changed, {grade_id: (before, now)}; empty for a first grade."""
        if not self.report or not self.before:
            return {}
        pairs = {name: (self.before.get(name), now) for name, now in self.report.scores.items()}
        return {name: (before, now) for name, (before, now) in pairs.items() if before != now}
