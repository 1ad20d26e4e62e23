"""The optimizers on paper and against PyTorch; what is frozen, and that training learns."""

import numpy as np
import pytest

from course import nn, training
from tests.dtypes import in_dtype
from tests.small_networks import nested_network, small_network, spread


@pytest.mark.parametrize(
    ("optimizer", "options"), [("Adam", {}), ("SGD", {"momentum": 0.9}), ("SGD", {"momentum": 0.0})]
)
def test_cross_entropy_and_optimizers_agree_with_pytorch(optimizer, options):
    torch = pytest.importorskip("torch", reason="PyTorch, one more oracle, is not installed here")
    network = in_dtype(nn.Network({"layer": nn.Dense(4, 3)}), np.float64)
    for seed, array in enumerate(network.params.values()):
        array[...] = spread(array.shape, seed)
    x, labels = spread((5, 4), seed=3), np.array([0, 2, 1, 1, 0])
    theirs = [torch.tensor(p, requires_grad=True) for p in network.params.values()]
    ours = getattr(training, optimizer)(network, 0.01, **options)
    other = getattr(torch.optim, optimizer)(theirs, 0.01, **options)
    for _ in range(5):
        loss, grad = nn.cross_entropy(network.forward(x), labels)
        network.backward(grad)
        ours.step()
        other.zero_grad()
        out = torch.nn.functional.linear(torch.from_numpy(x), *theirs)
        their_loss = torch.nn.functional.cross_entropy(out, torch.from_numpy(labels))
        their_loss.backward()
        other.step()
        np.testing.assert_allclose(loss, their_loss.item(), rtol=1e-9)
    for mine, p in zip(network.params.values(), theirs, strict=True):
        np.testing.assert_allclose(mine, p.detach().numpy(), rtol=1e-7)


def steps(optimizer, grads):
    """Where the optimizer takes the one weight by these gradients, one after another."""
    weights = []
    for grad in grads:
        layer = optimizer.network.layers["head"]
        layer.grads = {"w": np.array([[grad]]), "b": np.zeros(1)}
        optimizer.step()
        weights.append(layer.params["w"].item())
    return weights


def test_optimizers_on_paper():
    def one_weight():
        network = in_dtype(nn.Network({"head": nn.Dense(1, 1)}), np.float64)
        network.params["head.w"][...] = 1
        return network

    plain, momentum = (
        training.SGD(one_weight(), 0.1, momentum=0),
        training.SGD(one_weight(), 0.1, momentum=0.5),
    )
    assert steps(plain, [2.0, 1, -4]) == pytest.approx([0.8, 0.7, 1.1])
    assert steps(momentum, [2.0, 1, -4]) == pytest.approx([0.8, 0.6, 0.9])  # velocity 2, 2, -3
    # The means are 2 and 0.08/0.19, those of the squares 4 and 0.004996/0.001999.
    second = 0.1 * (0.08 / 0.19) / np.sqrt(0.004996 / 0.001999)
    assert steps(training.Adam(one_weight(), 0.1), [2.0, -1]) == pytest.approx([0.9, 0.9 - second])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("optimizer", [training.SGD, training.Adam])
def test_a_step_keeps_the_dtype_of_the_parameters(optimizer, dtype):
    network = in_dtype(small_network(np.random.default_rng(0)), dtype)
    before = {name: array.copy() for name, array in network.params.items()}
    x = np.full((2, 2, 6, 8), 7, np.uint8)
    network.backward(nn.cross_entropy(network.forward(x), np.array([0, 1]))[1])
    optimizer(network, 0.01).step()
    assert {array.dtype for array in network.params.values()} == {np.dtype(dtype)}
    assert (network.params["head.b"] != before["head.b"]).all()


# -- freezing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", [training.SGD, training.Adam])
@pytest.mark.parametrize(
    ("frozen", "layers"),
    [
        ([], []),
        (["conv1"], ["conv1"]),  # not conv10, and not block1.conv1
        (["block1"], ["block1.conv1", "block1.conv10", "block1.shortcut"]),
        (["block1.conv1", "head", "mean"], ["block1.conv1", "head"]),  # nothing to keep in mean
        (["mixed.3x3", "mixed.1x1.b"], ["mixed.3x3.conv", "mixed.1x1.b"]),
    ],
)
def test_what_is_frozen_keeps_every_bit_and_all_else_learns(optimizer, frozen, layers):
    rng = np.random.default_rng(0)
    network = nested_network(rng)
    before = {name: array.copy() for name, array in network.params.items()}
    x, labels = rng.normal(size=(8, 2, 6, 8)), np.arange(8) % 3
    training.train_epoch(network, optimizer(network, 0.01, frozen=frozen), x, labels, rng, batch=4)
    kept = [name for name, array in network.params.items() if (array == before[name]).all()]
    assert kept == [n for n in before if n in layers or n.rpartition(".")[0] in layers]


def test_gradients_flow_through_what_is_frozen():
    rng = np.random.default_rng(0)
    network = nested_network(rng)
    first = network.params["conv1.w"].copy()
    everything_else = [name for name in network.layers if name != "conv1"]
    x, labels = rng.normal(size=(60, 2, 6, 8)), np.arange(60) % 3
    x[:, 0] += 3 * (labels == 1)[:, None, None]
    optimizer = training.Adam(network, 0.02, frozen=everything_else)
    losses = [training.train_epoch(network, optimizer, x, labels, rng, batch=20) for _ in range(10)]
    assert (network.params["conv1.w"] != first).all()
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("optimizer", [training.SGD, training.Adam])
@pytest.mark.parametrize("unknown", ["conv", "conv100", "block1.conv2", "head.x", "conv1.", ""])
def test_what_is_not_there_cannot_be_frozen(optimizer, unknown):
    with pytest.raises(ValueError, match=f"called '{unknown}'; there are conv1, block1, mixed"):
        optimizer(nested_network(), 0.01, frozen=["conv1", unknown])


# -- training -------------------------------------------------------------------------------------


def test_training_lowers_the_loss():
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    x = rng.normal(0, 0.3, (60, 2, 6, 8))
    x[:, 0] += (labels == 1)[:, None, None]  # the classes differ by which channel is bright
    x[:, 1] += (labels == 2)[:, None, None]
    network = small_network(rng)
    optimizer = training.Adam(network, 0.02)
    losses = [training.train_epoch(network, optimizer, x, labels, rng, batch=20) for _ in range(15)]
    assert losses[-1] < losses[0] / 2
