"""The figures of unit 7: activations, activation maximisation, and Grad-CAM.

`course.nn` is imported where it is needed: it is not there while a submission is graded.
"""

import numpy as np

from course import images
from course.plots import drawing
from course.plots.drawing import figure

DARK, LIGHT = images.normalise(np.array([0, 255]))  # black and white, as the network sees them
GREY = {"cmap": "gray", "vmin": DARK, "vmax": LIGHT}


# ---------------------------------------------------------------- exercise 19


@figure(10.5, 7.6)
def channels(fig, picture, kept, activation_grid):
    """The activations of three layers: each channel on its own scale, yours, and on one scale.

    picture : (32, 32) as the network sees it
    kept : dict from names of layers to activations (C, H, W)
    """
    rows = fig.subplots(3, 1 + len(kept), width_ratios=[0.7, *[1] * len(kept)])
    fig.get_layout_engine().set(wspace=0.04, hspace=0.06)
    says = ["each channel\non its own scale", "yours", "all channels\non ONE scale"]
    for (ax, *_), what in zip(rows, says, strict=True):
        drawing.text(ax, what)
    rows[0, 0].clear()
    rows[0, 0].imshow(picture, **GREY)
    rows[0, 0].set(xticks=[], yticks=[], title="the picture")
    rows[0, 0].set_xlabel(f"on the right:\n{says[0]}", fontsize=11)
    for column, (name, maps) in zip(rows[:, 1:].T, kept.items(), strict=True):
        _panels(column[0], maps, [(m.min(), m.max()) for m in maps])
        count, height, width = maps.shape
        column[0].set_title(f"{name}: {count} channels of {height} × {width}", fontsize=10)
        grid, note = drawing.attempt(lambda maps=maps: activation_grid(maps), ndim=2)
        if grid is None:
            drawing.text(column[1], f"yours: {note}")
        else:
            column[1].imshow(grid, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        _panels(column[2], maps, [(maps.min(), maps.max())] * count)
        alive = (maps > 0).mean()
        column[2].set_xlabel(f"{alive:.0%} of the values are above 0", fontsize=10)
        for ax in column:
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)


