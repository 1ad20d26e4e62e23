"""The figures of unit 7: activations, activation maximisation, and Grad-CAM.

`course.nn` is imported where it is needed: it is not there while a submission is graded.
"""

import numpy as np

from course import images
from course.plots import drawing
from course.plots.drawing import figure

DARK, LIGHT = images.normalise(np.array([0, 255]))  # black and white, as the network sees them
GREY = {"cmap": "gray", "vmin": DARK, "vmax": LIGHT}


# ---------------------------------------------------------------- at the beginning


@figure(9, 2.8)
def puzzle(fig, scenes, says):
    """Scenes on two grounds, and what the network says of each.

    scenes : dict from titles to (32, 32) as the network sees them; says : a word for each
    """
    axes = fig.subplots(1, len(scenes))
    for ax, (title, scene), word in zip(axes, scenes.items(), says, strict=True):
        ax.imshow(scene, **GREY)
        ax.set(xticks=[], yticks=[])
        ax.set_title(title, fontsize=11)
        ax.set_xlabel(f"“{word}”", fontsize=12)


# ---------------------------------------------------------------- exercise 19


@figure(10, 5.4)
def channels(fig, picture, kept, activation_grid):
    """The activations of three layers: each channel on its own scale, and how large they are.

    picture : (32, 32) as the network sees it
    kept : dict from names of layers to activations (C, H, W)
    """
    axes = fig.subplots(2, 1 + len(kept), height_ratios=[2.1, 1])
    fig.get_layout_engine().set(wspace=0.03, hspace=0.05)
    axes[0, 0].imshow(picture, **GREY)
    axes[0, 0].set(xticks=[], yticks=[], title="the picture")
    drawing.text(axes[1, 0], "the largest value\nof each channel,\none scale per layer", size=11)
    for (top, bottom), (name, maps) in zip(axes[:, 1:].T, kept.items(), strict=True):
        count, height, width = maps.shape
        top.set_title(f"{name}: {count} channels of {height} × {width}", fontsize=11)
        grid, note = drawing.attempt(lambda maps=maps: activation_grid(maps), ndim=2)
        if grid is None:
            _panels(top, maps)
        else:
            top.imshow(grid, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        top.set_xlabel(f"yours: {note}" if note else "yours", fontsize=10)
        top.set(xticks=[], yticks=[])
        top.spines[:].set_visible(False)
        largest = maps.max(axis=(1, 2))
        bottom.bar(np.arange(count), largest, width=0.8, color=drawing.BLUE)
        bottom.set(xlim=(-0.7, count - 0.3), ylim=(0, max(1.05 * largest.max(), 1e-9)))
        bottom.set_xticks([0, count - 1])
        bottom.spines[["top", "right"]].set_visible(False)
        silent = (largest <= 0).sum()
        bottom.set_xlabel(f"channel ({silent or 'none'} silent)", fontsize=10)


def _panels(ax, maps):
    """The channels side by side, each as a picture of its own, on its own scale."""
    count, height, width = maps.shape
    columns = int(np.ceil(np.sqrt(count)))
    for k, plane in enumerate(maps):
        top, left = k // columns * (height + 1), k % columns * (width + 1)
        extent = (left, left + width, top + height, top)
        low, high = plane.min(), max(plane.max(), plane.min() + 1e-9)
        style = {"cmap": "gray", "vmin": low, "vmax": high, "interpolation": "nearest"}
        ax.imshow(plane, extent=extent, **style)
    rows = -(-count // columns)
    ax.set(xlim=(0, columns * (width + 1) - 1), ylim=(rows * (height + 1) - 1, 0), aspect="equal")


# ---------------------------------------------------------------- exercise 20

EDGE = np.array([[-1.0, -1, -1], [0, 0, 0], [1, 1, 1]])  # brighter below


@figure(9, 5.9)
def steepest(fig, response_grad):
    """A filter's activations for a piece of the photograph, and the gradient that raises them."""
    from course import nn

    x = np.round(255 * images.photo().mean(axis=1, keepdims=True))[:, :, 8:72, 66:162]
    conv, relu = nn.Conv(1, 1, 3), nn.ReLU()
    conv.params = {"w": EDGE[None, None], "b": np.zeros(1)}
    answers = relu.forward(conv.forward(x))
    # Of the sum over the places, not of their mean: whole numbers, easier to read.
    should, linear = (
        conv.backward(grad) for grad in (relu.backward(np.ones(answers.shape)), answers * 0 + 1)
    )
    axes = fig.subplots(2, 2)
    drawing.on_place(axes[0, 0], x[0, 0] / 255, drawing.BRIGHTNESS)
    axes[0, 0].set_title("a piece of the photograph", fontsize=11)
    drawing.on_place(axes[0, 1], answers[0, 0] / 255, drawing.BRIGHTNESS, at=1)
    axes[0, 1].set_title("ReLU(convolution): brighter below", fontsize=11)
    slope = {"cmap": "PuOr", "vmin": -3, "vmax": 3}
    yours, note = drawing.attempt(lambda: response_grad(x, EDGE[None]), should.shape[2:])
    said = f"yours: {note}"
    if yours is not None:
        said = drawing.verdict(yours * answers.size, should[0, 0])
    title, plane = "gradient by the picture", should[0, 0]
    if yours is not None and said != drawing.SAME:
        title, plane = "yours minus what it should be", yours * answers.size - plane
    shown = drawing.on_place(axes[1, 0], plane, slope)
    axes[1, 0].set_title(f"{title}\n{said}", fontsize=11)
    drawing.on_place(axes[1, 1], linear[0, 0], slope)
    axes[1, 1].set_title("without ReLU: nothing is left,\nbut at the border", fontsize=11)
    bar = fig.colorbar(shown, ax=list(axes.ravel()), ticks=[-3, 0, 3], shrink=0.45, anchor=(0, 0))
    bar.set_label("in weights of the filter")
    for ax in axes.ravel():
        ax.set(xticks=[], yticks=[])


@figure(8.5, 5.2)
def evolution(fig, filters, frames, answers, names, step=0):
    """Gradient ascent from noise: a column per unit, its picture after some steps and at last.

    filters : N filters, (C, 3, 3); only one of a single channel is drawn
    frames : dict from every number of steps to pictures (N, 1, 32, 32)
    answers : dict from the same numbers to the activations of the units, (N,)
    names : what each unit is called, N of them
    step : after how many steps to show the pictures in the middle
    """
    ax = fig.subplots()  # one panel for all of them: a figure that moves must be quick
    middle = {"ha": "center", "va": "center"}
    for left, weights, name in zip(range(0, 40 * len(names), 40), filters, names, strict=True):
        ax.text(left + 16, -24, name, fontsize=10, **middle)
        if len(weights) == 1:
            top = np.abs(weights).max()
            style = {"cmap": "PuOr", "vmin": -top, "vmax": top}
            words = f"sum {_signed(np.round(weights.sum(), 2))}"
            _placed(ax, weights[0], (left + 8, -21), 16, words, **style)
        else:
            words = f"3 × 3 on\n{len(weights)} channels:\nno picture"
            ax.text(left + 16, -13, words, fontsize=9, **middle)
    ax.text(-3, -13, "its filter", ha="right", va="center")
    for top, shown in [(2, step), (41, max(frames))]:
        word = f"{shown} step{'s' * (shown != 1)}" if shown else "start: noise"
        ax.text(-3, top + 16, word, ha="right", va="center")
        for k, (picture, answer) in enumerate(zip(frames[shown], answers[shown], strict=True)):
            _placed(ax, picture[0], (40 * k, top), 32, f"answers {answer:.2f}", **GREY)
    ax.set(xlim=(-25, 40 * len(names) - 7), ylim=(79, -26))
    ax.set_axis_off()


def _placed(ax, plane, corner, side, words, **style):
    """A picture in a panel that holds several: framed, with words below it."""
    left, top = corner
    ax.imshow(plane, extent=(left, left + side, top + side, top), **style)
    ax.add_patch(drawing.rectangle(left, top, side, side, fill=False, lw=0.8))
    ax.text(left + side / 2, top + side + 1, words, ha="center", va="top", fontsize=9)


@figure(10.5, 4.1)
def dreams(fig, pictures, logits, scenes, scene_logits, names, own):
    """Pictures that excite one class most, above a scene of that class.

    pictures, scenes : (6, 1, 32, 32); logits, scene_logits : (6,) of that class
    own : the name of the student's own class, which is framed
    """
    axes = fig.subplots(2, len(names))
    for column, *panels in zip(
        axes.T,
        zip(pictures, logits, strict=True),
        zip(scenes, scene_logits, strict=True),
        strict=True,
    ):
        for ax, (picture, logit) in zip(column, panels, strict=True):
            ax.imshow(picture[0], **GREY)
            ax.set(xticks=[], yticks=[])
            ax.set_xlabel(f"score {logit:.1f}")
    for ax, name in zip(axes[0], names, strict=True):
        ax.set_title(name, fontsize=11)
        if name == own:
            ax.set_title(f"yours: {name}", fontsize=11, color=drawing.ORANGE)
            ax.spines[:].set(color=drawing.ORANGE, linewidth=3)
    for ax, what in zip(axes[:, 0], ["climbed\nfrom noise", "a scene"], strict=True):
        ax.set_ylabel(what, rotation=0, ha="right", va="center")


# ---------------------------------------------------------------- exercise 21


@figure(10.5, 2.3)
def recipe(fig, activations, weights, total, cam):
    """Grad-CAM on paper: channels, their weights, the sum, what ReLU leaves, and the map.

    activations : (C, H, W); weights : (C,); total, cam : (H, W)
    """
    first, *others = [_signed(w) for w in weights]
    signs = [f"{first} ×", *(f"{w[0]} {w[1:]} ×" if w[0] == "−" else f"+ {w} ×" for w in others)]
    signs += ["=", "→", f"÷ {_signed(np.max(total))}"]
    steps = [*activations, total, np.maximum(total, 0), cam]
    titles = [f"channel {k}" for k in range(len(weights))]
    titles += ["weighted sum", "after ReLU", "the map"]
    axes = fig.subplots(1, 2 * len(steps), width_ratios=[0.45, 1] * len(steps))
    fig.get_layout_engine().set(wspace=0, w_pad=0.02)
    for left, ax, sign, values, title in zip(
        axes[::2], axes[1::2], signs, steps, titles, strict=True
    ):
        drawing.text(left, sign, size=13)
        _matrix(ax, values, top=np.max(cam) if title == "the map" else np.max(total))
        ax.set_title(title, fontsize=11)


def _matrix(ax, values, top):
    """A small matrix on a coloured ground, purple where positive, strongest at ``top``."""
    values = np.asarray(values, float)
    ax.imshow(values, cmap="PuOr", vmin=-1.2 * top, vmax=1.2 * top)
    for (r, c), value in np.ndenumerate(values):
        ink = "white" if abs(value) > 0.55 * top else "black"
        ax.text(c, r, _signed(value), ha="center", va="center", fontsize=14, color=ink)
    drawing.cells(ax, values.shape)


BOX = "#56B4E9"
DIM, ALPHA = 0.7, 0.9  # under a map the picture is dimmed, so that orange stands out
OWN_SCALE = "full orange: the largest value of THIS map. Compare places within a map, not two maps."


@figure(10, 4.2)
def explained(fig, mosaic, places, maps, shares, overlay, left, right, alpha):
    """A mosaic, and over it what speaks for each of two classes, each map on its own scale.

    Dotted lines separate the quadrants.

    mosaic : (64, 64) as the network sees it
    places : dict from the names of the classes in the quadrants, row by row, to their boxes
    maps : dict from names of classes to maps (64, 64)
    shares : dict from names of classes to (4,), how much of the map lies in each quadrant
    overlay : puts a map over a picture
    left, right : the two classes
    alpha : how much of the map covers the picture
    """
    first, *others = fig.subplots(1, 3)
    first.imshow(_grey(mosaic), cmap="gray", vmin=0, vmax=1)
    first.set(xticks=[], yticks=[])
    first.set_title("what is this?", fontsize=12)
    for ax, name in zip(others, [left, right], strict=True):
        lay(ax, mosaic, maps[name], overlay, alpha, places.get(name))
        half = len(mosaic) / 2 - 0.5
        ax.axhline(half, color="white", lw=0.9, ls=":")
        ax.axvline(half, color="white", lw=0.9, ls=":")
        fullest = list(places)[np.argmax(shares[name])]
        where = f"not there; {np.max(shares[name]):.0%} at the {fullest}"
        if name in places:
            where = f"{shares[name][list(places).index(name)]:.0%} in its quadrant"
        ax.set_title(f"“{name}”", fontsize=12)
        ax.set_xlabel(where, fontsize=11)
    fig.supxlabel(OWN_SCALE, fontsize=11)


@figure(7.5, 6.8)
def suspected(fig, scenes, boxes, maps, shares, overlay, changed, says, what):
    """A column per scene: its map, and what the network says when a part of it is painted.

    scenes : (N, 32, 32); boxes (N, 4); maps (N, 32, 32); shares (N,) of the maps in the boxes
    changed : (N, 32, 32) the painted scenes
    says : N words; what : names the part and its paint
    """
    axes = fig.subplots(3, len(scenes), squeeze=False)
    for ax, word in zip(axes[:, 0], ["the scene", "its map", what], strict=True):
        ax.set_ylabel(word, rotation=0, ha="right", va="center", fontsize=11)
    fig.get_layout_engine().set(wspace=0.02, hspace=0.04)
    for column, scene, box, cam, share, painted, word in zip(
        axes.T, scenes, boxes, maps, shares, changed, says, strict=True
    ):
        column[0].imshow(_grey(scene), cmap="gray", vmin=0, vmax=1)
        lay(column[1], scene, cam, overlay, ALPHA, box)
        column[1].set_xlabel(f"{share:.0%} in the box", fontsize=10)
        column[2].imshow(_grey(painted), cmap="gray", vmin=0, vmax=1)
        column[2].set_xlabel(f"“{word}”", fontsize=11)
        for ax in column[[0, 2]]:
            ax.set(xticks=[], yticks=[])
            _box(ax, box)
    fig.supxlabel(OWN_SCALE, fontsize=11)


def lay(ax, scene, cam, overlay, alpha=ALPHA, box=None):
    """A scene, dimmed, and over it a map as a student's `overlay` puts it there, and a frame."""
    grey = DIM * _grey(scene)
    laid, note = drawing.tried(
        lambda: np.clip(overlay(grey, cam, alpha), 0, 1),
        lambda got: got.shape == (*grey.shape, 3),
    )
    if laid is None:
        drawing.text(ax, f"overlay:\n{note}")
    else:
        ax.imshow(laid)
        if box is not None:
            _box(ax, box)
    ax.set(xticks=[], yticks=[])


def _grey(scene):
    """Normalised pictures as brightness, 0 to 1."""
    return np.clip((scene - DARK) / (LIGHT - DARK), 0, 1)


def _box(ax, box):
    """A thin frame around an object."""
    left, top, right, bottom = box
    ax.add_patch(
        drawing.rectangle(
            left - 0.5, top - 0.5, right - left, bottom - top, fill=False, edgecolor=BOX, lw=1.2
        )
    )


def _signed(value):
    return f"{value:g}".replace("-", "−")
