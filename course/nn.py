"""Convolutional networks in NumPy: layers that know their own gradient, and how to train them.

After micrograd (Andrej Karpathy, 2020), with whole arrays in place of single numbers. Pictures are
NCHW. Convolution is one matrix product per picture (im2col: Chellapilla, Puri and Simard, 2006),
first weights are those of He, Zhang, Ren and Sun (2015), Adam is that of Kingma and Ba (2015).

A layer has ``forward(x)``, which returns its output and keeps what the gradient needs, and
``backward(grad)``, which takes the gradient of the loss by that output, stores the gradients of
the layer's own parameters in ``grads`` and returns the gradient by x. Network, Residual and Concat
are made of layers, by name in ``layers``, and are used like one themselves. Everything is computed
in the dtype of the parameters: float32, unless ``Network.astype`` changed it.
"""

from functools import reduce
from math import prod

import numpy as np


def taps(x, kernel, stride):
    """The pixels under each place of a kernel, for all windows at once.

    x : (N, C, H, W); kernel, stride : pairs (for rows, for columns)

    Returns kh * kw views of x, row by row of the kernel, each (N, C, out_h, out_w): the view of
    place (u, v) holds the pixel that every window has there. Writing into a view writes into x.
    Raises ValueError if the kernel is larger than the picture.
    """
    (kh, kw), (sh, sw) = kernel, stride
    height, width = x.shape[2:]
    if kh > height or kw > width:
        raise ValueError(f"kernel {kh, kw} is larger than the picture {height, width}")
    rows, columns = sh * ((height - kh) // sh) + 1, sw * ((width - kw) // sw) + 1
    places = np.ndindex(kh, kw)
    return [x[:, :, u : u + rows : sh, v : v + columns : sw] for u, v in places]


def pair(value):
    """An int, or a pair (for rows, for columns), as a pair."""
    return (value, value) if np.ndim(value) == 0 else tuple(value)


def initial(shape, variance, rng):
    """The parameters of a new layer: w drawn around 0, or all 0 if rng is None, and b, which is 0.

    shape : of w, filters first; the length of b is the number of filters
    """
    w = np.zeros(shape) if rng is None else rng.normal(0, np.sqrt(variance), shape)
    return {"w": w.astype(np.float32), "b": np.zeros(shape[0], np.float32)}


class Layer:
    """A layer without parameters; those that have some fill ``params`` and ``grads`` by name."""

    def __init__(self):
        self.params, self.grads = {}, {}


class Conv(Layer):
    """Convolution: (N, C, H, W) to (N, F, out_h, out_w).

    channels, filters : C and F
    kernel, stride, pad : an int, or a pair (for rows, for columns)
    rng : np.random.Generator that draws the weights; without it they are 0, to be loaded
    """

    def __init__(self, channels, filters, kernel, stride=1, pad=0, rng=None):
        super().__init__()
        self.kernel, self.stride, self.pad = pair(kernel), pair(stride), pair(pad)
        fan_in = channels * prod(self.kernel)
        # He initialisation: the 2 makes up for the half of its input that a ReLU drops.
        self.params = initial((filters, channels, *self.kernel), 2 / fan_in, rng)

    def forward(self, x):
        w, b = self.params["w"], self.params["b"]
        if np.ndim(x) != 4 or np.shape(x)[1] != w.shape[1]:
            raise ValueError(f"x must be (N, {w.shape[1]}, H, W), got {np.shape(x)}")
        ph, pw = self.pad
        x = np.pad(np.asarray(x, w.dtype), ((0, 0), (0, 0), (ph, ph), (pw, pw)))
        self.shape = x.shape
        windows = np.stack(taps(x, self.kernel, self.stride), axis=2)  # (N, C, kh*kw, out_h, out_w)
        n, _, _, out_h, out_w = windows.shape
        self.columns = windows.reshape(n, -1, out_h * out_w)  # one window per column, C*kh*kw high
        out = w.reshape(len(w), -1) @ self.columns + b[:, None]  # (N, F, out_h*out_w)
        return out.reshape(n, len(w), out_h, out_w)

    def backward(self, grad):
        w = self.params["w"]
        n, filters = grad.shape[:2]
        flat = grad.reshape(n, filters, -1)  # (N, F, out_h*out_w)
        dw = (flat @ self.columns.transpose(0, 2, 1)).sum(axis=0)  # (F, C*kh*kw)
        self.grads = {"w": dw.reshape(w.shape), "b": flat.sum(axis=(0, 2))}
        dx = np.zeros(self.shape, grad.dtype)
        # The weights at each place of the kernel, (C, F): contiguous, for a fast matrix product.
        places = np.ascontiguousarray(w.transpose(2, 3, 1, 0)).reshape(-1, w.shape[1], filters)
        for place, tap in zip(places, taps(dx, self.kernel, self.stride), strict=True):
            tap += (place @ flat).reshape(tap.shape)  # a pixel in many windows collects from all
        (ph, pw), (height, width) = self.pad, dx.shape[2:]
        return dx[:, :, ph : height - ph, pw : width - pw]


class Dense(Layer):
    """Fully connected: (N, C) to (N, F), with weights w (F, C). Arguments as for Conv."""

    def __init__(self, channels, filters, rng=None):
        super().__init__()
        self.params = initial((filters, channels), 1 / channels, rng)  # mostly no ReLU follows

    def forward(self, x):
        w = self.params["w"]
        if np.ndim(x) != 2 or np.shape(x)[1] != w.shape[1]:
            raise ValueError(f"x must be (N, {w.shape[1]}), got {np.shape(x)}")
        self.x = np.asarray(x, w.dtype)
        return self.x @ w.T + self.params["b"]

    def backward(self, grad):
        self.grads = {"w": grad.T @ self.x, "b": grad.sum(axis=0)}
        return grad @ self.params["w"]


class ReLU(Layer):
    """max(x, 0); the gradient passes where x > 0."""

    def forward(self, x):
        self.positive = x > 0
        return np.maximum(x, 0)

    def backward(self, grad):
        return grad * self.positive


class Pool(Layer):
    """What all pooling has in common: a kernel, and a stride that is the kernel by default."""

    def __init__(self, kernel, stride=None):
        super().__init__()
        self.kernel = pair(kernel)
        self.stride = self.kernel if stride is None else pair(stride)


class MaxPool(Pool):
    """The maximum of each window. Equal maxima share the gradient in equal parts."""

    # Giving each of them all of it would make gradients depend on how a CPU rounds: maxima that
    # are equal on one machine differ in the last bit on another.

    def forward(self, x):
        self.x = x
        self.out = reduce(np.maximum, taps(x, self.kernel, self.stride))
        return self.out

    def backward(self, grad):
        wins = [tap == self.out for tap in taps(self.x, self.kernel, self.stride)]
        share = grad / np.sum(wins, axis=0, dtype=grad.dtype)
        dx = np.zeros(self.x.shape, grad.dtype)
        for win, tap in zip(wins, taps(dx, self.kernel, self.stride), strict=True):
            tap += win * share
        return dx


class AvgPool(Pool):
    """The mean of each window."""

    def forward(self, x):
        self.shape = x.shape
        return sum(taps(x, self.kernel, self.stride)) / prod(self.kernel)

    def backward(self, grad):
        dx = np.zeros(self.shape, grad.dtype)
        for tap in taps(dx, self.kernel, self.stride):
            tap += grad / prod(self.kernel)
        return dx


class Subsample(AvgPool):
    """Every s-th pixel of every s-th row, and nothing of the others: windows of one pixel."""

    def __init__(self, stride):
        super().__init__(1, stride)


class GlobalAvgPool(Layer):
    """The mean of each channel: (N, C, H, W) to (N, C)."""

    def forward(self, x):
        self.shape = x.shape
        return x.mean(axis=(2, 3))

    def backward(self, grad):
        height, width = self.shape[2:]
        return np.broadcast_to(grad[:, :, None, None] / (height * width), self.shape).copy()


class Flatten(Layer):
    """(N, C, H, W) to (N, C*H*W)."""

    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, grad):
        return grad.reshape(self.shape)


