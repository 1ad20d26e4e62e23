"""What markers do: points, rubrics, undo, several of them at once; and what they are told."""

import dataclasses
import threading
import time

import nbformat
import pytest

from autograder.course import CourseError
from autograder.grading.record import Recorder
from autograder.marking import items, marks, suggest, team
from autograder.marking.agreement import measured
from autograder.marking.desk import Desk, points_of
from autograder.marking.marks import Conflict
from autograder.marking.store import MarkingError
from tests.marked import QUESTION, UNIT, give_in_formgrader, grade_of, record

pytestmark = pytest.mark.slow(15)

WHERE = (UNIT, QUESTION)
FULL, HALF, NONE, EVIDENCE = 0, 1, 2, 3  # places of items: mechanism 1, 0.5, 0; evidence 1 …


@pytest.fixture(params=["sqlite", "postgres"])
def course(request):
    return request.getfixturevalue(f"course_in_{request.param}")


def page(desk):
    return desk.question(*WHERE)


def answer(desk, student):
    return next(one for one in page(desk)["answers"] if one["student"] == student)


def give(desk, students, places=(), marker="tom", **more):
    """Mark as the page does, with items at these places; returns what the page is told."""
    found = page(desk)
    shown = {one["student"]: one for one in found["answers"]}
    asked = [
        {"student": s, "hash": shown[s]["hash"], "state": shown[s]["given"]["state"]}
        for s in ([students] if isinstance(students, str) else students)
    ]
    items = [found["items"][place]["id"] for place in places]
    return desk.mark(*WHERE, marker, {"answers": asked, "items": items, **more})


# -- what is shown --------------------------------------------------------------------------------


def test_the_list_says_how_many_answers_wait(desk):
    (row,) = (one for one in desk.overview()["questions"] if one["name"] == QUESTION)
    assert (row["answers"], row["open"], row["points"]) == (7, 5, 2)
    give(desk, "ada", [FULL])
    (row,) = (one for one in desk.overview()["questions"] if one["name"] == QUESTION)
    assert (row["open"], row["markers"]) == (4, ["tom"])


def test_all_answers_are_there_with_their_groups(desk):
    found = {one["student"]: one for one in page(desk)["answers"]}
    assert len(found) == 7
    assert sorted(one["number"] for one in found.values()) == list(range(1, 8))
    assert found["ada"]["group"] == found["bob"]["group"]  # but for the numbers of the own run
    assert found["ada"]["group"] not in (found["cyd"]["group"], found["dan"]["group"])
    assert {s for s, one in found.items() if one["empty"]} == {"eve", "fay"}
    places = [one["student"] for one in page(desk)["answers"]]
    assert abs(places.index("ada") - places.index("bob")) == 1
    assert [item["points"] for item in page(desk)["items"]] == [1, 0.5, 0, 1, 0.5, 0]


def test_what_a_student_wrote_is_shown_inert_and_without_the_id(desk):
    found = answer(desk, "gus")["html"]
    assert "<script" not in found
    assert "<b" not in found
    assert "<math" in found
    assert "gus" not in found
    beside = desk.beside(*WHERE, "gus")
    assert "data:image/png;base64," in beside["run"]
    assert "<script" not in beside["run"]
    assert "of ▪▪▪▪" in beside["run"]


def test_an_empty_answer_has_0_points_and_does_not_wait(desk, course):
    for student in ("eve", "fay"):
        assert grade_of(course, student) == (None, False, None)
        assert not answer(desk, student)["given"]["open"]


# -- giving ---------------------------------------------------------------------------------------


def test_points_and_sentences_of_the_items_go_into_nbgraders_gradebook(desk, course):
    items = page(desk)["items"]
    give(desk, "ada", [HALF, EVIDENCE], comment="Well said.")
    sentences = [items[HALF]["sentence"], items[EVIDENCE]["sentence"], "Well said."]
    assert grade_of(course, "ada") == (1.5, False, "\n\n".join(sentences))
    given = answer(desk, "ada")["given"]
    assert (given["points"], given["marker"], given["open"]) == (1.5, "tom", False)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"items": []}, "Choose an item, or enter points"),
        ({"items": [1, 2]}, "Two items of the same criterion"),
        ({"items": [99]}, "was removed in the meantime"),
        ({"own": 2.5}, "0 to 2"),
        ({"own": -1}, "0 to 2"),
        ({"own": "abc"}, "write 0.5 or 0,5"),
        ({"own": "nan"}, "write 0.5 or 0,5"),
        ({"own": 1, "comment": "x" * 20_001}, "longer than"),
    ],
)
def test_what_cannot_be_given_is_refused_with_a_sentence(desk, course, asked, said):
    one = answer(desk, "ada")
    told = {"student": "ada", "hash": one["hash"], "state": one["given"]["state"]}
    with pytest.raises(MarkingError, match=said):
        desk.mark(*WHERE, "tom", {"answers": [told], **asked})
    assert grade_of(course, "ada") == (None, True, None)


