"""The figures of unit 6: parallel branches, where parameters are, shortcuts, and depth.

`course.nn` and `course.ops` are imported where they are needed: not all of them are there while a
submission is graded.
"""

import numpy as np

from course import images
from course.plots import drawing
from course.plots.drawing import BLUE, BRIGHTNESS, GREY, ORANGE, figure

GREEN = "#009E73"
VGG16 = [64, 64, "M", 128, 128, "M", *[256] * 3, "M", *[512] * 3, "M", *[512] * 3, "M"]
LAYERS = ("1x1", "3x3_reduce", "3x3", "5x5_reduce", "5x5", "pool_proj")
# The nine modules of GoogLeNet (Szegedy et al., 2015, table 1): channels in, then filters.
GOOGLENET = {
    "3a": (192, (64, 96, 128, 16, 32, 32)),
    "3b": (256, (128, 128, 192, 32, 96, 64)),
    "4a": (480, (192, 96, 208, 16, 48, 64)),
    "4b": (512, (160, 112, 224, 24, 64, 64)),
    "4c": (512, (128, 128, 256, 24, 64, 64)),
    "4d": (512, (112, 144, 288, 32, 64, 64)),
    "4e": (528, (256, 160, 320, 32, 128, 128)),
    "5a": (832, (256, 160, 320, 32, 128, 128)),
    "5b": (832, (384, 192, 384, 48, 128, 128)),
}
# Before the modules: 64 of 7 × 7 on 3 channels, 64 of 1 × 1, 192 of 3 × 3, each with its biases.
GOOGLENET_STEM = 64 * (3 * 49 + 1) + 64 * (64 + 1) + 192 * (64 * 9 + 1)
GOOGLENET_DENSE = 1000 * (1024 + 1)
COUNTED = {"VGG16": (14_714_688, 123_642_856), "GoogLeNet": (5_973_552, 1_025_000)}

KINDS = {  # of network, as in the experiments: colour, marker, line
    "plain, small weights": (ORANGE, "v", ":"),
    "plain, He": ("#E69F00", "^", "--"),
    "residual, He": (GREEN, "s", "-."),
    "residual, from 0": (BLUE, "o", "-"),
}


# ---------------------------------------------------------------- exercise 17


@figure(9, 4.3)
def inception_module(fig):
    """The module 3a of GoogLeNet: what goes where, and with how many channels."""
    from matplotlib.patches import Patch

    ax = fig.subplots()
    ax.set(xlim=(-0.6, 10.4), ylim=(-1.25, 4.1))
    ax.set_axis_off()
    rows = [3.6, 2.4, 1.2, 0.0]
    _box(ax, 0.4, 1.8, "input\n192", "#eeeeee", high=1.2)
    _box(ax, 9.6, 1.8, "output\n64 + 128\n+ 32 + 32\n= 256", "#eeeeee", high=1.7)
    first = ["", "1 × 1\n96", "1 × 1\n16", "max 3 × 3\n192"]
    last = ["1 × 1\n64", "3 × 3\n128", "5 × 5\n32", "1 × 1\n32"]
    names = [("", "1x1"), ("3x3_reduce", "3x3"), ("5x5_reduce", "5x5"), ("", "pool_proj")]
    for y, one, two, (before, after) in zip(rows, first, last, names, strict=True):
        pooled = one.startswith("max")
        if one:
            _arrow(ax, (0.95, 1.8 + (y - 1.8) / 6), (2.55, y))
            _box(ax, 3.1, y, one, "white" if pooled else "#fbe3c0", pooled)
            _arrow(ax, (3.65, y), (5.75, y))
        else:
            ax.plot([0.95, 2.1], [1.8 + (y - 1.8) / 6, y], color="black", lw=1.3)
            _arrow(ax, (2.1, y), (5.75, y))
        _box(ax, 6.3, y, two, "#cfe3f1")
        _arrow(ax, (6.85, y), (9.05, 1.8 + (y - 1.8) / 3))
        for x, name in [(3.1, before), (6.3, after)]:
            if name:
                ax.text(x, y - 0.42, name, ha="center", va="top", size=9, color=GREY)
    legend = [("#fbe3c0", "-", "reduces"), ("#cfe3f1", "-", "ends a branch")]
    legend = [*legend, ("white", "--", "no weights, no ReLU")]
    handles = [
        Patch(facecolor=colour, edgecolor="black", ls=line, label=label)
        for colour, line, label in legend
    ]
    ax.legend(handles=handles, frameon=False, ncols=3, loc="lower center", fontsize=9)
    ax.set_title(
        "what is done, and the channels that come out (28 × 28 throughout);"
        " a ReLU after every convolution",
        size=11,
    )


