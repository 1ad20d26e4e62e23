"""The experiments of unit 6: what reductions save, gradients and training by depth.

The networks are small enough for a notebook: 8 channels, pictures of 7 × 7, no normalisation layer
anywhere.
"""

import functools

import numpy as np

from course import counting, images, nn, training
from course.experiments import fitting
from course.plots.unit6_architectures import LAYERS, VGG16, googlenet
from course.resampling import resize

KINDS = (
    "plain, small weights",  # variance 1 / n, where n is the fan-in
    "plain, He",  # variance 2 / n: makes up for the half that a ReLU sets to 0
    "residual, He",
    "residual, from 0",  # He, but zero weights in the last convolution of each block
)


def reductions(inception_params, c_in, filters):
    """Count an inception module, and its naïve version without 1 × 1 convolutions on the way.

    c_in : channels of what comes in
    filters : of the six convolutions, in the order of ``LAYERS``

    In the naïve version, 3 × 3 and 5 × 5 see all channels, and the pooled branch hands all of them
    on.

    Returns a dict of numbers: parameters, channels that come out, and for 3 × 3 and 5 × 5 the
    parameters together with the reduction.
    """
    spec = dict(zip(LAYERS, filters, strict=True))
    counts = inception_params(c_in, spec)
    one, three, five = (counting.conv_params(c_in, spec[f"{k}x{k}"], k) for k in (1, 3, 5))
    channels = spec["1x1"] + spec["3x3"] + spec["5x5"]
    return {
        "module": counts["total"],
        "naive": one + three + five,
        "times": (one + three + five) / counts["total"],
        "module_channels": channels + spec["pool_proj"],
        "naive_channels": channels + c_in,
        "module_3x3": counts["3x3_reduce"] + counts["3x3"],
        "naive_3x3": three,
        "module_5x5": counts["5x5_reduce"] + counts["5x5"],
        "naive_5x5": five,
    }


def gap(vgg_params, inception_params, side):
    """Count VGG16 for pictures of side × side, GoogLeNet, and where the difference lies.

    Returns a dict of numbers; "share" is the part of the difference that dense layers make.
    """
    vgg = vgg_params(VGG16, (3, side, side), [4096, 4096, 1000])
    ours = googlenet(inception_params)
    # Pictures of 32 × 32 leave one number per channel, as global average pooling does.
    mean = vgg_params(VGG16, (3, 32, 32), [1000])
    difference, dense = vgg["total"] - ours["conv"] - ours["dense"], vgg["dense"] - ours["dense"]
    return {
        "vgg_conv": vgg["conv"],
        "vgg_dense": vgg["dense"],
        "googlenet_conv": ours["conv"],
        "googlenet_dense": ours["dense"],
        "difference": difference,
        "difference_dense": dense,
        "share": dense / difference,
        "vgg_mean": mean["total"],
    }


@functools.cache  # several cells of the notebook use them
def pictures(count):
    """Clothes at 7 × 7: float32 (count, 1, 7, 7), normalised, and labels (count,)."""
    x, labels = images.fashion("train")
    return images.normalise(resize(x[:count], 7, 7)), labels[:count]


