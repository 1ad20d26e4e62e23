"""The legal calls of unit 1's functions: see `autograder.checking.contracts`."""

from autograder.checking.contracts import contract
from autograder.checking.words import case, signed

PICTURES = [(1, 1, 1, 1), (1, 2, 3, 5), (2, 1, 5, 3), (3, 2, 4, 4), (2, 3, 6, 8)]
KERNELS = [(1, 1), (1, 3), (2, 1), (2, 3), (3, 2), (3, 3)]


def filters(rng, x, number, kernel):
    """Filters that fit the channels of ``x``."""
    return signed(rng, number, x[1], *kernel)


def biases(rng, number, bias):
    """No bias, one of zeros, or drawn ones, as arguments by name."""
    if bias == "none":
        return {}
    return {"b": signed(rng, number) * (bias == "drawn")}


def contract_conv2d_valid():
    def make(rng, pictures, number, kernel, bias):
        if kernel[0] > pictures[2] or kernel[1] > pictures[3]:
            return None
        x, w = signed(rng, *pictures), filters(rng, pictures, number, kernel)
        return case(x, w, **biases(rng, number, bias))

    return contract(
        make,
        pictures=PICTURES,
        number=[1, 2, 4],
        kernel=KERNELS,
        bias=["none", "zero", "drawn"],
    )


def contract_pad2d():
    def make(rng, pictures, pad, value):
        return case(signed(rng, *pictures), pad, **({} if value is None else {"value": value}))

    return contract(
        make,
        pictures=PICTURES,
        pad=[0, 1, 2, (1, 2), (0, 3), (2, 0), (3, 1)],
        value=[None, 0.0, 2.5, -0.75, 3],
    )


def contract_dilate_kernel():
    def make(rng, pictures, number, kernel, dilation):
        return case(filters(rng, pictures, number, kernel), dilation)

    return contract(
        make,
        pictures=PICTURES,
        number=[1, 2, 4],
        kernel=KERNELS,
        dilation=[1, 2, 3, (1, 2), (2, 1), (3, 2), (2, 5)],
    )


def contract_conv2d():
    def make(rng, pictures, number, kernel, bias, stride, pad, dilation):
        _, _, height, width = pictures
        ph, pw = pad if isinstance(pad, tuple) else (pad, pad)
        dh, dw = dilation if isinstance(dilation, tuple) else (dilation, dilation)
        reach = (kernel[0] - 1) * dh + 1, (kernel[1] - 1) * dw + 1
        if reach[0] > height + 2 * ph or reach[1] > width + 2 * pw:
            return None
        options = {"stride": stride, "pad": pad, "dilation": dilation}
        given = {name: value for name, value in options.items() if value is not None}
        x, w = signed(rng, *pictures), filters(rng, pictures, number, kernel)
        return case(x, w, **biases(rng, number, bias), **given)

    return contract(
        make,
        pictures=[*PICTURES[1:], (2, 3, 9, 11)],
        number=[1, 2, 4],
        kernel=KERNELS,
        bias=["none", "zero", "drawn"],
        stride=[1, 2, 3, (1, 2), (3, 1), (2, 3)],
        pad=[0, 1, 2, (1, 2), (0, 2), (2, 1)],
        dilation=[1, 2, 3, (1, 2), (3, 1), (2, 3)],
    )