def _box(ax, x, y, words, colour, dashed=False, high=0.76):
    style = {"facecolor": colour, "edgecolor": "black", "ls": "--" if dashed else "-"}
    ax.add_patch(drawing.rectangle(x - 0.55, y - high / 2, 1.1, high, **style))
    ax.text(x, y, words, ha="center", va="center", size=10)


def _arrow(ax, start, end, colour="black", **style):
    arrow = {"arrowstyle": "-|>", "color": colour, "lw": 1.3, "shrinkA": 0, "shrinkB": 0, **style}
    ax.annotate("", end, start, arrowprops=arrow)


def hand_made():
    """Parameters for an inception module of six maps, with filters made by hand.

    Brightness and red minus blue by 1 × 1; edges to the right and downwards by 3 × 3; a blur by
    5 × 5; and the brightness of what max pooling leaves. 3 × 3 and 5 × 5 see the brightness only.
    """
    bright = np.full((1, 3, 1, 1), 1 / 3)
    red = np.array([1.0, 0, -1]).reshape(1, 3, 1, 1)
    edge = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    weights = {
        "1x1": np.concatenate([bright, red]),
        "3x3_reduce": bright,
        "3x3": np.stack([edge, edge.T])[:, None],
        "5x5_reduce": bright,
        "5x5": np.full((1, 1, 5, 5), 1 / 25),
        "pool_proj": bright,
    }
    return {name: (w, np.zeros(len(w))) for name, w in weights.items()}


@figure(9, 3.6)
def branches(fig, inception_forward):
    """The outputs of a hand-made module for the photograph; below, where yours differ."""
    from course.experiments.unit6_architectures import module

    x = images.photo()
    should = module(hand_made(), x)
    yours, note = drawing.tried(
        lambda: inception_forward(x, hand_made()),
        lambda got: isinstance(got, np.ndarray) and got.shape == should.shape,
    )
    kept = (1, 2, 4, 5)  # of the six channels: the others are much like these
    titles = ["red − blue, 1x1", "edges →, 3x3", "blur, 5x5", "bright spots, pool_proj"]
    off = np.zeros_like(should) if yours is None else np.asarray(yours, float) - should
    said = [drawing.verdict(off[0, channel], 0) for channel in kept]
    wrong = [one != drawing.SAME for one in said]
    fig.set_figheight(3.6 if any(wrong) else 2)
    axes = fig.subplots(1 + any(wrong), 4, squeeze=False)
    for channel, title, apart, column in zip(kept, titles, wrong, axes.T, strict=True):
        style = {**BRIGHTNESS, "vmax": np.quantile(should[0, channel], 0.99)}
        drawing.on_place(column[0], should[0, channel], style)
        column[0].set_title(f"{channel}: {title}", size=10)
        if not apart:
            mine = f"yours: {note}" if yours is None else drawing.SAME
            column[0].set_xlabel(mine, size=10)
    drawing.on_photo(axes)
    for channel, apart, off_by, column in zip(kept, wrong, said, axes.T, strict=True):
        if apart:
            limit = np.abs(off[0, channel]).max()
            style = {"cmap": "PuOr", "vmin": -limit, "vmax": limit}
            drawing.on_place(column[1], off[0, channel], style)
            column[1].set_title(off_by, size=10)
        elif any(wrong):
            column[1].set_axis_off()


