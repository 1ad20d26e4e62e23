"""What unit 5 says of its experiments holds, by a margin, over several seeds.

Nothing here depends on single weights: those differ between machines.
"""

import functools

import numpy as np
import pytest

from autograder.units.unit5_transfer import reference as right
from course import images, networks, numbers
from course.experiments import Misfit
from course.experiments import unit5_transfer as experiments

SEEDS = range(3)
# Every set of seeds that a student can have.
OWN = sorted(
    {
        numbers.numbers_of(question, index).seeds
        for question in ("why_transfer", "why_finetuning")
        for index in range(numbers.POOL)
    }
)


def augment(x, rng):
    x, _ = right.random_hflip(x, np.zeros((len(x), 4)), 0.5, rng)
    return right.random_crop(x, 28, 3, rng)


# -- the effects ----------------------------------------------------------------------------------
# For `make soak`. `make test` runs the notebook's cells, which train the same networks once.


@pytest.mark.soak
def test_augmentation_helps_on_moved_pictures_and_narrows_the_gap():
    losses, measured = experiments.with_and_without(augment, SEEDS)
    plain, varied = measured["as they are"], measured["flipped and moved"]
    assert {curve.shape for curve in losses.values()} == {(3, 15)}
    assert (varied[:, 2] - plain[:, 2]).mean() > 0.08
    assert (varied[:, 1] - plain[:, 1]).mean() < -0.01  # not learned to the end
    assert (plain[:, 0] - plain[:, 1]).mean() - (varied[:, 0] - varied[:, 1]).mean() > 0.03


@pytest.mark.soak
@pytest.mark.parametrize("seeds", OWN)
def test_a_trained_base_helps_with_few_scenes(seeds):
    losses, accuracies = experiments.three_bases(right.transfer_params, seeds)
    trained, scratch, random = (values.mean() for values in accuracies.values())
    assert {curve.shape for curve in losses.values()} == {(3, 40)}
    assert trained - scratch >= 0.1
    assert scratch - random >= 0.01


@pytest.mark.soak
def test_longer_training_from_scratch_learns_its_scenes_and_stays_behind():
    short, brief = experiments.three_bases(right.transfer_params, range(6))
    long, accuracies = experiments.three_bases(right.transfer_params, range(6), epochs=150)
    scratch = "all from scratch"
    assert short[scratch][:, -1].mean() > 0.7
    assert long[scratch][:, -1].mean() < 0.3
    assert accuracies[scratch].mean() > brief[scratch].mean()
    assert brief["trained base, frozen"].mean() - accuracies[scratch].mean() > 0.1


@pytest.mark.soak
@pytest.mark.parametrize("seeds", OWN)
def test_freezing_saves_the_base_from_a_high_rate(seeds):
    losses, accuracies = experiments.rates_and_freezing(right.sgd_step, seeds)
    assert list(losses) == list(accuracies)
    low, low_frozen, high, high_frozen = (values.mean() for values in accuracies.values())
    assert high_frozen - high >= 0.15
    assert min(low, low_frozen) - high >= 0.15
    assert abs(high - 0.25) < 0.05
    assert low > low_frozen - 0.03
    ended = losses["high rate, all trained"][:, -1]
    assert np.all(np.isnan(ended) | (ended > 1.2))
    assert (losses["high rate, base frozen"][:, -1] > 2).all()


@pytest.mark.soak
def test_a_trained_head_does_not_save_the_base_from_a_high_rate():
    test, test_labels = experiments.target_scenes("test", 100, np.random.default_rng(99))
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        x, labels = experiments.target_scenes("train", 10, rng)
        network = experiments.with_trained_base(rng)
        experiments.train_head(network, x, labels, rng)
        before = experiments.accuracy(network, test, test_labels)
        with np.errstate(all="ignore"):
            experiments.descend(network, x, labels, rng, right.sgd_step, 0.4)
            after = experiments.accuracy(network, test, test_labels)
            assert before - after >= 0.15
            assert abs(after - 0.25) < 0.03  # the page says 0.25 to 0.27


