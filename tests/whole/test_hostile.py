"""Every hostile submission, handed in with honest neighbours and graded by the real command."""

import contextlib
import functools
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.checking import judge
from autograder.commands import cli
from autograder.course import Course
from autograder.examples import UNIT
from autograder.grading import grade_notebook
from autograder.grading.job import grade_one
from autograder.grading.run import Options, Run
from autograder.sandbox import view
from autograder.sandbox.inside import observe, shell, wire
from autograder.units import CONTENT as content
from tests import ordinary_user
from tests.hostile import FAMILIES, TELL, TRIED, families, limited, suite
from tests.whole.test_submissions import scores

pytestmark = pytest.mark.slow(300)

SANDBOX = ["escape"]
# In two parts, so that a busy machine is done with either long before a test is taken to hang.
FIRST = ("cells", "forging", "leaks", "markup")
PARTS = {"first": FIRST, "second": tuple(name for name in FAMILIES if name not in FIRST)}
CASES = [
    (part, family, name)
    for part, only in PARTS.items()
    for family, cases in families(only).items()
    for name in cases
]


@pytest.fixture(scope="module")
def neighbours(tmp_path_factory):
    return suite.honest_class(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def attack(neighbours):
    """``attack(part)``, which is made once."""
    return functools.cache(lambda part: suite.Attack(neighbours, part, PARTS[part]))


@pytest.fixture(scope="module")
def outcome(attack):
    """``outcome(part)``: what came of it."""
    return functools.cache(lambda part: attack(part).outcome())


def test_honest_neighbours_have_full_points_alone(neighbours):
    alone = scores(neighbours.folder / "alone", UNIT)
    assert {alone[name] for name in suite.neighbours()} == {suite.FULL}


@pytest.mark.parametrize("part", PARTS)
def test_the_command_grades_all_of_them(attack, part):
    done = attack(part).done
    assert done.returncode == cli.DONE, done.stderr


@pytest.mark.parametrize(
    ("part", "family", "name"), CASES, ids=[f"{family}-{name}" for _, family, name in CASES]
)
def test_case_gains_nothing_and_harms_nobody(outcome, part, family, name):
    (row,) = (r for r in outcome(part).rows if (r.family, r.case) == (family, name))
    assert row.problems == []
    assert row.gained == 0
    assert row.others == 0
    assert row.observed


@pytest.mark.parametrize("part", PARTS)
def test_nothing_is_left_behind_and_nothing_got_out(outcome, part):
    assert outcome(part).problems == []
    assert outcome(part).good


WAYS = [("landlock", "root"), ("bubblewrap", "ordinary user"), ("landlock", "ordinary user")]


@pytest.mark.parametrize(("kind", "who"), WAYS, ids=[f"{kind} as {who}" for kind, who in WAYS])
def test_the_other_sandbox_and_an_ordinary_grader_hold_as_well(kind, who):
    """Those families that are about the sandbox; `make soak` runs all of them in all four ways."""
    command = [sys.executable, "-m", "tests.hostile", "--sandbox", kind, "--only", *SANDBOX]
    printing = {"capture_output": True, "text": True}
    if who == "root":
        done = subprocess.run(command, cwd=view.PROJECT, check=False, **printing)
    else:
        ordinary_user.need()
        with ordinary_user.folder() as home:
            done = ordinary_user.run(command, home, **printing)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 points gained, 0 others affected, 0 other problems" in done.stdout


def test_a_change_of_the_machine_is_found(tmp_path, monkeypatch):
    before = suite.machine()
    assert "kernel/core_pattern" in before
    assert "kernel/random/uuid" not in before
    assert suite.machine() == before
    (tmp_path / "package").mkdir()
    monkeypatch.setattr(suite.packages, "importable", lambda requirements: {tmp_path: ["package"]})
    before = suite.machine()
    (tmp_path / "package").chmod(0)
    assert suite.machine() != before
    (tmp_path / "package").chmod(0o755)


def test_an_attempt_that_is_not_refused_is_found():
    names = {}
    body = "tried('reads', lambda: 1)\ntried('writes', lambda: 1 / 0)\ntried('is', int, may=True)"
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(TRIED + body + TELL, names)
    assert printed.getvalue().splitlines() == [
        "OBSERVED DONE reads",
        "OBSERVED refused 1 ZeroDivisionError",
    ]


def test_every_family_has_cases_and_every_case_says_what_it_tries():
    assert len(CASES) >= 150
    assert len({name for *_, name in CASES}) == len(CASES)
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
    numbers = set(suite.hidden_numbers("ada", b""))
    task = content.of_unit(UNIT)["pad2d"]
    for one in judge.parts_of(task, "ada")[0].cases:
        for text in (repr(one.args), str(one.args[0]), repr(one.args[0].tolist())):
            assert numbers & set(suite.DECIMALS.findall(text))
        assert not numbers & set(suite.DECIMALS.findall(repr(one.args[1:])))


def test_hidden_inputs_that_are_looked_for_are_those_that_a_submission_gets(hand_in, monkeypatch):
    seeds = []

    def grade(*arguments, seed, **more):
        seeds.append(seed)
        raise InterruptedError

    monkeypatch.setattr(grade_notebook, "grade", grade)
    path = hand_in("ada")
    run = Run(Course(), UNIT, Options())
    (planned,) = run.plan()
    with run.opened, pytest.raises(InterruptedError):
        grade_one(planned)
    assert seeds == [suite.seed_of(Path.cwd(), path.read_bytes())]


def test_the_suite_grades_with_its_small_limits(course, monkeypatch):
    def start(self, course, unit, options):
        assert options.limits == limited.SMALL
        raise InterruptedError

    monkeypatch.setattr(Run, "__init__", start)
    with pytest.raises(InterruptedError):
        limited.main(["grade", UNIT])


def test_what_attacks_replace_in_the_sandboxed_process_exists():
    """Else they would fail by themselves, and show nothing."""
    modules = {"shell": shell, "main": shell, "wire": wire, "observe": observe, "observer": observe}
    named = re.compile(rf"\b({'|'.join(modules)})\.([A-Za-z_]+)")
    found = {
        match.groups()
        for path in Path(suite.__file__).parent.glob("*.py")
        for match in named.finditer(path.read_text(encoding="utf-8"))
    }
    for path in Path(suite.__file__).parent.glob("*.py"):
        names = re.findall(r'\bserving\["(\w+)"\]', path.read_text(encoding="utf-8"))
        found |= {("shell", name) for name in names}
    assert len(found) > 8
    assert [pair for pair in found if not hasattr(modules[pair[0]], pair[1])] == []


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
    (tmp_path / "temporary" / "sandbox-1").mkdir()
    assert len(suite.leftovers(tmp_path, around)) == len(places) + 1