def googlenet(inception_params):
    """The parameters of GoogLeNet, counted by its modules: in convolutions and in dense layers."""
    modules = sum(
        inception_params(c_in, dict(zip(LAYERS, filters, strict=True)))["total"]
        for c_in, filters in GOOGLENET.values()
    )
    return {"conv": GOOGLENET_STEM + modules, "dense": GOOGLENET_DENSE}


@figure(9, 3.4)
def parameter_bars(fig, vgg_params, inception_params):
    """Where the parameters of VGG16 and GoogLeNet are: in convolutions, or in dense layers."""
    ax = fig.subplots()
    calls = {
        "VGG16": lambda: vgg_params(VGG16, (3, 224, 224), [4096, 4096, 1000]),
        "GoogLeNet": lambda: googlenet(inception_params),
    }
    for row, (name, (conv, dense)) in enumerate(COUNTED.items()):
        got, note = drawing.tried(calls[name], _is_count)
        if got is not None:
            same = got["conv"] == conv and got["dense"] == dense
            note = "" if same else f"{got['conv'] + got['dense']:,} in all"
        ax.barh(row, conv, color=BLUE, height=0.5, label="convolutions" if not row else None)
        dense_label = "dense layers" if not row else None
        style = {"color": "#fbe3c0", "edgecolor": ORANGE, "hatch": "//", "height": 0.5}
        ax.barh(row, dense, left=conv, label=dense_label, **style)
        mine = f"yours: {note}" if note else drawing.SAME
        words = f"{conv:,} + {dense:,} = {conv + dense:,}\n{mine}"
        ax.text(0.7e6, row - 0.31, words, va="bottom", size=9)
    ax.set(yticks=range(len(COUNTED)), yticklabels=list(COUNTED), ylim=(1.45, -0.85))
    ax.set(xlabel="parameters, in millions", xlim=(0, 145e6))
    ax.set_xticks(np.arange(0, 141e6, 20e6), [f"{n}" for n in range(0, 141, 20)])
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="lower right")
    ax.set_title("parameters, biases included: convolutions + dense layers")


def _is_count(got):
    return isinstance(got, dict) and all(
        isinstance(got.get(key), int | float | np.number) for key in ("conv", "dense")
    )


# ---------------------------------------------------------------- exercise 18