def _panels(ax, maps, scales):
    """The channels side by side, each as a picture of its own with its (lowest, highest) value."""
    count, height, width = maps.shape
    columns = int(np.ceil(np.sqrt(count)))
    for k, (plane, (low, high)) in enumerate(zip(maps, scales, strict=True)):
        top, left = k // columns * (height + 1), k % columns * (width + 1)
        extent = (left, left + width, top + height, top)
        ax.imshow(
            plane,
            extent=extent,
            cmap="gray",
            vmin=low,
            vmax=max(high, low + 1e-9),
            interpolation="nearest",
        )
    rows = -(-count // columns)
    ax.set(xlim=(0, columns * (width + 1) - 1), ylim=(rows * (height + 1) - 1, 0), aspect="equal")


# ---------------------------------------------------------------- exercise 20

EDGE = np.array([[-1.0, -1, -1], [0, 0, 0], [1, 1, 1]])  # brighter below


@figure(10.5, 5.2)
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
    axes = fig.subplots(2, 3)
    drawing.on_place(axes[0, 0], x[0, 0] / 255, drawing.BRIGHTNESS)
    axes[0, 0].set_title("a piece of the photograph", fontsize=10)
    drawing.on_place(axes[1, 0], answers[0, 0] / 255, drawing.BRIGHTNESS, at=1)
    axes[1, 0].set_title("ReLU(convolution): brighter below", fontsize=10)
    slope = {"cmap": "PuOr", "vmin": -3, "vmax": 3}
    shown = drawing.on_place(axes[0, 1], should[0, 0], slope)
    axes[0, 1].set_title("gradient by the picture", fontsize=10)
    yours, note = drawing.attempt(lambda: response_grad(x, EDGE[None]), should.shape[2:])
    if yours is None:
        drawing.text(axes[1, 1], f"yours: {note}")
    else:
        yours = yours * answers.size
        drawing.on_place(axes[1, 1], yours, slope)
        words = drawing.difference(yours, should[0, 0])
        axes[1, 1].set_title(f"yours: {words}", fontsize=10)
    drawing.on_place(axes[0, 2], linear[0, 0], slope)
    axes[0, 2].set_title("without ReLU", fontsize=10)
    drawing.text(
        axes[1, 2],
        "without ReLU, a pixel adds\nto some places what it takes\nfrom others: nothing is left,\n"
        "but at the border",
        size=11,
    )
    bar = fig.colorbar(shown, ax=list(axes[:, 2]), ticks=[-3, 0, 3], shrink=0.7)
    bar.set_label("what a pixel gets, in weights of the filter")
    for ax in axes.ravel():
        ax.set(xticks=[], yticks=[])


@figure(10, 7.4)
def evolution(fig, filters, frames, answers, names):
    """Gradient ascent from noise: a row per unit, a column per number of steps.

    filters : N filters, (C, 3, 3); only one of a single channel is drawn
    frames : dict from numbers of steps to pictures (N, 1, 32, 32)
    answers : dict from numbers of steps to the activations of the units, (N,)
    names : what each unit is called, N of them
    """
    axes = fig.subplots(len(names), 1 + len(frames), squeeze=False)
    axes[0, 0].set_title("its filter", fontsize=10)
    for ax, weights, name in zip(axes[:, 0], filters, names, strict=True):
        if len(weights) == 1:
            top = np.abs(weights).max()
            ax.imshow(weights[0], cmap="PuOr", vmin=-top, vmax=top)
            ax.set_xlabel(f"sum {_signed(np.round(weights.sum(), 2))}", fontsize=9)
        else:
            drawing.text(ax, f"3 × 3 on\n{len(weights)} channels:\nno picture", size=9)
        ax.set(xticks=[], yticks=[])
        ax.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=10)
    for column, (steps, pictures) in zip(axes.T[1:], frames.items(), strict=True):
        for ax, picture, answer in zip(column, pictures, answers[steps], strict=True):
            ax.imshow(picture[0], **GREY)
            ax.set(xticks=[], yticks=[])
            ax.set_xlabel(f"answers {answer:.2f}", fontsize=9)
        word = "start: noise" if steps == 0 else f"{steps} step{'s' if steps > 1 else ''}"
        column[0].set_title(word, fontsize=10)


