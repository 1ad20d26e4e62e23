"""A student's own numbers, for the exercises done by hand and for the experiments.

Everyone gets numbers of their own, the same ones whenever they ask: the student's id and the
name of the task choose one of ``POOL`` sets. Set 0 is for guests, who gave no id.

One generator function per task, with the task's name; those for experiments stand in `runs`. With
every plausible wrong method the answer comes out different: the pictures hold widely spread digits,
no kernel is symmetric under a flip or transpose, no channel has the kernel of another or a flip of
it, no kernel sums to zero, and windows leave something over.
"""

import hashlib
import unicodedata
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course import runs

Array = NDArray[Any]
Rng = np.random.Generator

POOL = 1000
PAPER = 95  # characters of a line


def draw(task: str, student: str = "") -> "Numbers":
    """The numbers of one student for one task.

    task : name of the task or question, such as ``"conv2d_valid_by_hand"`` or ``"why_ncc"``
    student : the student's id; blanks around it and upper case do not matter, "" is a guest

    Returns a Numbers. Raises ValueError for an unknown task.
    """
    name = plain_id(student)
    if not name:
        return numbers_of(task, 0)
    digest = hashlib.sha256(f"{task}\n{name}".encode()).digest()
    mine = numbers_of(task, 1 + int.from_bytes(digest[:8], "big") % (POOL - 1))
    mine._title = f"{task}: the numbers of {name}"
    return mine


def plain_id(student: str) -> str:
    """An id as it counts: without blanks around it, in lower case, é always one character."""
    return unicodedata.normalize("NFC", str(student or "").strip().casefold())


def numbers_of(task: str, index: int) -> "Numbers":
    """Set number ``index``, 0 to POOL - 1, of a task; set 0 is the guests'.

    Returns a Numbers. Raises ValueError for an unknown task or an index outside the pool.
    """
    named = {**globals(), **vars(runs)}
    generators = {
        name: f for name, f in named.items() if name.endswith("_by_hand") or name.startswith("why_")
    }
    if task not in generators:
        raise ValueError(f"no numbers for task {task!r}; there are {', '.join(generators)}")
    if not 0 <= index < POOL:
        raise ValueError(f"index must be from 0 to {POOL - 1}, got {index}")
    # The wording belongs to the numbers: another one gives everybody others.
    seed = int.from_bytes(hashlib.sha256(f"{task} set {index}".encode()).digest()[:8], "big")
    arrays = generators[task](np.random.default_rng(seed))
    owner = f"set {index}" if index else "guest numbers, no points (write your id into STUDENT_ID)"
    return Numbers(_title=f"{task}: {owner}", **arrays)


class Numbers(SimpleNamespace):
    """One set of numbers by name. Arrays print plane by plane as on paper, the rest in a line.

    Arrays have at least two axes: the last two are rows and columns.
    """

    def __repr__(self) -> str:
        blocks, plain = [self._title], []
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                blocks.append(f"{name}, shape {value.shape}\n{_on_paper(name, value)}")
            elif not name.startswith("_"):
                plain.append(f"{name} = {value}")
        line = ",  ".join(plain)
        fits = len(line) <= PAPER  # notebooks break a longer one in the middle of a number
        return "\n\n".join([*blocks, *([line if fits else "\n".join(plain)] if plain else [])])


def _on_paper(name: str, array: Array) -> str:
    """The planes of an (N, C, H, W) array side by side, each under its name; or a matrix."""
    columns = []
    for place in np.ndindex(array.shape[:-2]):
        rows = ["".join(f"{value:4g}" for value in row) for row in array[place]]
        columns.append([f"  {name}[{', '.join(map(str, place))}]", *rows] if place else rows)
    width = max(len(line) for column in columns for line in column) + 4
    lines = (
        "".join(part.ljust(width) for part in parts).rstrip()
        for parts in zip(*columns, strict=True)
    )
    return "\n".join(lines)


def conv2d_valid_by_hand(rng: Rng) -> dict[str, Any]:
    """Two channels and kernels wider than high. Half of the weights are zero: 24 products."""
    values = [2, 1, -1, 0, 0, 0]
    first = second = _kernel(rng, (2, 3), values)
    while any(np.array_equal(first, other) for other in _moved(second)):
        second = _kernel(rng, (2, 3), values)
    x = np.stack([_digits(rng, (3, 4)), _digits(rng, (3, 4))])
    return {"x": x[None], "w": np.stack([first, second])[None]}


def pad2d_by_hand(rng: Rng) -> dict[str, Any]:
    """A picture smaller than its kernel, so that every window reaches over the border."""
    w = _kernel(rng, (3, 3), [3, 2, 1, -1, 0, 0, 0, 0, 0])
    return {"x": _digits(rng, (2, 3))[None, None], "w": w[None, None]}