@figure(9, 4.4)
def residual_block(fig):
    """A residual block at one pixel with two channels: forward in black, backward in orange."""
    ax = fig.subplots()
    ax.set(xlim=(-0.3, 11.9), ylim=(-1.75, 3.1))
    ax.set_axis_off()
    y, back_y = 1.0, -0.55
    boxes = {
        2.2: "w1 ·\n[ 0  3 ]\n[ 1  1 ]",
        4.4: "ReLU",
        6.6: "w2 ·\n[ −1  −3 ]\n[   2    1 ]",
        10.2: "ReLU",
    }
    back_boxes = {
        2.2: "w1.T ·\n[ 0  1 ]\n[ 3  1 ]",
        4.4: "times\n[ 0, 1 ]",
        6.6: "w2.T ·\n[ −1  2 ]\n[ −3  1 ]",
        10.2: "times\n[ 1, 0 ]",
    }
    for x, words in boxes.items():
        _box(ax, x, y, words, "#cfe3f1" if "w" in words else "white", high=1.05)
    for x, words in back_boxes.items():
        _box(ax, x, back_y, words, "#fbe3c0" if "w" in words else "white", high=1.05)
    steps = [(0.3, 1.65), (2.75, 3.85), (4.95, 6.05), (7.15, 8.12), (8.68, 9.65)]
    for start, end in steps:
        _arrow(ax, (start, y), (end, y))
        _arrow(ax, (end, back_y), (start, back_y), ORANGE)
    _arrow(ax, (10.75, y), (11.7, y))
    _arrow(ax, (11.7, back_y), (10.75, back_y), ORANGE)
    for x, height, colour in [(8.4, y, "black"), (0.0, back_y, ORANGE)]:
        ax.text(x, height, "+", ha="center", va="center", size=20, color=colour)
        ax.plot(x, height, "o", markersize=26, markerfacecolor="none", color=colour)
    ax.plot([0.9, 0.9, 8.4], [y, 2.4, 2.4], color="black", lw=1.3)
    _arrow(ax, (8.4, 2.4), (8.4, y + 0.3))
    ax.plot([8.7, 8.1], [back_y, back_y], color=ORANGE, lw=1.3)
    ax.plot([8.4, 8.4, 0.0], [back_y, -1.45, -1.45], color=ORANGE, lw=1.3)
    _arrow(ax, (0.0, -1.45), (0.0, back_y - 0.3), ORANGE)
    forth = {0.55: "[4, −3]", 3.3: "[−9, 1]", 5.5: "[0, 1]", 7.6: "[−3, 1]", 9.15: "[1, −2]"}
    back = {0.9: "[6, 6]", 3.3: "[0, 6]", 5.5: "[2, 6]", 7.6: "[−2, 0]", 9.15: "[−2, 0]"}
    style = {"ha": "center", "va": "bottom", "size": 10}
    for x, words in {**forth, 11.2: "[1, 0]"}.items():
        ax.text(x, y + 0.14, words, **style)
    bold = {**style, "color": "#9a4a00", "weight": "bold"}
    for x, words in {**back, 11.2: "[−2, 1]"}.items():
        ax.text(x, back_y + 0.14, words, **bold)
    ax.text(4.6, 2.47, "shortcut: [4, −3]", **style)
    ax.text(4.6, -1.38, "shortcut: [−2, 0]", **bold)
    ax.text(0.1, y, "x", ha="center", va="center", size=12)
    ax.text(0.0, back_y + 0.42, "[4, 6]", **bold)
    ax.set_title("upper row, black: numbers, forward; lower row, bold: gradients, backward")


@figure(8.5, 4.4)
def gradient_by_depth(fig, depths, measured):
    """The norm of the gradient that reaches the first layer, by depth, before any training.

    measured : dict from the kind of network to an array (seeds, depths)
    """
    ax = fig.subplots()
    for kind, values in measured.items():
        colour, marker, line = KINDS[kind]
        values = np.asarray(values)
        ax.plot(depths, np.median(values, axis=0), color=colour, ls=line, marker=marker, label=kind)
        ax.plot(depths, values.T, marker, color=colour, alpha=0.35, markersize=4)
    ax.set(xscale="log", yscale="log", xticks=depths, xticklabels=depths)
    ax.set(xlabel="depth: convolutions in blocks", ylabel="norm of the gradient")
    ax.minorticks_off()
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="y", color="#dddddd")
    ax.legend(frameon=False, loc="lower left")
    ax.set_title("gradient of the first convolution; lines: median, pale: each seed", size=11)


@figure(8.5, 4.4)
def training_losses(fig, curves):
    """The loss on the training pictures, by epoch.

    curves : dict from (kind, depth) to an array (seeds, epochs)
    """
    ax = fig.subplots()
    for (kind, depth), values in curves.items():
        colour, marker, line = KINDS[kind]
        shallow = depth < 10
        colour, line = (GREY, (0, (1, 1))) if shallow else (colour, line)
        values = np.asarray(values)
        epochs = np.arange(1, values.shape[1] + 1)
        ax.plot(epochs, values.T, color=colour, ls=line, lw=0.8, alpha=0.5)
        style = {"color": colour, "ls": line, "marker": "D" if shallow else marker}
        ax.plot(epochs, values.mean(axis=0), lw=2, label=f"{kind}, depth {depth}", **style)
    ax.axhline(np.log(10), color="#999999", lw=0.8)
    ax.text(epochs[-1], np.log(10) + 0.01, "guessing: ln 10", ha="right", va="bottom", size=9)
    ax.set(ylim=(None, 2.42), xlabel="epoch", ylabel="loss on the training pictures", xticks=epochs)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="lower left")
    ax.set_title("thick: mean of the seeds; thin: each seed", size=11)
