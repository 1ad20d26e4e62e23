"""What unit 4 says of its experiments holds for every run that a student may draw."""

from types import SimpleNamespace

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
    # The sums are the same, in an order that the matrix product chooses.
    np.testing.assert_allclose(kept, nn.ReLU().forward(steps.forward(x)), rtol=1e-5, atol=1e-6)


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


# -- what cells print -----------------------------------------------------------------------------

MEASURED = {"max": np.array([[1, 0.6], [1, 0.7], [1, 0.8]]), "stride": np.full((3, 2), 0.5)}


def test_the_cost_is_printed_with_and_without_pooling(capsys):
    run = SimpleNamespace(channels=3, filters=4, kernel=5, side=6)
    experiments.print_price(run)
    assert capsys.readouterr().out.splitlines() == [
        "without pooling: 3 planes of 6 × 6, 304 parameters, 10,800 multiplications",
        "   with pooling: 3 planes of 3 × 3, 304 parameters, 2,700 multiplications",
        "parameters of the pooling itself: 0",
        "two convolutions see 9 columns, with pooling between them 14",
    ]


def test_what_was_learnt_by_heart_is_printed_beside_other_pictures(capsys):
    experiments.print_by_heart(MEASURED)
    _, one, two = capsys.readouterr().out.splitlines()
    assert one == "    max pooling: of the 100 1.00, of 500 others 0.700 ± 0.100"
    assert two == "every 2nd pixel: of the 100 0.50, of 500 others 0.500 ± 0.000"


def test_answers_that_stay_are_printed_beside_a_guess(capsys):
    right = dict.fromkeys(MEASURED, np.array([0.75, 0.85]))
    run = SimpleNamespace(way="left", by=1)
    experiments.print_same_answers(MEASURED, right, run, {"max": 0.9})
    _, one, two = capsys.readouterr().out.splitlines()
    assert one.endswith("correct, unmoved: 0.80; same answer 0.700 ± 0.100; your guess: 0.9")
    assert two.endswith("same answer 0.500 ± 0.000")


def test_measured_slopes_are_those_of_the_loss():
    x = np.random.default_rng(1).normal(size=(2, 1, 3, 4))
    np.testing.assert_allclose(experiments.slopes(lambda x: (x**3).sum(), x), 3 * x**2, atol=1e-6)
