"""The shipped networks: what they are made of, and that they still say what they said."""

import numpy as np
import pytest

from course import images, networks
from tests.small_networks import nested_network, small_network, spread


def test_the_source_network_is_that_of_the_exercises():
    network = networks.source()
    assert sum(array.size for array in network.params.values()) == 23_686
    shapes = {name: p.shape for name, p in network.params.items() if name.endswith(".w")}
    assert shapes == {
        "conv1.w": (16, 1, 3, 3),
        "conv2.w": (32, 16, 3, 3),
        "conv3.w": (64, 32, 3, 3),
        "head.w": (6, 64),
    }
    assert sorted((*networks.SOURCE_CLASSES, *networks.TARGET_CLASSES)) == list(range(10))


# Computed when the networks were shipped, from the first test pictures as they are (28 × 28).
SOURCE_LOGITS = [
    [-7.9353, -14.2818, -12.9224, 1.8592, 3.4246, 15.0915],
    [1.4620, -0.6870, 4.3524, -30.4673, 2.5057, -24.8927],
]
SHIFT_LOGITS = {  # of classes 0, 5, 7 and 9
    ("max", 0): [-5.8286, 1.8085, 2.6055, 4.6041],
    ("max", 1): [-6.1353, 0.8767, 1.8151, 2.8532],
    ("max", 2): [-5.3200, -0.7490, 2.2726, 3.6430],
    ("average", 0): [-7.3010, 2.4207, 3.3693, 3.6504],
    ("average", 1): [-7.5392, 1.1448, 1.8934, 2.1371],
    ("average", 2): [-6.9434, -0.5557, 2.6452, 3.2923],
    ("stride", 0): [-6.7943, 0.8626, 2.6675, 2.9430],
    ("stride", 1): [-7.0397, 0.2650, 0.9765, 2.2661],
    ("stride", 2): [-6.9572, -0.3434, 1.8237, 1.8512],
}


def test_the_source_network_says_what_it_said():
    x, _ = images.fashion("test")
    logits = networks.source().forward(images.normalise(x[:2]))
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, SOURCE_LOGITS, atol=1e-3)


@pytest.mark.parametrize(("pooling", "seed"), SHIFT_LOGITS)
def test_a_shift_network_says_what_it_said(pooling, seed):
    x, _ = images.fashion("test")
    logits = networks.shift(pooling, seed).forward(images.normalise(x[:1]))
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits[0, [0, 5, 7, 9]], SHIFT_LOGITS[pooling, seed], atol=1e-3)


def test_every_shift_network_is_tested():
    all_of_them = [(pooling, seed) for pooling in networks.POOLING for seed in networks.SEEDS]
    assert list(SHIFT_LOGITS) == all_of_them


def test_the_source_network_knows_scenes_it_has_not_seen():
    x, labels = images.fashion("test")
    known = np.flatnonzero(np.isin(labels, networks.SOURCE_CLASSES))[::3]
    scenes, _ = images.scenes(x[known], np.random.default_rng(0), others=x)
    answers = networks.source().predict(scenes).argmax(axis=1)
    assert (np.array(networks.SOURCE_CLASSES)[answers] == labels[known]).mean() > 0.9


def test_shift_networks_know_clothes_and_agree_less_after_a_shift():
    x, labels = images.fashion("test")
    x, labels = x[::5], labels[::5]
    moved = np.zeros_like(x)
    moved[..., 2:] = x[..., :-2]
    agreement = {}
    for pooling in networks.POOLING:
        network = networks.shift(pooling, 0)
        answers = network.predict(images.normalise(x)).argmax(axis=1)
        assert (answers == labels).mean() > 0.7, pooling
        after = network.predict(images.normalise(moved)).argmax(axis=1)
        agreement[pooling] = (after == answers).mean()
        assert 0.4 < agreement[pooling] < 0.95, pooling


def test_every_call_gives_a_network_of_its_own():
    network = networks.source()
    network.params["conv1.w"][:] = 0
    assert (networks.source().params["conv1.w"] != 0).all()


def test_the_generator_draws_the_weights_of_an_untrained_network():
    drawn = networks.untrained(4, np.random.default_rng(0)).params
    assert drawn["head.w"].shape == (4, 64)
    assert all((drawn[name] != 0).all() for name in drawn if name.endswith(".w"))
    assert all((array == 0).all() for array in networks.untrained(4).params.values())


@pytest.mark.parametrize(
    ("pooling", "seed", "message"),
    [
        ("mean", 0, "pooling must be one of max, average, stride, got 'mean'"),
        ("max", 3, r"seed must be one of \(0, 1, 2\), got 3"),
    ],
)
def test_other_networks_are_refused(pooling, seed, message):
    with pytest.raises(ValueError, match=message):
        networks.shift(pooling, seed)


def test_a_missing_file_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(networks, "DATA", tmp_path)
    with pytest.raises(
        FileNotFoundError, match=r"source_network\.npz is missing: reinstall the course"
    ):
        networks.source()


# -- parameters and files -------------------------------------------------------------------------


@pytest.fixture
def data(monkeypatch, tmp_path):
    """An empty folder in place of course/data."""
    monkeypatch.setattr(networks, "DATA", tmp_path)
    return tmp_path


def test_a_saved_network_of_blocks_comes_back(data):
    network, x = nested_network(np.random.default_rng(0)), spread((2, 2, 6, 8))
    np.savez(data / "weights.npz", **network.params)
    again = networks.load(nested_network(), "weights")
    np.testing.assert_array_equal(again.forward(x), network.forward(x))
    params = network.params
    params["block1.w"] = params.pop("block1.shortcut.w")
    with pytest.raises(
        ValueError, match=r"block1\.shortcut\.w is missing; block1\.w is not one of"
    ):
        networks.set_params(again, params)


def test_a_saved_network_comes_back(data):
    network = small_network(np.random.default_rng(0))
    np.savez(data / "weights.npz", **network.params)
    again = networks.load(small_network(), "weights")
    for name, array in network.params.items():
        np.testing.assert_array_equal(again.params[name], array)
        assert again.params[name] is not array


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p.pop("conv2.b"), "conv2.b is missing"),
        (lambda p: p.update({"conv9.w": np.zeros(3)}), "conv9.w is not one of its parameters"),
        (lambda p: p.update({"head.w": np.zeros((4, 3))}), r"head.w has shape \(4, 3\), should"),
        (lambda p: p.update({"head.b": np.zeros(1)}), r"head.b has shape \(1,\), should"),
    ],
)
def test_parameters_of_another_network_are_refused_whole(data, change, message):
    params = small_network(np.random.default_rng(0)).params
    change(params)
    np.savez(data / "weights.npz", **params)
    network = small_network()
    with pytest.raises(ValueError, match=message):
        networks.load(network, "weights")
    assert all((array == 0).all() for array in network.params.values())


def test_a_pickle_is_never_loaded(data):
    np.savez(data / "weights.npz", **{"conv1.w": np.array([{}], dtype=object)})
    with pytest.raises(ValueError, match="pickle"):
        networks.load(small_network(), "weights")
