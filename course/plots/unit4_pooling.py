"""The figures of unit 4: windows and their maxima, gradients of max pooling, and small shifts.

`course.nn` is imported where it is needed: it is not there while a submission is graded.
"""

import numpy as np

from course import images
from course.plots import drawing
from course.plots.drawing import BRIGHTNESS, ORANGE, figure

# One colour for each of four windows (Okabe-Ito); where a window stands is said in words, too.
WINDOWS = ["#E69F00", "#56B4E9", "#009E73", "#CC79A7"]
SAME = 0.01  # what a result may be off; planes of the photograph are stored in 256 steps
KINDS = {  # how a network halves its maps: what to write, colour, marker, line
    "max": ("max pooling", "#0072B2", "o", "-"),
    "average": ("average pooling", "#009E73", "s", "--"),
    "stride": ("every 2nd pixel", "#D55E00", "^", ":"),
}


# ---------------------------------------------------------------- exercise 11


@figure(9, 4.6)
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
            ax.set_title(f"output[{i}, {j}] is {_signed(out[i, j])}")
        tints = {(i, j): WINDOWS[2 * i + j] for i, j in np.ndindex(2, 2)}
        _numbers(row[4], out, tints)
        row[4].set_title("output")
        row[0].set_ylabel(f"{size} × {size},\nstride 2", rotation=0, ha="right", va="center")
    fig.suptitle("each window hands on its largest pixel (circled)")


@figure(9, 2.4)
def pooled_photo(fig, pool2d):
    """The photograph, grey, pooled in three ways, with a tick for each that yours gives too.

    Below one that yours does not give: where it is too large, and where too small.
    """
    from course import nn

    x = images.photo().mean(axis=1, keepdims=True)
    ways = {
        "max, 8 × 8:\n20 × 30": (nn.MaxPool(8), (8,), 8),
        "average, 8 × 8:\n20 × 30": (nn.AvgPool(8), (8, None, 0, "average"), 8),
        "max, 8 × 8, stride 1:\n153 × 233": (nn.MaxPool(8, 1), (8, 1), 1),
    }
    should = [layer.forward(x)[0, 0] for layer, _, _ in ways.values()]
    yours = [
        drawing.attempt(lambda how=how: pool2d(x, *how), plane.shape)
        for (_, how, _), plane in zip(ways.values(), should, strict=True)
    ]
    off = [
        None if got is None else got - plane for (got, _), plane in zip(yours, should, strict=True)
    ]
    rows = 2 if any(d is not None and np.abs(d).max() > SAME for d in off) else 1
    fig.set_size_inches(9, 2.4 * rows)
    axes = fig.subplots(rows, 4, squeeze=False)
    drawing.on_place(axes[0, 0], x[0, 0], BRIGHTNESS)
    axes[0, 0].set_title("the photograph:\n160 × 240\n", fontsize=11)
    for ax in axes[1:].ravel():
        ax.set_axis_off()
    for column, (title, (_, _, step)), plane, (_, note), difference in zip(
        axes.T[1:], ways.items(), should, yours, off, strict=True
    ):
        drawing.on_place(column[0], plane, BRIGHTNESS, 3.5, step)
        column[0].set_title(f"{title}\n{_verdict(difference, note)}", fontsize=11)
        if difference is not None and (most := np.abs(difference).max()) > SAME:
            style = {"cmap": "PuOr", "vmin": -most, "vmax": most}
            drawing.on_place(column[1], difference, style, 3.5, step)
            column[1].set_title("purple: too large,\norange: too small")
            column[1].set_axis_on()
    drawing.on_photo(axes)


def _verdict(difference, note):
    """A tick, how far off yours is, or the note of `drawing.attempt` on why it cannot be said."""
    if difference is None:
        return f"yours: {note}"
    off = np.abs(difference).max()
    return f"yours: off by up to {off:.2g}" if off > SAME else "✓ yours"


# ---------------------------------------------------------------- exercise 12


