"""The hidden checks of unit 6. Their words are defined in `autograder.checking.words`.

Each part isolates one thing that can go wrong: numbers are positive in parts that do not test a
ReLU, biases are 0 in parts that do not test biases, and planes are flat in parts that do not test
pooling.
"""

import numpy as np

from autograder.checking.contracts import anything
from autograder.checking.words import case, item, part, signed, unsigned
from autograder.units.unit6_architectures import contracts
from autograder.units.unit6_architectures.contracts import LAYERS

GIVEN = ("counting", "ops")  # students of this unit count and convolve with them

VGG16 = [64, 64, "M", 128, 128, "M", *[256] * 3, "M", *[512] * 3, "M", *[512] * 3, "M"]
INCEPTION_3A = dict(zip(LAYERS, [64, 96, 128, 16, 32, 32], strict=True))


def _negative(rng, *shape):
    """Numbers below 0."""
    return -unsigned(rng, *shape)


def _flat(values):
    """(N, C) values as planes of 4 x 5 on which pooling changes nothing."""
    return np.broadcast_to(values[:, :, None, None], (*values.shape, 4, 5)).copy()


def _module(rng, c_in, filters, draw=unsigned, bias=None):
    """Parameters for `inception_forward`; biases are 0 unless told how to draw them."""
    spec = dict(zip(LAYERS, filters, strict=True))
    params = {}
    for name, (kernel, before) in LAYERS.items():
        w = draw(rng, spec[name], spec[before] if before else c_in, kernel, kernel)
        b = bias(rng, spec[name]) if bias else np.zeros(spec[name])
        params[name] = (w / w[0].size, b)
    return params


def check_inception_forward(rng):
    flat = _flat(unsigned(rng, 1, 3))
    plain = _module(rng, 3, [2, 4, 3, 2, 1, 5])
    x, params = signed(rng, 2, 4, 5, 7), _module(rng, 4, [3, 2, 5, 3, 2, 1], signed, signed)
    return [
        part(
            "four branches, side by side on the channels (flat planes, no negative number)",
            0.25,
            case(flat, plain),
            case(_flat(unsigned(rng, 1, 4)), _module(rng, 4, [2, 4, 2, 4, 2, 2])),
            case(_flat(unsigned(rng, 1, 2)), _module(rng, 2, [1, 2, 4, 2, 3, 2])),
            case(_flat(unsigned(rng, 1, 2)), _module(rng, 2, [2, 2, 2, 2, 2, 2])),
            case(flat[:, :, :1, :1], plain),  # one pixel
            case(_flat(unsigned(rng, 1, 9)), _module(rng, 9, [1, 2, 1, 2, 1, 1])),
        ),
        part(
            "pooling before the projection",
            0.125,
            case(unsigned(rng, 1, 3, 4, 5), plain),
            case(rng.integers(0, 9, (1, 3, 4, 5)), plain),
            case(unsigned(rng, 1, 3, 6, 5), _module(rng, 3, [1, 1, 2, 1, 2, 3])),
            case(unsigned(rng, 1, 2, 5, 5), _module(rng, 2, [2, 2, 2, 2, 2, 2])),
            case(-1e9 * unsigned(rng, 1, 2, 3, 4), _module(rng, 2, [2, 1, 2, 1, 2, 3], _negative)),
        ),
        part(
            "biases",
            0.125,
            case(flat, _module(rng, 3, [2, 4, 3, 2, 1, 5], bias=unsigned)),
            case(flat, _module(rng, 3, [2, 2, 2, 2, 2, 2], bias=unsigned)),
        ),
        part(
            "a ReLU after every convolution, those that reduce included",
            0.25,
            case(flat, _module(rng, 3, [8, 8, 8, 8, 8, 8], signed)),
            case(_flat(signed(rng, 1, 4)), _module(rng, 4, [6, 5, 7, 5, 7, 6], signed)),
            case(3e-9 * flat, plain),  # all that is larger than 0 passes
        ),
        part(
            "several pictures, not square, with negative numbers in everything",
            0.125,
            case(x, params),
            case(x, dict(reversed(params.items()))),  # the names say what a convolution is
            case(signed(rng, 3, 2, 3, 8), _module(rng, 2, [3, 4, 2, 5, 3, 4], signed, signed)),
            case(signed(rng, 2, 3, 6, 2), _module(rng, 3, [2, 3, 2, 3, 2, 2], signed, signed)),
        ),
        anything(0.125, contracts.contract_inception_forward, rng, 18),
    ]


