"""The students' own numbers: who gets which, what they look like, and that none rewards a mistake.

For every set of every by-hand task, the right answer differs from what each misconception answers.
How the numbers are built sees to most of that. What chance is left to a mistake, the wording of the
seed in `numbers_of` takes: it was chosen so that these tests pass.
"""

import ast
import functools
import hashlib
from pathlib import Path

import numpy as np
import pytest

from autograder.checking import compare
from autograder.units import CONTENT as bank
from course import numbers

pytestmark = pytest.mark.slow(15)

CONVOLVED = {
    "conv2d_valid_by_hand": {"x": (1, 2, 3, 4), "w": (1, 2, 2, 3)},
    "pad2d_by_hand": {"x": (1, 1, 2, 3), "w": (1, 1, 3, 3)},
    "conv2d_by_hand": {"x": (1, 1, 6, 7), "w": (1, 1, 2, 2)},
}
SHAPES = CONVOLVED | {
    "conv_output_shape_by_hand": {},
    "fit_report_by_hand": {},
    "pool2d_by_hand": {"x": (1, 1, 4, 3)},
    "random_hflip_by_hand": {},
    "residual_by_hand": {
        "x": (1, 3, 1, 1),
        "w1": (2, 3),
        "w2": (3, 2),
        "grad": (1, 3, 1, 1),
    },
    "grad_cam_by_hand": {"x": (1, 2, 2, 2), "grads": (1, 2, 2, 2)},
}
# The beginning of a hash of each task's sets. Another one means other numbers for everybody.
POOLS = {
    "conv2d_valid_by_hand": "d970c89bb2d4823f",
    "pad2d_by_hand": "413903117bc7c78e",
    "conv2d_by_hand": "f713a31e9d06f64d",
    "conv_output_shape_by_hand": "a7a3cbb6f28ea495",
    "fit_report_by_hand": "0928fd896e08c5f9",
    "pool2d_by_hand": "8aa61aeb392f361e",
    "random_hflip_by_hand": "7bbd491b435d3da9",
    "residual_by_hand": "1c7713b898b94c6c",
    "grad_cam_by_hand": "aad2be5dcd0b4d66",
}
BY_HAND = {
    task.name: task
    for unit in bank.units()
    for task in bank.of_unit(unit).values()
    if task.own_numbers
}
MISTAKES = [(task, name) for task in BY_HAND.values() for name in task.misconceptions]
tasks = pytest.mark.parametrize("task", SHAPES)


@functools.cache
def pool(task):
    """Every set of a task's numbers, drawn once for all tests: not to be written into."""
    return [numbers.numbers_of(task, index) for index in range(numbers.POOL)]


@functools.cache
def answers(task):
    """The right answer to every set of a task's numbers."""
    return [BY_HAND[task].reference(mine) for mine in pool(task)]


def parts(mine):
    return {name: value for name, value in vars(mine).items() if not name.startswith("_")}


def arrays(mine):
    return {name: v for name, v in parts(mine).items() if isinstance(v, np.ndarray)}


def same(one, other):
    one, other = parts(one), parts(other)
    return all(np.array_equal(one[name], other[name]) for name in one)


def test_every_generator_is_here():
    generators = {name for name in vars(numbers) if name.endswith("_by_hand")}
    assert generators == set(SHAPES) == set(POOLS) == set(BY_HAND)
    assert {task.name for task, _ in MISTAKES} == set(BY_HAND)


@tasks
def test_shapes_are_those_of_the_task(task):
    assert {
        name: value.shape for name, value in arrays(numbers.draw(task, "ada")).items()
    } == SHAPES[task]


@tasks
def test_same_student_gets_the_same_numbers_again(task):
    assert same(numbers.draw(task, "ada"), numbers.draw(task, "ada"))


@tasks
def test_blanks_and_case_of_the_id_do_not_matter(task):
    assert same(numbers.draw(task, "ada"), numbers.draw(task, " ADA\n"))


@tasks
def test_ids_of_digits_may_be_numbers(task):
    assert same(numbers.draw(task, "12345"), numbers.draw(task, 12345))


@tasks
def test_students_get_different_numbers(task):
    assert not same(numbers.draw(task, "ada"), numbers.draw(task, "grace"))


@tasks
@pytest.mark.parametrize("student", ["", "  ", None])
def test_no_id_gives_the_guest_numbers(task, student):
    assert same(numbers.draw(task, student), numbers.numbers_of(task, 0))


@tasks
def test_no_student_gets_the_guest_numbers(task):
    guest, *others = pool(task)
    assert not any(same(mine, guest) for mine in others)


@tasks
def test_draws_stay_in_the_pool(task):
    sets = {repr(parts(mine)) for mine in pool(task)}
    assert {repr(parts(numbers.draw(task, f"s{i}"))) for i in range(200)} <= sets


@pytest.mark.parametrize("task", [task for task, shapes in SHAPES.items() if shapes])
def test_drawing_leaves_earlier_draws_alone(task):
    mine = numbers.draw(task, "ada")
    mine.x[:] = 0
    assert numbers.draw(task, "ada").x.any()


