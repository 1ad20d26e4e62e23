"""Networks of the course that run on the functions that you wrote.

>>> from course import networks, yours
>>> network = yours.network(networks.source(), x, conv2d=conv2d)
This network now runs on YOUR conv2d. 3 layers, at most 4e-07 off.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course import nn, resampling
from course.nn import Array

Function = Callable[..., Any]
TOLERANCE = 1e-3  # absolute, for outputs of float32; a wrong function is far off


class Differs(Exception):
    """A student's function does something else than the layer; the message says what."""


class Yours(nn.Layer):
    """A layer whose forward pass is a function of the student's; it only goes forward.

    Once it is ``trusted``, a difference on other pictures ends nothing: it prints a line, and the
    layer in whose place it stands takes over.

    layer : the layer in whose place it stands
    name : of the function, for messages
    call : makes the call: takes x, returns what the student's function returns
    """

    def __init__(self, layer: nn.Layer, name: str, call: Callable[[Array], Any]) -> None:
        super().__init__()
        self.layer, self.name, self.call = layer, name, call
        self.params = layer.params
        self.off = 0.0  # the largest difference so far
        self.trusted = False

    def forward(self, x: Array) -> Array:
        """The student's output, in the dtype of the layer's. Raises Differs until it is trusted."""
        expected = self.layer.forward(x)
        if self.off > TOLERANCE:
            return expected
        try:
            return self.output(x, expected)
        except Differs as difference:
            if not self.trusted:
                raise
            self.off = np.inf
            print(f"From here on the network runs on the course's layer: your {difference}.")
            return expected

    def output(self, x: Array, expected: Array) -> Array:
        """The student's output if it is the expected one. Raises Differs."""
        with called(self.name):
            got = np.asarray(self.call(x), expected.dtype)
        if got.shape != expected.shape:
            raise Differs(f"{self.name} returned {got.shape} in place of {expected.shape}")
        self.off = max(self.off, difference(self.name, got, expected))
        return got


@contextlib.contextmanager
def called(name: str) -> Iterator[None]:
    """What the student's function ``name`` raises inside is a Differs that says so."""
    try:
        yield
    except NotImplementedError:
        raise Differs(f"{name} is not written yet") from None
    except Exception as error:
        raise Differs(f"{name} raised {type(error).__name__}: {error}") from None


def difference(name: str, got: Array, expected: Array) -> float:
    """The largest difference between two arrays of one shape. Raises Differs if it is too large."""
    off = float(np.abs(got - expected).max())
    if not off <= TOLERANCE:  # also NaN
        raise Differs(f"{name} is up to {off:.2g} off")
    return off


def network(
    network: nn.Network, x: Array, conv2d: Function | None = None, pool2d: Function | None = None
) -> nn.Network:
    """A network that runs on the student's functions, if these are right.

    network : of the course. It stays as it is.
    x : (N, C, H, W) pictures on which each function is compared with the layers it replaces
    conv2d, pool2d : the student's functions of units 1 and 4; None leaves the layers as they are

    Prints what the network runs on. Returns a new network, which only goes forward; or ``network``
    itself if a function is not written yet or gives something else.
    """
    layers = {name: _yours(layer, conv2d, pool2d) for name, layer in network.layers.items()}
    replaced = [layer for layer in layers.values() if isinstance(layer, Yours)]
    mine = nn.Network(layers)
    try:
        mine.forward(x)
        for layer in replaced:
            layer.trusted = True
    except Differs as difference:
        print(f"This network runs on the course's functions for now: your {difference}.")
        return network
    names = " and ".join(dict.fromkeys(layer.name for layer in replaced))
    off = max((layer.off for layer in replaced), default=0.0)
    layers_word = "1 layer" if len(replaced) == 1 else f"{len(replaced)} layers"
    print(f"This network now runs on YOUR {names}. {layers_word}, at most {off:.0e} off.")
    return mine


def _yours(layer: Any, conv2d: Function | None, pool2d: Function | None) -> Any:
    """The layer that stands in the place of a layer: a `Yours`, or the layer itself."""
    if type(layer) is nn.Conv and conv2d:
        w, b = layer.params["w"], layer.params["b"]
        return Yours(layer, "conv2d", lambda x: conv2d(x, w, b, layer.stride, layer.pad))
    if type(layer) in (nn.MaxPool, nn.AvgPool) and pool2d:
        mode = "max" if type(layer) is nn.MaxPool else "average"
        return Yours(layer, "pool2d", lambda x: pool2d(x, layer.kernel, layer.stride, mode=mode))
    return layer


def levels(x: Array, pyramid: Function, smallest: int = 12) -> list[tuple[float, Array]]:
    """A picture at full, half, quarter … size, by the student's pyramid if that is right.

    x : (1, C, H, W)
    pyramid : the student's function of unit 2, which is given one channel after the other
    smallest : no side of a level is below it

    Prints whose pyramid it is. Returns a list of (scale, picture), as `faces.levels` does.
    """
    planes = [x]
    while min(planes[-1].shape[2:]) >= 2 * smallest:
        rows, columns = (n // 2 for n in planes[-1].shape[2:])
        even = planes[-1][:, :, : 2 * rows, : 2 * columns]
        planes.append(resampling.resize(even, rows, columns))
    try:
        planes = _pyramid(x, pyramid, planes)
        print(f"The detector now runs on YOUR pyramid. {len(planes)} levels.")
    except Differs as difference:
        print(f"The detector runs on the course's pyramid for now: your {difference}.")
    return [(0.5**k, plane) for k, plane in enumerate(planes)]


def _pyramid(x: Array, pyramid: Function, expected: list[Array]) -> list[Array]:
    """The student's levels of all channels. Raises Differs."""
    with called("pyramid"):
        channels = [pyramid(channel, len(expected)) for channel in x[0]]
        got = [np.stack(level)[None] for level in zip(*channels, strict=True)]
    if [level.shape for level in got] != [level.shape for level in expected]:
        raise Differs("pyramid returned levels of other sizes")
    flat = (np.concatenate([level.ravel() for level in levels]) for levels in (got, expected))
    difference("pyramid", *flat)
    return got
