"""Legal calls: all pairs of levels, only legal ones, and every right answer is right in them."""

import itertools

import numpy as np
import pytest

from autograder import mutation
from autograder.checking.answers import here
from autograder.checking.contracts import anything, contract
from autograder.checking.words import by_columns, case, values
from autograder.units import CONTENT as content

WITH_CONTRACTS = {
    task.name: task
    for unit in content.units()
    for task in content.of_unit(unit).values()
    if content.contract(task)
}
LEVELS = {"a": [0, 1, 2], "b": ["x", "y"], "c": [(1, 2), [3], None, {}]}


def taken(calls):
    """The levels of drawn calls, which these contracts pass on as they are."""
    return [one.args for one in calls]


def test_all_pairs_of_levels_come_first_and_in_few_calls():
    every = contract(lambda rng, a, b, c: case(a, b, c), **LEVELS)
    calls = taken(every.pairs(np.random.default_rng(1)))
    for (i, first), (j, second) in itertools.combinations(enumerate(LEVELS.values()), 2):
        for one, other in itertools.product(first, second):
            assert any(call[i] == one and call[j] == other for call in calls)
    assert len(calls) <= 18  # of 24 combinations; 12 are needed


def test_pairs_that_cannot_be_had_are_left_out_and_the_others_are_not():
    def make(rng, a, b, c):
        return None if (a, b) == (0, "x") else case(a, b, c)

    calls = taken(contract(make, **LEVELS).pairs(np.random.default_rng(1)))
    assert not [call for call in calls if call[:2] == (0, "x")]
    assert {call[:2] for call in calls} == {*itertools.product([0, 1, 2], "xy")} - {(0, "x")}


def test_calls_go_on_for_ever_and_are_the_same_each_time():
    def make(rng, a):
        return case(a, rng.normal())

    one = contract(make, a=[1, 2, 3])
    first, again = (
        taken(itertools.islice(one.calls(np.random.default_rng(3)), 50)) for _ in range(2)
    )
    assert first == again
    assert len(first) == 50
    assert {call[0] for call in first} == {1, 2, 3}
    assert len({call[1] for call in first}) == 50


def test_a_contract_without_a_legal_call_says_so():
    never = contract(lambda rng, a: None, a=[1, 2])
    with pytest.raises(ValueError, match="no legal call"):
        next(never.calls(np.random.default_rng(1)))
    with pytest.raises(ValueError, match="hardly any legal call"):
        anything(1, lambda: never, np.random.default_rng(1))


def with_numbers():
    return contract(lambda rng, a, b: case(a, b, rng.normal()), a=[1, 2, 3], b=[4, 5, 6])


def test_every_student_gets_the_same_levels_with_other_numbers():
    ada, grace = (anything(1, with_numbers, np.random.default_rng(n), 9).cases for n in (1, 2))
    assert [one.args[:2] for one in ada] == [one.args[:2] for one in grace]
    assert all(a.args[2] != g.args[2] for a, g in zip(ada, grace, strict=True))
    assert {one.args[:2] for one in ada} == {*itertools.product([1, 2, 3], [4, 5, 6])}


def test_a_part_can_ask_for_more_than_values():
    assert anything(1, with_numbers, np.random.default_rng(1), 2, also={"dtype"}).also == {"dtype"}


def test_an_array_by_columns_is_the_same_in_another_order():
    array = np.arange(24.0).reshape(2, 3, 4)
    given = here(by_columns(array))
    assert given.flags.f_contiguous
    assert not given.flags.c_contiguous
    np.testing.assert_array_equal(given, array)


def test_a_check_asks_for_every_level_before_it_asks_for_pairs():
    def make(rng, a, b, c):
        return None if (a == 0) != (b == 0) else case(a, b, c)  # a 0 is rare

    many = contract(make, a=[*range(12)], b=[*range(12)], c=["x", "y"])
    cases = anything(1, lambda: many, np.random.default_rng(1), 14).cases
    assert {one.args[0] for one in cases} == {*range(12)}
    assert {one.args[1] for one in cases} == {*range(12)}


def many_levels(make):
    return contract(make, a=range(15), b=range(3), c=range(12))


def few_numbers():
    return many_levels(lambda rng, a, b, c: case(a, b, c))


def many_numbers():
    return many_levels(lambda rng, a, b, c: case(a, b, c, rng.normal(size=100)))


def test_every_level_comes_whatever_a_call_draws():
    few, many = (
        taken(anything(1, made, np.random.default_rng(1), 18).cases)
        for made in (few_numbers, many_numbers)
    )
    assert few == [call[:3] for call in many]
    assert [len({*levels}) for levels in zip(*few, strict=True)] == [15, 3, 12]


def test_the_first_levels_come_again_with_other_numbers():
    first, *_, last = anything(1, with_numbers, np.random.default_rng(1), 4).cases
    assert first.args[:2] == last.args[:2]
    assert first.args[2] != last.args[2]


@pytest.mark.parametrize(
    "kind", ["single", "whole", "large", "bytes", "sparse", "even", "tiny", "bright"]
)
def test_values_are_of_the_kind_that_they_are_called(kind):
    found = values(np.random.default_rng(1), kind, 20, 30)
    holds = {
        "single": found.dtype == np.float32,
        "whole": found.dtype == np.int64 and found.min() < 0,
        "large": found.dtype == np.int64 and (found != found.astype(np.float32)).any(),
        "bytes": found.dtype == np.uint8 and found.max() > 200,
        "sparse": 0.6 < np.mean(found == 0) < 0.9,
        "even": np.ptp(found) == 0 != found[0, 0],
        "tiny": 0 < np.abs(found).max() < 1e-4,
        "bright": 0 < np.ptp(found) < 1e-4 < 999 < found.min(),
    }
    assert found.shape == (20, 30)
    assert holds[kind]


def test_a_contract_must_take_its_factors():
    with pytest.raises(ValueError, match=r"make takes \['rng', 'a'\], it should take"):
        contract(lambda rng, a: case(a), b=[1])


@pytest.mark.parametrize("name", WITH_CONTRACTS)
def test_every_right_answer_is_right_in_every_legal_call(name):
    task = WITH_CONTRACTS[name]
    assert mutation.unfit(task, content.contract(task), calls=60) == []


@pytest.mark.parametrize("name", WITH_CONTRACTS)
def test_calls_are_legal_for_the_reference(name):
    task = WITH_CONTRACTS[name]
    calls = mutation.legal_calls(task, content.contract(task), 60)
    for _, one, expected in calls:
        assert bool(expected.error) == bool(one.about), mutation.shown(one)
