"""The reference against oracles not ours: paper, SciPy, PyTorch, and what must hold in any case."""

import inspect
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from autograder.units import CONTENT as content
from autograder.units.unit5_transfer.model_answers import _whether_it_paid
from autograder.units.unit5_transfer.reference import (
    augmentation_claims,
    finetune_plan,
    random_crop,
    random_hflip,
    random_hflip_by_hand,
    sgd_step,
    transfer_params,
)
from course import networks, nn, numbers, training
from tests.dtypes import in_dtype

FUNCTIONS = [random_hflip, random_crop, transfer_params, sgd_step, finetune_plan]


def generator(seed=0):
    return np.random.default_rng(seed)


# -- worked by hand --------------------------------------------------------------------------------


def test_a_box_on_paper():
    _, boxes = random_hflip(np.zeros((1, 1, 4, 7)), np.array([[1, 0, 3, 2]]), 1.0, generator())
    np.testing.assert_array_equal(boxes, [[4, 0, 6, 2]])


def test_a_step_on_paper():
    params, grads = {"a.w": np.array([2.0])}, {"a.w": np.array([3.0])}
    assert sgd_step(params, grads, 0.1)["a.w"] == pytest.approx(1.7)
    assert sgd_step(params, grads, 0.1, weight_decay=0.5)["a.w"] == pytest.approx(1.6)
    assert sgd_step(params, grads, 0.1, ("a",), 0.5)["a.w"] == 2


def test_a_plan_on_paper():
    names = ["conv1", "bn1", "conv2", "bn2", "conv3", "head"]
    plan = finetune_plan(names, 2, 0.01, 0.001, ("bn1", "bn2"))
    assert plan == dict(zip(names, [0, 0, 0.001, 0, 0.001, 0.01], strict=True))


def test_claims_are_half_true():
    claims = augmentation_claims()
    assert len(claims) == 6
    assert sum(claims.values()) == 3


def test_claims_count_in_the_pairs_that_the_notebook_says():
    claims = list(augmentation_claims())
    parts = content.find("augmentation_claims").check()
    pairs = [{claims.index(case.item) + 1 for case in part.cases} for part in parts]
    assert sorted(map(sorted, pairs)) == [[1, 2], [3, 4], [5, 6]]


# -- random transforms ----------------------------------------------------------------------------


@st.composite
def pictures(draw):
    """Pictures with a box each, painted with a 1 inside its box."""
    n, c = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    height, width = draw(st.integers(2, 7)), draw(st.integers(2, 9))
    rng = generator(draw(st.integers(0, 2**32 - 1)))
    x, boxes = np.zeros((n, c, height, width)), np.zeros((n, 4), int)
    for i in range(n):
        left, right = sorted(rng.choice(width + 1, 2, replace=False))
        top, bottom = sorted(rng.choice(height + 1, 2, replace=False))
        x[i, :, top:bottom, left:right] = 1
        boxes[i] = left, top, right, bottom
    return x, boxes


def found_boxes(x):
    """The boxes of what is painted, found by SciPy."""
    found = [ndimage.find_objects(picture[0].astype(int))[0] for picture in x]
    return [[c.start, r.start, c.stop, r.stop] for r, c in found]


@given(pictures(), st.floats(0, 1), st.integers(0, 99))
def test_boxes_stay_around_what_they_were_around(drawn, p, seed):
    x, boxes = drawn
    flipped, new = random_hflip(x, boxes, p, generator(seed))
    np.testing.assert_array_equal(new, found_boxes(flipped))
    numbers_drawn = generator(seed).random(len(x))
    for i, number in enumerate(numbers_drawn):
        should = np.flip(x[i], 2) if number < p else x[i]
        np.testing.assert_array_equal(flipped[i], should)


