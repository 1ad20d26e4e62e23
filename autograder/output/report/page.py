"""Writes the report: one self-contained HTML page for each unit, and its tables as CSV.

The content of the page is in ``page.html``, its style in ``page.css``; ``page.js`` makes the tables
sortable and copyable, and the page works without it. All text is escaped, since students choose
much of it.
"""

from __future__ import annotations

import base64
import collections
import dataclasses
import datetime
import hashlib
import statistics
import sys
import webbrowser
from collections.abc import Mapping, Sequence
from pathlib import Path

import jinja2

from autograder.course import Course, CourseError
from autograder.output.report import analysis, groups, history, results, tables, term
from autograder.untrusted.text import clean_line
from autograder.wording import counted

FOLDER = "reports"  # in the course's folder
ALL = "all_units"  # the name of the page on all units, as units name theirs
MOST_BLOCKS = 14  # up to this many students in a bar, each is drawn as a block
LEAST_HEIGHT = 4  # students; the least range of the histogram's vertical axis


def run(course: Course, units: Sequence[str], show: bool = False) -> int:
    """Write the pages of these units, or of all that have grades: ``autograder report``.

    For all units there is a page of the course, too.

    show : open them in a browser

    Returns the exit code: 0, or 1 if a page cannot be written. Raises CourseError if none can.
    """
    written: list[Path] = []
    problems: list[CourseError] = []
    classes: list[results.Results] = []
    for unit in course.choose_units(units):
        try:
            found, path = write(course, unit)
            classes.append(found)
            written.append(path)
            print(f"{unit}: {path}")
        except CourseError as problem:
            if units or not isinstance(problem, results.NothingGraded):
                problems.append(problem)
    if not written and not problems:
        raise CourseError("Nothing has been graded yet: run `autograder grade` first.")
    if not written:
        raise CourseError("\n".join(dict.fromkeys(map(str, problems))))
    if not units:
        written.insert(0, write_course(course, classes))
        print(f"all units: {written[0]}")
    for said in problems:
        print(f"autograder: {said}", file=sys.stderr)
    for path in written if show else []:
        if not webbrowser.open(path.as_uri()):
            print(f"No browser can be opened here: open {path} yourself.", file=sys.stderr)
    return 1 if problems else 0


def write(course: Course, unit: str) -> tuple[results.Results, Path]:
    """Write the page and the tables of a unit, and store its scores; returns them and the page."""
    found = results.read(course, unit, history.load(course, unit)["failures"])
    compared = history.remember(course, unit, history.scores_of(found.students))
    made = tables.tables_of(found, compared)
    path = course.root / FOLDER / unit / f"{unit}.html"
    save(path, html(found, compared, made), made)
    return found, path


def write_course(course: Course, classes: Sequence[results.Results]) -> Path:
    """Write the page of the course and its tables; returns the page's path.

    classes : the results of its units, in order
    """
    path = course.root / FOLDER / ALL / f"{ALL}.html"
    people, lessons = term.people(classes), term.lessons(classes, course.content)
    made = {table.name: table for table in term.tables_of(classes, people, lessons)}
    text = rendered(
        "course.html",
        "The course",
        ALL,
        made,
        classes=classes,
        lessons=lessons,
        places={person.name: place for place, person in enumerate(people)},
    )
    save(path, text, made)
    return path


def save(path: Path, text: str, made: Mapping[str, tables.Table]) -> None:
    """Write a page, and its tables beside it. Raises CourseError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for table in made.values():
            (path.parent / f"{table.name}.csv").write_bytes(tables.as_csv(table))
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        name = error.filename or path.parent
        raise CourseError(f"{name} cannot be written ({error.strerror}).") from None


# -- the histogram --------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Figure:
    """The geometry of the histogram, in the units of its SVG."""

    bars: list[analysis.Bar]
    mean: float
    median: float
    width: int = 600
    height: int = 270
    left: int = 36
    top: int = 46
    base: int = 226

    @property
    def most(self) -> int:
        return max(len(bar.students) for bar in self.bars)

    @property
    def room(self) -> int:
        return max(self.most, LEAST_HEIGHT)

    @property
    def blocks(self) -> bool:
        """True if each student is drawn as a block."""
        return self.most <= MOST_BLOCKS

    @property
    def bar_width(self) -> float:
        return (self.width - self.left - 8) / len(self.bars)

    def x(self, score: float) -> float:
        """The horizontal position of a score."""
        step = self.bars[0].high - self.bars[0].low
        return round(self.left + score / step * self.bar_width, 2)

    def y(self, count: float) -> float:
        """The vertical position of the top of a bar of so many students."""
        return round(self.base - count * (self.base - self.top) / self.room, 2)

    def counts(self) -> range:
        """The labels of the vertical axis."""
        steps = (factor * 10**power for power in range(5) for factor in (1, 2, 5))
        step = next(s for s in steps if self.room / s <= 5)
        return range(0, self.most + 1, step)


# -- the page -------------------------------------------------------------------------------------


def html(
    found: results.Results, compared: history.Comparison | None, made: Mapping[str, tables.Table]
) -> str:
    """The page as text.

    compared : None if there are no earlier scores
    made : from `tables.tables_of`
    """
    scores = [student.total for student in found.students]
    figure = Figure(analysis.histogram(found), statistics.mean(scores), statistics.median(scores))
    return rendered(
        "page.html",
        found.title,
        found.unit,
        made,
        found=found,
        compared=compared,
        figure=figure,
        scores=scores,
        quartiles=statistics.quantiles(scores, n=4, method="inclusive") if scores[1:] else None,
        spread=statistics.stdev(scores) if scores[1:] else None,
        difficulties=analysis.difficulties(found),
        min_class=analysis.MIN_CLASS,
        alone=[g for g in groups.groups(found.students) if len(g.students) < groups.LEAST],
        places={student.name: n for n, student in enumerate(found.students)},
        kinds=collections.Counter(one.kind for one in found.ungraded),
        handed_in=len({s.name for s in found.students} | {u.name for u in found.ungraded}),
    )


def rendered(
    template: str, title: str, stem: str, made: Mapping[str, tables.Table], **values: object
) -> str:
    """A page as text.

    stem : begins the names under which a browser stores the tables
    made : the tables of the page, by name
    values : what else the template needs
    """
    folder = Path(__file__).parent
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=visible,
    )
    env.filters |= {"plain": tables.plain, "points": points, "percent": percent, "date": date}
    script, style = (
        (folder / name).read_text(encoding="utf-8") for name in ("page.js", "page.css")
    )
    text = env.get_template(template).render(
        title=title,
        stem=stem,
        tables={name: table for name, table in made.items() if table.rows},
        downloads={name: in_base64(tables.as_csv(table)) for name, table in made.items()},
        counted=counted,
        today=datetime.datetime.now(),
        style=style,
        script=script,
        script_hash=in_base64(hashlib.sha256(script.encode()).digest()),
        **values,
    )
    return text.lstrip()


def visible(value: object) -> object:
    """A value as the page shows it: a string without invisible and direction characters."""
    return clean_line(value) if type(value) is str else value  # Markup is escaped already


def in_base64(data: bytes) -> str:
    """Bytes in base64, as text."""
    return base64.b64encode(data).decode()


def points(value: float) -> str:
    """Points with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def percent(share: float) -> str:
    """A share of 1 in per cent."""
    return f"{100 * share:.0f} %"


def date(when: datetime.datetime) -> str:
    """A day and a time, as text."""
    return f"{when.day} {when:%B} {when.year}, {when:%H:%M}"
