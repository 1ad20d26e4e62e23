"""Convolutional networks in NumPy: layers that compute their own gradients, and networks of them.

A network learns to tell horizontal stripes from vertical ones, by gradient descent:

>>> rng = np.random.default_rng(0)
>>> labels = np.arange(40) % 2
>>> stripes = np.indices((8, 8)) % 2  # picture 0 has horizontal stripes, picture 1 vertical ones
>>> x = stripes[labels][:, None] + rng.normal(0, 0.5, (40, 1, 8, 8))  # noisy, (N, C, H, W)
>>> conv, head = Conv(1, 4, 3, rng=rng), Dense(4, 2, rng=rng)
>>> network = Network({"conv": conv, "relu": ReLU(), "mean": GlobalAvgPool(), "head": head})
>>> for step in range(100):
...     loss, grad = cross_entropy(network.forward(x), labels)
...     dx = network.backward(grad)
...     for name, array in network.params.items():
...         array -= 0.3 * network.grads[name]
>>> print(f"{(network.forward(x).argmax(axis=1) == labels).mean():.0%} are right")
100% are right

``forward(x)`` returns the output and stores what the gradient needs. ``backward(grad)`` takes the
gradient of the loss with respect to the output, stores those with respect to the parameters, and
returns the one with respect to x. ``params`` and ``grads`` are dictionaries by name, of one layer
("w", "b") as of a whole network ("conv.w", "conv.b", "head.w", "head.b").

After micrograd (Karpathy, 2020), with whole arrays in place of single numbers. Convolution is one
matrix product per picture (im2col: Chellapilla, Puri and Simard, 2006). Pictures are NCHW.
Everything is computed in the dtype of the parameters, which begin as float32. Better optimizers
than the loop above are in ``course.training``.
"""

from collections.abc import Mapping
from functools import reduce
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Arrays = dict[str, Array]
Size = int | tuple[int, int]  # one number for rows and columns, or (rows, columns)
Rng = np.random.Generator | None  # draws the weights; without it they are 0, to be loaded
Layers = Mapping[str, "Layer | Network | Residual | Concat"]  # by name


class Layer:
    """What all layers have in common. A layer without parameters leaves ``params`` empty."""

    def __init__(self) -> None:
        self.params: Arrays = {}
        self.grads: Arrays = {}

    def forward(self, x: Array) -> Array:
        raise NotImplementedError

    def backward(self, grad: Array) -> Array:
        raise NotImplementedError


def initial(shape: tuple[int, ...], variance: float, rng: Rng) -> Arrays:
    """First parameters: normally distributed weights w of mean 0, and biases b of 0.

    shape : of w, filters first; b has one number per filter
    """
    w = np.zeros(shape) if rng is None else rng.normal(0, np.sqrt(variance), shape)
    return {"w": w.astype(np.float32), "b": np.zeros(shape[0], np.float32)}


class Dense(Layer):
    """Fully connected, C channels to F filters: (N, C) to (N, F). w is (F, C), b is (F,)."""

    def __init__(self, channels: int, filters: int, rng: Rng = None) -> None:
        super().__init__()
        # Half the variance of He initialisation: most dense layers have no ReLU after them.
        self.params = initial((filters, channels), 1 / channels, rng)

    def forward(self, x: Array) -> Array:
        w = self.params["w"]
        if np.ndim(x) != 2 or np.shape(x)[1] != w.shape[1]:
            raise ValueError(f"x must be (N, {w.shape[1]}), got {np.shape(x)}")
        self.x = np.asarray(x, w.dtype)
        return self.x @ w.T + self.params["b"]

    def backward(self, grad: Array) -> Array:
        self.grads = {"w": grad.T @ self.x, "b": grad.sum(axis=0)}
        return grad @ self.params["w"]


class ReLU(Layer):
    """max(x, 0); the gradient passes where x > 0."""

    def forward(self, x: Array) -> Array:
        self.positive = x > 0
        return np.maximum(x, 0)

    def backward(self, grad: Array) -> Array:
        return grad * self.positive


class Flatten(Layer):
    """(N, C, H, W) to (N, C*H*W)."""

    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, grad: Array) -> Array:
        return grad.reshape(self.shape)


def pair(size: Size) -> tuple[int, int]:
    """A size as (rows, columns)."""
    rows, columns = np.broadcast_to(size, 2).tolist()
    return rows, columns


