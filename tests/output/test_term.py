"""The page of the course: what to teach again, who needs a word, how units and students stand."""

import re

import bs4
import pytest

from autograder import examples
from autograder.commands import cli
from autograder.content import Task
from autograder.course import Course
from autograder.grading.run import Options, Run
from autograder.output.report import page, results, tables, term
from autograder.units import CONTENT as content
from tests.reports import report as made_report

UNITS = ["unit1_convolution", "unit2_matching", "unit3_shapes"]
WRONG = {
    "unit1_convolution": "conv2d_valid__flips_kernel",
    "unit2_matching": "ncc__raw_correlation",
    "unit3_shapes": None,
}


def student(unit, name, share, waiting=False, misconception=None, full_name=""):
    """A `results.Student` with this share of 10 points in one task, and 2 points in words."""
    task = first(unit)
    scores = {f"test_{task}": 10.0 * share, "words": None if waiting else 2.0 * share}
    wrong = {task: [misconception]} if misconception else {}
    told = made_report(
        {f"test_{task}": 10.0 * share}, maxima={f"test_{task}": 10.0}, misconceptions=wrong
    )
    total = sum(score or 0.0 for score in scores.values())
    return results.Student(name, full_name, scores, {}, total, 0.0, 0, told)


def first(unit):
    """The task of the unit in which a misconception of `WRONG` is, else any function."""
    if WRONG[unit]:
        return WRONG[unit].partition("__")[0]
    return next(task.name for task in content.of_unit(unit).values() if not task.by_value)


def a_unit(unit, students, ungraded=(), absent=None):
    items = [
        results.Item(f"test_{first(unit)}", first(unit), "function", "1", 10.0),
        results.Item("words", "words", "in words", "2", 2.0),
    ]
    absent, bank = absent or {}, content.of_unit(unit)
    people = {**absent, **{s.name: s.full_name for s in students}}
    people |= {one.name: "" for one in ungraded if "." not in one.name}
    ungraded = list(ungraded)
    return results.Results(unit, unit, 12.0, items, students, ungraded, absent, bank, people)


def shown(classes):
    people, lessons = term.people(classes), term.lessons(classes, content)
    made = {table.name: table for table in term.tables_of(classes, people, lessons)}
    places = {person.name: place for place, person in enumerate(people)}
    text = page.rendered(
        "course.html",
        "The course",
        page.ALL,
        made,
        classes=classes,
        lessons=lessons,
        places=places,
    )
    return made, bs4.BeautifulSoup(text, "html.parser")


def whole_class(number=20):
    """Three units: s00 falls behind, s01 is always low, s02 hands in one, some are wrong alike."""
    names = [f"s{n:02}" for n in range(number)]

    def share(n, place):
        usual = 0.8 if n % 3 == 0 and WRONG[UNITS[place]] else 1.0
        return {0: [0.8, 0.8, 0.4][place], 1: 0.3}.get(n, usual)

    made = []
    for place, unit in enumerate(UNITS):
        here = [n for n in range(number) if n != 2 or place == 0]
        students = [
            student(
                unit,
                names[n],
                share(n, place),
                waiting=n % 2 == 0,
                misconception=WRONG[unit] if n % 3 == 0 else None,
                full_name=f"Name {n}",
            )
            for n in here
        ]
        absent = {} if place == 0 else {"s02": "Name 2"}
        made.append(a_unit(unit, students, absent=absent))
    return made


def test_shares_are_of_the_points_that_are_graded():
    found = a_unit(UNITS[0], [student(UNITS[0], "ada", 0.5, waiting=True)])
    assert term.graded_share(found.students[0], found) == 0.5
    assert found.students[0].total == 5


def test_who_needs_a_word_and_why():
    people = {person.name: [*term.reasons(person)] for person in term.people(whole_class())}
    named = {name: why for name, why in people.items() if why}
    assert named == {
        "s00": ["unit3_shapes: 40% after 80% before"],
        "s01": ["30% of the points on average"],
        "s02": ["unit2_matching: nothing handed in", "unit3_shapes: nothing handed in"],
    }


def test_a_unit_that_few_have_a_grade_in_is_still_running():
    classes = whole_class()
    few = classes[2].students[:3]
    absent = {student.name: "" for student in classes[2].students[3:]} | {"s02": ""}
    classes[2] = a_unit(UNITS[2], few, absent=absent)
    missing = {person.name: person.missing for person in term.people(classes)}
    assert missing["s02"] == {"unit2_matching": "nothing handed in"}
    assert not missing["s10"]


