"""The legal calls of unit 5's functions: see `autograder.checking.contracts`.

Whole numbers are legal: pictures are made of them, and the given lines make floats of them.
"""

import numpy as np

from autograder.checking.contracts import contract
from autograder.checking.words import by_columns, case, made, refused, values

PICTURES = [(1, 1, 1, 1), (1, 2, 3, 5), (2, 1, 5, 3), (5, 4, 2, 4), (7, 5, 6, 8), (3, 3, 4, 4)]
PIXELS = ["signed", "whole", "bytes", "single", "large", "shades"]
ORDERS = ["rows", "columns"]  # in memory


def generator(seed):
    """An argument that draws."""
    return made("np.random.default_rng(seed)", seed=seed)


def a_seed(rng):
    """The seed of a generator."""
    return int(rng.integers(1_000_000_000))


def pixels_of(rng, kind, shape):
    """Pictures of a kind of `values`, or of "shades": from black, 0, to white, 1."""
    return rng.random(shape) if kind == "shades" else values(rng, kind, *shape)


def laid_out(array, order):
    """The array, by rows as usual, or by columns."""
    return by_columns(array) if order == "columns" else array


# -- random transforms ----------------------------------------------------------------------------


def edges(rng, number, side, where):
    """The two edges of as many boxes along a side.

    where : somewhere, all of it, in its middle, empty at 0, reaching beyond it, between two pixels
    """
    if where == "all":
        return np.zeros(number), np.full(number, side)
    if where == "middle":
        first = rng.integers(0, (side + 1) // 2, number)
        return first, side - first
    if where == "empty":
        return np.zeros(number), np.zeros(number)
    if where == "beyond":
        return rng.integers(-4, 0, number), rng.integers(side + 1, side + 5, number)
    first = rng.integers(0, side, number)
    last = rng.integers(first + 1, side + 1)
    part = rng.uniform(0.1, 0.4, (2, number))
    return (first + part[0], last - part[1]) if where == "between pixels" else (first, last)


def contract_random_hflip():
    def make(rng, pictures, where, kind, p, pixels, order):
        if (where, kind) == ("between pixels", "int64"):
            return None
        number, _, height, width = pictures
        left, right = edges(rng, number, width, where)
        top, bottom = edges(rng, number, height, where)
        boxes = np.stack([left, top, right, bottom], axis=1).astype(kind)
        seed = a_seed(rng)
        drawn = np.random.default_rng(seed).random(number)[-1]
        p = {"as drawn": drawn, "just above": np.nextafter(drawn, 1)}.get(p, p)
        x = laid_out(pixels_of(rng, pixels, pictures), order)
        return case(x, boxes, float(p) if p not in (0, 1) else p, generator(seed))

    return contract(
        make,
        pictures=[*PICTURES, (40, 1, 1, 3), (1200, 1, 1, 2)],
        where=["somewhere", "all", "middle", "empty", "beyond", "between pixels"],
        kind=["float64", "int64", "float32"],
        p=[0, 1, 1.0, 0.5, 0.2, 0.9, "as drawn", "just above"],  # "as drawn" is not below p
        pixels=PIXELS,
        order=ORDERS,
    )


def contract_random_crop():
    def make(rng, pictures, window, pad, pixels, order):
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
        x = laid_out(pixels_of(rng, pixels, pictures), order)
        return case(x, size, pad, generator(a_seed(rng)))

    return contract(
        make,
        pictures=[*PICTURES, (12, 1, 1, 700), (12, 1, 700, 1), (1200, 1, 1, 2)],
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
        pixels=PIXELS,
        order=ORDERS,
    )


# -- networks as dictionaries ---------------------------------------------------------------------

# The names of some layers begin with, end with or contain those of others, and are those of
# parameters in other layers.
NETWORKS = {
    "smallest": ["head"],
    "small": ["conv1", "head"],
    "no head": ["conv2", "conv1", "norm"],
    "middle": ["norm", "conv1", "scale", "conv2", "head"],
    "alike": ["overhead", "head", "head2", "hea", "d"],
    "deep": ["conv1", "conv2", "conv3", "conv10", "conv11", "conv", "norm", "scale", "head"],
}
PARAMETERS = {  # of most layers: w and b
    "norm": ["scale", "head", "b"],
    "scale": ["w", "norm"],
    "conv2": ["weight", "bias"],
    "conv3": ["w"],
    "conv10": ["b", "weight"],
    "head": ["w", "b", "gain"],
    "d": ["gamma", "b"],
}
SOME = [
    ("head",),
    ("conv1", "hea"),
    ("norm",),
    ("scale", "head2"),
    ("conv2", "conv10", "norm"),
    "all",
]


def ordered(rng, layers, order):
    """The names of layers as they stand, the other way round, or mixed."""
    if order == "mixed":
        return [layers[i] for i in rng.permutation(len(layers))]
    return list(layers) if order == "same" else layers[::-1]


def weights(rng, layers, outputs=2, kind="signed"):
    """Parameters of layers by name, of this kind.

    outputs : of the head
    """
    params = {}
    for layer in layers:
        n = outputs if layer == "head" else 3
        for name in PARAMETERS.get(layer, ["w", "b"]):
            shape = (n, 3, 2) if name in ("w", "weight") else (n,)
            params[f"{layer}.{name}"] = values(rng, kind, *shape)
    return params


def chosen(some, layers):
    """Those of these layers that a network has, as a tuple; all of its layers for "all"."""
    return tuple(layers) if some == "all" else tuple(name for name in some if name in layers)


def contract_transfer_params():
    def make(rng, trained, new, order, skip, outputs, without, misfit, kind, before):
        source_layers = [] if trained == "nothing" else NETWORKS[trained]
        source = weights(rng, ordered(rng, source_layers, order), outputs, kind)
        target = weights(rng, NETWORKS[new], kind=before)
        fewer = {"none": {}, "source": source, "target": target}[without]
        if len(fewer) > 1:
            del fewer[list(fewer)[int(rng.integers(len(fewer)))]]

        layers = tuple(dict.fromkeys(name.split(".")[0] for name in target))
        if skip is None and "head" not in layers:
            return None
        options = {} if skip is None else {"skip": chosen(skip, layers)}
        skipped = options.get("skip", ("head",))

        shared = [name for name in source if name in target]
        if misfit != "none" and shared:
            name = shared[int(rng.integers(len(shared)))]
            shape = target[name].shape
            other = {
                "reversed": shape[::-1],
                "ones": (1,) * len(shape),
                "longer": (*shape[:-1], shape[-1] + 1),
                "more axes": (1, *shape),
                "begins alike": (*shape, 2),
            }
            source[name] = values(rng, kind, *other[misfit])
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
        trained=["nothing", *NETWORKS],
        new=list(NETWORKS),
        order=["same", "reversed", "mixed"],
        # The layers that keep what they have in target; None: the option is left out.
        skip=[None, (), *SOME],
        outputs=[2, 2, 4],  # of the trained head; the new one has 2
        without=["none", "source", "target"],  # the network that lacks a parameter
        misfit=[*["none"] * 5, "reversed", "ones", "longer", "more axes", "begins alike"],
        kind=["signed", "zero", "whole", "single", "large"],
        before=["signed", "whole", "single"],  # the numbers in target
    )