@figure(7.5, 3.5)
def routes(fig, x, grad, should):
    """Where the gradient of a max pooling goes: 2 × 2 windows at stride 1 on a small plane.

    x, grad, should : planes: the picture, the gradient with respect to each output, and to x
    """
    x, grad, should = (np.asarray(plane, float) for plane in (x, grad, should))
    axes = fig.subplots(1, 3, width_ratios=[3, 2, 3])
    places = [
        (i + r, j + c)
        for i, j in np.ndindex(grad.shape)
        for r, c in [np.unravel_index(x[i : i + 2, j : j + 2].argmax(), (2, 2))]
    ]
    tints = {(i, j): colour for (i, j), colour in zip(np.ndindex(grad.shape), WINDOWS, strict=True)}
    _numbers(axes[0], x, {})
    for place in set(places):
        _winner(axes[0], *place)
    axes[0].set_title("the picture,\nwinners circled", fontsize=10)
    _numbers(axes[1], grad, tints)
    axes[1].set_title("gradient with respect to\nthe four outputs", fontsize=10)
    _numbers(axes[2], should, {})
    for place in set(places):
        colours = [c for c, p in zip(WINDOWS, places, strict=True) if p == place]
        _stripes(axes[2], *place, colours)
    axes[2].set_title("gradient with respect to\nthe picture", fontsize=10)


@figure(9, 3.5)
def heard(fig, maxpool_backward):
    """Which pixels of a photograph the gradient reaches, if each output of a pooling gets 1.

    Two poolings: windows that stand side by side, and windows that overlap. A dot is as large as
    the gradient that arrives. A cross marks a pixel where yours is another one.
    """
    from course import nn

    x = images.photo().mean(axis=1, keepdims=True)[:, :, 8:72, 56:168]
    x = x + 1e-6 * np.linspace(0, 1, x.size).reshape(x.shape)  # no two pixels are equal
    for ax, size in zip(fig.subplots(1, 2), [8, 16], strict=True):
        layer = nn.MaxPool(size, 8)
        ones = np.ones_like(layer.forward(x))
        should = layer.backward(ones)[0, 0]
        yours, note = drawing.attempt(
            lambda ones=ones, size=size: maxpool_backward(ones, x, size, 8), should.shape
        )
        difference = None if yours is None else yours - should
        ax.imshow(x[0, 0], cmap="gray", vmin=-0.2, vmax=1.2)
        ax.hlines(np.arange(0, 65, 8) - 0.5, -0.5, 111.5, color="white", lw=0.5)
        ax.vlines(np.arange(0, 113, 8) - 0.5, -0.5, 63.5, color="white", lw=0.5)
        rows, columns = np.nonzero(should)
        ax.scatter(columns, rows, 18 * should[rows, columns], color=WINDOWS[0], ec="black", lw=0.5)
        if difference is not None:
            rows, columns = np.nonzero(np.abs(difference) > SAME)
            ax.plot(columns, rows, "x", color=WINDOWS[1], markersize=7, mew=2.5)
        ax.set(xticks=[], yticks=[])
        reached = f"{np.count_nonzero(should)} of {should.size:,} pixels get a gradient"
        title = f"{size} × {size}, stride 8: {ones.size} windows\n{reached}"
        ax.set_title(f"{title}\n{_verdict(difference, note)}", fontsize=11)


