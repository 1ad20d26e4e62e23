"""The figures of unit 5: augmented pictures, scenes, and training results.

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


def _scene(ax, plane, box=None, **style):
    """A picture, with a frame where its box is."""
    ax.imshow(plane, **{**SCENE, **style})
    ax.set(xticks=[], yticks=[])
    if box is not None:
        left, top, right, bottom = box
        drawing.mark(ax, top, left, bottom - top, right - left)


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