def leaves(layers, prefix=""):
    """(name, layer) for all layers that are not made of others: "conv1", "block1.conv1", …"""
    for name, layer in layers.items():
        if hasattr(layer, "layers"):
            yield from leaves(layer.layers, f"{prefix}{name}.")
        else:
            yield prefix + name, layer


class Network:
    """Layers in a row, by name: ``Network({"conv1": Conv(...), "relu1": ReLU(), ...})``.

    Parameters are named after their layer, such as "conv1.w" and "conv1.b", and that after the
    layer it is in: "block1.conv1.w".
    """

    def __init__(self, layers):
        self.layers = dict(layers)

    def forward(self, x):
        """The output of the last layer; every layer keeps what ``backward`` needs."""
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def backward(self, grad):
        """From the gradient by the output to that by x; fills the ``grads`` of every layer."""
        for layer in reversed(self.layers.values()):
            grad = layer.backward(grad)
        return grad

    def predict(self, x, batch=100):
        """``forward`` for many pictures, ``batch`` at a time, which needs less memory."""
        parts = [self.forward(x[start : start + batch]) for start in range(0, len(x), batch)]
        return np.concatenate(parts)

    def split(self, name):
        """Two networks of these same layers: up to the layer ``name``, and what follows it."""
        if name not in self.layers:
            raise ValueError(f"no layer {name!r}; there are {', '.join(self.layers)}")
        items = list(self.layers.items())
        cut = list(self.layers).index(name) + 1
        return Network(items[:cut]), Network(items[cut:])

    def params(self):
        """The parameters by name: the arrays themselves, so changing one changes the network."""
        return self._collect("params")

    def grads(self):
        """The gradients of the last ``backward``, by the same names."""
        return self._collect("grads")

    def _collect(self, kind):
        return {
            f"{name}.{key}": array
            for name, layer in leaves(self.layers)
            for key, array in getattr(layer, kind).items()
        }

    def set_params(self, params):
        """Copy values into the parameters, whose dtype stays.

        Raises ValueError, changing nothing, unless names and shapes are exactly the network's.
        """
        own = self.params()
        wrong = [f"{name} is missing" for name in own if name not in params]
        wrong += [f"{name} is not one of its parameters" for name in params if name not in own]
        wrong += [
            f"{name} has shape {np.shape(params[name])}, should have {array.shape}"
            for name, array in own.items()
            if name in params and np.shape(params[name]) != array.shape
        ]
        if wrong:
            raise ValueError(f"not the parameters of this network: {'; '.join(wrong)}")
        for name, array in own.items():
            array[...] = params[name]

    def save(self, path):
        """Write the parameters to an .npz file."""
        np.savez_compressed(path, **self.params())

    def load(self, path):
        """Read what ``save`` wrote; errors as of ``set_params``. Returns the network."""
        with np.load(path, allow_pickle=False) as arrays:
            self.set_params(dict(arrays))
        return self

    def astype(self, dtype):
        """Compute in another dtype, such as np.float64, from now on. Returns the network."""
        for _, layer in leaves(self.layers):
            layer.params = {name: array.astype(dtype) for name, array in layer.params.items()}
        return self


