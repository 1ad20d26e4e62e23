"""The effects that unit 7 shows, over seeds, with room to spare; and the rest of its module."""

import numpy as np
import pytest

from autograder.reference import unit7_visualization as right
from course import networks
from course.experiments import unit7_visualization as experiments

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


def test_painted_blackens_one_side_of_the_box(scenes):
    x, _, boxes = scenes
    gone = experiments.painted(x, boxes, inside=True)
    bare = experiments.painted(x, boxes, inside=False)
    left, top, right_, bottom = boxes[7]
    box = np.s_[7, 0, top:bottom, left:right_]
    assert (gone[box] == experiments.DARK).all()
    np.testing.assert_array_equal(bare[box], x[box])
    np.testing.assert_allclose(gone + bare, x + experiments.DARK, atol=1e-6)


def test_told_says_what_is_missing(capsys):
    def unwritten():
        raise NotImplementedError

    assert experiments.told(lambda: 7, "grad_cam") == 7
    assert capsys.readouterr().out == ""
    assert experiments.told(unwritten, "grad_cam") is None
    assert experiments.told(lambda: 1 / 0, "overlay") is None
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "this experiment needs your grad_cam: not written yet",
        "this experiment needs your overlay: raised ZeroDivisionError",
    ]


@pytest.mark.parametrize("got", [None, [1, 2], [[1], [2, 3]], np.zeros((2, 3)), "map"])
def test_what_does_not_fit_is_told(capsys, got):
    assert experiments.told(lambda: experiments.fitting(got, (2, 2)), "grad_cam") is None
    assert "your grad_cam: it" in capsys.readouterr().out
    np.testing.assert_array_equal(experiments.fitting([[1, 2]], (1, 2)), [[1, 2]])


def test_fewer_values_are_active_with_depth(network, scenes):
    x = scenes[0]
    shares = [experiments.share_of(layer, network, x).mean() for layer in ["relu1", "relu3"]]
    assert shares[1] < shares[0] - 0.1


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


def test_frames_are_kept_and_begin_with_noise(network):
    below, _ = network.split("conv1")
    end, frames = experiments.excite(
        below, [3, 4], right.gradient_ascent, np.random.default_rng(0), 5, frames=(0, 2, 5)
    )
    assert list(frames) == [0, 2, 5]
    np.testing.assert_array_equal(frames[5], end)
    answers = [experiments.answers(below, frames[s])[0, 3] for s in frames]
    assert answers == sorted(answers)


def test_without_relu_a_filter_of_weights_that_add_up_to_more_than_0_gets_white(network):
    below, _ = network.split("conv1")
    sums = network.params()["conv1.w"].sum(axis=(1, 2, 3))
    unit = int(sums.argmax())
    picture, _ = experiments.excite(
        below, [unit], right.gradient_ascent, np.random.default_rng(0), 40, relu=False
    )
    assert (picture[0, 0, 2:-2, 2:-2] == experiments.LIGHT).mean() > 0.95


def test_class_pictures_convince_the_network_and_look_like_no_scene(network, scenes):
    climbed, _ = experiments.excite(
        network, np.arange(6), right.gradient_ascent, np.random.default_rng(0), 40
    )
    scores, real = network.predict(climbed), network.predict(scenes[0])
    assert (scores.argmax(axis=1) == np.arange(6)).all()
    assert (scores.diagonal() > 2 * real.max(axis=0)).all()


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
    cam = np.einsum("nk,nkij->nij", network.params()["head.w"][labels[:40]], activations)
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


def test_a_map_of_nothing_finds_nothing(network):
    nothing = experiments.localisation(
        network, lambda a, g: np.zeros(a.shape[1:]), np.random.default_rng(0), 4
    )
    assert nothing == (0, 0)


def test_suspects_are_right_and_mostly_not_needed_by_the_answer(network):
    x, labels, boxes, maps, shares = experiments.suspects(
        network, right.grad_cam, right.upsample_bilinear, np.random.default_rng(1)
    )
    assert (experiments.says(network, x) == labels).all()
    assert (np.diff(shares) >= 0).all()
    np.testing.assert_allclose(experiments.inside(maps, boxes), shares)
    assert np.median(shares) > 0.7
    low = shares < 0.5
    assert 0 < low.sum() < 0.1 * len(low)
    gone = experiments.says(network, experiments.painted(x, boxes, inside=True))
    assert (gone[low] == labels[low]).mean() > 0.8  # right without the object
    assert (gone == labels)[~low].mean() < 0.5