def deep(kind, depth, rng, channels=8):
    """A classifier: a first convolution, then ``depth`` more in blocks of two.

    kind : one of ``KINDS``; a residual block adds its input before its last ReLU
    depth : number of 3 × 3 convolutions in blocks, even

    Returns an nn.Network from (N, 1, H, W) to logits (N, 10). Raises ValueError for another kind
    or an odd depth.
    """
    if kind not in KINDS or depth % 2:
        raise ValueError(f"kind must be one of {KINDS} and depth even, got {kind!r}, {depth}")
    layers = {"conv0": nn.Conv(1, channels, 3, pad=1, rng=rng), "relu0": nn.ReLU()}
    for number in range(1, depth // 2 + 1):
        first, last = (nn.Conv(channels, channels, 3, pad=1, rng=rng) for _ in range(2))
        if kind == "plain, small weights":
            first.params["w"] *= np.float32(0.5**0.5)
            last.params["w"] *= np.float32(0.5**0.5)
        if kind == "residual, from 0":
            last.params["w"][:] = 0
        block = {"first": first, "relu": nn.ReLU(), "last": last}
        residual = kind.startswith("residual")
        layers[f"block{number}"] = nn.Residual(block) if residual else nn.Network(block)
        layers[f"relu{number}"] = nn.ReLU()
    layers["mean"] = nn.GlobalAvgPool()
    layers["head"] = nn.Dense(channels, 10, rng=rng)
    return nn.Network(layers)


def first_gradient(kind, depth, seed, count=64):
    """The norm of the gradient with respect to the first layer's weights, before any training.

    seed : draws the weights, and the ``count`` pictures for the loss
    """
    rng = np.random.default_rng(seed)
    x, labels = pictures(1000)
    chosen = rng.permutation(len(x))[:count]
    network = deep(kind, depth, rng)
    _, grad = nn.cross_entropy(network.forward(x[chosen]), labels[chosen])
    network.backward(grad)
    return float(np.linalg.norm(network.grads["conv0.w"]))


def gradients(kind, depths, seeds):
    """The norms of ``first_gradient``, an array (seeds, depths)."""
    return np.array([[first_gradient(kind, depth, seed) for depth in depths] for seed in seeds])


def train(kind, depth, seed, epochs=8, count=300):
    """Train on ``count`` pictures with Adam (rate 0.003, batches of 30).

    Returns the mean loss on these pictures in every epoch, a list of floats.
    """
    rng = np.random.default_rng(seed)
    x, labels = pictures(count)
    network = deep(kind, depth, rng)
    optimizer = training.Adam(network, 3e-3)
    return [
        float(training.train_epoch(network, optimizer, x, labels, rng, batch=30))
        for _ in range(epochs)
    ]


def losses(kind, depth, seeds):
    """The losses of ``train``, an array (seeds, epochs)."""
    return np.array([train(kind, depth, seed) for seed in seeds])


class Block(nn.Layer):
    """A student's residual block as a layer: matrices drawn as by He, but w2 starts from 0."""

    def __init__(self, forward, backward, channels, rng):
        super().__init__()
        self.calls = forward, backward
        w1 = nn.initial((channels, channels), 2 / channels, rng)["w"]
        self.params = {"w1": w1, "w2": np.zeros_like(w1)}

    def forward(self, x):
        """What the student's residual_forward returns."""
        self.x = x
        return fitting(self.calls[0](x, **self.params), x.shape).astype(x.dtype)

    def backward(self, grad):
        """What the student's residual_backward sends to x; the rest is kept for the optimizer."""
        grads = self.calls[1](grad, self.x, **self.params)
        self.grads = {name: fitting(grads[name], w.shape) for name, w in self.params.items()}
        return fitting(grads["x"], self.x.shape).astype(grad.dtype)


def train_blocks(residual_forward, residual_backward, blocks=8, seed=0, epochs=8, count=300):
    """Train a network of a student's residual blocks on maps of 3 × 3 (Adam, rate 0.01).

    Returns the mean loss of every epoch, a list of floats. Raises Misfit if a block returns
    another shape than it got.
    """
    rng = np.random.default_rng(seed)
    x, labels = pictures(count)
    layers = {"conv": nn.Conv(1, 8, 3, pad=1, rng=rng), "relu": nn.ReLU(), "pool": nn.MaxPool(2)}
    for number in range(1, blocks + 1):
        layers[f"block{number}"] = Block(residual_forward, residual_backward, 8, rng)
    network = nn.Network({**layers, "mean": nn.GlobalAvgPool(), "head": nn.Dense(8, 10, rng=rng)})
    optimizer = training.Adam(network, 1e-2)
    return [
        float(training.train_epoch(network, optimizer, x, labels, rng, batch=30))
        for _ in range(epochs)
    ]


def module(params, x):
    """The output of an inception module made of the layers of ``course.nn``, for a figure.

    params : as for inception_forward; x : (N, C, H, W)
    """

    def conv(name):
        w, b = params[name]
        side = w.shape[2]
        layer = nn.Conv(w.shape[1], len(w), side, pad=side // 2)
        layer.params = {"w": w, "b": b}
        return nn.Network({name: layer, "relu": nn.ReLU()})

    def chain(*names):
        return nn.Network({name: conv(name) for name in names})

    framed = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    beside = nn.Concat(
        {"1": conv("1x1"), "3": chain("3x3_reduce", "3x3"), "5": chain("5x5_reduce", "5x5")}
    ).forward(x)
    pooled = conv("pool_proj").forward(nn.MaxPool(3, 1).forward(framed))
    return np.concatenate([beside, pooled], axis=1)
