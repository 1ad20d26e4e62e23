"""The effects that unit 7 shows, over seeds, with room to spare; and the rest of its module."""

import numpy as np
import pytest

from autograder.units.unit7_visualization import reference as right
from course import images, networks, numbers, runs
from course.experiments import unit7_visualization as experiments
from course.resampling import resize

pytestmark = pytest.mark.slow(8)

SEEDS = range(3)


@pytest.fixture(scope="module")
def network():
    return networks.source()


@pytest.fixture(scope="module")
def scenes():
    return experiments.real_scenes(300, np.random.default_rng(5))


def test_objects_are_the_six_classes_with_their_logits(network):
    x, labels = experiments.objects("test")
    assert x.shape == (1500, 1, 28, 28)
    assert np.bincount(labels).tolist() == [250] * 6
    assert experiments.NAMES == ("T-shirt", "trouser", "coat", "sandal", "bag", "ankle boot")


def test_real_scenes_are_recognised(network, scenes):
    x, labels, boxes = scenes
    assert x.shape == (300, 1, 32, 32)
    assert boxes.shape == (300, 4)
    assert np.bincount(labels).tolist() == [50] * 6
    assert (experiments.says(network, x) == labels).mean() > 0.85


def test_painted_changes_one_side_of_the_box(scenes):
    x, _, boxes = scenes
    left, top, right_, bottom = boxes[7]
    box = np.s_[7, 0, top:bottom, left:right_]
    for fill in (0, 0.1, 1):
        shade = experiments.DARK + fill * (experiments.LIGHT - experiments.DARK)
        gone = experiments.painted(x, boxes, "object", fill)
        ground = experiments.painted(x, boxes, "ground", fill)
        assert gone.dtype == np.float32
        np.testing.assert_allclose(gone[box], shade, rtol=1e-6)
        np.testing.assert_array_equal(ground[box], x[box])
        outside = np.ones((32, 32), bool)
        outside[box[2:]] = False
        np.testing.assert_array_equal(gone[7, 0][outside], x[7, 0][outside])
        black = outside & (x[7, 0] == x.min())
        np.testing.assert_allclose(ground[7, 0][black], shade, rtol=1e-6)
        np.testing.assert_array_equal(ground[7, 0][~black], x[7, 0][~black])
    noise = experiments.painted(x, boxes, "object", np.random.default_rng(0))[box]
    assert noise.std() > 0.5
    assert noise.min() >= experiments.DARK
    assert noise.max() <= experiments.LIGHT


def test_share_of_counts_values_and_channels(network, scenes):
    values, channels = experiments.share_of("relu3", network, scenes[0])
    above = network.split("relu3")[0].predict(scenes[0]) > 0
    np.testing.assert_allclose(values, [one.mean() for one in above])
    np.testing.assert_allclose(channels, [np.mean([c.any() for c in one]) for one in above])


def test_fewer_values_are_active_with_depth(network, scenes):
    x = scenes[0]
    shares = [experiments.share_of(layer, network, x)[0].mean() for layer in ["relu1", "relu3"]]
    assert shares[1] < shares[0] - 0.1
    strangers = [
        experiments.share_of("relu3", experiments.untrained(seed), x[::6])[0].mean()
        for seed in range(8)
    ]
    assert shares[1] < min(strangers) - 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_nearly_all_units_can_be_excited_more_than_by_any_picture_at_hand(network, scenes, seed):
    rng, beaten = np.random.default_rng(seed), 0
    random = experiments.noise(200, rng)
    for layer, count in {"conv1": 16, "conv2": 32}.items():
        below, _ = network.split(layer)
        units = np.arange(count)
        climbed, _ = experiments.excite(below, units, right.gradient_ascent, rng, 30)
        own = experiments.answers(below, climbed)[units, units]
        others = np.concatenate([scenes[0], random])
        beaten += (own > experiments.answers(below, others).max(axis=0)).sum()
        assert climbed.min() >= experiments.DARK
        assert climbed.max() <= experiments.LIGHT
    assert beaten >= 44  # of 48


