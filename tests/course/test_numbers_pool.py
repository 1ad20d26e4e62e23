"""No set of numbers that a student can get rewards a mistake.

For every set of every by-hand task, the right answer differs from what each misconception answers.
How the numbers are built sees to most of that. What chance is left to a mistake, the wording of the
seed in `numbers_of` takes: it was chosen so that these tests pass.
"""

import numpy as np
import pytest

from autograder.checking import compare
from autograder.units import CONTENT as content
from course import numbers

BY_HAND = {
    task.name: task
    for unit in content.units()
    for task in content.of_unit(unit).values()
    if task.own_numbers
}
MISTAKES = [(task, name) for task in BY_HAND.values() for name in task.misconceptions]


def indices(mistake):
    """The sets to try: the guest's numbers are no mistake for a guest, who has set 0."""
    return range(1 if mistake.endswith("__guest_numbers") else 0, numbers.POOL)


@pytest.fixture(scope="module")
def pool():
    """Every set of numbers with its right answer, by task."""
    return {
        name: [
            (mine, task.reference(mine))
            for mine in (numbers.numbers_of(name, index) for index in range(numbers.POOL))
        ]
        for name, task in BY_HAND.items()
    }


def test_every_by_hand_task_has_numbers_and_mistakes():
    assert {name for name in vars(numbers) if name.endswith("_by_hand")} == set(BY_HAND)
    assert {task.name for task, _ in MISTAKES} == set(BY_HAND)


@pytest.mark.parametrize(("task", "mistake"), MISTAKES, ids=[name for _, name in MISTAKES])
def test_a_mistake_never_gives_the_right_answer(pool, task, mistake):
    rewarded = []
    for index in indices(mistake):
        mine, right = pool[task.name][index]
        wrong = task.misconceptions[mistake](mine)
        right, wrong = compare.hand_written(right), compare.hand_written(wrong)
        if compare.difference(right, wrong, "it") is None:
            rewarded.append(index)
    assert not rewarded, f"{mistake} is right for the sets {rewarded[:10]} of {task.name}"


@pytest.mark.parametrize("task", BY_HAND.values(), ids=BY_HAND)
def test_right_answers_are_finite_and_not_all_the_same(pool, task):
    for index, (_, right) in enumerate(pool[task.name]):
        right = list(right.values()) if isinstance(right, dict) else right
        assert np.isfinite(right).all(), index
        assert np.ptp(right) > 0, f"set {index} of {task.name}: all numbers are equal"
