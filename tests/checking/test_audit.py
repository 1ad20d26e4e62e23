"""The audit passes for every unit, and notices what it is there to notice.

And what needs no understanding earns nothing: see `REFUSALS_ONLY`.
"""

import copy
import dataclasses

import numpy as np
import pytest

from autograder import audit
from autograder import content as interface
from autograder.checking import judge
from autograder.checking.answers import Local
from autograder.checking.words import case, part, refused, signed
from autograder.commands import cli
from autograder.sandbox.inside.observe import arrays_in
from autograder.units import CONTENT as content
from tests.strict import CONTENT as strict

pytestmark = pytest.mark.slow(60)


@pytest.fixture(scope="module", params=content.units())
def audited(request):
    return list(audit.rows(content.of_unit(request.param).values()))


def test_every_misconception_is_caught_and_named_and_every_right_answer_gets_full_points(audited):
    assert [audit.describe(row) for row in audited if not row.passed] == []


@pytest.mark.soak
@pytest.mark.parametrize("unit", content.units())
def test_so_it_is_for_twenty_students(unit):
    rows = audit.rows(content.of_unit(unit).values(), [f"student-{n}" for n in range(20)])
    assert [audit.describe(row) for row in rows if not row.passed] == []


def test_the_audit_looks_at_everything_for_several_students(audited):
    unit = audited[0].unit
    assert content.unused(unit) == []
    assert [(row.kind, row.name) for row in audited] == [
        (kind, name)
        for task in content.of_unit(unit).values()
        for kind, name, _ in audit.solutions(task)
    ]
    assert len(set(audit.STUDENTS)) >= 3


def test_the_table_says_so(audited):
    text = audit.table(audited)
    wrong = sum(row.kind == audit.MISCONCEPTION for row in audited)
    right = len(audited) - wrong
    assert f"misconceptions caught and named: {wrong} of {wrong} (kill rate 100%)" in text
    assert f"right answers at full points: {right} of {right}" in text
    assert "NOT" not in text
    verbose = audit.table(audited, verbose=True)
    names = [row.name.split("__")[1] for row in audited if row.kind == audit.MISCONCEPTION]
    assert all(name in verbose for name in names)


def planted(name, **changes):
    """The rows of one task with something changed, and those that are not as they should be."""
    rows = list(audit.rows([dataclasses.replace(strict.find(name), **changes)]))
    return rows, {row.name.removeprefix(f"{name}__"): row for row in rows if not row.passed}


def test_a_check_that_sees_too_little_is_noticed():
    def check(rng):
        x = signed(rng, 2, 3, 4, 6)
        return [part("a frame", 3, case(x, 1), case(x, 2))]

    rows, failed = planted("pad2d", check=check)
    assert {"swaps_pair", "ignores_value", "always_float64", "crops_when_negative"} <= set(failed)
    assert audit.describe(failed["swaps_pair"]) == "caught: pad2d__swaps_pair got full points"
    assert "NOT caught: pad2d__swaps_pair" in audit.table(rows)


def test_a_check_that_asks_too_much_is_noticed():
    def check(rng):
        x = signed(rng, 2, 3, 4, 6)
        exact = part("x", 1, case(x, 1), also={"dtype"})
        picky = part("y", 2, refused(x, -1, about="pad size"))
        return [exact, picky]

    rows, failed = planted("pad2d", check=check)
    assert {"pad2d", "np_pad", "concatenates"} <= set(failed)
    said = audit.describe(failed["pad2d"])
    assert said.startswith("full: reference pad2d got 1 of 3 (y: the ValueError does not name")
    assert f"NOT {said}" in audit.table(rows)


def test_a_misconception_that_no_check_catches_is_noticed():
    task = strict.find("dilate_kernel")

    def harmless(w, dilation):
        """You did nothing wrong."""
        return task.reference(w, dilation)

    bank = task.misconceptions | {"dilate_kernel__harmless": harmless}
    rows, failed = planted("dilate_kernel", misconceptions=bank)
    assert set(failed) == {"harmless"}
    assert "6 of 7 (kill rate 86%)" in audit.table(rows)


def test_a_misconception_that_another_explains_is_noticed():
    task = strict.find("dilate_kernel")

    def twin(w, dilation):
        """You left the kernel as it was."""
        return task.misconceptions["dilate_kernel__ignores_dilation"](w, dilation)

    bank = task.misconceptions | {"dilate_kernel__twin": twin}
    _, failed = planted("dilate_kernel", misconceptions=bank)
    assert set(failed) == {"twin"}
    assert audit.describe(failed["twin"]) == (
        "named: dilate_kernel__twin lost points, but another sentence explained it"
    )


def test_a_misconception_that_says_nothing_is_noticed():
    def silent(w, dilation):
        return -w

    rows, failed = planted("dilate_kernel", misconceptions={"dilate_kernel__silent": silent})
    assert set(failed) == {"silent"}
    assert audit.describe(failed["silent"]) == (
        "said: dilate_kernel__silent has no docstring: write the sentence that the student reads"
    )
    assert "NOT said: dilate_kernel__silent has no docstring" in audit.table(rows)


def test_a_misconception_that_depends_on_luck_is_noticed():
    task = content.find("pad2d_by_hand")
    lucky = task.draw(audit.STUDENTS[-1])

    def sometimes(mine):
        """These numbers are right for one student."""
        return task.reference(mine) + (not np.array_equal(mine.x, lucky.x))

    task = dataclasses.replace(task, misconceptions={f"{task.name}__sometimes": sometimes})
    failed = {row.name.split("__")[1]: row for row in audit.rows([task]) if not row.passed}
    assert set(failed) == {"sometimes"}
    assert failed["sometimes"].least == 0
    assert failed["sometimes"].most == 1


