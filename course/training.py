"""Training the networks of ``course.nn``: optimizers, layers that stay frozen, and epochs.

SGD with momentum, and Adam (Kingma and Ba, 2015). One step after each batch::

    optimizer = training.Adam(network, rate=1e-3, frozen=["conv1"])
    for epoch in range(10):
        loss = training.train_epoch(network, optimizer, x, labels, rng)
"""

from collections.abc import Iterable
from typing import Protocol

import numpy as np

from course.nn import Array, Arrays, Network, cross_entropy


class Optimizer:
    """What all optimizers have in common. ``change`` computes what a step subtracts.

    network : Network
    rate : the learning rate; it may be set anew between steps
    frozen : names of layers and parameters that stay as they are, to the last bit, such as
        ("conv1", "block1.conv2", "head.b"); gradients still flow through them

    Raises ValueError if the network has no layer or parameter of such a name.
    """

    def __init__(self, network: Network, rate: float, frozen: Iterable[str] = ()) -> None:
        self.network, self.rate, self.frozen, self.steps = network, rate, tuple(frozen), 0
        names = [*network.params, *network.layers]
        wrong = [repr(place) for place in self.frozen if not any(within(n, [place]) for n in names)]
        if wrong:
            there = ", ".join(network.layers)
            raise ValueError(f"nothing to freeze is called {', '.join(wrong)}; there are {there}")

    def change(self, name: str, grad: Array) -> Array:
        """What a step subtracts from the parameter called ``name``, whose gradient is ``grad``."""
        raise NotImplementedError

    def step(self) -> None:
        """Change the parameters of the network by the gradients of its last ``backward``."""
        self.steps += 1
        grads = self.network.grads
        for name, array in self.network.params.items():
            if not within(name, self.frozen):
                array -= self.change(name, grads[name])


def within(name: str, places: Iterable[str]) -> bool:
    """True if a name is one of the places or in one: "conv1.w" is in "conv1", not in "conv"."""
    return f"{name}.".startswith(tuple(f"{place}." for place in places))


class SGD(Optimizer):
    """Gradient descent along a velocity: the gradient plus ``momentum`` times the last velocity."""

    def __init__(
        self, network: Network, rate: float, momentum: float = 0.9, frozen: Iterable[str] = ()
    ) -> None:
        super().__init__(network, rate, frozen)
        self.momentum = momentum
        self.velocity: Arrays = {}

    def change(self, name: str, grad: Array) -> Array:
        self.velocity[name] = self.momentum * self.velocity.get(name, 0.0) + grad
        return self.rate * self.velocity[name]


class Adam(Optimizer):
    """Steps of about ``rate`` for every weight, whatever the size of its gradient."""

    def __init__(self, network: Network, rate: float = 1e-3, frozen: Iterable[str] = ()) -> None:
        super().__init__(network, rate, frozen)
        self.mean: Arrays = {}
        self.square: Arrays = {}

    def change(self, name: str, grad: Array) -> Array:
        self.mean[name] = 0.9 * self.mean.get(name, 0.0) + 0.1 * grad
        self.square[name] = 0.999 * self.square.get(name, 0.0) + 0.001 * grad**2
        mean = self.mean[name] / (1 - 0.9**self.steps)  # both averages began at 0
        square = self.square[name] / (1 - 0.999**self.steps)
        return self.rate * mean / (np.sqrt(square) + 1e-8)


class Steps(Protocol):
    """All that ``train_epoch`` asks of an optimizer."""

    def step(self) -> object: ...


def train_epoch(
    network: Network,
    optimizer: Steps,
    x: Array,
    labels: Array,
    rng: np.random.Generator,
    batch: int = 64,
) -> np.floating:
    """Go through all pictures once, in random order; one step of the optimizer per batch.

    x, labels : (N, C, H, W) and (N,), as for ``forward`` and ``cross_entropy``
    rng : draws the order

    Returns the mean loss of the batches.
    """
    losses: list[np.floating] = []
    order = rng.permutation(len(x))
    for start in range(0, len(x), batch):
        chosen = order[start : start + batch]
        loss, grad = cross_entropy(network.forward(x[chosen]), labels[chosen])
        network.backward(grad)
        optimizer.step()
        losses.append(loss)
    mean: np.floating = np.mean(losses)
    return mean
