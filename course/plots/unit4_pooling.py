"""The figures of unit 4: windows and their winners, the way of a gradient, and small shifts.

`course.nn` is imported where it is needed: it is not there while a submission is graded.
"""

import numpy as np

from course import images
from course.plots import drawing
from course.plots.drawing import BRIGHTNESS, ORANGE, figure

# One colour for each of four windows (Okabe-Ito); where a window stands is said in words, too.
WINDOWS = ["#E69F00", "#56B4E9", "#009E73", "#CC79A7"]
KINDS = {  # how a network halves its maps: what to write, colour, marker, line
    "max": ("max pooling", "#0072B2", "o", "-"),
    "average": ("average pooling", "#009E73", "s", "--"),
    "stride": ("every 2nd pixel", "#D55E00", "^", ":"),
}


# ---------------------------------------------------------------- exercise 11


@figure(10.5, 5.2)
def winners(fig, x):
    """Four windows of 2 × 2, then of 3 × 3, both at stride 2, each with its largest pixel.

    x : the plane, 5 × 5
    """
    x = np.asarray(x)
    fig.get_layout_engine().set(wspace=0.06, hspace=0.06)
    axes = fig.subplots(2, 5, width_ratios=[5, 5, 5, 5, 3])
    for row, size in zip(axes, [2, 3], strict=True):
        out = np.zeros((2, 2))
        for ax, colour, (i, j) in zip(row, WINDOWS, np.ndindex(2, 2), strict=False):
            window = x[2 * i : 2 * i + size, 2 * j : 2 * j + size]
            r, c = np.unravel_index(window.argmax(), window.shape)
            out[i, j] = window[r, c]
            _numbers(ax, x, {(2 * i + u, 2 * j + v): colour for u, v in np.ndindex(window.shape)})
            _winner(ax, 2 * i + r, 2 * j + c)
            ax.set_title(f"row {i}, column {j}: {_signed(out[i, j])}")
        tints = {(i, j): WINDOWS[2 * i + j] for i, j in np.ndindex(2, 2)}
        _numbers(row[4], out, tints)
        row[4].set_title("output")
        row[0].set_ylabel(f"{size} × {size},\nstride 2", rotation=0, ha="right", va="center")
    fig.suptitle("each window hands on its largest pixel (circled)")


@figure(10.5, 4.4)
def pooled_photo(fig, pool2d):
    """The photograph, grey, pooled in three ways: as it should be, and yours."""
    from course import nn

    x = images.photo().mean(axis=1, keepdims=True)
    ways = {
        "max, 8 × 8: 20 × 30": (nn.MaxPool(8), (8,), {"at": 3.5, "step": 8}),
        "average, 8 × 8: 20 × 30": (nn.AvgPool(8), (8, None, 0, "average"), {"at": 3.5, "step": 8}),
        "max, 8 × 8, stride 1: 153 × 233": (nn.MaxPool(8, 1), (8, 1), {"at": 3.5}),
    }
    axes = fig.subplots(2, 4)
    drawing.on_place(axes[0, 0], x[0, 0], BRIGHTNESS)
    axes[0, 0].set_title("the photograph: 160 × 240")
    drawing.text(axes[1, 0], "above:\nas it should be\n\nbelow: yours")
    for column, (title, (layer, how, place)) in zip(axes.T[1:], ways.items(), strict=True):
        should = layer.forward(x)[0, 0]
        tried = drawing.attempt(lambda how=how: pool2d(x, *how), should.shape)
        drawing.compare(column, title, should, tried, BRIGHTNESS, **place, bar=False)
        column[0].set_title(title, fontsize=9)
    drawing.on_photo([axes[0, 0], *axes[:, 1:].ravel()])


# ---------------------------------------------------------------- exercise 12