def shifted_views(x: Array, kernel: tuple[int, int], stride: tuple[int, int]) -> list[Array]:
    """For each position (u, v) in the kernel, the pixels that it meets in all windows.

    x : (N, C, H, W); kernel, stride : (rows, columns)

    Returns kh * kw views of x, row by row of the kernel, each (N, C, out_h, out_w). Writing into a
    view writes into x. Raises ValueError if the kernel is larger than the picture.
    """
    (kh, kw), (sh, sw) = kernel, stride
    height, width = x.shape[2:]
    if kh > height or kw > width:
        raise ValueError(f"kernel {kh, kw} is larger than the picture {height, width}")
    rows, columns = sh * ((height - kh) // sh) + 1, sw * ((width - kw) // sw) + 1
    return [x[:, :, u : u + rows : sh, v : v + columns : sw] for u, v in np.ndindex((kh, kw))]


class Conv(Layer):
    """Convolution: (N, C, H, W) to (N, F, out_h, out_w). w is (F, C, kh, kw), b is (F,)."""

    def __init__(
        self,
        channels: int,
        filters: int,
        kernel: Size,
        stride: Size = 1,
        pad: Size = 0,
        rng: Rng = None,
    ) -> None:
        super().__init__()
        self.kernel, self.stride, self.pad = pair(kernel), pair(stride), pair(pad)
        # He, Zhang, Ren and Sun (2015): the 2 makes up for the half that a ReLU sets to 0.
        variance = 2 / (channels * prod(self.kernel))
        self.params = initial((filters, channels, *self.kernel), variance, rng)

    def forward(self, x: Array) -> Array:
        w, b = self.params["w"], self.params["b"]
        if np.ndim(x) != 4 or np.shape(x)[1] != w.shape[1]:
            raise ValueError(f"x must be (N, {w.shape[1]}, H, W), got {np.shape(x)}")
        ph, pw = self.pad
        x = np.pad(np.asarray(x, w.dtype), ((0, 0), (0, 0), (ph, ph), (pw, pw)))
        self.shape = x.shape
        windows = np.stack(shifted_views(x, self.kernel, self.stride), axis=2)
        n, _, _, out_h, out_w = windows.shape  # (N, C, kh*kw, out_h, out_w)
        self.columns = windows.reshape(n, -1, out_h * out_w)  # one window per column, C*kh*kw high
        out: Array = w.reshape(len(w), -1) @ self.columns + b[:, None]  # (N, F, out_h*out_w)
        return out.reshape(n, len(w), out_h, out_w)

    def backward(self, grad: Array) -> Array:
        w = self.params["w"]
        n, filters = grad.shape[:2]
        flat = grad.reshape(n, filters, -1)  # (N, F, out_h*out_w)
        dw = (flat @ self.columns.transpose(0, 2, 1)).sum(axis=0)  # (F, C*kh*kw)
        self.grads = {"w": dw.reshape(w.shape), "b": flat.sum(axis=(0, 2))}
        dx: Array = np.zeros(self.shape, grad.dtype)
        # The weights at each kernel position, (C, F): contiguous, for a fast matrix product.
        positions = np.ascontiguousarray(w.transpose(2, 3, 1, 0)).reshape(-1, w.shape[1], filters)
        views = shifted_views(dx, self.kernel, self.stride)
        for weights, view in zip(positions, views, strict=True):
            view += (weights @ flat).reshape(view.shape)  # overlapping windows add up in a pixel
        (ph, pw), (height, width) = self.pad, dx.shape[2:]
        return dx[:, :, ph : height - ph, pw : width - pw]


class Pool(Layer):
    """What all pooling layers have in common; the stride is the kernel unless given."""

    def __init__(self, kernel: Size, stride: Size | None = None) -> None:
        super().__init__()
        self.kernel = pair(kernel)
        self.stride = self.kernel if stride is None else pair(stride)


class MaxPool(Pool):
    """The maximum of each window. Equal maxima share the gradient in equal parts."""

    # Giving each of them all of it would make gradients depend on how a CPU rounds: maxima that
    # are equal on one machine differ in the last bit on another.

    def forward(self, x: Array) -> Array:
        self.x = x
        self.out: Array = reduce(np.maximum, shifted_views(x, self.kernel, self.stride))
        return self.out

    def backward(self, grad: Array) -> Array:
        views = shifted_views(self.x, self.kernel, self.stride)
        is_max = [view == self.out for view in views]
        share = grad / np.sum(is_max, axis=0, dtype=grad.dtype)
        dx = np.zeros(self.x.shape, grad.dtype)
        views = shifted_views(dx, self.kernel, self.stride)
        for mask, view in zip(is_max, views, strict=True):
            view += mask * share
        return dx


class AvgPool(Pool):
    """The mean of each window. With kernel 1 it subsamples: every s-th pixel of every s-th row."""

    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        return np.asarray(sum(shifted_views(x, self.kernel, self.stride)) / prod(self.kernel))

    def backward(self, grad: Array) -> Array:
        dx = np.zeros(self.shape, grad.dtype)
        for view in shifted_views(dx, self.kernel, self.stride):
            view += grad / prod(self.kernel)
        return dx


class GlobalAvgPool(Layer):
    """The mean of each channel: (N, C, H, W) to (N, C)."""

    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        return np.asarray(x.mean(axis=(2, 3)))

    def backward(self, grad: Array) -> Array:
        height, width = self.shape[2:]
        return np.broadcast_to(grad[:, :, None, None] / (height * width), self.shape).copy()


# -- layers made of layers -------------------------------------------------------------------------


class Container:
    """What Network, Residual and Concat have in common: ``layers``, by name.

    A parameter is named after its layer, "conv1.w", and that after the container that it is in,
    "block1.conv1.w".
    """

    def __init__(self, layers: Layers) -> None:
        self.layers = dict(layers)

    @property
    def params(self) -> Arrays:
        """The parameters by name: the arrays themselves, so that writing changes the layers."""
        return self._collect("params")

    @property
    def grads(self) -> Arrays:
        """The gradients of the last ``backward``, by the same names."""
        return self._collect("grads")

    def _collect(self, kind: str) -> Arrays:
        return {
            f"{name}.{key}": array
            for name, layer in self.layers.items()
            for key, array in getattr(layer, kind).items()
        }


class Network(Container):
    """Layers one after another: ``Network({"conv1": Conv(...), "relu1": ReLU(), ...})``."""

    def forward(self, x: Array) -> Array:
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def backward(self, grad: Array) -> Array:
        for layer in reversed(self.layers.values()):
            grad = layer.backward(grad)
        return grad

    def predict(self, x: Array, batch: int = 25) -> Array:
        """``forward`` for many pictures, ``batch`` at a time: what it computes fits a cache."""
        parts = [self.forward(x[start : start + batch]) for start in range(0, len(x), batch)]
        return np.concatenate(parts)

    def split(self, name: str) -> "tuple[Network, Network]":
        """Two networks of these same layers: up to the layer ``name``, and what follows it."""
        if name not in self.layers:
            raise ValueError(f"no layer {name!r}; there are {', '.join(self.layers)}")
        items = list(self.layers.items())
        cut = list(self.layers).index(name) + 1
        return Network(dict(items[:cut])), Network(dict(items[cut:]))


class Residual(Container):
    """inner(x) + x, or inner(x) + shortcut(x): He, Zhang, Ren and Sun (2016).

    inner : Network, or layers by name; a ReLU after the sum is no part of it
    shortcut : a layer that gives x the shape of inner(x), such as a 1 × 1 convolution with a
        stride; its name is "shortcut"
    """

    def __init__(self, inner: Network | Layers, shortcut: Layer | Network | None = None) -> None:
        self.inner = inner if isinstance(inner, Network) else Network(inner)
        self.shortcut = shortcut or Network({})  # a network without layers returns its input
        super().__init__(dict(**self.inner.layers, shortcut=self.shortcut))

    def forward(self, x: Array) -> Array:
        out, added = self.inner.forward(x), self.shortcut.forward(x)
        if out.shape != added.shape:  # NumPy would broadcast an axis of length 1
            raise ValueError(f"cannot add shapes {out.shape}, inner, and {added.shape}, shortcut")
        return out + added

    def backward(self, grad: Array) -> Array:
        return self.inner.backward(grad) + self.shortcut.backward(grad)


class Concat(Container):
    """Branches that all get the same x; their outputs are concatenated along the channels."""

    def forward(self, x: Array) -> Array:
        outs = [branch.forward(x) for branch in self.layers.values()]
        self.ends = np.cumsum([out.shape[1] for out in outs])
        return np.concatenate(outs, axis=1)

    def backward(self, grad: Array) -> Array:
        parts = np.split(grad, self.ends[:-1], axis=1)
        branches = self.layers.values()
        grads = [branch.backward(part) for branch, part in zip(branches, parts, strict=True)]
        return np.asarray(sum(grads))


# -- the loss --------------------------------------------------------------------------------------


def cross_entropy(logits: Array, labels: Array) -> tuple[np.floating, Array]:
    """Softmax, then the mean of -log(probability of the right class).

    logits : (N, classes); labels : (N,) of int

    Returns (loss, gradient of the loss with respect to the logits).
    """
    shifted = logits - logits.max(axis=1, keepdims=True)  # exp of at most 0 cannot overflow
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    right = np.arange(len(labels)), labels
    grad = np.exp(log_p)
    grad[right] -= 1
    return -log_p[right].mean(), grad / len(labels)
