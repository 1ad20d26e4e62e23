"""What wrong answers do in the probes: the same for the same mistake, and told from every other."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.checking import behaviour, judge
from autograder.checking.answers import Local
from autograder.checking.words import case, made, part, refused
from autograder.model import Observation, Task, Verdict
from autograder.sandbox.inside import wire
from autograder.sandbox.inside.wire import Foreign, Made
from autograder.units import CONTENT as content

pytestmark = pytest.mark.slow(15)

FUNCTIONS = [
    task for unit in content.units() for task in content.of_unit(unit).values() if not task.by_value
]
PAD = content.find("pad2d")


def probes_of(task):
    return behaviour.drawn(task, content.contract(task))


def seen(function, task=PAD, probes=None):
    return behaviour.of_answer(task, Local(function), probes or probes_of(task))


def doubled(x, pad, value=0.0):
    ph, pw = 2 * np.broadcast_to(pad, 2)
    return np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=value)


def doubled_with_noise(x, pad, value=0.0):
    return doubled(x, pad, value) * (1 + 1e-14)


# -- probes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", FUNCTIONS, ids=lambda task: task.name)
def test_probes_are_few_legal_calls_and_always_the_same(task):
    probes = probes_of(task)
    assert len(probes) == behaviour.PROBES
    assert behaviour.fingerprint(probes) == behaviour.fingerprint(probes_of(task))
    for answer in (task.reference, *task.variants.values()):
        assert behaviour.of_answer(task, Local(answer), probes) is None, answer.__name__
    assert all(behaviour.size(probe.asked) for probe in probes)
    assert len(json.dumps(behaviour.as_json(probes))) < 400_000


@pytest.mark.parametrize("task", FUNCTIONS, ids=lambda task: task.name)
def test_probes_are_the_same_once_written_and_read(task):
    probes = probes_of(task)
    told = json.loads(json.dumps(behaviour.as_json(probes)))
    back = behaviour.from_json(told)
    assert behaviour.as_json(back) == behaviour.as_json(probes)
    assert behaviour.fingerprint(back) == behaviour.fingerprint(probes)
    wrong = next(iter(task.misconceptions.values()))
    assert behaviour.of_answer(task, Local(wrong), back) == seen(wrong, task, probes)


def test_an_argument_that_is_made_is_not_made_by_reading(monkeypatch):
    call = case(made("np.random.default_rng(seed)", seed=7))
    told = behaviour.as_json([behaviour.Probe(call, 1.0)])
    monkeypatch.setattr(Made, "make", lambda self: pytest.fail("evaluated"))
    (probe,) = behaviour.from_json(told)
    assert probe.case.args[0].source == "np.random.default_rng(seed)"
    assert probe.case.args[0].values == {"seed": 7}


@pytest.mark.parametrize(
    "damage",
    [
        lambda call: call.pop("args"),
        lambda call: call.update(args=call["kwargs"]),
        lambda call: call["args"]["arrays"]["0"].update(dtype="float65"),
        lambda call: call["args"]["arrays"]["0"].update(shape=[1]),
        lambda call: call["args"].update(value=[{"array": "9"}]),
    ],
    ids=["left out", "of another kind", "unknown dtype", "other shape", "array left out"],
)
def test_damaged_probes_are_named(damage):
    told = json.loads(json.dumps(behaviour.as_json(probes_of(PAD))))
    damage(told[2])
    with pytest.raises(ValueError, match="call 3 is not as the grader has written it"):
        behaviour.from_json(told)


# -- behaviour ------------------------------------------------------------------------------------


def test_the_same_mistake_in_another_form_behaves_alike():
    one, other = seen(doubled), seen(doubled_with_noise)
    assert one.values == other.values
    assert one.probes == other.probes


@pytest.mark.parametrize("task", FUNCTIONS, ids=lambda task: task.name)
def test_misconceptions_with_wrong_values_are_told_from_each_other(task):
    probes = probes_of(task)
    found = {}
    for name, wrong in task.misconceptions.items():
        if not getattr(wrong, "by_chance", False):
            found[name] = behaviour.of_answer(task, Local(wrong), probes)
    known = [one.values for one in found.values() if one]
    # Some differ from others only in what the probes do not ask: bad input, side effects, dtypes.
    assert len(set(known)) > 0.8 * len(known)


def test_what_is_asked_and_what_came_is_said():
    x = np.ones((2, 1, 5, 3), np.float32)
    told = seen(doubled, probes=[behaviour.Probe(case(x, 2), PAD.reference(x, 2))])
    assert told.call.startswith("pad2d(float32 (2, 1, 5, 3) ")
    assert told.asked.startswith("float32 (2, 1, 9, 7) ")
    assert told.came.startswith("float32 (2, 1, 13, 11) ")


def test_of_a_large_array_the_first_difference_is_said():
    asked = np.zeros((3, 7))
    came = asked.copy()
    came[1, 2:] = 2.5
    told = behaviour.texts(asked, Observation(came))
    assert told == ("(3, 7), at [1, 2]: 0", "(3, 7), at [1, 2]: 2.5; 5 of 21 differ")


def test_errors_are_told_apart_by_type_and_message():
    def raises(error):
        def answer(x, pad, value=0.0):
            raise error

        return seen(answer)

    same, another = raises(IndexError("list index")), raises(IndexError("another"))
    assert raises(IndexError("list index")) == same
    assert same.values != another.values
    assert raises(KeyError("list index")).values != same.values
    assert same.came == "IndexError: list index"
    assert raises(IndexError("\u202e\x1b[31m<b>" + "x" * 500)).came.isprintable()


@pytest.mark.parametrize(
    "error", [NotImplementedError(), NameError("name 'pad2d' is not defined")], ids=repr
)
def test_what_is_not_there_has_no_behaviour(error):
    def answer(x, pad, value=0.0):
        raise error

    assert seen(answer) is None


class Ends:
    """An answer that is wrong, and after some calls gives nothing any more."""

    def __init__(self, last, calls):
        self.last, self.calls, self.asked = last, calls, 0

    def delay(self):
        return 0.0

    def observe(self, args, kwargs):
        self.asked += 1
        return Observation(0.0) if self.asked <= self.calls else self.last


@pytest.mark.parametrize("last", [Observation(stopped=True), Observation(lost="its process ended")])
def test_a_probe_that_stops_or_ends_the_answer_is_the_last(last):
    answer = Ends(last, 4)
    assert behaviour.of_answer(PAD, answer, probes_of(PAD)) is None
    assert answer.asked == 5


def test_probes_that_take_too_long_are_not_asked(monkeypatch):
    monkeypatch.setattr(behaviour, "SECONDS", -1.0)
    answer = Ends(Observation(0.0), 1)
    assert behaviour.of_answer(PAD, answer, probes_of(PAD)) is None
    assert answer.asked == 0


def test_only_answers_with_wrong_values_without_a_name_are_asked():
    probes = probes_of(PAD)

    def told(function):
        verdict = judge.grade(PAD, Local(function), "ada")
        return behaviour.with_behaviour(PAD, verdict, Local(function), probes)

    assert told(doubled).behaviour == seen(doubled)
    assert told(doubled).points == 0
    assert told(PAD.reference).behaviour is None
    assert told(PAD.misconceptions["pad2d__top_left_only"]).behaviour is None


def test_what_no_legal_call_shows_is_no_behaviour():
    def doubles(x):
        if x < 0:
            raise ValueError("x is below 0")
        return 2 * x

    def check():
        return [part("values", 1, case(3)), part("refuses", 1, case(2), refused(-1, about="x"))]

    task = Task("f", "unit", doubles, check, {}, {})
    probes = [behaviour.Probe(case(4), 8)]
    for function, wrong in ((lambda x: 2 * x, [False, False]), (lambda x: 3 * x, [True, True])):
        verdict = judge.grade(task, Local(function))
        assert verdict.points == 0 if wrong[0] else 1
        assert [one.wrong_value for one in verdict.parts] == wrong
        asked = behaviour.with_behaviour(task, verdict, Local(function), probes)
        assert (asked.behaviour is not None) == wrong[0]


def test_after_a_call_that_did_not_end_no_value_counts():
    answer = Ends(Observation(stopped=True), 2)
    verdict = judge.grade(PAD, answer, "ada")
    assert verdict.points == 0
    assert not verdict.unnamed


def test_no_value_is_wrong_where_it_has_a_name():
    part_of = Verdict("values", 1.0, "it is wrong", wrong_value=True)
    verdict = dataclasses.replace(judge.grade(PAD, Local(doubled)), parts=(part_of,))
    assert verdict.unnamed
    named = dataclasses.replace(part_of, misconception="pad2d__x")
    assert not dataclasses.replace(verdict, parts=(named,)).unnamed


# -- rounding -------------------------------------------------------------------------------------

ALIKE = [
    (1.0, 1),
    (1.0, np.float64(1.0)),
    (1.0, np.array(1.0)),
    (0.0, -0.0),
    (1e-13, 0.0),
    (True, np.bool(True)),
    ((1, 2.0), [1.0, 2]),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    (np.arange(3), np.arange(3.0)),
    (np.array([0.1 + 0.2, 1e6]), np.array([0.3, 1e6])),
    (np.array([np.nan, np.inf, 1.0]), np.array([np.nan, np.inf, 1.0 + 1e-13])),
]
DIFFERENT = [
    (1, True),
    (1.0, 1.0 + 1e-6),
    (1.0, 10.0),
    (1.0, "1.0"),
    (None, 0),
    ([1], 1),
    ([], {}),
    (np.nan, np.inf),
    (np.inf, -np.inf),
    (np.zeros((2, 3)), np.zeros((3, 2))),
    (np.float32(0.5), 0.5),
    (10**400, 10**400 + 1),
    (Foreign("set"), Foreign("generator")),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_rounding_noise_and_form_do_not_count(one, other):
    assert behaviour.rounded(one) == behaviour.rounded(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_values_are_told_apart(one, other):
    assert behaviour.rounded(one) != behaviour.rounded(other)


@given(st.integers(-(10**6), 10**6), st.integers(-8, 8), st.floats(-1e-12, 1e-12))
def test_round_numbers_are_far_from_every_border(whole, power, noise):
    value = whole * 10.0**power / 8  # whole numbers, powers of ten, halves, quarters and eighths
    noisy = np.array([value, value * (1 + noise), value * (1 - noise)])
    assert len({behaviour.rounded(one) for one in noisy}) == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(st.tuples(inner, inner), max_size=3).map(
            lambda pairs: {"dict": [list(pair) for pair in pairs]}
        )
        | st.lists(inner, max_size=3).map(lambda items: {"tuple": items})
        | st.text(max_size=5).map(lambda name: {"foreign": name})
        | st.just({"array": "0"})
        | st.just({"scalar": "1"})
    ),
    max_leaves=10,
)


@given(json_values, st.sampled_from(sorted(wire.DTYPES)))
def test_whatever_comes_can_be_rounded_and_shown(tree, dtype):
    tensors = {"0": np.ones((2, 0), dtype), "1": np.ones((), dtype)}
    try:
        value = wire.unpack(tree, tensors)
    except wire.Malformed:
        return
    assert behaviour.rounded(value) == behaviour.rounded(value)
    for text in behaviour.texts(np.zeros((5, 5)), Observation(value)):
        assert text.isprintable()
        assert len(text) <= behaviour.SHORT + 1


def test_an_answer_that_cannot_be_compared_is_wrong(monkeypatch):
    def raises(*_):
        raise RuntimeError

    probe = behaviour.Probe(case(1), 1.0)
    assert not behaviour.is_wrong(PAD, probe, Observation(1.0))
    monkeypatch.setattr(behaviour.faults, "fault", raises)
    assert behaviour.is_wrong(PAD, probe, Observation(1.0))