@given(pictures(), st.integers(0, 99))
def test_flipping_all_twice_changes_nothing(drawn, seed):
    x, boxes = drawn
    again = random_hflip(*random_hflip(x, boxes, 1.0, generator(seed)), 1.0, generator(seed))
    for one, other in zip(again, drawn, strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(random_hflip(x, boxes, 0.0, generator(seed)), drawn, strict=True):
        np.testing.assert_array_equal(one, other)


@given(pictures(), st.integers(0, 99))
def test_flips_agree_with_pytorch(drawn, seed):
    torch = pytest.importorskip("torch", reason="PyTorch, one more oracle, is not installed here")
    x, boxes = drawn
    flipped, _ = random_hflip(x, boxes, 1.0, generator(seed))
    np.testing.assert_array_equal(flipped, torch.flip(torch.from_numpy(x), (3,)).numpy())


def test_flips_are_as_frequent_as_asked_for():
    x = np.broadcast_to([0.0, 1.0], (10_000, 1, 1, 2))
    flipped, _ = random_hflip(x, np.zeros((10_000, 4)), 0.3, generator())
    assert flipped[:, 0, 0, 0].mean() == pytest.approx(0.3, abs=0.02)


@given(pictures(), st.integers(0, 3), st.integers(0, 3), st.data())
def test_a_crop_is_a_shift_by_scipy(drawn, ph, pw, data):
    x, _ = drawn
    x = x * np.arange(1.0, x.size + 1).reshape(x.shape)
    h = data.draw(st.integers(1, x.shape[2] + 2 * ph))
    w = data.draw(st.integers(1, x.shape[3] + 2 * pw))
    seed = data.draw(st.integers(0, 99))
    out = random_crop(x, (h, w), (ph, pw), generator(seed))
    rng = generator(seed)
    tops = rng.integers(0, x.shape[2] + 2 * ph - h + 1, len(x))
    lefts = rng.integers(0, x.shape[3] + 2 * pw - w + 1, len(x))
    assert out.shape == (*x.shape[:2], h, w)
    for i in range(len(x)):
        rows = np.arange(tops[i] - ph, tops[i] - ph + h)
        columns = np.arange(lefts[i] - pw, lefts[i] - pw + w)
        places = np.meshgrid(range(x.shape[1]), rows, columns, indexing="ij")
        should = ndimage.map_coordinates(x[i], places, order=0, mode="constant", prefilter=False)
        np.testing.assert_array_equal(out[i], should)


def test_every_place_is_drawn_and_equally_often():
    plane = np.arange(12.0).reshape(1, 1, 3, 4)
    out = random_crop(np.repeat(plane, 12_000, axis=0), 1, 0, generator())
    assert np.bincount(out.astype(int).ravel()) == pytest.approx(np.full(12, 1000), abs=120)


def test_loops_of_single_draws_give_the_same_stream():
    # The docstrings allow both: students may draw number by number.
    one, other = generator(3), generator(3)
    np.testing.assert_array_equal(one.integers(0, 9, 20), [other.integers(0, 9) for _ in range(20)])
    np.testing.assert_array_equal(one.random(20), [other.random() for _ in range(20)])


# -- parameters by name ---------------------------------------------------------------------------


def test_a_network_with_transferred_parameters_computes_what_the_trained_base_does():
    source, target = networks.source(), networks.untrained(4, generator())
    params, report = transfer_params(source.params, target.params)
    head = {name: array.copy() for name, array in target.params.items() if "head" in name}
    networks.set_params(target, params)
    x = generator().normal(size=(2, 1, 32, 32)).astype(np.float32)
    ours, theirs = (network.split("mean")[0].forward(x) for network in (target, source))
    np.testing.assert_array_equal(ours, theirs)
    for name, array in head.items():
        np.testing.assert_array_equal(target.params[name], array)
    assert {word for name, word in report.items() if not name.startswith("head")} == {"copied"}
    assert report["head.w"] == report["head.b"] == "skipped"


names = st.lists(st.sampled_from(["a", "b", "conv1", "conv10", "head"]), unique=True)


@given(names, names, st.data())
def test_every_name_has_its_fate(ours, theirs, data):
    source = {f"{name}.w": np.array([1.0]) for name in theirs}
    target = {f"{name}.w": np.array([2.0]) for name in ours}
    skip = data.draw(st.lists(st.sampled_from(ours), unique=True)) if ours else []
    params, report = transfer_params(source, target, skip)
    assert set(params) == set(target)
    assert set(report) == set(source) | set(target)
    for name in target:
        copied = name in source and name.removesuffix(".w") not in skip
        assert params[name] == (1 if copied else 2)
        assert (report[name] == "copied") == copied


@pytest.mark.parametrize("frozen", [(), ("conv1",), ("conv2", "head")])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_steps_agree_with_the_networks_own(frozen, decay):
    """`course.nn` with the loss that has this gradient: plain descent, frozen by its own names."""
    network = in_dtype(networks.untrained(4, generator()), np.float64)
    x, labels = generator(1).normal(size=(3, 1, 8, 8)), np.array([0, 1, 3])
    network.backward(nn.cross_entropy(network.forward(x), labels)[1])
    before = {name: array.copy() for name, array in network.params.items()}
    got = sgd_step(before, network.grads, 0.3, frozen, decay)
    training.SGD(network, 0.3, momentum=0.0, frozen=frozen).step()
    for name, array in network.params.items():
        moved = name.split(".")[0] not in frozen
        should = array - 0.3 * decay * before[name] * moved
        np.testing.assert_allclose(got[name], should, rtol=1e-12, atol=1e-15)
        assert moved or np.array_equal(got[name], before[name])


@given(st.integers(0, 99), st.floats(0, 2), st.floats(0, 1))
def test_steps_agree_with_pytorch(seed, lr, decay):
    torch = pytest.importorskip("torch", reason="PyTorch, one more oracle, is not installed here")
    w, grad = generator(seed).normal(size=(2, 3, 4))
    theirs = torch.from_numpy(w.copy()).requires_grad_()
    theirs.grad = torch.from_numpy(grad)
    torch.optim.SGD([theirs], lr=lr, weight_decay=decay).step()
    got = sgd_step({"a.w": w}, {"a.w": grad}, lr, weight_decay=decay)["a.w"]
    np.testing.assert_allclose(got, theirs.detach().numpy(), rtol=1e-12, atol=1e-12)


def test_descent_goes_down():
    target = generator(5).normal(size=(3, 2))
    params = {"a.w": np.zeros((3, 2)), "b.w": np.ones((3, 2))}
    for _ in range(50):
        grads = {name: 2 * (w - target) for name, w in params.items()}
        params = sgd_step(params, grads, 0.1, frozen=("b",))
    np.testing.assert_allclose(params["a.w"], target, atol=1e-4)
    np.testing.assert_array_equal(params["b.w"], np.ones((3, 2)))


@given(st.integers(0, 6), st.integers(0, 3), st.data())
def test_a_plan_counts_from_the_head(convolutions, norms, data):
    layers = [f"conv{i}" for i in range(convolutions)] + [f"bn{i}" for i in range(norms)]
    layers = [*data.draw(st.permutations(layers)), "head"]
    bn = [name for name in layers if name.startswith("bn")]
    n = data.draw(st.integers(0, convolutions))
    plan = finetune_plan(layers, n, 2.0, 1.0, bn)
    assert list(plan) == layers
    assert plan["head"] == 2
    assert all(plan[name] == 0 for name in bn)
    rates = [plan[name] for name in layers if name.startswith("conv")]
    assert rates == [0.0] * (convolutions - n) + [1.0] * n


# -- by hand --------------------------------------------------------------------------------------


def test_no_two_mistakes_by_hand_look_alike():
    task = content.find("random_hflip_by_hand")
    wrong = {n: f for n, f in task.misconceptions.items() if not n.endswith("guest_numbers")}
    for index in range(numbers.POOL):
        mine = numbers.numbers_of(task.name, index)
        answers = [task.reference(mine), *(f(mine) for f in wrong.values())]
        different = {np.asarray(answer, float).tobytes() for answer in answers}
        assert len(different) == len(answers), index


def test_by_hand_is_what_the_function_gives():
    for index in range(50):
        mine = numbers.numbers_of("random_hflip_by_hand", index)
        assert len(mine.hundredths) == 2
        for i, box in enumerate([mine.first, mine.second]):
            x = np.zeros((1, 1, mine.height, mine.width))
            left, top, right, bottom = box
            x[..., top:bottom, left:right] = 1
            if mine.hundredths[i] < mine.p_hundredths:
                x = x[..., ::-1]
            np.testing.assert_array_equal(random_hflip_by_hand(mine)[i], found_boxes(x)[0])


# -- what is part of the lesson -------------------------------------------------------------------


def test_transferred_parameters_are_copies():
    source, target = params(a_w=2, b_w=3), params(a_w=2, b_w=3, c_w=1)
    new, _ = transfer_params(source, target, skip=("b",))
    for name, array in new.items():
        assert not any(
            np.shares_memory(array, old[name]) for old in (source, target) if name in old
        )


def params(**shapes):
    return {name.replace("_", "."): np.ones(shape) for name, shape in shapes.items()}


REFUSED = {  # by the word that the message must name
    "a.w": [
        lambda: transfer_params(params(a_w=2), params(a_w=3), ()),
        lambda: transfer_params(params(a_w=(2, 3)), params(a_w=(3, 2)), ()),
        lambda: transfer_params(params(a_w=1), params(a_w=3), ()),
        lambda: transfer_params(params(a_w=3), params(a_w=(1, 3)), ()),
    ],
    "skip": [lambda: transfer_params(params(a_w=2), params(a_w=2))],
}


@pytest.mark.parametrize("argument", REFUSED)
def test_bad_input_is_refused_by_name(argument):
    for call in REFUSED[argument]:
        with pytest.raises(ValueError, match=rf"\b{argument}\b"):
            call()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_docstrings_name_every_argument(function):
    text = inspect.getdoc(function)
    for name in inspect.signature(function).parameters:
        assert re.search(rf"^[\w, ]*\b{name}\b[\w, ]* : ", text, re.MULTILINE), name


CLEAR, NOT = np.array([0.02, 0.03, 0.04]), np.array([-0.02, 0.01, 0.04])


@pytest.mark.parametrize(
    ("top", "every", "says"),
    [
        (CLEAR, CLEAR, "Both gained more"),
        (CLEAR, NOT, "Only the top gained more"),
        (NOT, CLEAR, "Only every layer gained more"),
        (NOT, -CLEAR, "Neither gained more"),
    ],
)
def test_a_model_answer_says_that_it_paid_where_the_gain_is_beyond_its_spread(top, every, says):
    assert _whether_it_paid({"the top": top, "every layer": every}).startswith(says)
