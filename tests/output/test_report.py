"""The page on a class: its numbers, its tables, what it escapes, and where it comes from."""

import base64
import csv
import dataclasses
import hashlib
import io
import re

import bs4
import numpy as np
import pytest
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin
from scipy import stats

from autograder import examples
from autograder.checking import diagnose
from autograder.course import Course, CourseError
from autograder.grading.run import Options, Run
from autograder.model import Behaviour, Grade, Graded, Repair, Report, TaskVerdict, Verdict
from autograder.output.report import analysis, history, page, results, tables
from autograder.units import CONTENT as content
from autograder.untrusted.text import clean_line
from tests.hostile.markup import ESCAPES, SCRIPT
from tests.reports import report as made_report

UNIT = examples.UNIT
OTHER = "unit2_matching"
FLIPPED = "conv2d_valid__flips_kernel"
TASKS = list(content.of_unit(UNIT))
APOSTROPHE = re.compile(
    r"(?:(?<=^)|(?<=;))'(?=\s*[=+@-])"
)  # `export.cell` puts it before a formula
HOSTILE = [SCRIPT, ESCAPES, "'\"><b>&amp;", "=HYPERLINK(1)", "{{ 7 * 7 }}", "</script><!--", "a b"]


def student(name, points, full_name="", penalty=0.0, again=0, **said):
    """A `results.Student`; ``said`` of its report, and ``report=None`` for one without."""
    scores = dict(zip((f"test_{task}" for task in TASKS), points, strict=False))
    given = {cell: score for cell, score in scores.items() if score is not None}
    told = made_report(given, **said)
    total = max(0.0, sum(score or 0 for score in points) - penalty)
    return results.Student(name, full_name, scores, scores, total, penalty, again, told)


def a_class(students, maxima, ungraded=(), absent=None):
    """Their `results.Results`; there are as many tasks as ``maxima``."""
    items = [
        results.Item(f"test_{task}", task, "function", "1 · Convolution", float(maximum))
        for task, maximum in zip(TASKS, maxima, strict=False)
    ]
    return results.Results(
        *(UNIT, "Unit 1", float(sum(maxima)), items, students, list(ungraded), absent or {}),
        bank=content.of_unit(UNIT),
    )


def drawn(size, maxima=(5, 1, 3, 2)):
    """A class of so many, with whole points that are drawn; who lost some in the first task holds
    one misconception."""
    rng = np.random.default_rng(size)
    points = rng.integers(0, np.array(maxima) + 1, (size, len(maxima)))
    wrong = {TASKS[0]: [FLIPPED]}
    students = [
        student(
            f"s{n}",
            row.tolist(),
            maxima={f"test_{TASKS[0]}": maxima[0]},
            misconceptions=wrong if row[0] < maxima[0] else {},
        )
        for n, row in enumerate(points)
    ]
    return a_class(students, maxima)


def sentence(misconception):
    """What a student reads, as the page shows it: without backticks."""
    task = misconception.partition("__")[0]
    return diagnose.sentence(content.find(task).misconceptions[misconception]).replace("`", "")


def shown(found, compared=None):
    """The page, parsed as a browser does."""
    text = page.html(found, compared, tables.tables_of(found, compared))
    return bs4.BeautifulSoup(text, "html.parser")


def squeezed(text):
    return " ".join(text.split())


def words(element):
    return squeezed(element.get_text())


def parsed(data):
    """The rows of a CSV file."""
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


# -- item analysis --------------------------------------------------------------------------------


def test_difficulty_is_the_mean_share_of_the_points():
    students = [student("ada", [5, 0]), student("bob", [2, 0]), student("eve", [0, 0])]
    found = a_class(students, [5, 1])
    first, second = analysis.difficulties(found)
    assert first.share == pytest.approx(7 / 15)
    assert (first.full, first.some, first.none, first.waiting) == (1, 1, 1, 0)
    assert second.share == 0
    assert (second.full, second.some, second.none) == (0, 0, 3)