@pytest.mark.soak
@pytest.mark.parametrize("seeds", OWN)
def test_behind_a_new_head_loss_and_gradients_are_larger(seeds):
    (new_loss, new), (loss, trained) = (
        experiments.first_gradients(seeds, epochs) for epochs in (0, 60)
    )
    assert new_loss.mean() > np.log(4) > loss.mean()
    for layer in ("conv1", "conv2", "conv3"):
        assert new[layer].shape == (3,)
        assert new[layer].mean() > 3 * trained[layer].mean()


def gains(seeds, epochs):
    """What each network gained over the head alone: a dict from a way to an array."""
    _, ways, shares = experiments.after_the_head(right.finetune_plan, seeds, epochs)
    assert ways == ("head alone", "head longer", "top layer", "all layers")
    return dict(zip(ways, (shares - shares[:, :1]).T, strict=True))


@pytest.mark.soak
@pytest.mark.parametrize("seeds", OWN)
def test_all_layers_gain_nothing_in_twelve_epochs(seeds):
    assert gains(seeds, 12)["all layers"].mean() < 0.01


@pytest.mark.soak
def test_fine_tuning_gains_after_sixty_epochs():
    found = gains(np.ravel(OWN), 60)
    longer, top, every = (found[way] for way in ("head longer", "top layer", "all layers"))
    assert longer.mean() > 0.005
    for more in (top - longer, every - longer):
        assert more.mean() > 2 * more.std(ddof=1) / np.sqrt(len(more))  # two standard errors
    for way in (longer, top, every):
        assert way.reshape(-1, 3).mean(axis=1).min() > 0


# What the notebook says of longer training, which takes too long for a cell.


@pytest.mark.soak
def test_clean_pictures_neither_gain_nor_lose_by_augmentation_in_sixty_epochs(monkeypatch):
    longer = functools.partial(experiments.learn_clothes, epochs=60)
    monkeypatch.setattr(experiments, "learn_clothes", longer)
    _, measured = experiments.with_and_without(augment, SEEDS)
    plain, varied = measured["as they are"], measured["flipped and moved"]
    assert abs((varied[:, 1] - plain[:, 1]).mean()) < 0.03
    assert (varied[:, 2] - plain[:, 2]).mean() > 0.15
    gaps = [(way[:, 0] - way[:, 1]).mean() for way in (plain, varied)]
    assert gaps[0] - gaps[1] > 0.02


@pytest.mark.soak
def test_the_gap_is_as_small_where_less_is_learned_without_augmentation(monkeypatch):
    _, measured = experiments.with_and_without(augment, SEEDS)
    shorter = functools.partial(experiments.learn_clothes, epochs=3)
    monkeypatch.setattr(experiments, "learn_clothes", shorter)
    _, early = experiments.with_and_without(augment, SEEDS)
    plain, varied = early["as they are"], measured["flipped and moved"]
    assert abs(plain[:, 0].mean() - varied[:, 0].mean()) < 0.06
    assert abs((plain[:, 0] - plain[:, 1]).mean() - (varied[:, 0] - varied[:, 1]).mean()) < 0.05


@pytest.mark.soak
def test_with_more_scenes_all_layers_gain_more_and_beat_training_from_scratch():
    _, ways, shares = experiments.after_the_head(
        right.finetune_plan, SEEDS, epochs=16, per_class=150, batch=32, head_epochs=40
    )
    gains = dict(zip(ways, (shares - shares[:, :1]).mean(axis=0), strict=True))
    assert gains["all layers"] > gains["top layer"] > 0.02 > abs(gains["head longer"])
    assert gains["all layers"] > 0.06
    # From scratch it is the other way round for the head alone.
    test, test_labels = experiments.target_scenes(
        "test", 100, np.random.default_rng(99), inverted=True
    )
    scratch = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        x, labels = experiments.target_scenes("train", 150, rng, inverted=True)
        network = experiments.target_network(rng)
        experiments.train(network, x, labels, rng, epochs=20, rate=2e-3, batch=32)
        scratch.append(experiments.accuracy(network, test, test_labels))
    assert shares[:, -1].mean() > np.mean(scratch) > shares[:, 0].mean()


