"""Every hostile submission, handed in with honest neighbours and graded by the real command."""

import pytest

from autograder import checking, tasks
from tests.hostile import families, suite
from tests.submissions import UNIT

CASES = [(family, name) for family, cases in families().items() for name in cases]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    return suite.run(tmp_path_factory.mktemp("hostile"))


@pytest.mark.parametrize(("family", "name"), CASES, ids=map("-".join, CASES))
def test_case_gains_nothing_and_harms_nobody(outcome, family, name):
    (row,) = (r for r in outcome.rows if (r.family, r.case) == (family, name))
    assert row.problems == []
    assert row.gained == 0
    assert row.others == 0


def test_nothing_is_left_behind_and_nothing_got_out(outcome):
    assert outcome.problems == []
    assert outcome.good


def test_every_family_has_cases_and_every_case_says_what_it_tries():
    assert len(CASES) >= 50
    assert len({name for _, name in CASES}) == len(CASES)
    for cases in families().values():
        assert len(cases) >= 5
        assert all(case.__doc__ for case in cases.values())


@pytest.mark.parametrize(
    ("gained", "others", "problems"), [(0.5, 0, []), (0, 1, []), (0, 0, ["something got out"])]
)
def test_the_table_shows_what_got_through(gained, others, problems):
    good = suite.Row("cells", "harmless", 0, 0, [])
    bad = suite.Row("cells", "harmful", gained, others, problems)
    assert suite.Outcome([good], []).good
    assert not suite.Outcome([good], ["something got out"]).good
    outcome = suite.Outcome([good, bad], [])
    assert not outcome.good
    assert f"{gained:g} points gained, {others} others affected" in outcome.table()
    assert all(f"harmful: {problem}" in outcome.table() for problem in problems)


def test_hidden_inputs_are_recognised_as_they_are_printed():
    numbers = list(suite.hidden_numbers("ada"))
    task = tasks.of_unit(UNIT)["pad2d"]
    for one in checking.parts_of(task, "ada")[0].cases:
        for text in (repr(one.args), str(one.args[0]), repr(one.args[0].tolist())):
            assert any(number in text for number in numbers)
        assert not any(number in repr(one.args[1:]) for number in numbers)


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>",
        "<p onclick=alert(1)>",
        "<a href=' java\nscript:alert(1)'>x</a>",
        "<iframe srcdoc=x></iframe>",
        "$\\href{javascript:alert(1)}{x}$",
    ],
)
def test_active_markup_is_found(markup):
    quiet = suite.Judge.active("<head></head><body><p>hello</p><pre>\\href{x}</pre></body>")
    assert suite.Judge.active(f"<head></head><body><p>hello</p>{markup}</body>") - quiet


def test_whatever_lies_around_is_found(tmp_path):
    temporary = tmp_path / "temporary"
    around = suite.Surroundings(tmp_path / "course", temporary, "marker-4711", 1, tmp_path, "")
    places = ("temporary", "course/autograded/ada", "course/feedback", "course/submitted")
    for place in places:
        (tmp_path / place).mkdir(parents=True)
    assert suite.leftovers(tmp_path, around) == []
    for place in places:
        (tmp_path / place / "x-marker-4711").write_text("")
    (tmp_path / "temporary" / "fence-1").mkdir()
    assert len(suite.leftovers(tmp_path, around)) == len(places) + 1