@pytest.mark.parametrize("text", ["0,5", "0.5", " 0.5 ", ".5"])
def test_a_comma_is_a_point(text):
    assert points_of(text) == 0.5


def test_points_of_ones_own_replace_those_of_the_items(desk, course):
    give(desk, "ada", [FULL], own="1,75", comment="A case between.")
    points, open_, comment = grade_of(course, "ada")
    assert (points, open_) == (1.75, False)
    assert comment.endswith("A case between.")


def test_a_group_is_marked_at_once(desk, course):
    told = give(desk, ["ada", "bob"], [FULL, EVIDENCE])
    assert len(told["rows"]) == 2
    assert grade_of(course, "ada")[0] == grade_of(course, "bob")[0] == 2


# -- several markers ------------------------------------------------------------------------------


def test_what_somebody_has_given_in_the_meantime_is_not_replaced_silently(desk, course):
    one = answer(desk, "ada")
    give(desk, "ada", [FULL], marker="ann")
    told = {"student": "ada", "hash": one["hash"], "state": one["given"]["state"]}
    with pytest.raises(Conflict, match="by ann") as caught:
        desk.mark(*WHERE, "tom", {"answers": [told], "own": 0})
    assert caught.value.students == ["ada"]
    assert grade_of(course, "ada")[0] == 1
    give(desk, "ada", [], own=0)  # having seen it
    assert grade_of(course, "ada")[0] == 0


def test_nor_what_was_given_in_formgrader(desk, course):
    one = answer(desk, "ada")
    give_in_formgrader(course, "ada", 1.25, "By hand.")
    told = {"student": "ada", "hash": one["hash"], "state": one["given"]["state"]}
    with pytest.raises(Conflict, match="formgrader"):
        desk.mark(*WHERE, "tom", {"answers": [told], "own": 0})
    seen = answer(desk, "ada")["given"]
    assert (seen["points"], seen["comment"], seen["elsewhere"]) == (1.25, "By hand.", True)
    told = give(desk, "ada", [FULL])
    desk.undo(*WHERE, "tom", told["rows"])
    assert grade_of(course, "ada") == (1.25, False, "By hand.")


def test_a_group_of_which_one_was_marked_is_left_as_it_is(desk, course):
    shown = {one["student"]: one for one in page(desk)["answers"]}
    give(desk, "bob", [FULL], marker="ann")
    asked = [
        {"student": s, "hash": shown[s]["hash"], "state": shown[s]["given"]["state"]}
        for s in ("ada", "bob")
    ]
    with pytest.raises(Conflict) as caught:
        desk.mark(*WHERE, "tom", {"answers": asked, "own": 0})
    assert caught.value.students == ["bob"]
    assert grade_of(course, "ada") == (None, True, None)
    assert grade_of(course, "bob")[0] == 1


