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
        _matrix(ax, values)
        ax.set_title(title, fontsize=11)


def _matrix(ax, values, top=5.0):
    """A small matrix on a coloured ground, as strong as its numbers: purple is positive."""
    values = np.asarray(values, float)
    ax.imshow(values, cmap="PuOr", vmin=-1.2 * top, vmax=1.2 * top)
    for (r, c), value in np.ndenumerate(values):
        ink = "white" if abs(value) > 0.55 * top else "black"
        ax.text(c, r, _signed(value), ha="center", va="center", fontsize=14, color=ink)
    drawing.cells(ax, values.shape)


BOX = "#56B4E9"
DIM, ALPHA = 0.7, 0.9  # under a map the picture is dimmed, so that orange stands out
OWN_SCALE = "full orange: the largest value of THIS map. Compare places within a map, not two maps."


@figure(10.5, 5.2)
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
    fig.supxlabel(OWN_SCALE, fontsize=11)


@figure(10.5, 7)
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
    fig.supxlabel(OWN_SCALE, fontsize=11)


def _wrapped(name):
    """ "object black" on two lines; other names as they are."""
    return name.replace(" ", "\n", 1) if name.startswith(("object", "ground")) else name


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