class Residual:
    """inner(x) + x, or inner(x) + shortcut(x): He, Zhang, Ren and Sun (2016).

    inner : Network, or layers by name; a ReLU after the sum is no part of it
    shortcut : a layer that gives x the shape of inner(x), such as a 1 × 1 convolution with a
        stride; its name is "shortcut"
    """

    def __init__(self, inner, shortcut=None):
        self.inner = inner if isinstance(inner, Network) else Network(inner)
        self.shortcut = shortcut or Network({})  # with no layers, what comes in goes out
        self.layers = dict(**self.inner.layers, shortcut=self.shortcut)

    def forward(self, x):
        out, beside = self.inner.forward(x), self.shortcut.forward(x)
        if out.shape != beside.shape:  # NumPy would stretch an axis of 1
            raise ValueError(f"cannot add shapes {out.shape}, inner, and {beside.shape}, shortcut")
        return out + beside

    def backward(self, grad):
        return self.inner.backward(grad) + self.shortcut.backward(grad)


class Concat:
    """Layers side by side on the same x, by name; their outputs concatenated on the channels."""

    def __init__(self, branches):
        self.layers = dict(branches)

    def forward(self, x):
        outs = [branch.forward(x) for branch in self.layers.values()]
        self.ends = np.cumsum([out.shape[1] for out in outs])
        return np.concatenate(outs, axis=1)

    def backward(self, grad):
        parts = np.split(grad, self.ends[:-1], axis=1)
        branches = self.layers.values()
        return sum(branch.backward(part) for branch, part in zip(branches, parts, strict=True))