def test_of_many_who_mark_one_answer_at_the_same_moment_one_wins(desk, course):
    one = answer(desk, "ada")
    told = {"student": "ada", "hash": one["hash"], "state": one["given"]["state"]}
    start, outcomes = threading.Barrier(6), []

    def mark(number):
        start.wait()
        try:
            desk.mark(*WHERE, f"marker {number}", {"answers": [told], "own": number / 10})
            outcomes.append(number / 10)
        except (Conflict, CourseError):  # CourseError: SQLite was locked for too long
            pass

    threads = [threading.Thread(target=mark, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 1
    assert grade_of(course, "ada")[0] == outcomes[0]


def test_an_answer_that_was_graded_again_has_to_be_read_again(desk, course):
    one = answer(desk, "ada")
    told = {"student": "ada", "hash": one["hash"], "state": one["given"]["state"]}
    record(course, {"ada": "Something else."})
    with pytest.raises(Conflict, match="has changed"):
        desk.mark(*WHERE, "tom", {"answers": [told], "own": 2})
    assert grade_of(course, "ada") == (None, True, None)


def test_who_looks_at_what_is_seen_and_what_was_given(desk):
    seen = page(desk)["stamp"]
    assert desk.news(*WHERE, "ann", "ada", seen) == {"others": []}
    told = desk.news(*WHERE, "tom", "bob", seen)
    assert told == {"others": [{"name": "ann", "question": QUESTION, "student": "ada"}]}
    give(desk, "ada", [FULL], marker="ann")
    told = desk.news(*WHERE, "tom", "bob", seen)
    assert told["given"]["ada"]["points"] == 1
    assert "given" not in desk.news(*WHERE, "tom", "bob", told["stamp"])


def test_work_is_divided_evenly_and_the_same_for_everyone(desk):
    found = desk.divide(*WHERE, ["ann", " tom ", "", "ann"])
    assert found["shares"] == ["ann", "tom"]
    assert {one["share"] for one in found["answers"]} == {"ann", "tom"}
    many = [team.whose(f"student {number}", ["a", "b", "c"]) for number in range(3000)]
    assert all(900 < many.count(name) < 1100 for name in "abc")
    assert desk.divide(*WHERE, [])["shares"] == []


def test_a_sample_is_marked_twice_and_the_second_mark_changes_no_points(desk, course):
    found = desk.sample(*WHERE, 3)
    drawn = sorted(one["student"] for one in found["answers"] if one["sample"])
    assert len(drawn) == 3
    assert not {"eve", "fay"} & {*drawn}
    for student in drawn:
        give(desk, student, [FULL], marker="ann")
    give(desk, drawn[0], [FULL], second=True)
    told = give(desk, drawn[1], [HALF], second=True)
    assert grade_of(course, drawn[1])[0] == 1
    agreement = told["agreement"]["second"]
    assert (agreement["count"], agreement["same"], agreement["difference"]) == (2, 0.5, 0.25)
    outside = next(one["student"] for one in found["answers"] if not one["sample"])
    with pytest.raises(MarkingError, match="not in the sample"):
        give(desk, outside, [HALF], second=True)


@pytest.mark.parametrize("size", ["abc", "-1", "1.5", ""])
def test_a_sample_that_is_no_number_is_refused(desk, size):
    with pytest.raises(MarkingError, match="no number of answers"):
        desk.sample(*WHERE, size)


def test_agreement_is_cohens():
    assert measured([]) is None
    assert measured([(1, 1), (0, 0)]).kappa == 1
    assert measured([(1, 1), (1, 1)]).kappa is None
    # By hand: observed (0 + 1 + 0 + 0) / 4; expected over all 16 pairs 2 · 3 + 2 · 1 = 8 of 16.
    found = measured([(1, 1), (1, 0), (0, 0), (0, 0)])
    assert found.kappa == pytest.approx(1 - (1 / 4) / (8 / 16))
    assert (found.same, found.bias) == (0.75, -0.25)


def test_the_agreement_of_suggestions_with_what_is_given_is_measured(desk, monkeypatch):
    items = [item["id"] for item in page(desk)["items"]]
    monkeypatch.setattr(desk, "suggest", lambda *_: suggest.Suggestion((items[FULL],), "like it"))
    assert page(desk)["agreement"] == {}
    for student in ("ada", "cyd", "gus"):
        assert desk.beside(*WHERE, student)["suggestion"]["items"] == (items[FULL],)
    give(desk, "ada", [FULL])
    told = give(desk, "cyd", [NONE])
    give(desk, "dan", [NONE])  # for which nothing was suggested
    agreement = told["agreement"]["suggested"]
    assert (agreement["count"], agreement["same"], agreement["bias"]) == (2, 0.5, -0.5)
    # What is suggested once the marker has decided says nothing.
    monkeypatch.setattr(desk, "suggest", lambda *_: suggest.Suggestion((items[NONE],), "now so"))
    desk.beside(*WHERE, "cyd")
    assert page(desk)["agreement"]["suggested"]["count"] == 2
    assert page(desk)["agreement"]["suggested"]["same"] == 0.5


# -- undo -----------------------------------------------------------------------------------------


def test_undo_brings_back_what_stood_there_and_undo_of_that_the_mark(desk, course):
    first = give(desk, ["ada", "bob"], [FULL])
    second = give(desk, ["ada", "bob"], [HALF], comment="No.")
    undone = desk.undo(*WHERE, "tom", second["rows"])
    assert grade_of(course, "ada")[0] == 1
    again = desk.undo(*WHERE, "tom", undone["rows"])
    assert grade_of(course, "bob")[0] == 0.5
    with pytest.raises(Conflict):
        desk.undo(*WHERE, "tom", first["rows"])
    assert again["given"]["ada"]["comment"] == "No."


def test_undo_of_the_first_mark_leaves_the_answer_open(desk, course):
    told = give(desk, "ada", [FULL])
    desk.undo(*WHERE, "tom", told["rows"])
    assert grade_of(course, "ada") == (None, True, None)
    history = desk.beside(*WHERE, "ada")["history"]
    assert [(one["kind"], one["points"]) for one in history] == [("mark", 1), ("undo", None)]


def test_undo_of_a_mark_for_a_changed_answer_leaves_it_to_be_looked_at(desk, course):
    give(desk, "ada", [FULL])
    record(course, {"ada": "Something else, handed in later."})
    told = give(desk, "ada", [HALF])
    assert look_again(course) == []
    desk.undo(*WHERE, "tom", told["rows"])
    assert grade_of(course, "ada")[0] == 1
    assert look_again(course) == ["ada"]


def test_two_who_open_a_question_first_make_its_items_once(course, no_numbers):
    start, found = threading.Barrier(4), []

    def opened():
        own = Desk(course)
        start.wait()
        found.append(len(page(own)["items"]))

    threads = [threading.Thread(target=opened) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [6] * 4


def test_what_somebody_has_marked_since_is_not_undone(desk, course):
    told = give(desk, ["ada", "bob"], [FULL])
    give(desk, "bob", [HALF], marker="ann")
    with pytest.raises(Conflict, match="by ann"):
        desk.undo(*WHERE, "tom", told["rows"])
    assert (grade_of(course, "ada")[0], grade_of(course, "bob")[0]) == (1, 0.5)


# -- rubrics --------------------------------------------------------------------------------------


def test_answers_follow_an_item_that_is_reworded_and_reweighted(desk, course):
    give(desk, ["ada", "bob"], [HALF])
    give(desk, "cyd", [NONE])
    give(desk, "dan", [HALF], own=1.5)
    item = page(desk)["items"][HALF]
    wanted = {"id": item["id"], "points": "0,75", "sentence": "Nearly."}
    told = desk.item(*WHERE, "tom", wanted)
    followed = {one["student"]: (one["before"], one["after"]) for one in told["followed"]}
    assert followed == {"ada": (0.5, 0.75), "bob": (0.5, 0.75), "dan": (1.5, 1.5)}
    assert grade_of(course, "ada") == (0.75, False, "Nearly.")
    assert grade_of(course, "dan")[0] == 1.5  # points of its own, and the new sentence
    assert grade_of(course, "dan")[2] == "Nearly."
    assert grade_of(course, "cyd")[0] == 0


def test_a_mark_that_is_to_be_looked_at_again_still_is_when_it_follows(desk, course):
    give(desk, "ada", [FULL])
    record(course, {"ada": "Something else, handed in later."})
    assert look_again(course) == ["ada"]
    first = page(desk)["items"][FULL]
    wanted = {"id": first["id"], "points": "0.75", "sentence": first["sentence"]}
    assert len(desk.item(*WHERE, "ann", wanted)["followed"]) == 1
    assert look_again(course) == ["ada"]
    assert grade_of(course, "ada")[0] == 0.75


def test_a_new_item_stands_with_those_of_its_criterion(desk):
    known = page(desk)["items"]
    criterion = known[FULL]["criterion"]
    for sentence in ("One more.", "And one more."):
        asked = {"points": "0.25", "sentence": sentence, "criterion": criterion}
        told = desk.item(*WHERE, "tom", asked)
    assert [item["sentence"] for item in told["items"]][3:5] == ["One more.", "And one more."]
    names = [item["criterion"] for item in told["items"]]
    assert names == [criterion] * 5 + [known[EVIDENCE]["criterion"]] * 3


def test_a_mark_that_was_changed_in_formgrader_does_not_follow(desk, course):
    give(desk, "ada", [HALF])
    give_in_formgrader(course, "ada", 1.9, "Mine.")
    item = page(desk)["items"][HALF]
    told = desk.item(*WHERE, "tom", {"id": item["id"], "points": 0.75, "sentence": "Nearly."})
    assert told["followed"] == []
    assert grade_of(course, "ada") == (1.9, False, "Mine.")


def test_an_item_is_added_beside_the_criteria_and_removed_with_the_answers(desk, course):
    told = desk.item(
        *WHERE, "tom", {"id": None, "criterion": None, "points": "-0.5", "sentence": "Too long."}
    )
    added = told["items"][-1]
    assert (added["criterion"], added["points"]) == (None, -0.5)
    give(desk, "ada", [FULL, len(told["items"]) - 1])
    give(desk, "bob", [len(told["items"]) - 1])
    assert grade_of(course, "ada")[0] == 0.5
    assert grade_of(course, "bob")[0] == 0  # never below
    told = desk.item(*WHERE, "tom", {"id": added["id"], "removed": True})
    assert {one["student"] for one in told["followed"]} == {"ada", "bob"}
    assert grade_of(course, "ada")[0] == 1
    assert grade_of(course, "bob") == (None, True, None)  # nothing is left of the mark


@pytest.mark.parametrize(
    ("points", "sentence", "criterion", "said"),
    [
        (3, "More than there is.", "mechanism", "0 to 2"),
        (-1, "Less.", "mechanism", "0 to 2"),
        ("", "None.", "mechanism", "no number"),
        (1, " ", "mechanism", "needs a sentence"),
        (1, "Elsewhere.", "style", "no criterion"),
    ],
)
def test_an_item_that_cannot_be_used_is_refused(desk, points, sentence, criterion, said):
    wanted = {"id": None, "criterion": criterion, "points": points, "sentence": sentence}
    with pytest.raises(MarkingError, match=said):
        desk.item(*WHERE, "tom", wanted)


def test_saved_comments_are_kept_once_and_dropped(desk):
    for text in ("Which number?", " Which number? "):
        told = desk.phrase(*WHERE, {"text": text})
    assert [one["text"] for one in told["phrases"]] == ["Which number?"]
    assert desk.phrase(*WHERE, {"id": told["phrases"][0]["id"]})["phrases"] == []
    with pytest.raises(MarkingError):
        desk.phrase(*WHERE, {"text": "  "})


def question_cell(notebook):
    named = (cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells)
    return notebook.cells[list(named).index(QUESTION)]


def rewrite(course, *changes):
    """Change the text of the question's cell in the source notebook."""
    path = course.source(UNIT)
    notebook = nbformat.read(path, as_version=4)
    (cell,) = (
        c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == QUESTION
    )
    for old, new in changes:
        assert old in cell.source
        cell.source = cell.source.replace(old, new)
    nbformat.write(notebook, path)


def test_items_follow_the_source_notebook_and_marks_the_items(desk, course):
    give(desk, "ada", [HALF])
    before = page(desk)["items"]
    changed = desk.item(
        *WHERE, "tom", {"id": before[EVIDENCE]["id"], "points": 1, "sentence": "My own words."}
    )
    assert changed["followed"] == []
    rewrite(course, (f"- 0.5: {before[HALF]['sentence']}", "- 0.5: One of the two."))
    after = page(desk)["items"]
    assert after[HALF]["sentence"] == "One of the two."
    assert after[HALF]["id"] == before[HALF]["id"]
    assert after[EVIDENCE]["sentence"] == "My own words."  # what a marker has written stays
    assert grade_of(course, "ada") == (0.5, False, "One of the two.")


@pytest.mark.parametrize(
    ("new", "matches"),
    [
        ([["a", 1, "x"], ["a", 0, "y"], ["b", 1, "z"]], {0: 0, 1: 1, 2: 2}),
        ([["a", 0, "y"], ["a", 1, "x"], ["b", 1, "z"]], {0: 1, 1: 0, 2: 2}),
        ([["a", 2, "x"], ["a", 0, "Y"], ["b", 2, "Z"]], {0: 0, 1: 1, 2: 2}),
        ([["a", 1, "x"], ["b", 2, "Z"], ["b", 0, "w"]], {0: 0}),
        ([["c", 1, "q"], ["a", 1, "x"]], {1: 0}),
    ],
)
def test_an_item_is_recognised_by_sentence_points_or_place(new, matches):
    old = [["a", 1, "x"], ["a", 0, "y"], ["b", 1, "z"]]
    assert items.matched(old, new) == matches


def test_marks_follow_items_that_stand_in_another_order(desk, course):
    give(desk, "ada", [HALF, EVIDENCE])
    items = page(desk)["items"]
    text = course.source(UNIT).read_text(encoding="utf-8")
    assert text.index("Rubric: mechanism") < text.index("Rubric: evidence")
    rewrite(course, ("Rubric: mechanism", "Rubric: M"), ("Rubric: evidence", "Rubric: mechanism"))
    rewrite(course, *[(item["sentence"], f"#{n}#") for n, item in enumerate(items)])
    swapped = [*items[EVIDENCE:], *items[:EVIDENCE]]
    rewrite(course, *[(f"#{n}#", item["sentence"]) for n, item in enumerate(swapped)])
    given = answer(desk, "ada")["given"]
    assert not given["elsewhere"]
    points, _, comment = grade_of(course, "ada")
    assert points == 1.5
    assert comment.index(items[EVIDENCE]["sentence"]) < comment.index(items[HALF]["sentence"])


def test_a_rubric_without_points_is_told_and_points_can_be_given(desk, course):
    rewrite(course, ("- 1: You say for two", "- You say for two"))
    found = page(desk)
    assert "cannot be read" in found["problem"]
    give(desk, "ada", [], own=1)
    assert grade_of(course, "ada")[0] == 1


def test_a_question_that_was_renamed_is_told(desk, course):
    path = course.source(UNIT)
    path.write_text(path.read_text().replace(f'"{QUESTION}"', '"why_pool"'))
    with pytest.raises(MarkingError, match="Was it renamed"):
        page(desk)
    assert page_named(desk, "why_pool")["answers"] == []


def page_named(desk, name):
    return desk.question(UNIT, name)


# -- grading again --------------------------------------------------------------------------------


def look_again(course):
    """The students whose marks are to be looked at again, in nbgrader's gradebook."""
    with course.gradebook() as book:
        return sorted(
            submission.student_id
            for submission in book.find_assignment(UNIT).submissions
            for notebook in submission.notebooks
            for grade in notebook.grades
            if grade.needs_manual_grade and grade.manual_score is not None
        )


def test_grading_again_flags_the_marks_whose_answers_have_changed_and_no_others(desk, course):
    give(desk, ["ada", "bob", "cyd"], [FULL])
    texts = {one: answer_text(course, one) for one in ("ada", "bob", "cyd")}
    assert record(course, texts, printed="other outputs ").again == {s: {} for s in texts}
    assert look_again(course) == []
    recorder = record(course, {**texts, "bob": f"{texts['bob']} And more."})
    assert recorder.again["bob"] == {QUESTION: "the answer"}
    assert look_again(course) == ["bob"]
    assert grade_of(course, "bob")[0] == 1  # what a person gave stays
    assert record(course, {"bob": f"{texts['bob']} And more."}).again["bob"] == {}
    assert look_again(course) == ["bob"]  # nobody has looked yet


def answer_text(course, student):
    path = course.folder("autograded", student, UNIT) / f"{UNIT}.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    return next(
        c.source for c in cells if c.metadata.get("nbgrader", {}).get("grade_id") == QUESTION
    )


def test_marking_while_grading_runs_loses_nothing(desk, course):
    students = [f"s{number:02}" for number in range(12)]
    texts = {student: f"Answer {student}, in words of its own." for student in students}
    record(course, texts)
    runs = []

    def grade():
        while len(runs) < 2 or thread_goes_on.is_set():
            runs.append(record(course, texts, printed=f"run {len(runs)} "))

    thread_goes_on = threading.Event()
    thread_goes_on.set()
    grader = threading.Thread(target=grade)
    grader.start()
    given = {}
    try:
        for number, student in enumerate(students):
            given[student] = number % 3 / 2
            while True:
                try:
                    give(desk, student, own=given[student], comment=f"for {student}")
                    break
                except (Conflict, CourseError):  # told, and the marker tries again
                    time.sleep(0.05)
    finally:
        thread_goes_on.clear()
        grader.join()
    assert {s: grade_of(course, s) for s in students} == {
        s: (points, False, f"for {s}") for s, points in given.items()
    }
    assert not any(what for one in runs for what in one.again.values())


def test_marks_are_flagged_if_the_rubric_changes_and_not_if_the_model_answer_does(desk, course):
    give(desk, ["ada", "bob"], [FULL])
    texts = {one: answer_text(course, one) for one in ("ada", "bob")}
    rewrite(course, ("leaves a quarter of the places", "leaves one place in four"))
    record(course, texts)
    assert look_again(course) == []
    rewrite(course, ("- 0: No number of your run", "- 0: Not one number of your run"))
    assert record(course, texts).again["ada"] == {QUESTION: "the rubric or its points"}
    assert look_again(course) == ["ada", "bob"]
    assert desk.confirm(*WHERE, ["ada", "bob", "cyd"])["confirmed"] == 2
    assert look_again(course) == []
    assert grade_of(course, "ada")[0] == 1


def test_a_changed_rubric_flags_marks_of_submissions_that_are_as_they_were(desk, course):
    give(desk, ["ada", "bob"], [FULL])

    def told(student="ada", dry_run=False):
        with Recorder(course, UNIT) as recorder:
            return recorder.look_again(student, dry_run)

    assert told() == {}
    rewrite(course, ("- 0: No number of your run", "- 0: Not one number of your run"))
    assert told(dry_run=True) == {QUESTION: "the rubric or its points"}
    assert look_again(course) == []
    assert told() == {QUESTION: "the rubric or its points"}
    assert look_again(course) == ["ada"]
    assert (told(), told("cyd")) == ({}, {})


def test_a_mark_that_was_given_for_the_new_rubric_is_not_flagged(desk, course):
    rewrite(course, ("- 0: No number of your run", "- 0: Not one number of your run"))
    give(desk, "ada", [FULL])
    record(course, {"ada": answer_text(course, "ada")}, printed="graded again ")
    assert look_again(course) == []
    with Recorder(course, UNIT) as recorder:
        assert recorder.look_again("ada", dry_run=False) == {}


def test_points_by_hand_in_an_automatic_cell_are_flagged_if_its_score_changes(course):
    name = "test_pool2d"
    with course.gradebook() as book:
        book.find_grade(name, UNIT, UNIT, "ada").manual_score = 0.5
        book.db.commit()
    text = answer_text(course, "ada")
    assert record(course, {"ada": text}).again["ada"] == {}
    assert record(course, {"ada": text}, score=1.0).again["ada"] == {name: "the answer"}


def test_points_by_hand_are_rescaled_if_the_points_of_a_question_change(desk, course, caplog):
    give(desk, "ada", [FULL])
    give_in_formgrader(course, "bob", 2.0)
    path = course.source(UNIT)
    notebook = nbformat.read(path, as_version=4)
    cell = question_cell(notebook)
    cell.metadata.nbgrader.points = 4
    cell.source = cell.source.replace("- 1: ", "- 2: ").replace("- 0.5: ", "- 1: ")
    nbformat.write(notebook, path)
    course.release(UNIT)
    assert grade_of(course, "bob")[0] == 4
    assert grade_of(course, "ada")[0] == 2
    page(desk)  # the items follow the source
    assert grade_of(course, "ada")[0] == 2
    assert answer(desk, "ada")["given"]["marker"] == "tom"


# -- faults ---------------------------------------------------------------------------------------


def test_a_student_who_was_removed_is_told(desk, course):
    found = answer(desk, "ada")
    with course.gradebook() as book:
        book.remove_submission(UNIT, "ada")
        book.db.commit()
    told = {"student": "ada", "hash": found["hash"], "state": found["given"]["state"]}
    with pytest.raises(MarkingError, match="of this student any more"):
        desk.mark(*WHERE, "tom", {"answers": [told], "own": 1})
    assert "ada" not in [one["student"] for one in page(desk)["answers"]]


def test_marks_outlive_a_new_desk(desk, course):
    give(desk, "ada", [HALF])
    given = answer(Desk(course), "ada")["given"]
    assert (given["points"], given["marker"]) == (0.5, "tom")
    assert dataclasses.is_dataclass(marks.Given)