def conv2d_by_hand(rng: Rng) -> dict[str, Any]:
    """For stride 3 and dilation 2: the last column fits no window, so the floor matters."""
    w = _kernel(rng, (2, 2), [3, 2, 1, -1])
    return {"x": _digits(rng, (6, 7))[None, None], "w": w[None, None]}


def conv_output_shape_by_hand(rng: Rng) -> dict[str, Any]:
    """Rows or columns come out even, and the others leave something over.

    The combinations are those for which no two ways to miscount agree, in an order in which the
    guest's filters are rare.
    """
    stride, pad, dilation, kernel, over = [
        (3, 4, 3, (3, 6), (2, 0)),
        (2, 3, 2, (2, 5), (0, 1)),
        (2, 3, 2, (3, 5), (0, 1)),
        (2, 3, 2, (4, 6), (1, 0)),
        (2, 4, 2, (2, 4), (1, 0)),
        (2, 4, 2, (3, 4), (1, 0)),
        (2, 4, 2, (3, 5), (0, 1)),
        (2, 4, 2, (4, 5), (1, 0)),
        (3, 4, 2, (2, 5), (1, 0)),
        (3, 4, 2, (2, 6), (0, 1)),
        (3, 4, 2, (3, 5), (2, 0)),
        (3, 4, 2, (4, 6), (0, 1)),
        (3, 4, 3, (2, 5), (2, 0)),
        (3, 4, 3, (2, 6), (2, 0)),
        (3, 4, 3, (3, 5), (2, 0)),
    ][rng.integers(15)]
    taps, same = kernel[0] * kernel[1], True
    while same:  # two ways to miscount the weights, or two for the products, would agree
        outs = _some(rng, range(7, 16), 2)
        size = [
            stride * (out - 1) + dilation * (k - 1) + 1 - 2 * pad + rest
            for out, k, rest in zip(outs, kernel, over, strict=True)
        ]
        channels, filters = _some(rng, [4, 5, 6, 13, 8, 9, 11, 12, 16], 2)
        same = filters * (taps + 1) == channels * taps + 1
        same = same or size[0] * size[1] == 2 * outs[0] * outs[1]
    axes = [1, -1][rng.integers(2)]
    return {
        "x_shape": (1, channels, *size[::axes]),
        "w_shape": (filters, channels, *kernel[::axes]),
        "stride": stride,
        "pad": pad,
        "dilation": dilation,
    }


def fit_report_by_hand(rng: Rng) -> dict[str, Any]:
    """The windows leave something over, and no two ways to miscount give the same pair.

    In half of the combinations, padding is all that is left over; in the others it is more.
    """
    stride, unused, kernel, pad, dilation = [
        (5, 1, 5, 3, 3),
        (5, 2, 7, 3, 2),
        (6, 1, 5, 2, 4),
        (6, 2, 6, 4, 2),
        (7, 3, 4, 4, 3),
        (7, 4, 3, 5, 3),
        (8, 2, 4, 3, 2),
        (9, 1, 4, 3, 3),
        (7, 3, 7, 2, 2),
        (7, 5, 5, 4, 2),
        (7, 5, 6, 4, 3),
        (8, 3, 7, 2, 2),
        (8, 6, 4, 1, 4),
        (9, 3, 5, 2, 2),
        (9, 5, 6, 3, 3),
        (9, 7, 4, 3, 2),
    ][rng.integers(16)]
    out = int(rng.integers(10, 100))
    n = stride * (out - 1) + dilation * (kernel - 1) + 1 + unused - 2 * pad
    return {"n": n, "kernel": kernel, "stride": stride, "pad": pad, "dilation": dilation}


def pool2d_by_hand(rng: Rng) -> dict[str, Any]:
    """Mostly negative numbers: a corner without a positive one shows what the frame holds."""
    x = -_digits(rng, (4, 3))
    where = rng.permutation(x.size)[:4]
    x.flat[where] *= -1
    x[:2, :2] = -np.abs(x[:2, :2])  # the first window of 3 x 3 with pad 1 sees these four
    return {"x": x[None, None], "kernel": 3, "stride": 2, "pad": 1}


def random_hflip_by_hand(rng: Rng) -> dict[str, Any]:
    """One of two pictures is flipped; no mistake leaves its box where it was, as in the middle."""
    height, width = _some(rng, range(20, 42, 2), 2)
    boxes: list[tuple[int, ...]] = []
    while len(boxes) < 2:
        left, right = sorted(_some(rng, range(1, width), 2))
        top, bottom = sorted(_some(rng, range(1, height), 2))
        across = left + right not in (width, width - 1, height) and 2 * left + right != width
        if across and top + bottom not in (height, width):
            boxes.append((left, top, right, bottom))
    p = int(rng.integers(30, 71))
    drawn = [int(rng.integers(1, p)), int(rng.integers(p + 1, 100))]
    return {
        "height": height,
        "width": width,
        "first": boxes[0],
        "second": boxes[1],
        "p_hundredths": p,
        "hundredths": tuple(_some(rng, drawn, 2)),
    }


