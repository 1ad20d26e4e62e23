"""The experiments of unit 5: augmentation, transfer of trained weights, and freezing.

Functions that students write are arguments. All training is in float32; its results depend on the
generator, and in the last digits on how the machine rounds.
"""

from types import SimpleNamespace

import numpy as np

from course import images, networks, nn, runs, training
from course.experiments import Misfit, accuracy, fitting, progress

BASE = "mean"  # the last layer before the head of `networks.untrained`
LAYERS = ("conv1", "conv2", "conv3", "head")  # those with parameters


# -- augmentation ---------------------------------------------------------------------------------


def some_of_each(split, classes, per_class, rng):
    """Random pictures of clothes, equally many of each class.

    split : "train" or "test"
    classes : indices into images.FASHION_CLASSES

    Returns (x, labels): x uint8 (N, 1, 28, 28); labels int64 (N,), indices into ``classes``.
    """
    x, labels = images.fashion(split)
    chosen = [rng.choice(np.flatnonzero(labels == c), per_class, replace=False) for c in classes]
    return x[np.concatenate(chosen)], np.repeat(np.arange(len(classes)), per_class)


def moved(x, most=4):
    """Translate every picture by up to ``most`` pixels vertically and horizontally.

    x : uint8 (N, C, H, W); zeros move in. Nothing is random: all translations occur equally often.
    """
    steps = 2 * most + 1
    framed = np.pad(x, ((0, 0), (0, 0), (most, most), (most, most)))
    out = np.empty_like(x)
    for number, (down, across) in enumerate(np.ndindex(steps, steps)):
        part = framed[number :: steps**2]
        out[number :: steps**2] = part[:, :, down:, across:][:, :, : x.shape[2], : x.shape[3]]
    return out


def learn_clothes(x, labels, rng, augment=None, epochs=15, rate=3e-3):
    """Train a small network on pictures of ten classes.

    x : uint8 (N, 1, 28, 28); labels : (N,)
    augment : a function from all pictures to what an epoch sees of them; None for the pictures
        themselves

    Returns (network, losses): losses holds one number per epoch.
    """
    network = networks.untrained_shift("max", rng)
    optimizer = training.Adam(network, rate)
    losses = []
    for _ in range(epochs):
        seen = x if augment is None else augment(x)
        pictures = images.normalise(seen)
        losses.append(training.train_epoch(network, optimizer, pictures, labels, rng, batch=32))
    return network, losses


def with_and_without(augment, seeds):
    """Train networks on 30 pictures of each class, without and with augmentation.

    augment : a function of (x, rng) to what one epoch sees of the pictures
    seeds : for each of them one network is trained each way, on pictures drawn with this seed

    Returns (losses, measured), dicts from a way to an array: (networks, epochs), and accuracy
    (networks, 3) on the pictures that it was trained on, on 800 others, and on these moved.
    """
    classes = range(len(images.FASHION_CLASSES))
    test, test_labels = some_of_each("test", classes, 80, np.random.default_rng(99))
    losses = {"as they are": [], "flipped and moved": []}
    measured = {way: [] for way in losses}
    for seed in progress(seeds, "training"):
        for way in losses:
            rng = np.random.default_rng(seed)
            x, labels = some_of_each("train", classes, 30, rng)
            change = None if way == "as they are" else _drawing(augment, rng)
            network, curve = learn_clothes(x, labels, rng, change)
            losses[way].append(curve)
            kinds = [(x, labels), (test, test_labels), (moved(test), test_labels)]
            measured[way].append([accuracy(network, images.normalise(x), y) for x, y in kinds])
    return _arrays(losses), _arrays(measured)


def _drawing(augment, rng):
    """``augment`` as a function of pictures only. It raises Misfit if their shape changes."""

    def change(x):
        seen = augment(x, rng)
        fitting(seen, x.shape)
        return seen

    return change