@pytest.mark.soak
def test_the_head_first_is_no_better_than_all_layers_from_the_start():
    for epochs in (60, 120):
        staged, at_once = (
            experiments.after_the_head(
                right.finetune_plan, range(6), epochs, head_epochs=head_epochs
            )[2][:, -1]
            for head_epochs in (60, 0)
        )
        assert (staged - at_once).mean() < 0.02


# -- what cells print -----------------------------------------------------------------------------


def in_place(params, grads, lr, frozen=()):
    for name, w in params.items():
        w -= lr * grads[name] * (name.split(".")[0] not in frozen)
    return params


@pytest.mark.parametrize("step", [right.sgd_step, in_place])
def test_a_step_with_a_frozen_layer_moves_those_before_it(capsys, step):
    experiments.print_step(step, 0, frozen=("conv3",))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(experiments.LAYERS)
    assert [line.endswith("moves by 0.00 % (frozen)") for line in lines] == [0, 0, 1, 0]
    assert all(float(line.split()[3]) > 0 for line in lines if "frozen" not in line)


def test_shares_are_printed_beside_a_guess(capsys):
    experiments.print_shares({"one": np.array([0.2, 0.3, 0.4]), "two": np.ones(3)}, {"two": 0.9})
    _, one, two = capsys.readouterr().out.splitlines()
    assert one.endswith("one: 0.300 ± 0.100")
    assert two.endswith("two: 1.000 ± 0.000; your guess: 0.9")


def test_gains_are_printed_over_the_head_alone_and_over_the_head_for_longer(capsys):
    shares = np.array([[0.5, 0.52, 0.55, 0.6], [0.5, 0.54, 0.57, 0.6]])
    experiments.print_gains(("head alone", "head longer", "top layer", "all layers"), shares, None)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("head alone: 0.50 of 400 test scenes")
    longer, top, every, guess = lines[2:]
    assert longer == " head longer: +0.030 ± 0.014 over the head alone"
    assert top.strip().startswith(
        "top layer: +0.060 ± 0.014 over the head alone, +0.030 ± 0.000 over"
    )
    assert every.endswith("+0.070 ± 0.014 over head longer")
    assert guess == "all layers over the head alone, no guess was written down"


def test_what_augmentation_gave_is_printed_with_the_spread_on_moved_pictures(capsys):
    experiments.print_augmented({"as they are": np.array([[1, 0.5, 0.4], [1, 0.7, 0.4]])})
    line = capsys.readouterr().out.splitlines()[1]
    assert line.endswith("of the 300 1.00, of the test pictures 0.60, of these moved 0.400 ± 0.000")


def test_gradients_are_printed_beside_how_many_times_larger_they_are(capsys, monkeypatch):
    def first_gradients(seeds, epochs):
        size = 0.01 if epochs else 0.2
        return np.array([size]), dict.fromkeys(experiments.LAYERS, np.array([size]))

    monkeypatch.setattr(experiments, "first_gradients", first_gradients)
    experiments.print_gradients([0])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "loss 0.20 with a new head, 0.01 with a trained one"
    assert lines[-1] == "conv3: 0.200 with the new head, 0.010 with the trained one: 20 times"


# -- the pieces -----------------------------------------------------------------------------------


def test_some_of_each_has_equally_many_of_each_class():
    x, labels = experiments.some_of_each("train", (3, 7), 5, np.random.default_rng(0))
    assert x.shape == (10, 1, 28, 28)
    assert x.dtype == np.uint8
    np.testing.assert_array_equal(np.bincount(labels), [5, 5])
    every, classes = images.fashion("train")
    for picture, label in zip(x, labels, strict=True):
        same = (every == picture).all(axis=(1, 2, 3))
        assert (3, 7)[label] in classes[same]


def test_moved_moves_every_way_equally_often():
    x = np.zeros((9, 1, 5, 5), np.uint8)
    x[..., 2, 2] = 255
    out = experiments.moved(x, 1)
    assert out.dtype == np.uint8
    places = sorted(zip(*np.nonzero(out[:, 0])[1:], strict=True))
    assert places == [(r, c) for r in (1, 2, 3) for c in (1, 2, 3)]