@pytest.mark.parametrize(("task", "digest"), POOLS.items(), ids=POOLS)
def test_the_pool_is_the_same_with_every_numpy(task, digest):
    # Students and graders may have different versions of NumPy, and its generators may change.
    found = hashlib.sha256()
    for mine in pool(task):
        for value in parts(mine).values():
            found.update(np.asarray(value).astype("<i8").tobytes())
    assert found.hexdigest()[:16] == digest


@tasks
def test_numbers_are_small_whole_floats(task):
    for mine in pool(task):
        for array in arrays(mine).values():
            assert array.dtype == np.float64
            assert np.array_equal(array, array.round())
            assert np.abs(array).max() <= 9


@tasks
def test_what_is_no_array_is_a_plain_whole_number_or_a_shape(task):
    for mine in pool(task):
        for name in parts(mine).keys() - arrays(mine):
            value = vars(mine)[name]
            plain = value if isinstance(value, tuple) else (value,)
            assert all(type(n) is int and n > 0 for n in plain), name


@pytest.mark.parametrize("task", CONVOLVED)
def test_no_kernel_is_symmetric_or_sums_to_zero(task):
    for mine in pool(task):
        for kernel in mine.w[0]:
            flips = [kernel[::-1], kernel[:, ::-1], kernel[::-1, ::-1]]
            if kernel.shape[0] == kernel.shape[1]:
                flips += [kernel.T, kernel[::-1, ::-1].T]
            assert not any(np.array_equal(kernel, flip) for flip in flips)
            assert kernel.sum() != 0


def test_channels_have_kernels_of_their_own():
    for mine in pool("conv2d_valid_by_hand"):
        first, second = mine.w[0]
        for flip in [second, second[::-1], second[:, ::-1], second[::-1, ::-1]]:
            assert not np.array_equal(first, flip)


def indices(mistake):
    """The sets to try: the guest's numbers are no mistake for a guest, who has set 0."""
    return range(1 if mistake.endswith("__guest_numbers") else 0, numbers.POOL)


@pytest.mark.parametrize(("task", "mistake"), MISTAKES, ids=[name for _, name in MISTAKES])
def test_a_mistake_never_gives_the_right_answer(task, mistake, monkeypatch):
    # Who solves the guest's numbers draws them each time.
    sets, rewarded = pool(task.name), []
    monkeypatch.setattr(numbers, "numbers_of", lambda name, index: {task.name: sets}[name][index])
    for index in indices(mistake):
        wrong = task.misconceptions[mistake](sets[index])
        right = compare.hand_written(answers(task.name)[index])
        if compare.difference(right, compare.hand_written(wrong), "it") is None:
            rewarded.append(index)
    assert not rewarded, f"{mistake} is right for the sets {rewarded[:10]} of {task.name}"


@tasks
def test_right_answers_are_finite_and_not_all_the_same(task):
    for index, right in enumerate(answers(task)):
        right = list(right.values()) if isinstance(right, dict) else right
        assert np.isfinite(right).all(), index
        assert np.ptp(right) > 0, f"set {index} of {task}: all numbers are equal"


def test_unknown_task_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"no numbers for task 'pool2d'.*pad2d_by_hand"):
        numbers.draw("pool2d", "ada")


@pytest.mark.parametrize("index", [-1, numbers.POOL])
def test_index_outside_the_pool_is_refused(index):
    with pytest.raises(ValueError, match="index"):
        numbers.numbers_of("pad2d_by_hand", index)


def test_repr_shows_every_plane_with_its_name_and_whose_it_is():
    mine = numbers.draw("conv2d_valid_by_hand", " Ada ")
    text = repr(mine)
    assert text.startswith("conv2d_valid_by_hand: the numbers of ada")
    assert "x, shape (1, 2, 3, 4)" in text
    assert "w, shape (1, 2, 2, 3)" in text
    rows = text.split("x[0, 1]\n")[1].splitlines()[:3]
    shown = [[float(number) for number in row.split()] for row in rows]
    assert np.array_equal(shown, np.hstack([mine.x[0, 0], mine.x[0, 1]]))


def test_repr_shows_a_matrix_without_places():
    mine = numbers.draw("residual_by_hand", "ada")
    rows = repr(mine).split("w1, shape (2, 3)\n")[1].splitlines()[:2]
    assert np.array_equal([[float(number) for number in row.split()] for row in rows], mine.w1)


def test_repr_shows_what_is_no_array_in_a_line():
    mine = numbers.draw("fit_report_by_hand", "ada")
    assert f"n = {mine.n},  kernel = {mine.kernel},  stride = {mine.stride}," in repr(mine)


def test_repr_tells_a_guest_what_to_do():
    assert "STUDENT_ID" in repr(numbers.draw("pad2d_by_hand"))


def test_course_never_imports_the_grader():
    for path in Path(numbers.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [
                alias.name for alias in getattr(node, "names", []) if isinstance(alias, ast.alias)
            ]
            imported = [getattr(node, "module", None) or "", *names]
            assert not any(name.split(".")[0] == "autograder" for name in imported), path
