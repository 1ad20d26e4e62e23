"""Which answers form a group, and what is suggested for an answer."""

import time

import numpy as np
import pytest

from autograder.course import CourseError
from autograder.marking import likeness, suggest
from autograder.marking.items import Item
from autograder.marking.suggest import Marked, Suggestion

WORDS = (
    "pooling keeps the largest value of a window and throws the rest away so later layers see less "
    "Fenster größer Mittelwert 池化 保留 最大 значение окна сдвиг"
).split()


def texts(count, seed=0):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, 80)) for _ in range(count)]


def groups(*written):
    return [one.group for one in likeness.places(written)]


def test_case_spaces_punctuation_and_numbers_make_no_difference():
    one, two, three = groups("It keeps 1,024 of 4.5.", "it  keeps 7 of 12!", "It loses one of two.")
    assert one == two != three


def test_small_edits_stay_in_the_group_and_no_chain_of_them_leads_out_of_it():
    text = texts(1)[0].split()
    chain = [" ".join([f"other{n}" for n in range(k)] + text[k:]) for k in range(0, 61, 4)]
    found = groups(*chain)
    assert found[0] == found[1]
    assert found[0] != found[-1]
    alike = likeness.process.cdist(chain, chain, scorer=likeness.fuzz.ratio)
    for i, j in np.argwhere(np.equal.outer(found, found)):
        assert alike[i, j] >= likeness.ALIKE


def test_answers_without_a_word_are_the_last_group():
    found = likeness.places(["", "A word.", " \n", "?!"])
    assert [one.group for one in found] == [likeness.EMPTY, 0, likeness.EMPTY, likeness.EMPTY]
    assert max(found, key=lambda one: one.place).group == likeness.EMPTY
    assert likeness.places([]) == []


def test_members_of_a_group_stand_side_by_side():
    some = texts(40)
    found = likeness.places([*some, *(f"{text} Indeed." for text in some)])
    for number in {one.group for one in found}:
        places = sorted({one.place for one in found if one.group == number})
        assert places == list(range(places[0], places[-1] + 1))
    assert [one.group for one in found[:40]] == [one.group for one in found[40:]]


def test_three_hundred_answers_are_compared_in_little_cpu_time():
    """Not a limit on this machine's time: a comparison of letters one by one takes hundreds."""
    begun = time.process_time()
    assert len(likeness.places(texts(300))) == 300
    assert time.process_time() - begun < 60


# -- suggestions ----------------------------------------------------------------------------------

ITEMS = [Item(1, "", 1.0, "Right."), Item(2, "", 0.0, "Wrong.")]
NUMBERS = {"share": 0.785, "macs": 30_720_000, "way": "down", "by": 2}


def test_numbers_of_the_own_run_are_found_however_they_are_rounded():
    text = "30,720,000 products; it kept 0.79, moved by 3."
    assert suggest.found_numbers(text, NUMBERS) == ["share", "macs"]
    assert suggest.found_numbers("78.5 % and 2 pixels", NUMBERS) == ["share", "by"]
    assert suggest.found_numbers("0.77 and 30 million", NUMBERS) == []


def test_a_small_whole_number_is_found_only_if_it_is_the_value():
    assert suggest.found_numbers("the 2 pixels", {"spread": 0.0171, "shift": 2}) == ["shift"]
    assert suggest.found_numbers("1.7 %", {"spread": 0.0171}) == ["spread"]


def test_what_like_answers_have_got_is_suggested_with_the_reason():
    marked = [Marked("A quarter of the places is left over.", (1,)), Marked("Invariant.", (2,))]
    found = suggest.built_in("", ITEMS, "A quarter of the places is left.", {}, marked)
    assert found.items == (1,)
    assert "like an answer that got this" in found.reason
    nothing = suggest.built_in("", ITEMS, "Something quite different, in other words.", {}, marked)
    assert nothing == Suggestion((), "6 words")
    assert suggest.built_in("", ITEMS, "word " * 30, {}, []) is None


def test_a_course_without_the_setting_has_no_suggestions(course):
    assert suggest.configured(course.config) is None
    course.config.Marking.suggest = "built-in"
    assert suggest.configured(course.config) is suggest.built_in
    course.config.Marking.suggest = "no_such_module.suggest"
    with pytest.raises(CourseError, match="no_such_module"):
        suggest.configured(course.config)