def test_discrimination_is_the_correlation_with_the_rest():
    found = drawn(31)
    points = np.array([list(s.scores.values()) for s in found.students])
    for column, made in enumerate(analysis.difficulties(found)):
        rest = points.sum(axis=1) - points[:, column]
        expected = stats.pearsonr(points[:, column], rest).statistic
        assert made.discrimination == pytest.approx(expected)


def test_answers_that_wait_for_a_person_count_nowhere():
    found = drawn(30)
    waits = [dataclasses.replace(s, scores=dict(s.scores)) for s in found.students]
    for one in waits[:4]:
        one.scores["test_pad2d"] = None
    points = np.array([list(s.scores.values()) for s in found.students])
    place = TASKS.index("pad2d")
    first, *_, last = made = analysis.difficulties(dataclasses.replace(found, students=waits))
    assert (made[place].waiting, made[place].full + made[place].some + made[place].none) == (4, 26)
    assert made[place].share == pytest.approx(points[4:, place].mean() / 3)
    # The rest of the others is without this task, and its own rest is of those who have points.
    rest = points.sum(axis=1) - points[:, place]
    expected = stats.pearsonr(points[:, 0], rest - points[:, 0]).statistic
    assert first.discrimination == pytest.approx(expected)
    expected = stats.pearsonr(points[4:, place], rest[4:]).statistic
    assert made[place].discrimination == pytest.approx(expected)
    assert last.waiting == 0


@pytest.mark.parametrize(
    ("points", "maxima", "why"),
    [
        ([[n % 4, n % 2] for n in range(19)], [3, 1], "fewer than 20"),
        ([[3, n % 2] for n in range(20)], [3, 1], "all have the same points"),
        ([[n % 4, 1] for n in range(20)], [3, 1], "all have the same points elsewhere"),
        ([[n % 4] for n in range(20)], [3], "there is no other task"),
        ([[None if n else 1, n % 2] for n in range(20)], [3, 1], "fewer than 20"),
    ],
)
def test_without_a_correlation_there_is_a_reason(points, maxima, why):
    found = a_class([student(f"s{n}", row) for n, row in enumerate(points)], maxima)
    made = analysis.difficulties(found)[0]
    assert made.discrimination is None
    assert why in made.why


def test_discrimination_is_hidden_below_20_students():
    few, enough = shown(drawn(19)), shown(drawn(20))
    assert "Discrimination is not shown: of 19 students" in words(few)
    assert "Discrimination is not shown" not in words(enough)
    titles = [words(th) for th in few.select("#table-tasks thead th")]
    assert "Discrimination" not in titles
    assert "Discrimination" in [words(th) for th in enough.select("#table-tasks thead th")]


@pytest.mark.parametrize("maximum", [1, 3, 10, 15, 18, 100])
def test_every_student_is_in_the_bar_of_their_score(maximum):
    scores = [*np.linspace(0, maximum, 41), maximum, maximum + 0.5]  # there can be extra points
    found = a_class([student(f"s{n}", [score]) for n, score in enumerate(scores)], [maximum])
    bars = analysis.histogram(found)
    assert sum(len(bar.students) for bar in bars) == len(scores)
    assert all(b.low - 1e-9 <= s.total < b.high for b in bars for s in b.students)
    assert 8 <= sum(bar.low < maximum for bar in bars) <= analysis.MOST_BARS
    assert any(bar.low == pytest.approx(maximum) for bar in bars)


# -- the page -------------------------------------------------------------------------------------