def test_climbing_for_all_units_and_for_some_of_them(network):
    chosen = np.zeros(112, bool)
    chosen[[3, 5, 16, 50]] = True
    some = experiments.climb_all(
        network, right.gradient_ascent, np.random.default_rng(0), 5, chosen
    )
    assert (some[~chosen] == 0).all()
    every = experiments.climb_all(network, right.gradient_ascent, np.random.default_rng(0), 5)
    random = experiments.best_answers(network, experiments.noise(20, np.random.default_rng(0)))
    assert every.shape == random.shape == (112,)
    assert (every > random).mean() > 0.7
    assert (some[chosen] > random[chosen]).any()


def test_units_evolve_from_the_same_noise_and_answer_more_and_more(network):
    rows = [("conv1", 3), ("conv2", 12), ("conv3", 4)]
    frames, answers = experiments.evolve(network, rows, right.gradient_ascent, (0, 3, 10))
    assert np.shape(frames[3]) == (3, 1, 32, 32)
    for start in frames[0]:
        np.testing.assert_array_equal(start, frames[0][0])
    assert (np.diff([answers[s] for s in (0, 3, 10)], axis=0) > 0).all()


def test_frames_are_kept_and_begin_with_noise(network):
    below, _ = network.split("conv1")
    end, frames = experiments.excite(
        below, [3, 4], right.gradient_ascent, np.random.default_rng(0), 5, frames=(0, 2, 5)
    )
    assert list(frames) == [0, 2, 5]
    np.testing.assert_array_equal(frames[5], end)
    answers = [experiments.answers(below, frames[s])[0, 3] for s in frames]
    assert answers == sorted(answers)


@pytest.mark.parametrize("seed", SEEDS)
def test_class_pictures_convince_the_network_more_than_any_scene(network, scenes, seed):
    x, labels, _ = scenes
    pictures, found = experiments.convinced(network, right.gradient_ascent, seed, x, labels)
    scores, real = network.predict(pictures), network.predict(x)
    np.testing.assert_allclose(found["score"], scores.diagonal())
    np.testing.assert_array_equal(found["best"], real.max(axis=0))
    assert (found["probability"] > 0.98).all()
    assert (found["score"] > 4 * found["best"]).all()
    # Scenes are named rightly without such a score.
    own = labels == 2
    rightly = own & (real.argmax(axis=1) == 2)
    assert found["named"][2] == rightly.sum() > 0.8 * own.sum()
    assert found["median"][2] == np.median(real[rightly, 2])
    assert (found["median"] < found["best"]).all()