def test_a_failing_variant_is_noticed():
    task = strict.find("dilate_kernel")

    def wide(w, dilation):
        return task.reference(w, dilation).astype(np.float64)

    bank = task.variants | {"dilate_kernel__wide": wide}
    rows, failed = planted("dilate_kernel", variants=bank)
    assert set(failed) == {"wide"}
    assert audit.describe(failed["wide"]).startswith(
        "full: variant dilate_kernel__wide got 0.75 of 1 (dilation 1 changes nothing"
    )
    assert "right answers at full points: 3 of 4" in audit.table(rows)


def test_a_function_whose_task_does_not_exist_is_noticed(monkeypatch, capsys):
    kept = interface.functions
    strays = {
        "checks": ["check_pad3d", "helper"],
        "misconceptions": ["pad3d__flips", "helper"],
        "variants": ["pad3d__by_loops"],
    }

    def with_strays(module):
        return kept(module) | dict.fromkeys(strays.get(module.__name__.rpartition(".")[2], []))

    monkeypatch.setattr(interface, "functions", with_strays)
    assert cli.main(["audit", "unit1_convolution"]) == cli.NOT_ALL
    said = [line for line in capsys.readouterr().out.splitlines() if "NOT" in line]
    place = "autograder/units/unit1_convolution"
    assert [line.partition(": there is no task `pad3d`. Correct ")[0] for line in said] == [
        f"NOT used: `check_pad3d` in {place}/checks.py",
        f"NOT used: `pad3d__flips` in {place}/misconceptions.py",
        f"NOT used: `pad3d__by_loops` in {place}/variants.py",
    ]


CLAIMS = {
    name: task
    for unit in content.units()
    for name, task in content.of_unit(unit).items()
    if task.by_value and not task.own_numbers
}


@pytest.mark.parametrize("word", [True, False])
@pytest.mark.parametrize("task", CLAIMS.values(), ids=CLAIMS)
def test_the_same_word_for_every_claim_earns_nothing(task, word):
    answer = Local(lambda: dict.fromkeys(task.reference(), word))
    assert judge.grade(task, answer).points == 0


# -- right refusals, wrong results: no points -----------------------------------------------------


def in_form(value, change):
    """``value`` with ``change(x)`` for every number and array x in it, of the same dtype."""
    if isinstance(value, dict):
        return {key: in_form(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(in_form(item, change) for item in value)
    if isinstance(value, str):
        return value
    array = np.asarray(value)
    changed = np.asarray(change(array)).astype(array.dtype)
    return changed if isinstance(value, np.ndarray) else changed.item()


def first(args):
    """A copy of what was given first."""
    return copy.deepcopy(args[0]) if args else None


def cut_or_repeated(value, args):
    """The numbers of the first array that was given, in the form of ``value``."""
    given = next((array for array in arrays_in(list(args)) if array.size), np.zeros(1))
    return in_form(value, lambda x: np.resize(given, x.shape))


def obvious(value, args):
    """True if there is nothing to work out: one number everywhere, or an array that was given."""
    if isinstance(value, dict | list | tuple):
        items = value.values() if isinstance(value, dict) else value
        return all(obvious(item, args) for item in items)
    if not isinstance(value, np.ndarray):
        return not isinstance(value, bool) and value in (0, 1)
    same = any(np.array_equal(value, given) for given in arrays_in(list(args)))
    return same or bool((value == value.ravel()[:1]).all() and (value.size > 1 or value in (0, 1)))


# What a function that refuses bad input as the reference does, and draws as it does, makes of the
# right answer and of its arguments otherwise.
REFUSALS_ONLY = {
    "zeros": lambda value, args: in_form(value, lambda x: 0 * x),
    "ones": lambda value, args: in_form(value, lambda x: 0 * x + 1),
    "what came in": lambda value, args: first(args),
    "what came in, in the right shape": cut_or_repeated,
    "right where it is obvious": lambda value, args: (
        value if obvious(value, args) else in_form(value, lambda x: 0 * x)
    ),
    "the opposite": lambda value, args: in_form(value, lambda x: ~x if x.dtype == bool else -x),
    "a little too much": lambda value, args: in_form(
        value, lambda x: 1.0001 * x if x.dtype.kind == "f" else x + 1
    ),
}


def parts_given(task, function, student="ada"):
    """The verdicts of ``function``, without a look for misconceptions."""
    bare = dataclasses.replace(task, misconceptions={})
    return judge.grade(bare, Local(function), student).parts


@pytest.mark.parametrize("makes", REFUSALS_ONLY.values(), ids=REFUSALS_ONLY)
@pytest.mark.parametrize("unit", content.units())
def test_a_function_that_only_refuses_bad_input_gets_no_points(unit, makes):
    gained = {}
    for name, task in content.of_unit(unit).items():

        def answer(*args, task=task, **kwargs):
            with np.errstate(all="ignore"):
                return makes(task.reference(*args, **kwargs), args)

        right = [v.part for v in parts_given(task, answer) if not v.fault]
        gained |= {name: right} if right else {}
    assert gained == {}


@pytest.mark.parametrize("unit", content.units())
def test_without_a_right_result_the_references_refusals_gain_nothing(unit):
    """A part is about results if it neither holds a refusal nor looks at side effects."""
    gained = {}
    for task in content.of_unit(unit).values():
        for name, wrong in task.misconceptions.items():

            def answer(*args, task=task, wrong=wrong, **kwargs):
                task.reference(*copy.deepcopy(args), **copy.deepcopy(kwargs))
                return wrong(*args, **kwargs)

            verdicts = parts_given(task, answer)
            results = [v for v in verdicts if not v.conditional]
            right = [v.part for v in verdicts if not v.fault]
            if right and all(v.fault for v in results):
                gained[name] = right
    assert gained == {}
