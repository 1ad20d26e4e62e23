"""What exercise 17 counts, and what exercise 18 shows, with margins that can be relied on."""

import numpy as np
import pytest

from autograder.units.unit6_architectures import misconceptions
from autograder.units.unit6_architectures import reference as right
from course import nn, numbers
from course.experiments import Misfit
from course.experiments import unit6_architectures as experiment
from course.plots import unit6_architectures as plots

SMALL, HE, EXPLODING, ZERO = experiment.KINDS
SEEDS = range(5)


INCEPTION = [numbers.numbers_of("why_inception", index) for index in range(0, numbers.POOL, 5)]


def test_reductions_save_in_every_students_module():
    for mine in INCEPTION:
        got = experiment.reductions(right.inception_params, mine.c_in, mine.filters)
        for part in ("3x3", "5x5", "channels"):
            assert got[f"module_{part}"] < got[f"naive_{part}"]
        assert 1.5 < got["times"] == got["naive"] / got["module"]


def test_the_module_of_the_paper_costs_what_is_known():
    got = experiment.reductions(right.inception_params, *plots.GOOGLENET["3a"])
    assert (got["module"], got["module_channels"]) == (163_696, 256)
    assert (got["naive"], got["naive_channels"]) == (387_296, 416)
    assert (got["module_5x5"], got["naive_5x5"]) == (15_920, 153_632)


def test_dense_layers_make_most_of_the_difference_at_every_students_side():
    for side in {mine.side for mine in INCEPTION}:
        got = experiment.gap(right.vgg_params, right.inception_params, side)
        assert got["share"] > 0.8
    known = experiment.gap(right.vgg_params, right.inception_params, 224)
    assert known["difference"] == 138_357_544 - 6_998_552
    assert known["difference_dense"] == 123_642_856 - 1_025_000


@pytest.fixture(scope="module")
def gradients():
    """The median over seeds by kind and depth."""
    return {
        (kind, depth): np.median([experiment.first_gradient(kind, depth, s) for s in SEEDS])
        for kind in experiment.KINDS
        for depth in (2, 16, 32)
    }


def test_a_shortcut_keeps_the_gradient_that_a_plain_network_loses(gradients):
    assert gradients[ZERO, 16] > 100 * gradients[SMALL, 16]
    assert gradients[ZERO, 32] > 100 * gradients[SMALL, 32]


def test_blocks_that_start_from_zero_have_the_same_gradient_at_any_depth(gradients):
    assert 1 / 5 < gradients[ZERO, 32] / gradients[ZERO, 2] < 5


def test_he_initialisation_alone_takes_most_of_the_loss_away(gradients):
    assert gradients[HE, 32] > 100 * gradients[SMALL, 32]


def test_a_shortcut_alone_explodes(gradients):
    assert gradients[EXPLODING, 32] > 20 * gradients[ZERO, 32]
    assert gradients[EXPLODING, 32] > 5 * gradients[EXPLODING, 16]


# What the page says holds for each of the few runs that students may have. For `make soak`.
RUNS = {
    mine.depth: mine
    for mine in (numbers.numbers_of("why_residual", index) for index in range(numbers.POOL))
}


@pytest.fixture(params=sorted(RUNS), ids=lambda depth: f"depth {depth}", scope="module")
def mine(request):
    """A student's run: a depth, and three seeds."""
    return RUNS[request.param]


@pytest.mark.soak
def test_the_gradients_of_a_students_run(mine):
    norms = {
        kind: np.median(experiment.gradients(kind, (2, mine.depth), mine.seeds), axis=0)
        for kind in experiment.KINDS
    }
    grown = {kind: deep / shallow for kind, (shallow, deep) in norms.items()}
    assert grown[SMALL] < 1e-3
    assert 10 * grown[SMALL] < grown[HE] < 1 / 2
    assert grown[EXPLODING] > 30
    assert 1 / 3 < grown[ZERO] < 3
    assert 1.35 < grown[EXPLODING] ** (2 / (mine.depth - 2)) < 1.75  # "1.4 to 1.7 per block"
    by_kind = {kind: norms[kind][1] for kind in (SMALL, HE, ZERO)}
    assert 2 < by_kind[ZERO] / by_kind[HE] < by_kind[ZERO] / by_kind[SMALL] / 100


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(24))
def test_before_training_pictures_look_alike_to_the_last_layer_and_the_loss_explodes(seed):
    x, labels = experiment.pictures(300)
    alike, first = {}, {}
    for kind in (HE, EXPLODING, ZERO):
        network = experiment.deep(kind, 24, np.random.default_rng(seed))
        body, head = network.split("mean")
        features = body.forward(x)
        first[kind], _ = nn.cross_entropy(head.forward(features), labels)
        features /= np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
        cosines = features @ features.T
        alike[kind] = (cosines.sum() - np.trace(cosines)) / (cosines.size - len(cosines))
    assert alike[ZERO] < 0.935 < 0.98 < min(alike[HE], alike[EXPLODING])
    assert 5 < first[EXPLODING] < 350
    assert 2.2 < min(first[HE], first[ZERO]) < max(first[HE], first[ZERO]) < 2.75


@pytest.fixture(scope="module")
def losses(mine):
    """The losses of the notebook's runs, (3 seeds, 8 epochs) each."""
    networks = [(HE, 4), (HE, 24), (EXPLODING, 24), (ZERO, 24)]
    return {network: experiment.losses(*network, mine.seeds) for network in networks}


