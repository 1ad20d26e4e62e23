"""The figures of unit 5: augmented pictures, the layers of the network, and training results.

`course.nn` is not needed here: it is not there while a submission is graded.
"""

import numpy as np

from course import images
from course.plots import drawing
from course.plots.drawing import BLUE, GREY, figure

# One colour, marker and line for each way of training (Okabe-Ito); names are always written, too.
STYLES = [
    ("#0072B2", "o", "-"),
    ("#D55E00", "^", "--"),
    ("#009E73", "s", "-."),
    ("#CC79A7", "D", ":"),
]
MOST = 100.0  # of a loss: what lies beyond is drawn there
SCENE = {"cmap": "gray", "vmin": -0.76, "vmax": 2.27}  # images.normalise of 0 and 255
LAYERS = {  # of the network of this unit: what comes out of each, and how many parameters it has
    "conv1": "16 planes\n32 × 32\n160 parameters",
    "conv2": "32 planes\n16 × 16\n4,640 parameters",
    "conv3": "64 planes\n8 × 8\n18,496 parameters",
    "head": "one number\nper class\n260 parameters",
}


# ---------------------------------------------------------------- exercise 13


@figure(9.5, 3)
def mirror(fig, box, shape):
    """A picture of a few pixels with a box in it, and both flipped left to right.

    box : left, top, right, bottom; shape : of the picture, (H, W)
    """
    axes = fig.subplots(1, 2)
    height, width = shape
    flipped = (width - box[2], box[1], width - box[0], box[3])
    for ax, (left, top, right, bottom), first in zip(
        axes, [box, flipped], ["the picture: box", "flipped: box"], strict=True
    ):
        drawing.cells(ax, shape)
        ax.add_patch(drawing.cell(0, left if ax is axes[0] else right - 1, facecolor=BLUE))
        for row in range(1, bottom):
            for column in range(left, right):
                ax.add_patch(drawing.cell(row, column, facecolor="#9ecae1"))
        drawing.mark(ax, top, left, bottom - top, right - left)
        ax.set(xticks=np.arange(width + 1) - 0.5, yticks=np.arange(height + 1) - 0.5)
        ax.set_xticklabels(range(width + 1))
        ax.set_yticklabels(range(height + 1))
        ax.tick_params(length=0)
        ax.tick_params(axis="x", pad=9)  # its 0 keeps clear of the other axis
        ax.set_title(f"{first} {box if ax is axes[0] else flipped}")
    fig.suptitle(f"edges, not pixels, are counted: W = {width}")


@figure(7.5, 4.2)
def flipped(fig, random_hflip):
    """Scenes with their boxes, and flipped; a tick where the student's function gives the same.

    Where it does not, a third row shows what it gives.
    """
    pictures, _ = images.fashion("test")
    x, boxes = images.scenes(pictures[[28, 30, 22, 11]], np.random.default_rng(26))
    right, width = x[..., ::-1], x.shape[3]
    mirrored = np.stack([[width - b[2], b[1], width - b[0], b[3]] for b in boxes])
    yours, note = drawing.tried(
        lambda: random_hflip(x.copy(), boxes.copy(), 1.0, np.random.default_rng(0)),
        lambda got: _is_flip(got, x.shape),
    )
    words = [f"yours: {note}"] * 4 if yours is None else _about_flips(yours, right, mirrored)
    wrong = yours is not None and set(words) != {drawing.SAME}
    if wrong:
        fig.set_size_inches(7.5, 6.3)
    axes = fig.subplots(2 + wrong, 4)
    for i, (before, should, *does) in enumerate(axes.T):
        _scene(before, x[i, 0], boxes[i])
        _scene(should, right[i, 0], mirrored[i])
        (does[0] if wrong else should).set_title(words[i], fontsize=10)
        if wrong:
            _scene(does[0], np.asarray(yours[0], float)[i, 0], np.asarray(yours[1], float)[i])
    for ax, label in zip(axes[:, 0], ["the scene", "flipped", "yours"], strict=False):
        ax.set_ylabel(label, rotation=0, ha="right", va="center")


def _about_flips(yours, pictures, boxes):
    """What is to be said of each flipped picture of the student's, with its box."""
    words = []
    planes, edges = (np.asarray(part, float) for part in yours[:2])
    for one, box, picture, should in zip(planes, edges, pictures, boxes, strict=True):
        wrong = []
        if drawing.verdict(one, picture) != drawing.SAME:
            wrong.append("other pixels")
        if drawing.verdict(box, should) != drawing.SAME:
            wrong.append("another box")
        words.append("yours: " + "\nand ".join(wrong) if wrong else drawing.SAME)
    return words


def _is_flip(got, shape):
    """Whether a student's result can be shown: pictures of this shape, and as many boxes."""
    return np.shape(got[0]) == shape and np.shape(got[1]) == (shape[0], 4)


def _scene(ax, plane, box=None, **style):
    """A picture, with a frame where its box is."""
    ax.imshow(plane, **{**SCENE, **style})
    ax.set(xticks=[], yticks=[])
    if box is not None:
        left, top, right, bottom = box
        drawing.mark(ax, top, left, bottom - top, right - left)