@figure(10.5, 4.1)
def dreams(fig, pictures, logits, scenes, scene_logits, names):
    """Pictures that excite one class most, above a scene of that class.

    pictures, scenes : (6, 1, 32, 32); logits, scene_logits : (6,) of that class
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
    for ax, what in zip(axes[:, 0], ["climbed\nfrom noise", "a scene"], strict=True):
        ax.set_ylabel(what, rotation=0, ha="right", va="center")


# ---------------------------------------------------------------- exercise 21


@figure(10.5, 2.5)
def recipe(fig, activations, weights, total, cam):
    """Grad-CAM on paper: channels, their weights, the sum, what ReLU leaves, and the map.

    activations : (C, H, W); weights : (C,); total, cam : (H, W)
    """
    steps = [*activations, total, np.maximum(total, 0), cam]
    titles = [f"channel {k}\nweight {_signed(w)}" for k, w in enumerate(weights)]
    titles += ["weighted sum", "ReLU", f"divided by {_signed(np.max(total))}:\nthe map"]
    axes = fig.subplots(1, len(steps))
    for ax, values, title in zip(axes, steps, titles, strict=True):
        drawing.grid(ax, values, top=9)
        ax.set_title(title, fontsize=11)


BOX = "#56B4E9"
DIM, ALPHA = 0.7, 0.9  # under a map the picture is dimmed, so that orange stands out


@figure(11, 5.4)
def explained(fig, mosaics, names, boxes, maps, shares, overlay):
    """The same mosaic explained for each of its four classes, each map on its own scale.

    mosaics : (N, 64, 64) as the network sees them
    names : (N, 4) the class in each quadrant; boxes (N, 4, 4) around the objects
    maps : (N, 4, 64, 64) the map for each class; shares (N, 4) of it in the right quadrant
    overlay : puts a map over a picture
    """
    axes = fig.subplots(len(mosaics), 5)
    fig.get_layout_engine().set(wspace=0.02, hspace=0.04)
    for row, mosaic, words, places, cams, parts in zip(
        axes, mosaics, names, boxes, maps, shares, strict=True
    ):
        grey = _grey(mosaic)
        row[0].imshow(grey, cmap="gray", vmin=0, vmax=1)
        row[0].set_title("what is this?", fontsize=11)
        for ax, word, place, cam, part in zip(row[1:], words, places, cams, parts, strict=True):
            laid, note = drawing.tried(
                lambda grey=grey, cam=cam: np.clip(overlay(DIM * grey, cam, ALPHA), 0, 1),
                lambda got: got.shape == (64, 64, 3),
            )
            if laid is None:
                drawing.text(ax, f"overlay: {note}")
                continue
            ax.imshow(laid)
            _box(ax, place)
            ax.set_title(f"“{word}”", fontsize=12)
            ax.set_xlabel(f"{part:.0%} in its quadrant", fontsize=10)
        for ax in row:
            ax.set(xticks=[], yticks=[])
    bar = fig.colorbar(_orange(), ax=list(axes.ravel()), ticks=[0, 0.5, 1], shrink=0.6, aspect=25)
    bar.set_label("relative to each map's OWN largest value")


@figure(11, 6.9)
def suspected(fig, boxes, maps, shares, changed, says, overlay):
    """A row per scene: its map, and what the network says after each change of the scene.

    boxes : (N, 4); maps (N, 32, 32); shares (N,) of the maps in the boxes
    changed : dict from names of changes, the first of them none, to scenes (N, 32, 32)
    says : dict from the same names to what the network says, N words
    """
    axes = fig.subplots(len(boxes), 1 + len(changed), squeeze=False)
    fig.get_layout_engine().set(wspace=0.02, hspace=0.04)
    first, *others = changed
    for row, scene, box, cam, share in zip(axes, changed[first], boxes, maps, shares, strict=True):
        grey = _grey(scene)
        laid, note = drawing.tried(
            lambda grey=grey, cam=cam: np.clip(overlay(DIM * grey, cam, ALPHA), 0, 1),
            lambda got: got.shape == (32, 32, 3),
        )
        if laid is None:
            drawing.text(row[1], f"overlay:\n{note}", size=9)
        else:
            row[1].imshow(laid)
        row[1].set_xlabel(f"{share:.0%} in the box", fontsize=10)
        for ax in row:
            ax.set(xticks=[], yticks=[])
            _box(ax, box)
    axes[0, 1].set_title("the map", fontsize=10)
    for column, name in zip(
        axes.T[[0, *range(2, 1 + len(changed))]], [first, *others], strict=True
    ):
        column[0].set_title(_wrapped(name), fontsize=10)
        for ax, scene, word in zip(column, changed[name], says[name], strict=True):
            ax.imshow(_grey(scene), cmap="gray", vmin=0, vmax=1)
            ax.set_xlabel(f"“{word}”", fontsize=10)
    bar = fig.colorbar(_orange(), ax=list(axes.ravel()), ticks=[0, 0.5, 1], shrink=0.5)
    bar.set_label("relative to each map's OWN largest value")


def _wrapped(name):
    """ "object black" on two lines; other names as they are."""
    return name.replace(" ", "\n", 1) if name.startswith(("object", "ground")) else name


def _grey(scene):
    """Normalised pictures as brightness, 0 to 1."""
    return np.clip((scene - DARK) / (LIGHT - DARK), 0, 1)


def _orange():
    """From black to orange, as `overlay` lays it over the black of a picture."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap

    ends = [(0, 0, 0), tuple(ALPHA * np.array([1.0, 0.5, 0.0]))]
    return ScalarMappable(cmap=LinearSegmentedColormap.from_list("overlay", ends))


def _box(ax, box):
    """A thin frame around an object."""
    from matplotlib.patches import Rectangle

    left, top, right, bottom = box
    ax.add_patch(
        Rectangle(
            (left - 0.5, top - 0.5), right - left, bottom - top, fill=False, edgecolor=BOX, lw=1.2
        )
    )


def _signed(value):
    return f"{value:g}".replace("-", "−")