def test_another_start_ends_in_another_picture(network, scenes):
    x, labels, _ = scenes
    first, again, other = (
        experiments.convinced(network, right.gradient_ascent, seed, x[::5], labels[::5])[0]
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert (abs(first - other) > 1.5).mean(axis=(1, 2, 3)).min() > 0.1  # half the way to white


def test_shares_of_quadrants_and_boxes():
    maps = np.zeros((2, 4, 6))
    maps[0, 3, 0], maps[0, 0, 5] = 3, 1
    np.testing.assert_allclose(experiments.by_quadrant(maps)[0], [0, 0.25, 0.75, 0])
    assert np.isnan(experiments.by_quadrant(maps)[1]).all()
    got = experiments.inside(maps, [[0, 2, 3, 4], [0, 0, 6, 4]])
    assert got[0] == 0.75
    assert np.isnan(got[1])


def test_explain_is_the_class_activation_map(network, scenes):
    x, labels, _ = scenes
    maps = experiments.explain(network, x[:40], labels[:40], right.grad_cam)
    activations = network.split("relu3")[0].predict(x[:40])
    cam = np.einsum("nk,nkij->nij", network.params["head.w"][labels[:40]], activations)
    cam = np.maximum(cam, 0)
    np.testing.assert_allclose(maps, cam / cam.max(axis=(1, 2), keepdims=True), atol=1e-4)


@pytest.mark.parametrize("seed", SEEDS)
def test_maps_find_the_class_that_was_asked_for(network, seed):
    share, best = experiments.localisation(network, right.grad_cam, np.random.default_rng(seed), 40)
    random_share, random_best = experiments.localisation(
        experiments.untrained(seed), right.grad_cam, np.random.default_rng(seed), 40
    )
    assert best >= 0.7
    assert share > 0.4
    assert share > random_share + 0.1
    assert best > random_best + 0.2


def test_a_class_that_is_not_there_has_a_map_too(network):
    share, empty = experiments.asked_in_vain(network, right.grad_cam, np.random.default_rng(0), 20)
    assert empty < 4
    assert share > 0.35
    share, empty = experiments.asked_in_vain(
        network, lambda a, g: np.zeros(a.shape[1:]), np.random.default_rng(0), 4
    )
    assert empty == 8
    assert np.isnan(share)


@pytest.fixture(scope="module")
def own_maps(network):
    """Thirty runs, each with the shares of its six maps in its four quadrants."""
    runs = [numbers.numbers_of("why_grad_cam", index) for index in range(30)]
    return [
        (run, experiments.asked_for_all(network, experiments.own_mosaic(run)[0], right.grad_cam)[1])
        for run in runs
    ]


def test_the_map_of_an_absent_class_is_not_spread_evenly(own_maps):
    for run, shares in own_maps:
        assert run.absent not in run.quadrants
        assert shares[experiments.NAMES.index(run.absent)].max() > 0.28


def test_the_map_of_a_class_mostly_lies_in_its_quadrant(own_maps):
    own = [
        shares[experiments.NAMES.index(run.asked), run.quadrants.index(run.asked)]
        for run, shares in own_maps
    ]
    assert np.median(own) > 0.5


def test_the_own_mosaic_has_its_classes_in_its_quadrants(network, own_maps):
    run, shares = own_maps[0]
    mosaic, boxes = experiments.own_mosaic(run)
    again, _ = experiments.own_mosaic(run)
    np.testing.assert_array_equal(mosaic, again)
    x, labels = experiments.objects("test")
    for box, name, corner in zip(
        boxes, run.quadrants, [(0, 0), (0, 32), (32, 0), (32, 32)], strict=True
    ):
        left, top, right_, bottom = box
        assert (top // 32 * 32, left // 32 * 32) == corner
        own = resize(x[labels == experiments.NAMES.index(name)], 20, 20)
        gap = abs(images.normalise(own)[:, 0] - mosaic[0, 0, top:bottom, left:right_])
        assert gap.max(axis=(1, 2)).min() < 1e-5
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)


def test_the_names_of_the_runs_are_those_of_the_network():
    assert runs.CLOTHES == experiments.NAMES


def test_a_map_of_nothing_finds_nothing(network):
    nothing = experiments.localisation(
        network, lambda a, g: np.zeros(a.shape[1:]), np.random.default_rng(0), 4
    )
    assert nothing == (0, 0)


def test_sandals_depend_on_the_ground_and_no_fill_is_neutral(network):
    x, labels, boxes, maps, shares = experiments.recognised(
        network, right.grad_cam, right.upsample_bilinear, np.random.default_rng(1)
    )
    assert (experiments.says(network, x) == labels).all()
    assert (np.diff(shares) >= 0).all()
    np.testing.assert_allclose(experiments.inside(maps, boxes), shares)
    few = experiments.enlarged(network, x[:3], labels[:3], right.grad_cam, right.upsample_bilinear)
    np.testing.assert_allclose(few, maps[:3], atol=1e-5)
    sandal = labels == experiments.NAMES.index("sandal")
    assert np.median(shares[~sandal]) > 0.8 > np.median(shares[sandal])
    assert sandal[0]

    changed = experiments.changes(x, boxes, np.random.default_rng(0))
    says = {what: experiments.says(network, y) for what, y in changed.items()}
    right_ = {what: said == labels for what, said in says.items()}
    # Black makes everything a sandal, and grey nothing.
    assert (says["object black"][~sandal] == 3).mean() > 0.95
    assert (says["object 10 % grey"] == 3).mean() < 0.05
    # A darker grey of the ground hardly matters; 10 % takes sandals away, and few of the others.
    assert right_["ground 5 % grey"][sandal].mean() > 0.9
    assert right_["ground 5 % grey"].mean() > 0.9
    assert right_["ground 10 % grey"][sandal].mean() < 0.2
    assert right_["ground 10 % grey"][~sandal].mean() > 0.8
    # The ground need not be black.
    assert right_["ground noise"][sandal].mean() > 0.8