@figure(9.5, 3.6)
def routes(fig, x, grad, should, maxpool_backward=drawing.unwritten):
    """Where the gradient of a max pooling goes: 2 × 2 windows at stride 1 on a small plane.

    x, grad, should : planes: the picture, the gradient by each output, the gradient by x
    """
    x, grad, should = (np.asarray(plane, float) for plane in (x, grad, should))
    axes = fig.subplots(1, 4, width_ratios=[3, 2, 3, 3])
    places = [
        (i + r, j + c)
        for i, j in np.ndindex(grad.shape)
        for r, c in [np.unravel_index(x[i : i + 2, j : j + 2].argmax(), (2, 2))]
    ]
    tints = {(i, j): colour for (i, j), colour in zip(np.ndindex(grad.shape), WINDOWS, strict=True)}
    _numbers(axes[0], x, {})
    for place in set(places):
        _winner(axes[0], *place)
    axes[0].set_title("the picture, winners circled")
    _numbers(axes[1], grad, tints)
    axes[1].set_title("gradient by\nthe four outputs")
    _numbers(axes[2], should, {})
    for place in set(places):
        colours = [c for c, p in zip(WINDOWS, places, strict=True) if p == place]
        _stripes(axes[2], *place, colours)
    axes[2].set_title("gradient by the picture,\nas it should be")
    yours, note = drawing.attempt(
        lambda: maxpool_backward(grad[None, None], x[None, None], 2, 1), x.shape
    )
    if yours is None:
        drawing.text(axes[3], f"yours: {note}")
    else:
        _numbers(axes[3], yours, {})
        axes[3].set_title(f"yours:\n{drawing.difference(yours, should)}")


@figure(10.5, 3)
def impulse(fig):
    """One bright pixel in an even and in an odd column, before and after a shift by one."""
    axes = fig.subplots(2, 4, width_ratios=[8, 8, 5, 5])
    for row, column in zip(axes, [2, 3], strict=True):
        planes = []
        for at in (column, column + 1):
            plane = np.zeros((2, 8))
            plane[0, at] = 1
            planes.append(plane)
        pooled = [plane.reshape(1, 2, 4, 2).max(axis=(1, 3)) for plane in planes]
        for ax, plane in zip(row, [*planes, *pooled], strict=True):
            _numbers(ax, plane, {tuple(place): WINDOWS[1] for place in np.argwhere(plane)})
        for ax in row[:2]:
            ax.vlines(np.arange(0, 9, 2) - 0.5, -0.5, 1.5, color="black", lw=2.5, clip_on=False)
        same = np.array_equal(*pooled)
        row[0].set_ylabel(f"column {column}", rotation=0, ha="right", va="center")
        row[3].set_title("after: the same" if same else "after: another window", fontsize=10)
        row[2].set_title("pooled, before", fontsize=10)
        row[0].set_title("the picture", fontsize=10)
        row[1].set_title("shifted by 1", fontsize=10)
    fig.suptitle("2 × 2 max pooling (thick lines: windows) of a single bright pixel")


@figure(8.5, 4)
def agreement(fig, measured):
    """How often trained networks stay with their answer when the picture moves.

    measured : dict from "max", "average", "stride" to an array (networks, shifts 0, 1, 2, …)
    """
    ax = fig.subplots()
    for offset, (kind, values) in zip([-0.07, 0, 0.07], measured.items(), strict=True):
        label, colour, marker, line = KINDS[kind]
        shifts = np.arange(values.shape[1])
        ax.plot(shifts, values.mean(axis=0), color=colour, ls=line, label=label)
        for one in values:
            ax.plot(shifts + offset, one, marker, color=colour, alpha=0.6, markersize=5)
    ax.set(xlabel="shift to the right, in pixels", ylabel="same answer as before the shift")
    ax.set(xticks=shifts, ylim=(0, 1.05))
    ax.set_title("lines: mean of three networks; one mark per network", fontsize=11)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="lower left")


def _signed(value):
    return f"{value:g}".replace("-", "−")


def _numbers(ax, values, tints):
    """A plane with its numbers; ``tints`` maps places to colours."""
    for (r, c), value in np.ndenumerate(values):
        if (r, c) in tints:
            ax.add_patch(drawing.cell(r, c, facecolor=tints[r, c], alpha=0.45, edgecolor="none"))
        ax.text(c, r, _signed(value), ha="center", va="center", fontsize=11)
    drawing.cells(ax, values.shape)


def _winner(ax, row, col):
    ax.plot(col, row, "o", markersize=22, markerfacecolor="none", color=ORANGE, mew=2.5)


def _stripes(ax, row, col, colours):
    """A cell in the colours of all windows that it won, side by side."""
    from matplotlib.patches import Rectangle

    width = 1 / len(colours)
    for k, colour in enumerate(colours):
        corner = (col - 0.5 + k * width, row - 0.5)
        ax.add_patch(Rectangle(corner, width, 1, facecolor=colour, alpha=0.45))