def test_the_essentials_are_said_first_and_in_words():
    students = [
        student("ada", [5, 3], misconceptions={}),
        student("bob", [0, 3], misconceptions={TASKS[0]: [FLIPPED]}),
        student("eve", [0, 0], misconceptions={TASKS[0]: [FLIPPED]}),
        student("kim", [5, None]),
    ]
    refused = results.Ungraded("max", results.REFUSED, "the file is empty")
    said = words(shown(a_class(students, [5, 3], [refused], {"ida": ""})).select_one("#short"))
    assert "4 graded of 5 handed in" in said
    assert "4.0 of 8 points is the mean" in said
    assert "4 points is the median" in said
    assert f"hardest task is {TASKS[0]}, with 50 % of its points" in said
    assert f"easiest {TASKS[1]}, with 67 %" in said
    assert f"2 students read: {sentence(FLIPPED)}" in said
    assert "1 written answer waits for a person" in said
    assert "cannot be graded (1), nothing handed in (1)" in said


def test_misconceptions_come_by_frequency_with_the_students():
    other = "conv2d_valid__means_for_sum"
    students = [
        student("ada", [0], misconceptions={TASKS[0]: [other]}),
        student("bob", [0], misconceptions={TASKS[0]: [FLIPPED]}),
        student("eve", [0], misconceptions={TASKS[0]: [FLIPPED, "conv2d_valid__of_old"]}),
    ]
    rows = tables.tables_of(a_class(students, [5]), None)["misconceptions"].rows
    assert [(row[0], row[2], row[4]) for row in rows] == [
        (2, FLIPPED, ["bob", "eve"]),
        (1, other, ["ada"]),
        (1, "conv2d_valid__of_old", ["eve"]),
    ]
    assert "no longer in the bank" in rows[2][3]


def test_the_most_frequent_reason_says_how_many_it_concerns():
    """A part that three students failed, two of them for the same reason, and one that nobody."""
    faults = {"ada": "it is too long", "bob": "not written yet", "eve": "it is too long"}

    def failing(name):
        parts = Verdict("sizes", 1, faults[name]), Verdict("refusals", 1)
        report = Report("none", (Grade("test_pad2d", 2, TaskVerdict("pad2d", parts)),))
        return dataclasses.replace(student(name, [1]), report=report)

    found = a_class([failing(name) for name in faults], [2])
    table = tables.tables_of(found, None)["parts"]
    titles = [column.title for column in table.columns]
    (row,) = [dict(zip(titles, row, strict=True)) for row in table.rows]
    assert (row["Students"], row["For it"]) == (3, 2)
    assert (row["Most frequent reason"], row["Who"]) == ("it is too long", ["ada", "bob", "eve"])
    assert "it is too long 2" in words(shown(found).select_one("#table-parts tbody"))


def test_what_the_grader_had_to_say_is_counted():
    students = [
        student("ada", [5], problems=("too slow",), overlap={"course/nn.py": 40}),
        student(
            "bob",
            [5],
            problems=("too slow",),
            repairs=(Repair("put back", "`a`"), Repair("put back", "`b`")),
        ),
        student("kim", [5], remarks=("makes code without source",)),
        dataclasses.replace(student("eve", [5]), report=None),
    ]
    rows = tables.tables_of(a_class(students, [5]), None)["grading"].rows
    assert [[row[0], row[2], row[3]] for row in rows] == [
        ["no notebook", 1, ["eve"]],
        ["problem", 2, ["ada", "bob"]],
        ["copied", 1, ["ada"]],
        ["copied", 1, ["kim"]],
        ["put right", 1, ["bob"]],
    ]
    assert [row[1] for row in rows[2:]] == [
        "40 lines are those of course/nn.py",
        "makes code without source",
        "put back",
    ]


def hostile_class():
    """Everything that a student or a file could have chosen is hostile."""
    students = [
        student(
            name,
            [n % 4, n % 2],
            full_name=SCRIPT,
            penalty=0.5,
            problems=[name, SCRIPT],
            repairs=(Repair(name, "`x`"),),
            overlap={name: 20},
            remarks=[name],
            misconceptions={TASKS[0]: [f"conv2d_valid__{SCRIPT}"]},
        )
        for n, name in enumerate(HOSTILE)
    ]
    ungraded = [results.Ungraded(name + "2", results.REFUSED, name) for name in HOSTILE]
    absent = {name + "3": name for name in HOSTILE}
    found = a_class(students, [3, 1], ungraded, absent)
    before = {name: {SCRIPT: 1.0, "test_pad2d": None} for name in [*HOSTILE[:4], *absent]}
    return found, history.compared(
        {"when": "2026-11-01T10:00:00", "scores": before},
        {one.name: one.scores for one in students},
    )