def test_the_reason_of_a_submission_without_a_grade_is_said():
    refused = results.Ungraded("eve", results.NOT_COLLECTED, "this is the notebook of another unit")
    stray = results.Ungraded("notes.txt", results.NOT_COLLECTED, "it is named as nobody does")
    classes = [a_unit(UNITS[0], [student(UNITS[0], "ada", 1.0)], [refused, stray])]
    assert [person.name for person in term.people(classes)] == ["ada", "eve"]
    (eve,) = (person for person in term.people(classes) if person.name == "eve")
    assert [*term.reasons(eve)] == [
        "unit1_convolution: handed in and not collected: this is the notebook of another unit"
    ]


def test_what_many_have_got_wrong_comes_with_a_call_that_shows_it():
    found = term.lessons(whole_class(), content)
    assert {lesson.task for lesson in found[:2]} == {"conv2d_valid", "ncc"}
    lesson = next(lesson for lesson in found if lesson.task == "conv2d_valid")
    assert (len(lesson.students), lesson.share) == (7, 0.35)
    assert lesson.what == "You …"  # what they read
    call, asked, came = lesson.example
    assert call.startswith("conv2d_valid(")
    assert asked != came


def test_what_a_misconception_explains_is_not_said_twice():
    def failed(unit, name, misconception):
        return student(unit, name, 0.5, misconception=misconception)

    wrong = WRONG[UNITS[0]]
    explained = a_unit(UNITS[0], [failed(UNITS[0], f"s{n}", wrong) for n in range(10)])
    assert [one.misconception for one in term.of_unit(explained)] == [wrong]
    others = a_unit(
        UNITS[0], [failed(UNITS[0], f"s{n}", wrong if n < 3 else None) for n in range(10)]
    )
    assert len([*term.of_unit(others)]) == 2


def test_single_mistakes_are_no_lesson():
    right = [student(UNITS[0], f"s{n}", 1.0) for n in range(29)]
    one = student(UNITS[0], "eve", 0.5, misconception=WRONG[UNITS[0]])
    assert [*term.of_unit(a_unit(UNITS[0], [*right, one]))] == []


def test_the_page_shows_it_without_harm_and_links_to_the_units():
    classes = whole_class()
    hostile = student(UNITS[0], "<script>alert(1)</script>", 0.1, full_name="=1+1")
    classes[0].students.append(hostile)
    made, soup = shown(classes)
    assert len(soup.find_all("script")) == 1
    ids = {tag["id"] for tag in soup.select("[id]")}
    for link in soup.find_all("a", href=True):
        href = link["href"]
        assert (href[0] == "#" and href[1:] in ids) or re.match(r"\.\./unit|data:text/csv;", href)
    assert soup.select_one(".lessons li .example")
    assert "script" in tables.as_csv(made["students"]).decode()
    assert "'=1+1" in tables.as_csv(made["students"]).decode()


def test_a_class_in_which_all_is_right_needs_nothing():
    _, soup = shown([a_unit(unit, [student(unit, "ada", 1.0)]) for unit in UNITS])
    said = " ".join(soup.get_text().split())
    assert "Nothing that more than a few have got wrong" in said
    assert "Nobody: no one lacks a grade" in said


@pytest.mark.slow(15)
def test_from_submissions_to_the_page(course, hand_in, capsys):
    for name in ("ada", "bob", "cyd"):
        hand_in(name, examples.every()["flips_the_kernel"].build if name != "ada" else solved)
    list(Run(Course(), examples.UNIT, Options()))
    assert cli.main(["report"]) == cli.DONE
    assert "all units: " in capsys.readouterr().out
    text = (course / "reports" / "all_units" / "all_units.html").read_text()
    said = " ".join(bs4.BeautifulSoup(text, "html.parser").get_text().split())
    assert "67 % of the class in conv2d_valid" in said
    assert {path.name for path in (course / "reports" / "all_units").iterdir()} == {
        *("all_units.html", "again.csv", "students.csv", "units.csv", "word.csv")
    }
    assert cli.main(["report", examples.UNIT]) == cli.DONE
    assert "all units" not in capsys.readouterr().out


def solved(work):
    work.solve()


def test_the_misconceptions_of_these_tests_exist():
    for unit, name in WRONG.items():
        task = content.of_unit(unit)[first(unit)]
        assert isinstance(task, Task)
        assert name is None or name in task.misconceptions