def contract_sgd_step():
    def make(rng, layers, order, lr, frozen, kind, weight_decay, numbers, slopes):
        layers = NETWORKS[layers]
        options = {} if frozen is None else {"frozen": kind(chosen(frozen, layers))}
        if weight_decay is not None:
            options["weight_decay"] = weight_decay
        params = weights(rng, layers, kind=numbers)
        grads = weights(rng, ordered(rng, layers, order), kind=slopes)
        if numbers == "single":  # all of a network has one precision
            grads = {name: grad.astype(np.float32) for name, grad in grads.items()}
        return case(params, grads, lr, **options)

    return contract(
        make,
        layers=list(NETWORKS)[1:],
        order=["same", "reversed", "mixed"],
        lr=[0.01, 0.3, 1, 2.5],
        frozen=[None, (), *SOME],
        kind=[tuple, list],
        weight_decay=[None, 0.0, 0.001, 0.4, 2],
        numbers=["signed", "sparse", "single", "zero"],
        slopes=["signed", "sparse", "zero", "large", "signed"],
    )


def contract_finetune_plan():
    # Names, and those for batch normalisation. Some begin with others, or contain them, or say bn
    # and are none.
    networks = [
        (["head"], []),
        (["conv1", "fc"], []),
        (["bn", "conv", "out"], ["bn"]),
        (["e", "c", "a", "b", "d", "head"], ["b"]),
        (
            ["conv9", "conv10", "norm1", "conv11", "norm2", "norm3", "a"],
            ["norm1", "norm2", "norm3"],
        ),
        (["head", "norm_conv", "norm", "bnet", "normal", "conv"], ["norm"]),
        (["conv", "bn3", "norm_conv", "conv_norm", "norm", "out"], ["norm", "conv_norm"]),
        (["conv1", "bn1", "conv2", "bn2", "conv10", "bn10", "classifier"], ["bn1", "bn2", "bn10"]),
        (["conv1", "conv2", "bn1", "bn2", "conv3", "conv4", "head"], ["bn1", "bn2"]),
        ([*(f"conv{i}" for i in range(1, 13)), "bn1", "bn2", "z"], ["bn1", "bn2"]),
    ]

    def make(rng, network, n_unfreeze, bn, kind, lr_head, lr_base):
        names, known = network
        norms = {
            "first": names[:-1][:1],
            "last": names[:-1][-1:],
            "named": known,
            "reversed": known[::-1],
            "all": names[:-1],
        }.get(bn, [])
        counted = len(names) - 1 - len(norms)
        given = {} if bn == "left out" else {"bn": kind(norms)}
        n = {"all": counted, "all but one": max(counted - 1, 0)}.get(n_unfreeze, n_unfreeze)
        return case(kind(names), min(n, counted), lr_head, lr_base, **given)

    return contract(
        make,
        network=networks,
        n_unfreeze=[0, 1, 2, "all but one", "all"],
        bn=["named", "named", "reversed", "left out", "none", "first", "last", "all"],
        kind=[tuple, list],
        lr_head=[0.01, 0.7, 1, 0.00002],
        lr_base=[0.0005, 0.01, 0.3, 1e-7],
    )