def print_augmented(measured):
    """Print what `with_and_without` measured."""
    print("share named rightly, mean of 3 networks (± their standard deviation)")
    for way, shares in measured.items():
        known, test, moved = shares.T
        print(f"{way:>17}: of the 300 {known.mean():.2f}, of the test pictures ", end="")
        print(f"{test.mean():.2f}, of these moved {_spread(moved)}")


def _spread(values, sign=""):
    return f"{values.mean():{sign}.3f} ± {values.std(ddof=1):.3f}"


def _arrays(lists):
    return {way: np.array(values) for way, values in lists.items()}


# -- a new task -----------------------------------------------------------------------------------


def target_scenes(split, per_class, rng, inverted=False):
    """Scenes of the four classes that the source network was not trained on.

    inverted : bright and dark are exchanged

    Returns (x, labels): x float32 (N, 1, 32, 32), normalised; labels int64 (N,), 0 to 3.
    """
    pictures, labels = some_of_each(split, networks.TARGET_CLASSES, per_class, rng)
    x, _ = images.scenes(pictures, rng)
    black, white = images.normalise([0, 255])
    return (black + white - x if inverted else x), labels


def target_network(rng):
    """The network of the unit for the four target classes, before training."""
    return networks.untrained(len(networks.TARGET_CLASSES), rng)


def with_trained_base(rng):
    """`target_network` with the base of the source network, and a head that is not trained yet."""
    network = target_network(rng)
    base, _ = network.split(BASE)
    trained, _ = networks.source().split(BASE)
    networks.set_params(base, trained.params)
    return network


def falling(epochs):
    """A cosine schedule: the factor of the learning rate in each epoch, from 1 towards 0."""
    return (1 + np.cos(np.pi * np.arange(epochs) / epochs)) / 2


def train(network, x, labels, rng, epochs, rate, batch=20):
    """Train all layers with Adam and a cosine schedule. Returns the mean loss of each epoch."""
    return fine_tune(network, dict.fromkeys(network.layers, rate), x, labels, rng, epochs, batch)


def train_head(network, x, labels, rng, epochs=60, rate=2e-2, batch=20):
    """Train only the head. The base stays the same, so its output is computed once.

    Returns the mean loss of each epoch.
    """
    base, head = network.split(BASE)
    return train(head, base.predict(x), labels, rng, epochs, rate, batch)


def descend(network, x, labels, rng, sgd_step, rate, frozen=(), epochs=12, batch=20):
    """Train a network with steps of ``sgd_step``, the student's. Returns the loss of each epoch.

    After a loss of NaN it stops, and the losses of the epochs that are left are NaN, too: no step
    brings weights back that are NaN.
    """

    def step():
        networks.set_params(network, sgd_step(network.params, network.grads, rate, frozen))

    optimizer = SimpleNamespace(step=step)
    losses = [np.nan] * epochs
    for epoch in range(epochs):
        losses[epoch] = training.train_epoch(network, optimizer, x, labels, rng, batch)
        if np.isnan(losses[epoch]):
            break
    return losses


def fine_tune(network, plan, x, labels, rng, epochs=4, batch=32):
    """Train each layer at its own learning rate, with Adam.

    plan : dict from the name of a layer to its learning rate; 0 freezes it

    The layers below the first trained one are computed once. Returns the mean loss of each epoch.
    """
    layers = list(network.layers)
    first = min(layers.index(name) for name, rate in plan.items() if rate > 0)
    below, above = network.split(layers[first - 1]) if first else (nn.Network({}), network)
    x = below.predict(x)
    rates = sorted({rate for rate in plan.values() if rate > 0})
    optimizers = [
        training.Adam(above, rate, frozen=[name for name in above.layers if plan.get(name) != rate])
        for rate in rates
    ]
    together = SimpleNamespace(step=lambda: [optimizer.step() for optimizer in optimizers])
    losses = []
    for part in falling(epochs):
        for optimizer, rate in zip(optimizers, rates, strict=True):
            optimizer.rate = part * rate
        losses.append(training.train_epoch(above, together, x, labels, rng, batch))
    return losses


# -- what is compared -----------------------------------------------------------------------------