# Another CPU trains a little apart.
@pytest.mark.soak
def test_the_deep_plain_network_is_worse_on_its_training_pictures(losses):
    last = {run: curves[:, -1].mean() for run, curves in losses.items()}
    assert last[HE, 24] > last[HE, 4] + 0.1
    assert last[HE, 24] > last[ZERO, 24] + 0.2
    assert last[ZERO, 24] < last[HE, 4] + 0.1
    assert (losses[HE, 24][:, -1] > losses[HE, 4][:, -1] - 0.1).all()  # with each seed


@pytest.mark.soak
def test_the_shortcut_alone_helps_far_less_than_with_blocks_that_start_from_zero(losses):
    # With He's weights it ends about where the plain network does.
    last = {run: curves[:, -1].mean() for run, curves in losses.items()}
    assert last[EXPLODING, 24] > last[ZERO, 24] + 0.2
    assert abs(last[EXPLODING, 24] - last[HE, 24]) < 0.4
    assert losses[EXPLODING, 24].mean() > losses[HE, 4].mean()


@pytest.mark.soak
def test_every_residual_run_from_zero_learns(losses):
    assert (losses[ZERO, 24][:, -1] < np.log(10) - 0.2).all()
    assert all(curves.shape == (3, 8) for curves in losses.values())


@pytest.mark.parametrize("kind", experiment.KINDS)
@pytest.mark.parametrize("depth", [2, 6])
def test_networks_have_the_depth_that_is_asked_for(kind, depth):
    network = experiment.deep(kind, depth, np.random.default_rng(0), channels=3)
    convs = [name for name, array in network.params.items() if array.ndim == 4]
    assert len(convs) == depth + 1
    assert network.forward(np.zeros((2, 1, 5, 4))).shape == (2, 10)


def test_blocks_that_start_from_zero_pass_on_what_they_get():
    network = experiment.deep(ZERO, 6, np.random.default_rng(0))
    x, _ = experiment.pictures(4)
    before, blocks = network.split("relu0")
    maps = before.forward(x)
    np.testing.assert_array_equal(blocks.split("relu3")[0].forward(maps), maps)


def test_from_zero_only_the_dense_layer_makes_gradients_of_depths_differ():
    x, labels = experiment.pictures(30)
    grads, head = [], None
    for depth in (2, 8):
        network = experiment.deep(ZERO, depth, np.random.default_rng(0))
        if head is None:
            head = network.params["head.w"].copy()
        network.params["head.w"][:] = head
        _, grad = nn.cross_entropy(network.forward(x), labels)
        network.backward(grad)
        grads.append(network.grads["conv0.w"])
    np.testing.assert_allclose(*grads, rtol=1e-5, atol=1e-8)


def test_small_weights_have_half_the_variance():
    small, he = (
        experiment.deep(kind, 2, np.random.default_rng(0)).params["block1.first.w"]
        for kind in (SMALL, HE)
    )
    np.testing.assert_allclose(small, he * 0.5**0.5, rtol=1e-6)


def test_pictures():
    x, labels = experiment.pictures(30)
    assert x.shape == (30, 1, 7, 7)
    assert x.dtype == np.float32
    assert len(np.unique(labels)) > 5


@pytest.mark.parametrize(("kind", "depth"), [("deep", 4), (HE, 3)])
def test_another_kind_or_an_odd_depth_is_refused(kind, depth):
    with pytest.raises(ValueError, match="kind must be one of"):
        experiment.deep(kind, depth, np.random.default_rng(0))


def test_the_same_seed_gives_the_same_run():
    runs = [experiment.train(HE, 2, 0, epochs=1, count=60) for _ in range(2)]
    assert runs[0] == runs[1]
    assert len(runs[0]) == 1


def test_a_students_block_is_a_residual_block_of_1x1_convolutions():
    rng = np.random.default_rng(0)
    block = experiment.Block(right.residual_forward, right.residual_backward, 3, rng)
    assert not block.params["w2"].any()
    inner = {}
    for name, layer in (("w1", "first"), ("w2", "last")):
        block.params[name] = np.float32(rng.normal(size=(3, 3)))
        inner[layer] = nn.Conv(3, 3, 1)
        inner[layer].params["w"] = block.params[name][:, :, None, None]
    inner = {"first": inner["first"], "relu": nn.ReLU(), "last": inner["last"]}
    ours = nn.Network({"block": nn.Residual(inner), "relu": nn.ReLU()})
    x, grad = np.float32(rng.normal(size=(2, 2, 3, 4, 5)))
    np.testing.assert_allclose(block.forward(x), ours.forward(x), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(block.backward(grad), ours.backward(grad), rtol=1e-4, atol=1e-5)
    for name, layer in (("w1", "first"), ("w2", "last")):
        theirs = ours.grads[f"block.{layer}.w"][:, :, 0, 0]
        np.testing.assert_allclose(block.grads[name], theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "wrong",
    [lambda *args, **kwargs: None, lambda x, *args, **kwargs: x[:1]],
    ids=["nothing", "one picture"],
)
def test_a_students_block_of_another_shape_is_no_fit(wrong):
    with pytest.raises(Misfit):
        experiment.train_blocks(wrong, right.residual_backward, epochs=1, count=60)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3))
def test_a_network_of_right_blocks_learns_and_one_without_its_shortcut_hardly(seed):
    forget = misconceptions.residual_backward__forgets_the_shortcut
    slip = misconceptions.residual_backward__shortcut_passes_the_last_relu
    learns, stays, hides = (
        experiment.train_blocks(right.residual_forward, backward, seed=seed)[-1]
        for backward in (right.residual_backward, forget, slip)
    )
    assert learns < np.log(10) - 0.4
    assert stays > learns + 0.4
    assert hides < learns + 0.2  # training does not tell
