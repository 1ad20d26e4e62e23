"""The legal calls of unit 5's functions: see `autograder.checking.contracts`."""

import numpy as np

from autograder.checking.contracts import contract
from autograder.checking.words import case, made, refused, signed

PICTURES = [(1, 1, 1, 1), (1, 2, 3, 5), (2, 1, 5, 3), (5, 3, 2, 4), (7, 2, 6, 8)]
DEEP = ["conv1", "conv2", "conv3", "conv10", "conv11", "head"]


def generator(seed):
    """An argument that draws."""
    return made("np.random.default_rng(seed)", seed=seed)


def a_seed(rng):
    """The seed of a generator."""
    return int(rng.integers(1_000_000_000))


# -- random transforms ----------------------------------------------------------------------------


def edges(rng, number, side, where):
    """The two edges of as many boxes along a side: somewhere, all of it, or in its middle."""
    if where == "all":
        return np.zeros(number), np.full(number, side)
    if where == "middle":
        first = rng.integers(0, (side + 1) // 2, number)
        return first, side - first
    first = rng.integers(0, side, number)
    return first, rng.integers(first + 1, side + 1)


def contract_random_hflip():
    def make(rng, pictures, across, down, p):
        number, _, height, width = pictures
        left, right = edges(rng, number, width, across)
        top, bottom = edges(rng, number, height, down)
        boxes = np.stack([left, top, right, bottom], axis=1).astype(float)
        seed = a_seed(rng)
        if p == "as drawn":  # not below p
            p = float(np.random.default_rng(seed).random(number)[-1])
        return case(signed(rng, *pictures), boxes, p, generator(seed))

    return contract(
        make,
        pictures=PICTURES,
        across=["somewhere", "all", "middle"],
        down=["somewhere", "all", "middle"],
        p=[0, 1, 0.0, 1.0, 0.5, 0.2, 0.9, "as drawn"],
    )


def contract_random_crop():
    def make(rng, pictures, window, pad):
        ph, pw = pad if isinstance(pad, tuple) else (pad, pad)
        height, width = pictures[2] + 2 * ph, pictures[3] + 2 * pw
        size = {
            "a pixel": 1,
            "a square": min(2, height, width),
            "the largest square": min(height, width),
            "a row": (1, width),
            "a column": (height, 1),
            "any": (int(rng.integers(1, height + 1)), int(rng.integers(1, width + 1))),
            "of the picture": pictures[2:],
            "everything": (height, width),
        }[window]
        return case(signed(rng, *pictures), size, pad, generator(a_seed(rng)))

    return contract(
        make,
        pictures=PICTURES,
        window=[
            "a pixel",
            "a square",
            "the largest square",
            "a row",
            "a column",
            "any",
            "of the picture",
            "everything",
        ],
        pad=[0, 1, 3, (1, 2), (0, 2), (3, 0), (2, 1)],
    )


# -- networks as dictionaries ---------------------------------------------------------------------


def ordered(rng, layers, order):
    """The names of layers as they stand, the other way round, or mixed."""
    if order == "mixed":
        return [layers[i] for i in rng.permutation(len(layers))]
    return list(layers) if order == "same" else layers[::-1]


def weights(rng, layers, outputs=2):
    """Parameters of layers by name: of most, weights and biases.

    outputs : of the head
    """
    params = {}
    for layer in layers:
        n = outputs if layer == "head" else 3
        if layer != "norm":
            params[f"{layer}.w"] = signed(rng, n, 3, 2)
        if layer != "conv3":
            params[f"{layer}.b"] = signed(rng, n)
    return params


def contract_transfer_params():
    networks = {
        "smallest": ["head"],
        "small": ["conv1", "head"],
        "no head": ["conv2", "conv1", "norm"],
        "middle": ["conv1", "norm", "conv2", "head"],
        "deep": DEEP,
    }

    def make(rng, trained, new, order, skip, outputs, without, misfit):
        source_layers = [] if trained == "nothing" else networks[trained]
        source = weights(rng, ordered(rng, source_layers, order), outputs)
        target = weights(rng, networks[new])
        fewer = {"none": {}, "source": source, "target": target}[without]
        if len(fewer) > 1:
            del fewer[list(fewer)[int(rng.integers(len(fewer)))]]

        layers = tuple(dict.fromkeys(name.split(".")[0] for name in target))
        if skip is not None:
            skip = layers if skip == "all" else tuple(name for name in skip if name in layers)
        elif "head" not in layers:
            return None
        options = {} if skip is None else {"skip": skip}
        skipped = ("head",) if skip is None else skip

        shared = [name for name in source if name in target]
        if misfit != "none" and shared:
            name = shared[int(rng.integers(len(shared)))]
            shape = target[name].shape
            other = {
                "reversed": shape[::-1],
                "ones": (1,) * len(shape),
                "longer": (*shape[:-1], shape[-1] + 1),
                "more axes": (1, *shape),
            }
            source[name] = signed(rng, *other[misfit])
        wrong = [
            name
            for name in shared
            if name.split(".")[0] not in skipped and source[name].shape != target[name].shape
        ]
        if wrong:
            return refused(source, target, about=wrong, **options)
        return case(source, target, **options)

    return contract(
        make,
        trained=["nothing", *networks],
        new=list(networks),
        order=["same", "reversed", "mixed"],
        # The layers that keep what they have in target; None: the option is left out.
        skip=[None, (), ("head",), ("conv1",), ("head", "conv1"), ("norm", "conv2"), "all"],
        outputs=[2, 4],  # of the trained head; the new one has 2
        without=["none", "source", "target"],  # the network that lacks a parameter
        misfit=["none", "reversed", "ones", "longer", "more axes"],
    )


def contract_sgd_step():
    networks = [["head"], ["conv1", "head"], ["conv2", "norm", "conv1"], DEEP]

    def make(rng, layers, order, lr, frozen, kind, weight_decay):
        if frozen == "all":
            frozen = layers
        options = {} if frozen is None else {"frozen": kind(n for n in frozen if n in layers)}
        if weight_decay is not None:
            options["weight_decay"] = weight_decay
        params, grads = weights(rng, layers), weights(rng, ordered(rng, layers, order))
        return case(params, grads, lr, **options)

    return contract(
        make,
        layers=networks,
        order=["same", "reversed", "mixed"],
        lr=[0.0, 0.01, 0.3, 1, 2.5],
        frozen=[None, (), ("conv1",), ("head",), ("conv2", "conv10"), ("norm", "conv1"), "all"],
        kind=[tuple, list],
        weight_decay=[None, 0.0, 0.001, 0.4, 2],
    )


def contract_finetune_plan():
    networks = [
        ["head"],
        ["conv1", "fc"],
        ["bn", "conv", "out"],
        ["c", "a", "b", "d", "head"],
        ["conv1", "bn1", "conv2", "bn2", "conv10", "bn10", "classifier"],
        ["conv1", "conv2", "bn1", "bn2", "conv3", "conv4", "head"],
    ]

    def make(rng, names, n_unfreeze, bn, kind, lr_head, lr_base):
        norms = {
            "first": names[:-1][:1],
            "last": names[:-1][-1:],
            "named": [name for name in names if name.startswith("bn")],
            "reversed": [name for name in names if name.startswith("bn")][::-1],
            "all": names[:-1],
        }.get(bn, [])
        counted = len(names) - 1 - len(norms)
        given = {} if bn == "left out" else {"bn": kind(norms)}
        n = {"all": counted, "all but one": max(counted - 1, 0)}.get(n_unfreeze, n_unfreeze)
        return case(kind(names), min(n, counted), lr_head, lr_base, **given)

    return contract(
        make,
        names=networks,
        n_unfreeze=[0, 1, 2, "all but one", "all"],
        bn=["left out", "none", "first", "last", "named", "reversed", "all"],
        kind=[tuple, list],
        lr_head=[0.01, 1],
        lr_base=[0.0005, 0.01, 0.3],
    )