def residual_by_hand(rng: Rng) -> dict[str, Any]:
    """A block at one pixel: the first map gives a positive and a negative number, here in order.

    Of the three sums behind the shortcut, the first is positive though x is not, the second though
    the maps give less than 0, and the third is cut off. Of the gradients that meet a ReLU, it lets
    one below 0 through and stops one above 0. Every way to cut gradients off gives another result.
    """
    ways: list[Array] = []
    while not ways or len({tuple(way) for way in ways}) < len(ways):
        x = rng.integers([1, 5, 1], [3, 8, 5]) * np.array([-1.0, 1, -1])
        w1 = rng.integers(1, 3, (2, 3)) * rng.choice([1.0, -1.0], (2, 3))
        before = w1 @ x
        if not (3 <= before[0] <= 4 and -7 < before[1] < -1):
            continue
        w2 = np.array([[1.0, -1], [-1, 1], [-1, 1]])
        w2[[0, 2]] *= rng.integers(1, 3, (2, 2))
        w2[1:, 1] *= rng.integers(1, 3), rng.choice([-1, 1])
        grad = np.array([-1.0, 1, 1]) * rng.integers([1, 2, 2], [4, 6, 6])
        ways = [w1.T @ (w2.T @ (grad * [1, 1, 0]) * [1, 0])]  # without the shortcut
        for kept in [(1, 1, 1), (1, 1, 0), (0, 1, 1), (1, 0, 0)]:  # all, right, above 0, by maps
            back = w2.T @ (grad * kept)
            inner = [back, back * [1, 0], np.maximum(back, 0)]
            ways += [w1.T @ g + grad * kept for g in inner[: 2 if all(kept) else 3]]
    order, rows = rng.permutation(3), rng.permutation(2)
    x, grad, w1, w2 = x[order], grad[order], w1[rows][:, order], w2[order][:, rows]
    return {
        "x": x.reshape(1, 3, 1, 1),
        "w1": w1,
        "w2": w2,
        "grad": grad.reshape(1, 3, 1, 1),
    }


def grad_cam_by_hand(rng: Rng) -> dict[str, Any]:
    """Two channels of activations x, 2 × 2, and their gradients: whole means, one of them negative.

    One place has a negative sum, and the largest sum is one that others are easily divided by. No
    wrong way leads to the map of another one, or leaves a single place, where it might.
    """
    maps: list[Array] = []
    while len(np.unique(np.round(maps, 6), axis=0)) < 10:
        weights = rng.permutation(rng.choice([[2, -1], [3, -1], [3, -2], [4, -3]]))
        total, easy = np.zeros(4), (4, 5, 8, 10, 16, 20)
        while total.max() not in easy or (total < 0).sum() != 1 or len({*total.clip(0)}) < 4:
            x = rng.permuted(np.repeat([np.arange(1, 10)], 2, axis=0), axis=1)[:, :4].astype(float)
            total = weights @ x
        around = rng.choice([[-5, -1, 2, 4], [-4, -2, 1, 5], [-6, 1, 2, 3], [-3, -2, 1, 4]])
        around = rng.permuted(np.repeat([around], 2, axis=0), axis=1)
        grads = weights[:, None] + around.astype(float)
        others = [abs(weights), weights.clip(0), np.ones(2), abs(grads).sum(1), grads.max(1)]
        wrong = [abs(total), *(other @ x for other in others)]
        wrong += [(x * grads).sum(0), x.sum(0) * grads.sum(0), x.sum(1) @ grads]
        maps = [way.clip(0) / max(way.max(), 1) for way in [total, *wrong]]
        if min(np.count_nonzero(way) for way in maps) < 3:
            maps = []
    return {"x": x.reshape(1, 2, 2, 2), "grads": grads.reshape(1, 2, 2, 2)}


def _some(rng: Rng, values: Sequence[int], count: int) -> list[int]:
    """``count`` of the values, drawn without replacement."""
    return [int(v) for v in rng.permutation(list(values))[:count]]


def _digits(rng: Rng, shape: tuple[int, ...]) -> Array:
    """A plane of digits from 1 to 9, all different as long as they last."""
    size = int(np.prod(shape))
    digits = [d for _ in range(-(-size // 9)) for d in rng.permutation(9) + 1]
    return np.array(digits[:size], float).reshape(shape)


def _kernel(rng: Rng, shape: tuple[int, ...], values: Sequence[float]) -> Array:
    """The values in an order that no flip and no transpose leaves as it was."""
    while True:
        kernel = np.array(rng.permutation(values), float).reshape(shape)
        if not any(np.array_equal(kernel, other) for other in _moved(kernel)[1:]):
            return kernel


def _moved(kernel: Array) -> list[Array]:
    """The kernel as it is, then flipped and transposed in every way."""
    flips = [kernel, kernel[::-1], kernel[:, ::-1], kernel[::-1, ::-1]]
    return flips + [flip.T for flip in flips]