def _spec(rng):
    """Six different numbers of filters."""
    return dict(zip(LAYERS, (int(v) for v in 2 + rng.permutation(40)[:6]), strict=True))


def check_inception_params(rng):
    modules = [(192, INCEPTION_3A)]
    modules += [(int(rng.integers(50, 90)), _spec(rng)) for _ in range(2)]
    backwards = dict(reversed(modules[1][1].items()))
    # Reductions that widen, counts that are equal, and more than 32 bits: in the total, and in all.
    modules += [(1, dict.fromkeys(LAYERS, 1)), (1, dict.fromkeys(LAYERS, 5))]
    modules += [(c_in, dict.fromkeys(LAYERS, n)) for c_in, n in [(20_000, 5_000), (90_000, 60_000)]]

    def items(*names):
        return [item(name, *module) for module in modules for name in names]

    return [
        part(
            "the 1 × 1 convolutions",
            0.25,
            *items("1x1", "3x3_reduce", "5x5_reduce", "pool_proj"),
        ),
        part("3 × 3 and 5 × 5, which see what their reduction leaves", 0.375, *items("3x3", "5x5")),
        # The whole dictionary, too: ints under seven names and no others, in any order of spec.
        part(
            "all together",
            0.25,
            *items("total"),
            case(*modules[0]),
            case(modules[1][0], backwards),
            also={"dtype"},
        ),
        anything(0.125, contracts.contract_inception_params, rng),
    ]


def check_vgg_params(rng):
    a, b, c, d = (int(v) for v in 3 + rng.permutation(12)[:4])
    networks = [
        (VGG16, (3, 224, 224), [4096, 4096, 1000]),
        ([a, b, "M", c, "M", d], (2, 45, 30), [40, 7]),
        ([a, b, "M", c, "M", d], (3, 22, 38), [40, 7]),  # pictures of another size
        ([c, "M", d, d, "M", a, "M"], (1, 38, 63), [20, 30, 10]),
        ([b, a], (3, 6, 9), [5]),
        ([a, "M", b], (3, 8, 6), []),
        (["M", a, "M", "M", b, "M"], (2, 17, 48), [6]),  # down to one row
        (["M", "M"], (5, 4, 13), [3, 3]),
        ([], (3, 2, 5), [4]),
        ([40_000, "M", 30_000], (3, 20, 30), [4096, 700_000, 2]),  # more than 32 bits
    ]

    def items(name):
        return [item(name, *network) for network in networks]

    return [
        part("the convolutions", 0.375, *items("conv")),
        part("the dense layers", 0.375, *items("dense")),
        # The whole dictionary, too: ints under three names and no others.
        part("all together", 0.125, *items("total"), case(*networks[1]), also={"dtype"}),
        anything(0.125, contracts.contract_vgg_params, rng, 18),
    ]


def _block(rng, channels, middle, filters=None, draw=signed, shape=(2, 4, 5)):
    """x, w1, w2, and ws if there are ``filters``."""
    n, height, width = shape
    block = [draw(rng, n, channels, height, width), draw(rng, middle, channels)]
    block.append(draw(rng, filters or channels, middle))
    return [*block, draw(rng, filters, channels)] if filters else block


