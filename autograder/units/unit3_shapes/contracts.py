"""The legal calls of unit 3's functions: see `autograder.checking.contracts`."""

from autograder.checking.contracts import contract
from autograder.checking.words import case, refused, signed
from autograder.units.unit3_shapes.checks import FITS

LINES = {
    "n": [1, 2, 3, 4, 6, 9, 16, 23, 61],
    "kernel": [1, 2, 3, 4, 5, 8],
    "stride": [None, 1, 2, 3, 4, 7],
    "pad": [None, 0, 1, 2, 3, 5],
    "dilation": [None, 1, 2, 3, 6],
    "by_name": [True, False],
}


def options(by_name, **values):
    """Options as arguments by name, or by place: then one is left out only if none follows it."""
    defaults = {"stride": 1, "pad": 0, "dilation": 1}
    if by_name:
        return (), {name: value for name, value in values.items() if value is not None}
    last = max((i for i, value in enumerate(values.values()) if value is not None), default=-1)
    filled = [defaults[name] if value is None else value for name, value in values.items()]
    return filled[: last + 1], {}


def fits(n, kernel, pad, dilation):
    """True if the first window fits on a line; None stands for the default."""
    return (dilation or 1) * (kernel - 1) + 1 <= n + 2 * (pad or 0)


def contract_conv_output_size():
    def make(rng, n, kernel, stride, pad, dilation, by_name):
        args, kwargs = options(by_name, stride=stride, pad=pad, dilation=dilation)
        if fits(n, kernel, pad, dilation):
            return case(n, kernel, *args, **kwargs)
        return refused(n, kernel, *args, **kwargs, about=FITS)

    return contract(make, **LINES)


def contract_conv_output_shape():
    def make(rng, pictures, filters, stride, pad, dilation, by_name):
        both = [
            value if isinstance(value, tuple) else (value, value)
            for value in (stride, pad, dilation)
        ]
        axes = zip(pictures[2:], filters[1:], *both, strict=True)
        if not all(fits(n, kernel, p, d) for n, kernel, _, p, d in axes):
            return None
        args, kwargs = options(by_name, stride=stride, pad=pad, dilation=dilation)
        number, *kernel = filters
        return case(pictures, (number, pictures[1], *kernel), *args, **kwargs)

    return contract(
        make,
        pictures=[(1, 1, 1, 1), (1, 3, 2, 7), (2, 1, 9, 4), (4, 2, 12, 12), (3, 5, 17, 26)],
        filters=[(1, 1, 1), (2, 1, 3), (3, 2, 1), (1, 3, 3), (5, 4, 2), (7, 3, 5)],
        stride=[None, 1, 2, 3, (1, 2), (3, 1), (5, 4)],
        pad=[None, 0, 1, 2, (0, 3), (2, 0), (4, 1)],
        dilation=[None, 1, 2, 3, (1, 2), (3, 1), (2, 5)],
        by_name=[True, False],
    )


def contract_fit_report():
    def make(rng, n, kernel, stride, pad, dilation, by_name):
        if not fits(n, kernel, pad, dilation):
            return None
        args, kwargs = options(by_name, stride=stride, pad=pad, dilation=dilation)
        return case(n, kernel, *args, **kwargs)

    return contract(make, **LINES)


def contract_conv1x1():
    def make(rng, pictures, number, bias):
        x, w = signed(rng, *pictures), signed(rng, number, pictures[1])
        given = {
            "left out": {},
            "None": {"b": None},
            "zero": {"b": signed(rng, number) * 0},
            "drawn": {"b": signed(rng, number)},
        }
        return case(x, w, **given[bias])

    return contract(
        make,
        pictures=[
            (1, 1, 1, 1),
            (1, 3, 1, 1),
            (1, 2, 3, 5),
            (2, 1, 5, 3),
            (2, 2, 2, 2),
            (3, 2, 1, 4),
            (2, 4, 3, 1),
            (4, 3, 2, 6),
        ],
        number=[1, 2, 3, 4, 5],
        bias=["left out", "None", "zero", "drawn"],
    )


def contract_receptive_field():
    def make(rng, depth, kernels, strides, dilations):
        lists = kernels, strides, dilations
        return case([tuple(int(rng.choice(values)) for values in lists) for _ in range(depth)])

    return contract(
        make,
        depth=[1, 2, 3, 4, 7],
        kernels=[(1,), (3,), (1, 2), (1, 2, 3, 4, 5, 7)],
        strides=[(1,), (2,), (1, 2), (1, 2, 3, 4)],
        dilations=[(1,), (2,), (1, 3), (1, 2, 4, 5)],
    )