def test_target_scenes_are_the_new_classes_and_inverted_ones_their_negative():
    one, labels = experiments.target_scenes("test", 3, np.random.default_rng(1))
    other, _ = experiments.target_scenes("test", 3, np.random.default_rng(1), inverted=True)
    assert one.shape == (12, 1, 32, 32)
    assert one.dtype == other.dtype == np.float32
    np.testing.assert_array_equal(np.bincount(labels), [3] * 4)
    black, white = images.normalise([0, 255])
    np.testing.assert_allclose(one + other, black + white, atol=1e-6)


def small_task():
    rng = np.random.default_rng(2)
    x, labels = experiments.target_scenes("train", 2, rng)
    return experiments.with_trained_base(rng), x, labels, rng


def test_the_trained_base_is_that_of_the_source():
    network, x, *_ = small_task()
    ours, theirs = (n.split("mean")[0].forward(x) for n in (network, networks.source()))
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("n_unfreeze", [0, 1, 2, 3])
def test_fine_tuning_changes_what_the_plan_says_and_nothing_else(n_unfreeze):
    network, x, labels, rng = small_task()
    plan = right.finetune_plan(experiments.LAYERS, n_unfreeze, 1e-2, 1e-3)
    before = {name: array.copy() for name, array in network.params.items()}
    losses = experiments.fine_tune(network, plan, x, labels, rng, epochs=2)
    assert len(losses) == 2
    for name, array in network.params.items():
        assert np.array_equal(array, before[name]) == (plan[name.split(".")[0]] == 0), name


def test_training_the_head_changes_the_head_alone_and_lowers_the_loss():
    network, x, labels, rng = small_task()
    before = {name: array.copy() for name, array in network.params.items()}
    losses = experiments.train_head(network, x, labels, rng, epochs=20)
    assert losses[-1] < losses[0]
    for name, array in network.params.items():
        assert np.array_equal(array, before[name]) == (not name.startswith("head"))


def test_descending_uses_the_step_that_is_handed_in():
    network, x, labels, rng = small_task()
    calls = []

    def step(params, grads, lr, frozen):
        calls.append((lr, tuple(frozen)))
        assert params.keys() == grads.keys()
        return {name: w + 1 if name == "head.b" else w for name, w in params.items()}

    before = network.params["head.b"].copy()
    experiments.descend(network, x, labels, rng, step, 0.25, ("conv1",), epochs=3, batch=5)
    assert calls == [(0.25, ("conv1",))] * 6
    np.testing.assert_allclose(network.params["head.b"], before + 6)


def test_descending_ends_when_the_weights_are_no_numbers():
    network, x, labels, rng = small_task()
    calls = []

    def step(params, grads, lr, frozen):
        calls.append(lr)
        return {name: w * np.nan for name, w in params.items()}

    with np.errstate(invalid="ignore"):
        losses = experiments.descend(network, x, labels, rng, step, 1, epochs=4, batch=5)
    assert len(calls) == 2
    assert np.isnan(losses).all()
    assert len(losses) == 4


def test_the_rate_falls_from_one_towards_zero():
    rates = experiments.falling(10)
    assert rates[0] == 1
    assert (np.diff(rates) < 0).all()
    assert 0 < rates[-1] < 0.05


def test_pictures_of_another_shape_are_refused():
    with pytest.raises(Misfit, match="it returned the shape"):
        experiments.with_and_without(lambda x, rng: x[:, :, 1:], range(1))


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (None, "a dict with a rate for each of conv1, conv2, conv3, head"),
        ({"head": 0.1}, "a dict with a rate for each"),
        (dict.fromkeys(experiments.LAYERS, 0.0), "all rates of its plan are 0"),
    ],
)
def test_a_plan_to_train_nothing_by_is_refused(plan, says):
    with pytest.raises(Misfit, match=says):
        experiments.after_the_head(lambda *args: plan, range(1), 1, 2, 4, head_epochs=1)