@pytest.fixture(scope="module", params=[1, 3, 20, 500, "hostile"])
def made(request):
    """The tables and the page of a class of each size."""
    size = request.param
    found, compared = hostile_class() if size == "hostile" else (drawn(size), None)
    return tables.tables_of(found, compared), shown(found, compared)


def test_the_page_loads_nothing_and_runs_only_its_own_script(made):
    _, soup = made
    loads = ("src", "srcset", "action", "formaction", "poster", "data", "background", "xlink:href")
    assert not [tag for tag in soup.find_all() if set(tag.attrs) & set(loads)]
    assert not [a for tag in soup.find_all() for a in tag.attrs if a.startswith("on")]
    assert {tag.name for tag in soup.find_all(href=True)} == {"a"}
    for link in soup.find_all("a"):
        assert link["href"].startswith(("#", "data:text/csv;"))
    for style in [*map(str, soup.find_all("style")), *(t["style"] for t in soup.select("[style]"))]:
        assert not re.search(r"url\(|@import|https?:", style)
    (script,) = soup.find_all("script")
    digest = base64.b64encode(hashlib.sha256(script.string.encode()).digest()).decode()
    policy = soup.select_one("meta[http-equiv=Content-Security-Policy]")["content"]
    assert policy.startswith("default-src 'none';")
    assert policy.endswith(f"script-src 'sha256-{digest}'")
    assert not re.search(r"fetch|XMLHttp|import|innerHTML|https?:", script.string)
    assert not soup.find_all(["img", "iframe", "object", "embed", "form", "base", "link"])
    assert {words(tag) for tag in soup.find_all("b")} == {"Named", "Discrimination"}


def test_every_link_leads_somewhere_in_the_page(made):
    _, soup = made
    ids = [tag["id"] for tag in soup.select("[id]")]
    assert len(ids) == len(set(ids))
    wanted = {link["href"][1:] for link in soup.find_all("a") if link["href"].startswith("#")}
    assert wanted <= set(ids)
    assert {"students", "misconceptions"} <= wanted


def test_csv_files_hold_what_the_page_shows(made):
    every, soup = made
    for name, table in every.items():
        data, shows = tables.as_csv(table), soup.select_one(f"#table-{name}")
        titles, *rows = parsed(data)
        assert len(rows) == len(table.rows)
        if not rows:
            assert shows is None
            continue
        assert titles == [column.title for column in table.columns]
        assert list(map(squeezed, titles)) == [words(th) for th in shows.select("thead th")]
        assert [[squeezed(APOSTROPHE.sub("", text)) for text in row] for row in rows] == [
            [squeezed(cell.get("data-value", cell.get_text())) for cell in row.select("th, td")]
            for row in shows.select("tbody tr")
        ]
        download = shows.select_one("a[download]")
        assert base64.b64decode(download["href"].partition("base64,")[2]) == data
        assert download["download"] == f"{UNIT}_{name}.csv"


def test_every_table_has_headings_and_every_picture_a_text(made):
    every, soup = made
    assert len(soup.find_all("table")) == sum(bool(table.rows) for table in every.values())
    for table in soup.find_all("table"):
        assert table.caption.get_text().strip()
        assert all(th["scope"] == "col" for th in table.select("thead th"))
    for picture in soup.find_all("svg"):
        assert picture.get("aria-hidden") == "true" or (
            picture["role"] == "img" and soup.find(id=picture["aria-labelledby"]).get_text()
        )