@figure(9, 4.6)
def shifted(fig, shift):
    """A bright pixel in an even and in an odd column, and a pullover, moved and halved three ways.

    shift : by how many columns all three move to the right, from 0 to 4
    """
    labels = [label for label, *_ in KINDS.values()]
    upper, lower = fig.subfigures(2, 1, height_ratios=[5, 4])
    for ax, column in zip(upper.subplots(1, 2), [2, 3], strict=True):
        _strip(ax, column, shift)
    upper.axes[0].set_yticks([0.5, *STRIP_ROWS], ["the picture", *labels])

    moved, pairs = _before_and_after(images.fashion("test")[0][1:2] / 255.0, shift)
    axes = lower.subplots(1, 4)
    axes[0].imshow(moved, cmap="gray", vmin=0, vmax=1)
    axes[0].set_title(f"a pullover,\nmoved by {shift}", fontsize=10)
    for ax, label, (old, new) in zip(axes[1:], labels, pairs, strict=True):
        ax.imshow(new - old, cmap="PuOr", vmin=-1, vmax=1)
        share = np.abs(new - old).sum() / old.sum()
        ax.set_title(f"{label}:\nchanges by {share:.0%}", fontsize=10)
    for ax in axes:
        ax.set(xticks=[], yticks=[])


STRIP_ROWS = (2.8, 4.1, 5.4)  # where the three halved strips stand below the picture


def _strip(ax, column, shift):
    """A bright pixel in 2 × 8, moved, and what each kind of halving makes of it.

    What is not as it was before the pixel moved has a thick frame.
    """
    x = np.zeros((1, 1, 2, 8))
    x[..., 0, column] = 1
    moved, pairs = _before_and_after(x, shift)
    _numbers(ax, moved, {(0, column + shift): WINDOWS[1]})
    ax.vlines(np.arange(0, 9, 2) - 0.5, -0.5, 1.5, color="black", lw=2.5, clip_on=False)
    for row, (old, new) in zip(STRIP_ROWS, pairs, strict=True):
        for j, value in enumerate(new[0]):
            tint = WINDOWS[1] if value else "white"
            ax.add_patch(_block(row - 0.5, 2 * j, 2, tint))
            ax.text(2 * j + 0.5, row, _signed(value), ha="center", va="center", fontsize=11)
            changed = value != old[0, j]
            style = {"edgecolor": ORANGE, "lw": 3} if changed else {"edgecolor": "black", "lw": 1}
            style |= {"fill": False, "zorder": 3 if changed else 2, "clip_on": False}
            ax.add_patch(drawing.rectangle(2 * j - 0.5, row - 0.5, 2, 1, **style))
    ax.set_ylim(STRIP_ROWS[-1] + 0.6, -0.6)
    ax.tick_params(length=0)
    ax.set_title(f"one bright pixel, from column {column} to {column + shift}", fontsize=10)


def _before_and_after(x, shift):
    """A picture moved to the right; and how it is halved in each way of `KINDS`, before and after.

    Returns (moved, pairs), of planes.
    """
    from course import networks
    from course.experiments.unit4_pooling import moved

    after = moved(x, "right", shift)
    halvings = [networks.POOLING[kind]() for kind in KINDS]
    return after[0, 0], [(one.forward(x)[0, 0], one.forward(after)[0, 0]) for one in halvings]


@figure(8.5, 4)
def agreement(fig, same, run):
    """How often trained networks keep their answer when the pictures move.

    same : dict from "max", "average", "stride" to an array (networks, shifts 0, 1, 2, …)
    run : has the direction ``way`` of all shifts, and ``by``, the one to mark
    """
    ax = fig.subplots()
    ax.axvline(run.by, color=drawing.GREY, lw=1)
    for offset, (kind, values) in zip([-0.07, 0, 0.07], same.items(), strict=True):
        label, colour, marker, line = KINDS[kind]
        shifts = np.arange(values.shape[1])
        ax.plot(shifts, values.mean(axis=0), color=colour, ls=line, label=label)
        for one in values:
            ax.plot(shifts + offset, one, marker, color=colour, alpha=0.6, markersize=5)
    ax.set(xlabel=f"shift {run.way}, in pixels", ylabel="same answer as before the shift")
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
    width = 1 / len(colours)
    for k, colour in enumerate(colours):
        ax.add_patch(_block(row - 0.5, col + k * width, width, colour))


def _block(top, col, width, colour):
    """A tint one row high, from the left edge of a column on."""
    return drawing.rectangle(col - 0.5, top, width, 1, facecolor=colour, alpha=0.45)
