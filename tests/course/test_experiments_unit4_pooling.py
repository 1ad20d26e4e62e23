"""What unit 4 says of its experiments holds for every run that a student may draw."""

import numpy as np
import pytest

from course import networks, nn, numbers
from course.experiments import unit4_pooling as experiments

RUNS = {run.seed: run for run in (numbers.numbers_of("why_pooling", i) for i in range(100))}


@pytest.mark.parametrize("run", RUNS.values(), ids=str)
def test_pooling_quarters_the_work_keeps_the_parameters_and_widens_the_field(run):
    costs = experiments.price(run.channels, run.filters, run.kernel, run.side)
    before, after = costs["without pooling"], costs["with pooling"]
    products = run.filters * run.channels * run.kernel**2
    assert before["macs"] == products * run.side**2
    assert after["macs"] * 4 == before["macs"]
    assert before["parameters"] == after["parameters"] == products + run.filters
    assert after["shape"] == (run.channels, run.side // 2, run.side // 2)
    assert experiments.columns_seen(run.kernel) == [2 * run.kernel - 1, 3 * run.kernel - 1]


def test_the_page_counts_right_for_3_by_3():
    assert experiments.columns_seen(3) == [5, 8]


def test_every_2nd_pixel_of_a_convolution_is_a_convolution_with_stride_2():
    rng = np.random.default_rng(0)
    all_places, steps = (nn.Conv(3, 5, 3, stride=s, pad=1, rng=rng) for s in (1, 2))
    steps.params = all_places.params
    x = rng.normal(size=(2, 3, 8, 9))
    kept = nn.AvgPool(1, 2).forward(nn.ReLU().forward(all_places.forward(x)))
    np.testing.assert_array_equal(kept, nn.ReLU().forward(steps.forward(x)))


@pytest.mark.parametrize(
    ("way", "should"),
    [
        ("right", [[0, 1, 2], [0, 4, 5]]),
        ("left", [[2, 3, 0], [5, 6, 0]]),
        ("down", [[0, 0, 0], [1, 2, 3]]),
        ("up", [[4, 5, 6], [0, 0, 0]]),
    ],
)
def test_what_leaves_is_lost_and_zeros_move_in(way, should):
    x = np.array([[[[1, 2, 3], [4, 5, 6]]]])
    np.testing.assert_array_equal(experiments.moved(x, way, 1), [[should]])
    np.testing.assert_array_equal(experiments.moved(x, way, 0), x)
    assert not experiments.moved(x, way, 3).any()


def test_every_way_is_drawn():
    assert {(run.way, run.by) for run in RUNS.values()} == {
        (way, by) for way in experiments.WAYS for by in (2, 3)
    }


@pytest.mark.soak
@pytest.mark.parametrize("way", experiments.WAYS)
def test_networks_with_pooling_keep_more_answers_and_are_not_invariant(way):
    same, right = experiments.same_answers(way, range(4))
    mean = {kind: shares.mean(axis=0) for kind, shares in same.items()}
    for kind in ("max", "average"):
        assert (mean[kind][1:] > mean["stride"][1:] + 0.01).all()
        assert (mean[kind][2:] < 0.85).all()
    for kind in networks.POOLING:
        assert mean[kind][0] == 1
        assert (np.diff(mean[kind]) < 0).all()
        assert (right[kind] > 0.75).all()


@pytest.mark.soak
def test_pooling_helps_on_unseen_pictures_and_does_not_prevent_overfitting():
    means = [
        {kind: shares.mean(axis=0) for kind, shares in experiments.by_heart(seed).items()}
        for seed in RUNS
    ]
    for run in means:
        for learnt, unseen in run.values():
            assert learnt > 0.95
            assert unseen < 0.8
    for kind in ("max", "average"):
        assert np.mean([run[kind][1] - run["stride"][1] for run in means]) > 0.01