def three_bases(transfer_params, seeds, per_class=10, epochs=40):
    """Learn the target classes from few scenes: trained base, from scratch, random base.

    transfer_params : the student's; it puts the source network into the new one
    seeds : each draws its own scenes and first weights; all are tested on the same 400 scenes

    Returns (losses, accuracies), dicts from a way to an array: (networks, epochs), (networks,).
    """
    test, test_labels = target_scenes("test", 100, np.random.default_rng(99))
    ways = ("trained base, frozen", "all from scratch", "random base, frozen")
    losses, accuracies = {way: [] for way in ways}, {way: [] for way in ways}
    for seed in progress(seeds, "training"):
        for way in ways:
            rng = np.random.default_rng(seed)
            x, labels = target_scenes("train", per_class, rng)
            network = target_network(rng)
            if way == "trained base, frozen":
                params, _ = transfer_params(networks.source().params, network.params)
                networks.set_params(network, params)
            if way == "all from scratch":
                losses[way].append(train(network, x, labels, rng, epochs, 2e-3))
            else:
                losses[way].append(train_head(network, x, labels, rng, epochs))
            accuracies[way].append(accuracy(network, test, test_labels))
    return _arrays(losses), _arrays(accuracies)


def print_shares(accuracies, guesses=None):
    """Print the accuracy of each way of training, and beside it the student's guess.

    accuracies : dict from a way to an array (networks,)
    guesses : dict from some of the ways to a guess
    """
    print("share of 400 test scenes named rightly, mean ± standard deviation of 3 networks each")
    for way, shares in accuracies.items():
        said = f"; {runs.guessed(guesses[way])}" if way in (guesses or {}) else ""
        print(f"{way:>23}: {_spread(shares)}{said}")


def print_step(sgd_step, seed, frozen, rate=0.03):
    """Print how far the weights of each layer move in one step behind a new head, in % of them.

    sgd_step : the student's
    frozen : names of layers; the gradient passes through them
    """
    rng = np.random.default_rng(seed)
    x, labels = target_scenes("train", 10, rng)
    network = with_trained_base(rng)
    network.backward(nn.cross_entropy(network.forward(x), labels)[1])
    before = {name: array.copy() for name, array in network.params.items()}
    after = sgd_step(network.params, network.grads, rate, frozen)
    for name in LAYERS:
        old, new = before[f"{name}.w"], after[f"{name}.w"]
        moved = np.linalg.norm(new - old) / np.linalg.norm(old)
        print(f"{name:>5} moves by {100 * moved:.2f} %{' (frozen)' * (name in frozen)}")


def rates_and_freezing(sgd_step, seeds, per_class=10, epochs=12):
    """Train a pretrained base with a new head: low or high rate, all layers or only the head.

    sgd_step : the student's

    Returns (losses, accuracies) as `three_bases` does.
    """
    test, test_labels = target_scenes("test", 100, np.random.default_rng(99))
    ways = {
        "low rate, all trained": (0.03, ()),
        "low rate, base frozen": (0.03, LAYERS[:-1]),
        "high rate, all trained": (0.4, ()),
        "high rate, base frozen": (0.4, LAYERS[:-1]),
    }
    losses, accuracies = {way: [] for way in ways}, {way: [] for way in ways}
    for seed in progress(seeds, "training"):
        for way, (rate, frozen) in ways.items():
            rng = np.random.default_rng(seed)
            x, labels = target_scenes("train", per_class, rng)
            network = with_trained_base(rng)
            with np.errstate(all="ignore"):  # training may diverge beyond the range of float32
                curve = descend(network, x, labels, rng, sgd_step, rate, frozen, epochs)
                accuracies[way].append(accuracy(network, test, test_labels))
            losses[way].append(curve)
    return _arrays(losses), _arrays(accuracies)