def cross_entropy(logits, labels):
    """Softmax and the mean of -log(probability of the right class).

    logits : (N, classes); labels : (N,) of int

    Returns (loss, gradient of the loss by the logits).
    """
    shifted = logits - logits.max(axis=1, keepdims=True)  # exp of at most 0 cannot overflow
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    right = np.arange(len(labels)), labels
    grad = np.exp(log_p)
    grad[right] -= 1
    return -log_p[right].mean(), grad / len(labels)


class Optimizer:
    """What all optimizers do; ``change`` says how much of a parameter a step takes away.

    network : Network
    rate : of learning; it may be set anew between steps
    frozen : names of layers and parameters that stay as they are, to the last bit, such as
        ("conv1", "block1.conv2", "head.b"); gradients still flow through them

    Raises ValueError if the network has nothing of such a name.
    """

    def __init__(self, network, rate, frozen=()):
        self.network, self.rate, self.frozen, self.steps = network, rate, tuple(frozen), 0
        names = [*network.params(), *dict(leaves(network.layers))]
        wrong = [repr(place) for place in self.frozen if not any(within(n, [place]) for n in names)]
        if wrong:
            there = ", ".join(network.layers)
            raise ValueError(f"nothing to freeze is called {', '.join(wrong)}; there are {there}")

    def step(self):
        """Change the parameters of the network by the gradients of its last ``backward``."""
        self.steps += 1
        grads = self.network.grads()
        for name, array in self.network.params().items():
            if not within(name, self.frozen):
                array -= self.change(name, grads[name])


def within(name, places):
    """Whether a name is in one of the places: "conv1.w" is in "conv1", "conv10.w" is not."""
    return f"{name}.".startswith(tuple(f"{place}." for place in places))


class SGD(Optimizer):
    """Gradient descent in which a velocity collects gradients and keeps ``momentum`` of itself."""

    def __init__(self, network, rate, momentum=0.9, frozen=()):
        super().__init__(network, rate, frozen)
        self.momentum, self.velocity = momentum, {}

    def change(self, name, grad):
        self.velocity[name] = self.momentum * self.velocity.get(name, 0.0) + grad
        return self.rate * self.velocity[name]


class Adam(Optimizer):
    """Steps of about ``rate`` for every weight, whatever the size of its gradient."""

    def __init__(self, network, rate=1e-3, frozen=()):
        super().__init__(network, rate, frozen)
        self.mean, self.square = {}, {}

    def change(self, name, grad):
        self.mean[name] = 0.9 * self.mean.get(name, 0.0) + 0.1 * grad
        self.square[name] = 0.999 * self.square.get(name, 0.0) + 0.001 * grad**2
        mean = self.mean[name] / (1 - 0.9**self.steps)  # both averages began at 0
        square = self.square[name] / (1 - 0.999**self.steps)
        return self.rate * mean / (np.sqrt(square) + 1e-8)


def train_epoch(network, optimizer, x, labels, rng, batch=64):
    """Show the network every picture once, in random order, a step of the optimizer per batch.

    x, labels : (N, C, H, W) and (N,), as for ``forward`` and ``cross_entropy``

    Returns the mean loss of the batches.
    """
    losses = []
    order = rng.permutation(len(x))
    for start in range(0, len(x), batch):
        chosen = order[start : start + batch]
        loss, grad = cross_entropy(network.forward(x[chosen]), labels[chosen])
        network.backward(grad)
        optimizer.step()
        losses.append(loss)
    return np.mean(losses)
