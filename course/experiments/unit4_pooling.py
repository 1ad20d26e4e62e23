"""The experiments of unit 4: what pooling saves and widens, and what trained networks do with it.

All are about pooling of 2 × 2 at stride 2, or keeping every 2nd pixel: `networks.POOLING`.
"""

import numpy as np

from course import counting, images, networks, nn, runs, training
from course.experiments import accuracy
from course.plots.unit4_pooling import KINDS

WAYS = {"right": (0, 1), "left": (0, -1), "down": (1, 0), "up": (-1, 0)}  # rows, columns


def price(channels, filters, kernel, side):
    """Count a convolution padded to keep its planes' size, without and with pooling before it.

    channels, side : of what comes in, before the pooling

    Returns a dict from "without pooling" and "with pooling" to a dict: the ``shape`` of what the
    convolution gets, its ``parameters``, and its ``macs``, the multiplications for one picture.
    """
    maps = np.zeros((1, channels, side, side))
    costs = {}
    for name, x in {"without pooling": maps, "with pooling": nn.MaxPool(2).forward(maps)}.items():
        costs[name] = {
            "shape": x.shape[1:],
            "parameters": counting.conv_params(channels, filters, kernel),
            "macs": counting.conv_macs(channels, filters, kernel, x.shape[2:]),
        }
    return costs


def print_price(run):
    """Print what `price` and `columns_seen` find for the convolution of a student's run."""
    for name, cost in price(run.channels, run.filters, run.kernel, run.side).items():
        channels, height, width = cost["shape"]
        print(f"{name:>15}: {channels} planes of {height} × {width},", end=" ")
        print(f"{cost['parameters']:,} parameters, {cost['macs']:,} multiplications")
    print("parameters of the pooling itself:", len(nn.MaxPool(2).params))
    without, pooled = columns_seen(run.kernel)
    print(f"two convolutions see {without} columns, with pooling between them {pooled}")


def columns_seen(kernel):
    """How many columns of a picture reach one output of two convolutions: without and with pooling.

    A gradient is sent back from that output, and the columns that it reaches are counted. Average
    pooling stands between them, where every pixel of a window has a gradient.
    """
    rng = np.random.default_rng(0)
    one, two = nn.Conv(1, 1, kernel, rng=rng), nn.Conv(1, 1, kernel, rng=rng)
    found = []
    for layers in [{"one": one, "two": two}, {"one": one, "pool": nn.AvgPool(2), "two": two}]:
        network = nn.Network(layers)
        out = network.forward(np.zeros((1, 1, 32, 32)))
        grad = np.zeros_like(out)
        grad[0, 0, out.shape[2] // 2, out.shape[3] // 2] = 1
        found.append(int(np.count_nonzero(network.backward(grad)[0, 0].any(axis=0))))
    return found


def by_heart(seed):
    """Train networks of every kind on 100 pictures of clothes, and ask for these and for others.

    seed : which 100 pictures, and from which weights the three networks of each kind start

    Returns a dict from a kind to an array (networks, 2): the share that is right of the 100, and
    of 500 others.
    """
    x, labels = (array[100 * seed : 100 * (seed + 1)] for array in images.fashion("train"))
    others, other_labels = (array[:500] for array in images.fashion("test"))
    x, others = images.normalise(x), images.normalise(others)
    right = {}
    for kind in networks.POOLING:
        right[kind] = []
        for number in range(3):
            rng = np.random.default_rng(3 * seed + number)
            network = networks.untrained_shift(kind, rng)
            optimizer = training.Adam(network, 3e-3)
            for _ in range(25):
                training.train_epoch(network, optimizer, x, labels, rng, batch=20)
            asked = [(x, labels), (others, other_labels)]
            right[kind].append([accuracy(network, *pictures) for pictures in asked])
    return {kind: np.array(shares) for kind, shares in right.items()}


def print_by_heart(right):
    """Print what `by_heart` measured: mean, and the spread on pictures never seen before."""
    print("share correct: mean of 3 networks, ± their standard deviation")
    for kind, shares in right.items():
        learnt, others = shares.T
        print(f"{KINDS[kind][0]:>15}: of the 100 {learnt.mean():.2f},", end=" ")
        print(f"of 500 others {_spread(others)}")


def _spread(shares):
    return f"{shares.mean():.3f} ± {shares.std(ddof=1):.3f}"


def moved(x, way, by):
    """Move pictures (N, C, H, W) by some pixels. Zeros move in, what leaves is lost.

    way : one of `WAYS`
    """
    top, left = (by - by * step for step in WAYS[way])
    framed = np.pad(x, ((0, 0), (0, 0), (by, by), (by, by)))
    return framed[:, :, top : top + x.shape[2], left : left + x.shape[3]]


def same_answers(way, shifts):
    """How often the trained networks keep their answer when all test pictures move.

    way : one of `WAYS`
    shifts : by how many pixels; answers are compared with those of the first, which is 0

    Returns (same, right), dicts from a kind of network to an array: the share of answers that are
    the same, (networks, shifts), and of pictures that are classified correctly, (networks,).
    """
    x, labels = images.fashion("test")
    same, right = {}, {}
    for kind in networks.POOLING:
        answers = np.array(
            [
                [
                    network.predict(images.normalise(moved(x, way, by))).argmax(axis=1)
                    for by in shifts
                ]
                for network in (networks.shift(kind, seed) for seed in networks.SEEDS)
            ]
        )
        same[kind] = (answers == answers[:, :1]).mean(axis=2)
        right[kind] = (answers[:, 0] == labels).mean(axis=1)
    return same, right


def print_same_answers(same, right, run, guesses):
    """Print what `same_answers` measured for the shift of a student's run, beside the guesses.

    guesses : dict from some of the kinds to a guess
    """
    print(f"{run.by} pixels {run.way}: mean of 3 networks, ± their standard deviation")
    for kind, shares in same.items():
        said = f"; {runs.guessed(guesses[kind])}" if kind in guesses else ""
        print(f"{KINDS[kind][0]:>15}: correct, unmoved: {right[kind].mean():.2f};", end=" ")
        print(f"same answer {_spread(shares[:, run.by])}{said}")


def slopes(loss, x, step=1e-6):
    """The gradient of a loss as it is measured: how much it changes with each pixel.

    loss : function from pictures to a number
    x : (N, C, H, W); one number after the other is made larger, then smaller, by ``step``
    """
    measured = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        change = np.zeros_like(x)
        change[place] = step
        measured[place] = (loss(x + change) - loss(x - change)) / (2 * step)
    return measured
