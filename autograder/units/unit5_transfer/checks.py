"""The hidden checks of unit 5. Their words are defined in `autograder.checking.words`.

Each part isolates one thing that can go wrong. Where a part is not about boxes they lie in the
middle of the picture, where a flip leaves them; where it is not about the order of draws, only one
of two numbers is drawn.
"""

import numpy as np

from autograder.checking.contracts import anything
from autograder.checking.words import case, item, made, pairs, part, refused, signed
from autograder.units.unit5_transfer import contracts
from autograder.units.unit5_transfer.reference import augmentation_claims


def _generator(rng):
    """An argument that draws: another stream in every case."""
    return made("np.random.default_rng(seed)", seed=int(rng.integers(1_000_000_000)))


def _drawn_p(rng, x, boxes, above=False):
    """A call in which p is the number that one of the pictures draws, or the next one above it.

    A number is not below itself.
    """
    seed = int(rng.integers(1_000_000_000))
    p = float(np.random.default_rng(seed).random(len(x))[3])
    p = float(np.nextafter(p, 1)) if above else p
    return case(x, boxes, p, made("np.random.default_rng(seed)", seed=seed))


def _boxes(rng, n, height, width):
    """Boxes that a flip moves in every direction: none lies in the middle."""
    left = rng.integers(0, width // 3, n)
    top = rng.integers(0, height // 3, n)
    right = left + rng.integers(1, width // 3, n)
    bottom = top + rng.integers(1, height // 3, n)
    return np.stack([left, top, right, bottom], axis=1).astype(float)


def _middle(n, height, width):
    """Boxes that stay where they are when their picture is flipped, either way."""
    return np.tile([2.0, 1, width - 2, height - 1], (n, 1))


def check_random_hflip(rng):
    x, middle = signed(rng, 12, 3, 5, 8), _middle(12, 5, 8)
    pictures, boxes = signed(rng, 9, 2, 7, 15), _boxes(rng, 9, 7, 15)
    return [
        part(
            "with p = 1, every picture is flipped left to right, all its channels where they were",
            0.375,
            case(x, middle, 1.0, _generator(rng)),
            case(signed(rng, 2, 1, 6, 9), _middle(2, 6, 9), 1, _generator(rng)),
        ),
        part(
            "the box of a flipped picture is flipped with it, that of another one is not",
            0.5,
            case(pictures, boxes, 1.0, _generator(rng)),
            case(pictures, boxes, 0.0, _generator(rng)),
            case(pictures, boxes, 0.5, _generator(rng)),
        ),
        part(
            "each picture is flipped or not for itself: where its number is below p",
            0.375,
            *[case(x, middle, p, _generator(rng)) for p in (0.5, 0.3, 0.8, 0.0, 1.0)],
            _drawn_p(rng, x, middle),
            _drawn_p(rng, x, middle, above=True),
            also={"draws"},  # whatever p is; what becomes of x and boxes is not asked
        ),
        anything(0.25, contracts.contract_random_hflip, rng, 20, also={"draws"}),
    ]


def check_random_hflip_by_hand(mine):
    return [part("the edges of your two boxes", 0.75, case(mine))]


def check_random_crop(rng):
    x, small = signed(rng, 12, 3, 6, 9), signed(rng, 2, 3, 3, 5)
    black = np.zeros((4, 2, 5, 8))  # wherever it is cut: nobody can tell
    return [
        part(
            "zeros all round, and a window of the size that was asked for",
            0.25,
            case(small, (7, 11), (2, 3), _generator(rng)),
            case(small, (5, 7), 1, _generator(rng)),
            case(small, (3, 5), 0, _generator(rng)),
        ),
        part(
            "each picture is cut at a place of its own, all its channels at the same",
            0.375,
            case(x, (6, 4), 0, _generator(rng)),
            case(x, (2, 9), 0, _generator(rng)),
            case(x, (10, 5), (2, 0), _generator(rng)),
        ),
        part(
            "any place where the window fits: all tops are drawn first, then all lefts",
            0.375,
            case(x, 5, 2, _generator(rng)),
            case(x, (3, 8), (1, 4), _generator(rng)),
            case(x[:, :, :, :6], 6, 1, _generator(rng)),
        ),
        part(
            "draws from rng, and from nothing else",
            0.125,
            case(small, (7, 11), (2, 3), _generator(rng)),
            case(black, 3, 0, _generator(rng)),
            case(black, (4, 5), (1, 2), _generator(rng)),
            also={"inputs", "draws"},
        ),
        anything(0.125, contracts.contract_random_crop, rng, 20, also={"draws"}),
    ]


def check_augmentation_claims():
    # A true claim counts together with a false one: the same word everywhere earns nothing.
    claims = zip(pairs(augmentation_claims()), (0.375, 0.375, 0.25), strict=True)
    return [
        part(f"{one}; {other}", points, item(one), item(other)) for (one, other), points in claims
    ]


def _network(rng, **layers):
    """Parameters by name: a layer's shape is that of its weights, its biases are as many."""
    params = {}
    for name, shape in layers.items():
        params[f"{name}.w"] = signed(rng, *shape)
        params[f"{name}.b"] = signed(rng, shape[0])
    return params


def _deep(rng):
    """Names that begin or end with others: conv1, conv10 and upconv1; and a head."""
    convolutions = {f"conv{i}": (2, 1 + i % 3, 3, 2) for i in range(1, 13)}
    return _network(rng, upconv1=(2, 1, 3, 2), **convolutions, head=(4, 2))


def check_transfer_params(rng):
    body = {"conv1": (4, 1, 3, 2), "conv2": (5, 4, 3, 3)}
    trained, new = _network(rng, **body, head=(6, 5)), _network(rng, **body, head=(3, 5))
    same = {"conv1": (3, 3, 2, 2), "conv2": (3, 3, 2, 2), "head": (3, 3)}
    ordered, reverse = _network(rng, **same), _network(rng, **dict(reversed(same.items())))
    wider = _network(rng, **body, conv3=(2, 5, 1, 1), head=(6, 2))
    stretched = {**trained, "conv1.b": trained["conv1.b"][:1]}
    shorter = {**trained, "conv1.w": trained["conv1.w"][..., 0]}  # an axis less at the end
    return [
        part(
            "all but the head comes from source, and the report says so",
            0.5,
            case(trained, new),
            case(_network(rng, **same), _network(rng, **same)),
            case(trained, trained),  # copied all the same
            # The new network's numbers may be whole, the trained one's are not.
            case(ordered, {name: np.sign(w).astype(int) for name, w in reverse.items()}),
        ),
        part(
            "by name, in whatever order the names stand",
            0.375,
            case(ordered, reverse),
            case(reverse, ordered, skip=("conv2",)),
        ),
        part(
            "skip names whole layers, any of them: conv1 is not conv10",
            0.375,
            case(_deep(rng), _deep(rng), skip=("conv1", "head")),
            case(_deep(rng), _deep(rng), skip=("conv1", "conv3")),
            case(_deep(rng), _deep(rng), skip=()),
        ),
        part(
            "names that only one of the two has",
            0.375,
            case(trained, wider),
            case(wider, new),
            case(trained, wider, skip=("conv3", "head")),  # source has no conv3 at all
            case({**trained, "norm.gain": signed(rng, 4)}, {**new, "scale.g": signed(rng, 2, 3)}),
            case({**trained, "head.gain": signed(rng, 4)}, {**new, "head.g": signed(rng, 2, 3)}),
        ),
        part(
            "all arrays are copies, source and target as they were",
            0.375,
            case(trained, new),
            case(trained, wider, skip=("conv2", "head")),
            case(ordered, reverse, skip=()),
            case(trained, new, skip=("conv1", "conv2", "head")),
            also={"inputs", "fresh"},
        ),
        part(
            "refuses another shape by the parameter's name",
            0.5,
            case(trained, new),
            refused(trained, new, skip=("conv1",), about=("head.w", "head.b")),
            refused(trained, _network(rng, conv1=(4, 1, 2, 3), head=(3, 5)), about=("conv1.w",)),
            refused(stretched, new, about=("conv1.b",)),
            refused(shorter, new, about=("conv1.w",)),
            refused(new, {**new, "conv1.w": shorter["conv1.w"]}, ("head",), about=("conv1.w",)),
        ),
        anything(
            0.5,
            contracts.contract_transfer_params,
            rng,
            24,
            also={"inputs", "fresh"},
        ),
    ]


def check_sgd_step(rng):
    body = {"conv1": (4, 1, 3, 2), "conv2": (5, 4, 3, 3), "conv3": (2, 5, 1, 3), "head": (3, 2)}
    params, grads = _network(rng, **body), _network(rng, **body)
    return [
        part(
            "every parameter takes a step against its gradient",
            0.375,
            case(params, grads, 0.1),
            case(params, grads, 2.5),
            case(params, grads, 0.0),
            case(params, {name: 1000 * grad for name, grad in grads.items()}, 0.1),
        ),
        part(
            "frozen layers stay as they are, the others go",
            0.375,
            case(params, grads, 0.3, frozen=("conv1",)),
            case(params, grads, 0.3, frozen=("conv2",)),
            case(params, grads, 0.7, ("conv1", "conv3")),
            case(params, grads, 0.3, frozen=("head",)),
        ),
        part(
            "conv1 freezes conv1, and not conv10",
            0.375,
            case(_deep(rng), _deep(rng), 0.3, frozen=("conv1",)),
            case(_deep(rng), _deep(rng), 0.3, frozen=("conv2", "conv11", "head")),
        ),
        part(
            "weight decay joins the gradient",
            0.25,
            case(params, grads, 0.3, weight_decay=0.2),
            case(params, grads, 2.5, (), 0.6),
        ),
        part(
            "a frozen layer does not decay either",
            0.375,
            case(params, grads, 0.3, frozen=("conv1", "head"), weight_decay=0.2),
            case(params, grads, 0.5, frozen=("conv2",), weight_decay=0.6),
        ),
        anything(0.25, contracts.contract_sgd_step, rng, 20),
    ]


def check_finetune_plan(rng):
    layers = [f"conv{i}" for i in range(1, 6)] + ["head"]
    dense = ("a", "b", "c", "fc")
    normed = ["conv1", "bn1", "conv2", "bn2", "conv3", "bn3", "classifier"]
    bn = ("bn1", "bn2", "bn3")
    alike = ["conv", "norm_conv", "conv_norm", "norm", "out"]
    lr_head, lr_base = float(rng.uniform(0.01, 0.1)), float(rng.uniform(0.0001, 0.001))
    return [
        part(
            "with 0 layers of the base, the head is trained alone",
            0.625,
            case(layers, 0, lr_head, lr_base),
            case(dense, 0, lr_head, lr_base),
            case(["head"], 0, lr_head, lr_base),
            case(normed, 0, lr_head, lr_base, bn),
        ),
        part(
            "then the layers next to the head, at the rate of the base",
            0.75,
            case(layers, 1, lr_head, lr_base),
            case(layers, 3, lr_head, lr_base),
            case(dense, 2, lr_head, lr_base),
            case(layers, 5, lr_head, lr_base),
        ),
        part(
            "batch normalisation stays frozen, and is not counted",
            0.75,
            case(normed, 1, lr_head, lr_base, bn),
            case(normed, 2, lr_head, lr_base, bn=bn),
            case(normed, 3, lr_head, lr_base, bn=bn),
            case(["conv1", "conv2", "bn", "conv3", "fc"], 2, lr_head, lr_base, ("bn",)),
            case(["conv1", "bn", "conv2", "conv3", "fc"], 1, lr_head, lr_base, ["bn"]),
            case(alike, 2, lr_head, lr_base, ("norm", "conv_norm")),
        ),
        anything(0.375, contracts.contract_finetune_plan, rng, 20),
    ]
