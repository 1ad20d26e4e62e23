"""Finding faces with a small window on every level of a pyramid: two networks of MTCNN.

After Zhang, Zhang, Li and Qiao, "Joint Face Detection and Alignment Using Multitask Cascaded
Convolutional Networks" (IEEE Signal Processing Letters, 2016), with the weights of the
facenet-pytorch package (see ``data/LICENSES.md``). P-Net looks at windows of 12 × 12 pixels. It
has no dense layer, so it takes pictures of any size and looks at all their windows in one pass.
R-Net looks at 24 × 24 pixels of each box that P-Net proposed, and refuses most. The third
network, which is larger and also finds eyes and mouth, is left out.

Two layers are not in ``course.nn``, and only go forward here. PReLU multiplies negative values
by a slope, learned for each channel, instead of making them 0. Pooling is in "ceil mode": output
sizes are rounded up, so that a last window may reach over the border, where it sees nothing.

Pictures are (1, 3, H, W) floats from 0 to 1. Boxes are left, top, right, bottom in pixels.
"""

from functools import lru_cache

import numpy as np

from course import networks, nn, resampling
from course.nn import Array

WINDOW, STRIDE = 12, 2  # of P-Net, in pixels of the level it looks at


def probability(x: Array) -> Array:
    """P-Net's probability of a face in each window of 12 × 12 pixels, at stride 2.

    x : (1, 3, h, w) floats from 0 to 1

    Returns (rows, cols) from 0 to 1; [i, j] belongs to the window whose upper left pixel is
    (2i, 2j). Raises ValueError if the picture is not of this shape or smaller than 12 × 12.
    """
    return _propose(x)[0]


def first_answers(x: Array) -> Array:
    """What the ten filters of P-Net's first layer answer: (1, 10, h - 2, w - 2).

    x : (1, 3, h, w) floats from 0 to 1
    """
    return _pnet().layers["conv1"].forward(_centred(_checked(x)))


def levels(x: Array, smallest: float = 40, factor: float = 0.709) -> list[tuple[float, Array]]:
    """The pyramid on which the window of 12 pixels sees faces of every size from ``smallest`` up.

    x : (1, 3, H, W)
    smallest : side of the smallest face looked for, in pixels of x
    factor : from one level to the next; 0.709 halves the number of pixels

    Returns a list of (scale, picture): the picture is x at ``scale``, (1, 3, h, w). The list ends
    before a side would be below 12. Raises ValueError unless 0 < factor < 1 and smallest > 0.
    """
    _, _, height, width = _checked(x).shape
    if not 0 < factor < 1 or smallest <= 0:
        raise ValueError(f"need 0 < factor < 1 and smallest > 0, got {factor} and {smallest}")
    scale, pyramid = WINDOW / smallest, []
    while scale * min(height, width) >= WINDOW:
        size = round(scale * height), round(scale * width)
        pyramid.append((scale, resampling.resize(x, *size)))
        scale *= factor
    return pyramid


def candidates(x: Array, threshold: float = 0.7) -> Array:
    """The boxes that P-Net proposes, on all ``levels``, after non-maximum suppression.

    x : (1, 3, H, W) floats from 0 to 1
    threshold : probability from which on a window counts

    Returns (K, 6), the most probable first: left, top, right, bottom in pixels of x, probability,
    index of the level. Boxes are not quite the windows: P-Net also says how to move each edge.
    They may reach over the border of the picture.
    """
    found = [np.zeros((0, 6))]
    for level, (scale, picture) in enumerate(levels(x)):
        p, moves = _propose(picture)  # (rows, cols), (4, rows, cols)
        i, j = np.nonzero(p >= threshold)
        corners = STRIDE * np.stack([j, i, j, i], axis=1) + [0, 0, WINDOW, WINDOW]
        boxes = (corners + WINDOW * moves[:, i, j].T) / scale  # moves are in parts of the window
        boxes = np.column_stack([boxes, p[i, j], np.full(len(i), level)])
        found.append(suppress(boxes, 0.5))
    return suppress(np.concatenate(found), 0.7)


def confirm(x: Array, boxes: Array) -> Array:
    """R-Net's probability of a face in each box: (K,).

    x : (1, 3, H, W) floats from 0 to 1
    boxes : (K, 4 or more), as ``candidates`` returns them; only the first four columns count

    Each box is widened to a square about its centre; what lies outside the picture is black.
    """
    x, boxes = _checked(x), np.asarray(boxes, float)
    if len(boxes) == 0:
        return np.zeros(0)
    centres = (boxes[:, :2] + boxes[:, 2:4]) / 2
    sides = (boxes[:, 2:4] - boxes[:, :2]).max(axis=1, keepdims=True)
    left_top = np.round(centres - sides / 2).astype(int)
    sides = np.maximum(1, np.round(sides)).astype(int)
    frame = max(0, -left_top.min(), (left_top + sides).max() - min(x.shape[2:]))
    framed = np.pad(x, ((0, 0), (0, 0), (frame, frame), (frame, frame)))
    crops = [
        resampling.resize(framed[:, :, top : top + side, left : left + side], 24, 24)
        for (left, top), (side,) in zip(left_top + frame, sides, strict=True)
    ]
    return _face(_rnet().forward(_centred(np.concatenate(crops))))