@figure(9.5, 3.5)
def windows(fig):
    """A picture in a frame of zeros, three windows of its old size, and what they see."""
    pad, size = 4, 28
    plane = images.fashion("test")[0][15, 0]
    framed = np.pad(plane, pad)
    fig.get_layout_engine().set(wspace=0.06)
    axes = fig.subplots(1, 4, width_ratios=[36, 28, 28, 28])
    axes[0].imshow(framed, cmap="gray", vmin=0, vmax=255)
    axes[0].add_patch(
        drawing.rectangle(pad - 0.5, pad - 0.5, size, size, fill=False, edgecolor="white", ls=":")
    )
    axes[0].set_title("28 × 28 with 4 zeros\non each side: 36 × 36")
    for ax, (top, left), (colour, _, line) in zip(
        axes[1:], [(0, 3), (4, 8), (7, 1)], STYLES, strict=False
    ):
        axes[0].add_patch(
            drawing.rectangle(
                left - 0.5,
                top - 0.5,
                size,
                size,
                fill=False,
                ec=colour,
                ls=line,
                lw=2.5,
                clip_on=False,
            )
        )
        ax.imshow(framed[top : top + size, left : left + size], cmap="gray", vmin=0, vmax=255)
        ax.set_title(f"top {top}, left {left}")
        ax.spines[:].set(color=colour, linewidth=2.5, linestyle=line)
    for ax in axes:
        ax.set(xticks=[], yticks=[])


@figure(10, 3)
def drawn_anew(fig, random_hflip, random_crop):
    """Two pictures as eight epochs would see them, through the student's functions."""
    x = images.fashion("test")[0][[15, 38]]
    axes = fig.subplots(2, 9)
    rng = np.random.default_rng(1)
    for row, plane in zip(axes, x[:, 0], strict=True):
        _scene(row[0], plane, vmin=0, vmax=255)
    axes[0, 0].set_title("as it is", fontsize=9)
    for epoch, column in enumerate(axes.T[1:], start=1):
        got, note = drawing.tried(
            lambda: random_crop(random_hflip(x.copy(), np.zeros((2, 4)), 0.5, rng)[0], 28, 4, rng),
            lambda got: np.shape(got) == x.shape,
        )
        for ax, i in zip(column, range(2), strict=True):
            if got is None:
                drawing.text(ax, f"yours:\n{note.replace(' ', chr(10))}", size=8)
            else:
                _scene(ax, np.asarray(got, float)[i, 0], vmin=0, vmax=255)
        column[0].set_title(f"epoch {epoch}", fontsize=9)


@figure(9.5, 3.8)
def augmentation(fig, losses, measured):
    """Loss by epoch, and accuracy on three kinds of pictures, for each way of training.

    losses : dict from a way to an array (networks, epochs)
    measured : dict from a way to an array (networks, 3): training, test and shifted test pictures
    """
    left, right = fig.subplots(1, 2)
    _curves(left, losses)
    kinds = ["the 300\nthey trained on", "test pictures", "test pictures,\nmoved"]
    offsets = np.linspace(-0.15, 0.15, len(measured))
    for (way, values), style, offset in zip(measured.items(), STYLES, offsets, strict=False):
        _dots(right, np.arange(3) + offset, values, style, way)
    right.set(xticks=range(3), xticklabels=kinds, ylim=(0, 1.05), ylabel="share named rightly")
    right.set_title("bar: mean, one mark per network", fontsize=11)
    right.legend(frameon=False, loc="lower left")


def _curves(ax, losses):
    """Mean loss of several networks by epoch, a curve for each way of training.

    If a loss grows beyond `MOST`, the axis is logarithmic, and such points lie on its upper edge.
    """
    every = np.concatenate([np.ravel(values) for values in losses.values()])
    diverged = not (np.abs(every) <= MOST).all()
    for (way, values), (colour, marker, line) in zip(losses.items(), STYLES, strict=False):
        epochs = np.arange(1, np.shape(values)[1] + 1)
        shown = np.fmin(np.nan_to_num(values, nan=MOST, posinf=MOST), MOST)
        for one in shown:
            ax.plot(epochs, one, color=colour, ls=line, lw=0.7, alpha=0.5)
        middle = (
            np.fmin(np.exp(np.log(shown).mean(axis=0)), MOST) if diverged else shown.mean(axis=0)
        )
        ax.plot(epochs, middle, color=colour, ls=line, lw=2, label=way)
        over = np.any(shown >= MOST, axis=0)
        ax.plot(epochs[over], np.full(over.sum(), MOST), marker, color=colour, clip_on=False)
    ax.set(xlabel="epoch", ylabel="loss on the training pictures")
    ax.set_title("thick: mean, thin: each network", fontsize=11)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.spines[["top", "right"]].set_visible(False)
    if not diverged:
        ax.set_ylim(bottom=0)
        ax.legend(frameon=False, loc="upper right")
        return
    least = min(shown.min(), 1)
    ax.set(yscale="log", ylim=(least / 20, MOST))  # below is room for the legend
    ax.set_yticks([0.1, 1, 10, MOST], ["0.1", "1", "10", "100\nand more"])
    ax.legend(frameon=False, loc="lower center", ncols=2, fontsize=8.5, columnspacing=1)