def test_names_are_shown_as_they_are_but_for_what_cannot_be_seen():
    soup = shown(*hostile_class())
    names = {tag.get_text() for tag in soup.select("#table-students tbody th")}
    assert names == {clean_line(name) for name in HOSTILE}
    assert not re.search("[\x00-\x08\x1b\u202e]", str(soup))


def unnamed(name, seen, code):
    """A student whose answer to the first task is wrong without a name."""
    wrong = Verdict("is right", 3.0, "it is wrong", wrong_value=True)
    verdict = TaskVerdict(TASKS[0], (wrong,), (), Behaviour("p", (seen,), seen, seen, seen))
    told = dataclasses.replace(made_report({}), grades=(Grade(f"test_{TASKS[0]}", 3.0, verdict),))
    return dataclasses.replace(student(name, [0]), report=told, code={TASKS[0]: code})


def test_wrong_answers_that_behave_alike_are_shown_without_harm():
    code = f"def f():\n    return 1  # {SCRIPT} {ESCAPES}\n"
    class_of = [
        unnamed(f"s{n}", "" if n == 6 else HOSTILE[n // 3], code * (1 + n)) for n in range(7)
    ]
    found = a_class(class_of, [3])
    soup = shown(found)
    rows = soup.select("#table-groups tbody tr")
    assert [[words(cell) for cell in row.select("td.count")] for row in rows] == [["3"], ["3"]]
    shortest = [row.select("td.code pre span") for row in rows]
    assert [len(lines) for lines in shortest] in ([2, 8], [8, 2])
    assert all(lines[0].get_text() == "def f():" for lines in shortest)
    assert {words(row.select("td.value")[1]) for row in rows} == {
        squeezed(clean_line(text)) for text in HOSTILE[:2]
    }
    assert "1 more answer behaves like no other" in words(soup.select_one("#misconceptions"))
    assert len(soup.find_all("script")) == 1
    assert not re.search("[\x00-\x08\x1b\u202e]", str(soup))
    told = words(rows[0].select("td.value")[-1])
    assert re.fullmatch(rf'autograder name {UNIT} {TASKS[0]}:[0-9a-f]{{6}} "…"', told)


def test_no_name_is_a_formula_in_a_spreadsheet():
    found, compared = hostile_class()
    for table in tables.tables_of(found, compared).values():
        for row in parsed(tables.as_csv(table))[1:]:
            assert not [v for v in row if re.match(r"[=+@]|-(?![\d.]+$)", v)]
    students = tables.as_csv(tables.tables_of(found, compared)["students"])
    assert "'=HYPERLINK(1)" in [row[0] for row in parsed(students)]


def test_an_exact_class_in_which_all_is_right():
    soup = shown(a_class([student(f"s{n}", [5, 3]) for n in range(25)], [5, 3]))
    assert "All have all points in every task." in words(soup)
    assert "None was recognised: all have all points." in words(soup)
    assert "all have the same points" in words(soup.select_one("#table-tasks"))


# -- what has changed -----------------------------------------------------------------------------


@pytest.fixture
def noting(course):
    """``noting(scores, …)``: as `history.remember` in a course."""
    return lambda *arguments: history.remember(Course(), UNIT, *arguments)


def test_scores_are_compared_with_the_last_that_were_different(noting):
    first = {"ada": {"test_a": 1.0, "why": None}, "bob": {"test_a": 2.0}}
    second = {"ada": {"test_a": 3.0, "why": 1.0}, "eve": {"test_a": 0.0}}
    assert noting(first) is None
    assert noting(first) is None
    for _ in range(2):  # to look twice changes nothing
        compared = noting(second)
        (change,) = compared.changes
        assert (change.name, change.before, change.now) == ("ada", 1.0, 4.0)
        assert change.cells == {"test_a": (1.0, 3.0), "why": (None, 1.0)}
        assert (compared.new, compared.gone) == (["eve"], ["bob"])
    late = {**second, "eve": {"test_a": 0.0, history.PENALTY: -1.0}}
    (change,) = noting(late).changes
    assert (change.name, change.before, change.now) == ("eve", 0.0, 0.0)  # never below 0
    assert "late penalty – → −1" in str(tables.change_table(a_class([], [5]), noting(late)).rows)


@pytest.mark.parametrize("content", ["{", "[]", '{"now": 1}', ""])
def test_notes_that_cannot_be_read_are_begun_anew(noting, content):
    path = history.notes(Course(), UNIT)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    assert noting({"ada": {"test_a": 1.0}}) is None
    assert noting({"ada": {"test_a": 2.0}}).changes[0].before == 1.0


# -- the real path --------------------------------------------------------------------------------


def report(*units):
    """The page of unit 1 after ``autograder report`` in the current course."""
    assert page.run(Course(), list(units)) == 0
    with open(f"reports/{UNIT}/{UNIT}.html", encoding="utf-8") as file:
        return bs4.BeautifulSoup(file, "html.parser")


def rows(soup, name):
    return [[words(c) for c in r.select("th, td")] for r in soup.select(f"#table-{name} tbody tr")]


def test_a_class_from_submissions_to_the_page(course, hand_in, capsys):
    hand_in("ada")
    hand_in("grace", examples.every()["flips_the_kernel"].build)
    hand_in("karl", examples.every()["deletes_cells"].build)
    hand_in("eve").write_bytes(b"")
    (course / "submitted" / "stray.ipynb").write_bytes(b"{}")
    outcomes = list(Run(Course(), UNIT, Options(jobs=2)))
    failed = Graded("max", failure="KilledWorker: too often")
    hand_in("max")
    history.remember_run(Course(), UNIT, [*outcomes, failed])

    soup = report(UNIT)
    assert soup.h1.get_text() == "Unit 1 · Convolution"
    assert "3 graded of 6 handed in" in words(soup)
    assert "There is nothing to compare with yet" in words(soup)
    (row,) = rows(soup, "misconceptions")
    assert row == ["1", "conv2d_valid", "flips_kernel", sentence(FLIPPED), "grace"]
    assert [row[:2] for row in rows(soup, "ungraded")] == [
        ["eve", "cannot be graded"],
        ["stray.ipynb", "cannot be graded"],
        ["max", "grading failed"],
    ]
    assert "the file is empty" in words(soup.select_one("#table-ungraded"))
    assert "KilledWorker" in words(soup.select_one("#table-ungraded"))
    assert ["put right", "1", "karl"] in [[r[0], *r[2:]] for r in rows(soup, "grading")]
    order = [item.task for item in results.outline(Course(), UNIT)[1]]
    assert sorted(order) == sorted(TASKS)
    assert [row[0] for row in rows(soup, "tasks")] == order

    # What a person makes of it counts, and is a change.
    with Gradebook("sqlite:///gradebook.db") as book:
        book.add_student("late", first_name="<i>", last_name="L.")
        grade = book.find_grade("test_conv2d_valid", UNIT, UNIT, "grace")
        grade.manual_score, grade.extra_credit = 2.0, 0.5
        book.find_submission_notebook(UNIT, UNIT, "ada").late_submission_penalty = 4.0
        book.db.commit()
    (course / "autograded" / "karl" / UNIT / f"{UNIT}.ipynb").unlink()
    hand_in("ada").write_bytes(b"[1, ")
    soup = report()
    assert [row[:4] for row in rows(soup, "changes")] == [
        ["ada", "15", "11", "−4"],
        ["grace", "10", "12.5", "+2.5"],
    ]
    assert "late penalty – → −4" in words(soup.select_one("#table-changes"))
    assert rows(soup, "absent") == [["late", "<i> L."]]
    assert "(the gradebook keeps 11 points from before)" in words(soup.select_one("#grading"))
    assert ["no notebook", "1", "karl"] in [[r[0], *r[2:]] for r in rows(soup, "grading")]

    # The totals are those that nbgrader exports.
    with Gradebook("sqlite:///gradebook.db") as book:
        CsvExportPlugin(to="grades.csv").export(book)
    with open("grades.csv", newline="") as file:
        exported = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    titles, *ours = parsed((course / "reports" / UNIT / "students.csv").read_bytes())
    place = titles.index("Score")
    assert {row[0]: float(row[place]) for row in ours} == {
        name: exported[name] for name in ("ada", "grace", "karl")
    }
    # Units that are not graded are left out, unless they are asked for.
    capsys.readouterr()
    assert page.run(Course(), [UNIT, OTHER]) == 1
    assert f"No submission of {OTHER} has been graded: run `autograder grade {OTHER}`" in (
        capsys.readouterr().err
    )
    (course / "source" / OTHER / f"{OTHER}.ipynb").write_bytes(b"{")
    assert page.run(Course(), []) == 1  # what is broken is said all the same
    assert f"{OTHER}.ipynb cannot be read" in capsys.readouterr().err


def test_written_answers_are_waited_for_and_counted(course):
    with Gradebook("sqlite:///gradebook.db") as book:
        book.add_grade_cell("why", UNIT, UNIT, max_score=2, cell_type="markdown")
        for name, auto, manual, needed in (
            ("ada", None, None, True),  # nobody has read it
            ("bob", None, 1.5, False),
            ("eve", None, 1.0, True),  # graded again since
            ("kim", 0.0, None, False),  # left as it was
        ):
            book.add_student(name)
            book.add_submission(UNIT, name)
            for grade in book.find_submission_notebook(UNIT, UNIT, name).grades:
                written = grade.name == "why"
                grade.auto_score = auto if written else 0.0
                grade.manual_score = manual if written else None
                grade.needs_manual_grade = needed and written
        book.db.commit()
    found = results.read(Course(), UNIT, {})
    assert [s.scores["why"] for s in found.students] == [None, 1.5, 1.0, 0.0]
    assert [s.waiting for s in found.students] == [1, 0, 0, 0]
    assert [s.again for s in found.students] == [0, 0, 1, 0]
    why = analysis.difficulties(found)[-1]  # it is not in the source notebook
    assert (why.item.kind, why.item.maximum, why.waiting) == (results.GONE, 2.0, 1)
    assert why.share == pytest.approx(2.5 / 3 / 2)
    said = words(shown(found))
    assert "1 written answer waits for a person" in said
    assert "1 answer with points by hand is marked for another look" in said


def test_a_unit_with_nothing_graded_says_what_to_do(course, hand_in):
    with pytest.raises(CourseError, match=f"run `autograder grade {UNIT}` first"):
        page.run(Course(), [UNIT])
    with Gradebook("sqlite:///gradebook.db") as book:
        book.add_student("ada")
        book.add_submission(UNIT, "ada")  # as nbgrader leaves it where it could not grade
    with pytest.raises(CourseError, match="No submission of"):
        page.run(Course(), [UNIT])
    with pytest.raises(CourseError, match=f"No submission of {OTHER}"):  # it is not released
        page.run(Course(), [OTHER])
    with pytest.raises(CourseError, match="Nothing has been graded yet"):
        page.run(Course(), [])
    with pytest.raises(CourseError, match="Did you mean"):
        page.run(Course(), ["unit1"])
    assert not (course / "reports").exists()


def test_without_a_gradebook_none_is_made(course):
    (course / "gradebook.db").unlink()
    with pytest.raises(CourseError, match="no gradebook yet"):
        page.run(Course(), [])
    assert not (course / "gradebook.db").exists()


def test_a_broken_gradebook_is_named(course):
    (course / "gradebook.db").write_bytes(b"not a database, but long enough for one" * 99)
    with pytest.raises(CourseError, match="Check that it is a gradebook"):
        page.run(Course(), [UNIT])