def check_residual_forward(rng):
    x, w1, w2 = _block(rng, 3, 4)
    pixel = np.array([-1.0, 2]).reshape(1, 2, 1, 1)
    return [
        part(
            "two maps and the shortcut, without a negative number",
            0.25,
            case(*_block(rng, 3, 4, draw=unsigned)),
            case(*_block(rng, 3, 3, draw=unsigned)),
            case(*_block(rng, 4, 2, draw=unsigned, shape=(1, 3, 6))),
            case(*_block(rng, 4, 2, draw=unsigned, shape=(1, 1, 1))),
            case(*_block(rng, 1, 1, draw=unsigned, shape=(1, 1, 1))),
        ),
        part(
            "negative numbers: a ReLU inside, one after the sum, and none on the shortcut",
            0.375,
            case(x, w1, w2),
            case(*_block(rng, 4, 4)),
            case(*_block(rng, 2, 6, shape=(3, 3, 2))),
            case(pixel, np.zeros((3, 2)), np.zeros((2, 3))),
            case(rng.integers(-5, 6, x.shape), w1, w2),  # the block adds fractions to whole numbers
            case(3e-9 * np.abs(x), np.abs(w1), np.abs(w2)),  # all that is larger than 0 passes
        ),
        part(
            "a shortcut with weights of its own",
            0.25,
            case(*_block(rng, 3, 4, 5)),
            case(*_block(rng, 4, 3, 2)),
            case(*_block(rng, 3, 2, 3)),
            case(*_block(rng, 3, 3, 3)),
            case(x, w1, w2, np.zeros((3, 3))),  # no shortcut at all
            case(rng.integers(-5, 6, x.shape), w1, w2, signed(rng, 3, 3)),
            case(-np.abs(x), w1, w2, signed(rng, 3, 3)),
            case(*_block(rng, 1, 1, 1, draw=unsigned, shape=(1, 1, 1))),
        ),
        anything(0.125, contracts.contract_residual_forward, rng, 18),
    ]


def check_residual_backward(rng):
    plain = [(signed(rng, 2, 3, 4, 5), *_block(rng, 3, 4))]
    plain.append((signed(rng, 3, 4, 3, 2), *_block(rng, 4, 4, shape=(3, 3, 2))))
    plain.append((signed(rng, 1, 2, 2, 6), *_block(rng, 2, 5, shape=(1, 2, 6))))
    plain.append((signed(rng, 1, 2, 1, 1), *_block(rng, 2, 3, shape=(1, 1, 1))))
    plain.append((signed(rng, 2, 3, 4, 5), *_block(rng, 3, 4)))  # as large as the first
    whole = rng.integers(-5, 6, (2, 3, 4, 5))
    plain.append((signed(rng, 2, 3, 4, 5), whole, *_block(rng, 3, 4)[1:]))
    own = [(signed(rng, 2, 5, 4, 5), *_block(rng, 3, 4, 5))]
    own.append((signed(rng, 2, 5, 4, 5), whole, *_block(rng, 3, 4, 5)[1:]))
    own.append((signed(rng, 2, 3, 4, 5), *_block(rng, 3, 2, 3)))
    own += [(*plain[0], np.eye(3)), (*plain[0], np.zeros((3, 3)))]
    grad, x, w1, w2 = plain[0]
    none = (np.zeros((4, 3)), np.zeros((3, 4)))
    ones, turns = np.full((1, 2, 1, 1), float(rng.integers(1, 4))), np.array([[1.0, -1], [1, 1]])
    zeros = np.reshape([5.0, 3], (1, 2, 1, 1)), ones, turns, np.array([[1, -0.5], [1, 1]])
    zeros_too = *zeros, np.array([[1.0, 0], [-1, 0]])  # the sums are 0 and larger than 0 again
    # No gradient comes in, so that only the names of the result can be wrong.
    names = np.zeros((1, 1, 1, 1)), np.ones((1, 1, 1, 1)), np.ones((1, 1)), np.ones((1, 1))
    return [
        part(
            "with respect to x: through the block and through the shortcut",
            0.5,
            *[item("x", *block) for block in plain],
            item("x", grad, x, *none),
            item("x", grad, 1e-30 * x, w1, w2),  # near 0 is not 0
        ),
        part(
            "with respect to w1 and w2",
            0.5,
            *[item(name, *block) for block in plain for name in ("w1", "w2")],
            case(*names),
        ),
        part(
            "a shortcut with weights of its own: with respect to x and ws",
            0.5,
            *[item(name, *block) for block in own for name in ("x", "ws")],
        ),
        part(
            "inputs of a ReLU that are exactly 0",
            0.25,
            *[item(name, *zeros) for name in ("x", "w1", "w2")],
            *[item(name, *zeros_too) for name in ("x", "w1", "w2", "ws")],
        ),
        anything(0.25, contracts.contract_residual_backward, rng, 20),
    ]


def check_residual_by_hand(mine):
    return [
        part("your three numbers that come out", 0.5, item("out", mine)),
        part("your gradient with respect to x", 0.5, item("dx", mine)),
    ]