def _dots(ax, places, values, style, label=None):
    """One mark per network at each place, and a bar at their mean."""
    colour, marker, _ = style
    for one in np.atleast_2d(values):
        ax.plot(places, one, marker, color=colour, alpha=0.6, markersize=6)
    middle = np.mean(np.atleast_2d(values), axis=0)
    ax.hlines(middle, places - 0.1, places + 0.1, color=colour, lw=3)
    ax.plot([], [], marker, color=colour, label=label)
    ax.spines[["top", "right"]].set_visible(False)


# ---------------------------------------------------------------- exercises 14 to 16


@figure(10, 3.2)
def tasks(fig, source_classes, target_classes):
    """A scene of every class: those that the source network knows, and the new ones."""
    pictures, labels = images.fashion("test")
    axes = fig.subplots(2, 6)
    for row, classes, what in zip(
        axes, [source_classes, target_classes], ["knows", "new"], strict=True
    ):
        first = [np.flatnonzero(labels == c)[3] for c in classes]
        x, boxes = images.scenes(pictures[first], np.random.default_rng(7))
        for ax in row:
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
        for ax, scene, box, c in zip(row, x, boxes, classes, strict=False):
            _scene(ax, scene[0], box)
            ax.set_title(images.FASHION_CLASSES[c], fontsize=10)
        row[0].set_ylabel(what, rotation=0, ha="right", va="center", fontsize=12)


@figure(9.5, 2.4)
def layers(fig):
    """The network of this unit from left to right: what comes out of each layer."""
    from matplotlib.patches import FancyBboxPatch

    ax = fig.subplots()
    for place, (name, text) in enumerate(LAYERS.items()):
        colour = "#e8e8e8" if name != "head" else "#fde6c8"
        ax.add_patch(
            FancyBboxPatch((2 * place, 0), 1.5, 1.2, boxstyle="round,pad=0.05", fc=colour, ec=GREY)
        )
        ax.text(2 * place + 0.75, 1.02, name, ha="center", va="center", weight="bold")
        ax.text(2 * place + 0.75, 0.42, text, ha="center", va="center", fontsize=9)
        if place:
            ax.annotate(
                "",
                (2 * place - 0.07, 0.6),
                (2 * place - 0.43, 0.6),
                arrowprops={"arrowstyle": "->"},
            )
    ax.set(xlim=(-0.2, 7.8), ylim=(-0.1, 1.4), xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    ax.set_title("the network of this unit")


@figure(9.5, 3.8)
def runs(fig, losses, accuracies, chance=0.25):
    """Loss by epoch, and accuracy on test scenes, for up to four ways of training.

    losses, accuracies : dict from a way to an array (networks, epochs), and (networks,)
    """
    left, right = fig.subplots(1, 2)
    _curves(left, losses)
    for place, ((_, values), style) in enumerate(zip(accuracies.items(), STYLES, strict=False)):
        _dots(right, np.array([place]), np.asarray(values)[:, None], style)
    right.axhline(chance, color=GREY, ls=":", lw=1)
    right.text(-0.45, chance + 0.015, "chance", color=GREY, fontsize=9)
    names = [way.replace(", ", ",\n") for way in accuracies]
    right.set(xticks=range(len(names)), xlim=(-0.5, len(names) - 0.5), ylim=(0, 1))
    right.set_xticklabels(names, fontsize=9)
    right.set(ylabel="share of test scenes named rightly")
    right.set_title("bar: mean, one mark per network", fontsize=11)


@figure(9.5, 3.8)
def stages(fig, ways, values, title, chance=0.25):
    """Accuracy after each way of fine-tuning, and its difference from the first way.

    ways : what was done; the others are compared to the first
    values : array (networks, ways)
    title : how many scenes there were

    The axes are the same whatever the values are, so that two such figures can be compared, and
    noise looks like noise.
    """
    left, right = fig.subplots(1, 2)
    places = np.arange(len(ways))
    gains = values - values[:, :1]
    for ax, shown in [(left, values), (right, gains)]:
        for place, style in zip(places, STYLES, strict=False):
            _dots(ax, np.array([place]), shown[:, [place]], style)
        ax.set(xticks=places, xlim=(-0.5, len(ways) - 0.5))
        ax.set_xticklabels([way.replace(" ", "\n") for way in ways], fontsize=9)
    left.axhline(chance, color=GREY, ls=":", lw=1)
    left.text(-0.45, chance + 0.015, "chance", color=GREY, fontsize=9)
    left.set(ylim=(0, 1), ylabel="share of test scenes named rightly")
    right.axhline(0, color=GREY, lw=1, zorder=0)
    most = max(0.2, np.abs(gains).max() + 0.02)
    right.set(ylim=(-most, most), ylabel=f"gain over “{ways[0]}”")
    fig.suptitle(f"{title}; bar: mean, one mark per network", fontsize=11)