def first_gradients(seeds, head_epochs):
    """The relative size of each layer's gradient, after training the head for some epochs.

    seeds : a network for each, as in `rates_and_freezing`

    Returns (losses, sizes): the loss of each network on its training scenes, and a dict from the
    name of a layer to an array (networks,): the norm of the gradient with respect to its weights,
    divided by the norm of the weights.
    """
    losses, sizes = [], {name: [] for name in LAYERS}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        x, labels = target_scenes("train", 10, rng)
        network = with_trained_base(rng)
        train_head(network, x, labels, rng, head_epochs)
        loss, grad = nn.cross_entropy(network.forward(x), labels)
        network.backward(grad)
        losses.append(loss)
        for name, found in sizes.items():
            weights, gradient = (of[f"{name}.w"] for of in (network.params, network.grads))
            found.append(np.linalg.norm(gradient) / np.linalg.norm(weights))
    return np.array(losses), _arrays(sizes)


def print_gradients(seeds):
    """Print how large `first_gradients` are behind a new head and behind a trained one."""
    (new_loss, new), (loss, trained) = (first_gradients(seeds, epochs) for epochs in (0, 60))
    print("length of the gradient / length of the weights, mean of 3 networks")
    print(f"loss {new_loss.mean():.2f} with a new head, {loss.mean():.2f} with a trained one")
    for name in LAYERS[:-1]:
        large, small = new[name].mean(), trained[name].mean()
        print(f"{name}: {large:.3f} with the new head, {small:.3f} with", end=" ")
        print(f"the trained one: {large / small:.0f} times")


def after_the_head(finetune_plan, seeds, epochs, per_class=10, batch=20, head_epochs=60):
    """Train the head on inverted scenes, then fine-tune more layers or fewer.

    finetune_plan : the student's
    epochs : how long it is fine-tuned, after ``head_epochs`` of the head alone

    Returns (losses, ways, accuracies): losses a dict from a way to an array (networks, epochs);
    accuracies an array (networks, ways), of which the first is after the head alone.
    """
    test, test_labels = target_scenes("test", 100, np.random.default_rng(99), inverted=True)
    ways = {"head longer": 0, "top layer": 1, "all layers": 3}
    losses, accuracies = {way: [] for way in ways}, []
    for seed in progress(seeds, "training"):
        rng = np.random.default_rng(seed)
        x, labels = target_scenes("train", per_class, rng, inverted=True)
        network = with_trained_base(rng)
        train_head(network, x, labels, rng, head_epochs, batch=batch)
        start = {name: array.copy() for name, array in network.params.items()}
        row = [accuracy(network, test, test_labels)]
        for way, n_unfreeze in ways.items():
            networks.set_params(network, start)
            plan = _rates(finetune_plan(LAYERS, n_unfreeze, 5e-3, 3e-3))
            rng = np.random.default_rng(seed)
            losses[way].append(fine_tune(network, plan, x, labels, rng, epochs, batch))
            row.append(accuracy(network, test, test_labels))
        accuracies.append(row)
    return _arrays(losses), ("head alone", *ways), np.array(accuracies)


def print_gains(ways, shares, guess):
    """Print what `after_the_head` measured: the gains, and the student's guess.

    guess : of what all layers gain over the head alone
    """
    alone, longer = shares[:, 0], shares[:, 1]
    print(f"head alone: {alone.mean():.2f} of 400 test scenes named rightly. What is gained,")
    print("mean of 3 networks ± their standard deviation:")
    for way, values in zip(ways[1:], shares[:, 1:].T, strict=True):
        print(f"{way:>12}: {_spread(values - alone, '+')} over the head alone", end="")
        print("" if way == ways[1] else f", {_spread(values - longer, '+')} over {ways[1]}")
    print(f"{ways[-1]} over the head alone, {runs.guessed(guess)}")


def _rates(plan):
    """The student's plan. Raises Misfit if it lacks a layer, or trains none."""
    if not isinstance(plan, dict) or set(plan) != set(LAYERS):
        raise Misfit(f"it should return a dict with a rate for each of {', '.join(LAYERS)}")
    if not max(plan.values()) > 0:
        raise Misfit("all rates of its plan are 0")
    return plan