def suppress(boxes: Array, overlap: float) -> Array:
    """Non-maximum suppression: of boxes that overlap, only the most probable stays.

    boxes : (K, 5 or more): left, top, right, bottom, probability, …
    overlap : a box is dropped if its IoU (intersection over union) with a better one is larger

    Returns the rows that stay, the most probable first.
    """
    rest = boxes[np.argsort(-boxes[:, 4], kind="stable")]
    stay = []
    while len(rest):
        best, rest = rest[0], rest[1:]
        stay.append(best)
        corner, opposite = np.maximum(rest[:, :2], best[:2]), np.minimum(rest[:, 2:4], best[2:4])
        shared = np.clip(opposite - corner, 0, None).prod(axis=1)
        areas = (rest[:, 2:4] - rest[:, :2]).prod(axis=1)
        union = areas + (best[2:4] - best[:2]).prod() - shared
        rest = rest[shared <= overlap * union]
    return np.array(stay).reshape(-1, boxes.shape[1])


class PReLU(nn.Layer):
    """x where it is positive, slope * x elsewhere; one slope per channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.params = {"slope": np.zeros(channels, np.float32)}

    def forward(self, x: Array) -> Array:
        slope = self.params["slope"].reshape(-1, *[1] * (x.ndim - 2))  # channels are axis 1
        return np.asarray(np.maximum(x, 0) + slope * np.minimum(x, 0))


class CeilMaxPool(nn.MaxPool):
    """Max pooling at stride 2 that rounds output sizes up."""

    def __init__(self, kernel: nn.Size) -> None:
        super().__init__(kernel, 2)

    def forward(self, x: Array) -> Array:
        over = [(size - k) % 2 for size, k in zip(x.shape[2:], self.kernel, strict=True)]
        frame = [(0, 0), (0, 0), *((0, extra) for extra in over)]
        return super().forward(np.pad(x, frame, constant_values=-np.inf))


@lru_cache
def _pnet() -> nn.Network:
    """(N, 3, h, w) to (N, 6, rows, cols): no face, face, and how to move four edges."""
    network = nn.Network(
        {
            "conv1": nn.Conv(3, 10, 3),
            "prelu1": PReLU(10),
            "pool1": CeilMaxPool(2),
            "conv2": nn.Conv(10, 16, 3),
            "prelu2": PReLU(16),
            "conv3": nn.Conv(16, 32, 3),
            "prelu3": PReLU(32),
            "conv4": nn.Conv(32, 6, 1),
        }
    )
    return networks.load(network, "pnet")


@lru_cache
def _rnet() -> nn.Network:
    """(N, 3, 24, 24) to (N, 6), the same for one window."""
    network = nn.Network(
        {
            "conv1": nn.Conv(3, 28, 3),
            "prelu1": PReLU(28),
            "pool1": CeilMaxPool(3),  # (N, 28, 11, 11)
            "conv2": nn.Conv(28, 48, 3),
            "prelu2": PReLU(48),
            "pool2": CeilMaxPool(3),  # (N, 48, 4, 4)
            "conv3": nn.Conv(48, 64, 2),
            "prelu3": PReLU(64),  # (N, 64, 3, 3)
            "flatten": nn.Flatten(),
            "dense4": nn.Dense(576, 128),
            "prelu4": PReLU(128),
            "dense5": nn.Dense(128, 6),
        }
    )
    return networks.load(network, "rnet")


def _propose(x: Array) -> tuple[Array, Array]:
    """P-Net on one picture: probabilities (rows, cols), moves of the edges (4, rows, cols)."""
    x = _checked(x)
    if min(x.shape[2:]) < WINDOW:
        raise ValueError(f"x must be at least {WINDOW} × {WINDOW} pixels, got {x.shape[2:]}")
    out = _pnet().forward(_centred(x))
    return _face(out)[0], out[0, 2:]


def _checked(x: Array) -> Array:
    x = np.asarray(x)
    if x.ndim != 4 or x.shape[:2] != (1, 3):
        raise ValueError(f"x must be one picture (1, 3, H, W), got {x.shape}")
    return x


def _centred(x: Array) -> Array:
    """Bytes minus 127.5, over 128: the scale on which both networks were trained."""
    return ((255 * x - 127.5) / 128).astype(np.float32)


def _face(out: Array) -> Array:
    """Softmax of "no face" and "face" (channels 0 and 1), the second of the two."""
    return np.asarray(1 / (1 + np.exp(out[:, 0] - out[:, 1])))
