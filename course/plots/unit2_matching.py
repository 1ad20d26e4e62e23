"""The figures of unit 2: response maps, pyramids, faces on every level, and the cost of layers."""

import numpy as np

from course import images
from course.plots import drawing
from course.plots.drawing import BLUE, GREY, ORANGE, figure

SIDE = 12  # of every window and template here, as of the network that looks for faces
CORNERS = [(35, 72), (17, 36), (5, 15), (1, 4), (0, 0)]  # of a window on each level of 192 pixels
STAGES = [(64, 56), (128, 28), (256, 14)]  # channels, and side of the maps


def grey_portrait(side):
    """The portrait as one grey plane, float64 (side, side), values from 0 to 1."""
    return drawing.resized(images.portrait().mean(axis=1, keepdims=True), side, side)[0, 0]


def sampled(picture, row, col, degrees=0.0, scale=1.0):
    """A template of 12 × 12 pixels from a picture that is turned and scaled about its middle.

    picture : (H, W)
    row, col : upper left corner of the template if it is neither turned nor scaled
    degrees : counter-clockwise
    scale : 2 shows everything at double size, so half as much of the picture is seen

    Between pixels it is interpolated linearly; beyond the border the border is repeated.
    """
    steps = (np.arange(SIDE) - (SIDE - 1) / 2) / scale
    down, right = np.meshgrid(steps, steps, indexing="ij")
    angle = np.deg2rad(degrees)
    middle = (SIDE - 1) / 2
    rows = row + middle + np.cos(angle) * down + np.sin(angle) * right
    cols = col + middle - np.sin(angle) * down + np.cos(angle) * right
    rows, cols = np.clip(rows, 0, len(picture) - 1), np.clip(cols, 0, picture.shape[1] - 1)
    r, c = rows.astype(int), cols.astype(int)
    below = np.minimum(r + 1, len(picture) - 1)
    beside = np.minimum(c + 1, picture.shape[1] - 1)
    v, u = rows - r, cols - c
    upper = (1 - u) * picture[r, c] + u * picture[r, beside]
    lower = (1 - u) * picture[below, c] + u * picture[below, beside]
    return (1 - v) * upper + v * lower


# ---------------------------------------------------------------- exercise 4


@figure(10.5, 4.4)
def matching_on_paper(fig):
    """The worked example: a picture, a template, and three similarity maps."""
    image, template = np.zeros((4, 6)), np.array([[0.0, 1.0], [1.0, 0.0]])
    image[1:3, 1:3] = template
    image[0:2, 4:6] = 9
    maps = {
        "raw correlation": correlation(image, template),
        "template minus its mean": correlation(image, template - template.mean()),
        # Every window that is not flat here has 0 or 1/√3, but for the one that is the template.
        "NCC": np.array([[0, -1, 1, 0, 0], [-1, 3**0.5, -1, 1, 0], [1, -1, 0, 0, 0]]) / 3**0.5,
    }
    fig.get_layout_engine().set(wspace=0.06, hspace=0.06)
    axes = fig.subplots(2, 3, height_ratios=[4, 3])
    drawing.grid(axes[0, 0], image, outline=(1, 1, 2, 2))
    axes[0, 0].set_title("picture; framed: the window at (1, 1)")
    drawing.grid(axes[0, 1], template, box=4)
    axes[0, 1].set_title("template")
    axes[0, 2].set_axis_off()
    for ax, (name, values) in zip(axes[1], maps.items(), strict=True):
        best = np.unravel_index(values.argmax(), values.shape)
        drawing.grid(ax, np.round(values, 2), outline=(*best, 1, 1))
        ax.set_title(f"{name}: largest at {_place(best)}")


@figure(10.5, 6.6)
def response_maps(fig, ncc):
    """A template from a photograph, matched in a degraded copy of it with three scores."""
    picture = grey_portrait(96)
    row, col = 15, 36
    template = picture[row : row + SIDE, col : col + SIDE]
    worse = 0.5 * picture + 0.2 + np.random.default_rng(3).normal(0, 0.02, picture.shape)

    axes = fig.subplots(2, 3)
    grey = {"cmap": "gray", "vmin": 0, "vmax": 1}
    axes[0, 0].imshow(picture, **grey)
    axes[0, 0].set_title(f"template: 12 × 12 pixels\ncut out at {_place((row, col))}")
    axes[0, 1].imshow(worse, **grey)
    axes[0, 1].set_title("where it is looked for:\ndimmed, offset, noisy")
    for ax in axes[0, :2]:
        drawing.mark(ax, row, col, SIDE, SIDE)
    inset = axes[0, 0].inset_axes([0.02, 0.62, 0.36, 0.36])
    inset.imshow(template, **grey)
    inset.set(xticks=[], yticks=[])
    inset.spines[:].set(color=ORANGE, linewidth=2)

    maps = {
        "raw correlation": correlation(worse, template),
        "template minus its mean": correlation(worse, template - template.mean()),
    }
    for ax, (name, values) in zip([axes[0, 2], axes[1, 0]], maps.items(), strict=True):
        _response(ax, name, values, (row, col))
    shape = (len(picture) - SIDE + 1, picture.shape[1] - SIDE + 1)
    yours, note = drawing.attempt(lambda: ncc(worse, template), shape, ndim=2)
    if yours is None:
        drawing.text(axes[1, 1], f"NCC, yours:\n{note}")
    else:
        _response(axes[1, 1], "NCC, yours", yours, (row, col), top=1)
    axes[1, 2].set_axis_off()
    words = {"o": "circle: where it was cut out", "s": "square: the largest response"}
    for height, (marker, word) in zip([0.62, 0.42], words.items(), strict=True):
        _around(axes[1, 2], 0.08, height, marker, transform=axes[1, 2].transAxes)
        axes[1, 2].text(0.18, height, word, va="center", transform=axes[1, 2].transAxes)
    for ax in axes.ravel()[:5]:
        side = len(picture) - 0.5
        ax.set(xticks=[], yticks=[], xlim=(-0.5, side), ylim=(side, -0.5))


@figure(10.5, 3.2)
def turned_and_scaled(fig, ncc, places, run):
    """The score at the right place by rotation and by scale of the template.

    run : the student's own ``degrees`` and ``scale``, which are marked
    """
    picture = grey_portrait(96)
    turns = {"degrees": np.arange(0, 95, 5), "scale": np.geomspace(0.5, 2, 13)}
    titles = ["the template is turned", "the template is enlarged or reduced"]
    labels = ["degrees", "scale"]
    for ax, title, name in zip(fig.subplots(1, 2, sharey=True), titles, labels, strict=True):
        scores = []
        for row, col in places:
            window = picture[row : row + SIDE, col : col + SIDE]
            for value in turns[name]:
                template = sampled(picture, row, col, **{name: value})
                one, note = drawing.attempt(lambda t=template, w=window: ncc(w, t), (1, 1), ndim=2)
                scores.append(None if one is None else one[0, 0])
        ax.set(title=title, xlabel=name)
        if None in scores:
            drawing.text(ax, f"yours: {note}")
            continue
        scores = np.reshape(scores, (len(places), -1))
        ax.plot(turns[name], scores.T, color=GREY, lw=0.8, alpha=0.6)
        ax.plot(turns[name], np.median(scores, axis=0), color=ORANGE, lw=3)
        ax.axhline(0, color="black", lw=0.8)
        ax.axvline(getattr(run, name), color=BLUE, lw=1.5, ls="--")
        if name == "degrees":
            words = f"grey: {len(places)} templates\norange: their median"
            ax.text(90, 0.98, words, ha="right", va="top")
        ax.set(ylabel="NCC at the right place", ylim=(-0.55, 1.05))
        if name == "scale":
            ax.set_xscale("log")
            ax.set_xticks([0.5, 0.7, 1, 1.4, 2], ["0.5", "0.7", "1", "1.4", "2"])
            ax.minorticks_off()


# ---------------------------------------------------------------- exercise 5


@figure(10.5, 4.3)
def rings(fig, downsample):
    """Rings that get finer outwards, at half size: every second pixel, and the mean of four."""
    rows, cols = np.mgrid[-1:1:128j, -1:1:128j]
    picture = 0.5 + 0.5 * np.cos(100 * (rows**2 + cols**2))
    should = drawing.resized(picture[None, None], 64, 64)[0, 0]
    yours, note = drawing.attempt(lambda: downsample(picture), should.shape, ndim=2)
    verdict = f"yours: {note}" if yours is None else drawing.verdict(yours, should)
    shown = {
        "rings, 128 × 128\n": picture,
        "every second pixel\n": picture[::2, ::2],
        f"the mean of 2 × 2\n{verdict}": should,
    }
    off = yours is not None and verdict != drawing.SAME
    axes = fig.subplots(1, len(shown) + off)
    for ax, (title, plane) in zip(axes, shown.items(), strict=False):
        ax.imshow(plane, cmap="gray", vmin=0, vmax=1)
        ax.set_title(title)
    if off:
        axes[3].imshow(yours - should, cmap="PuOr", vmin=-1, vmax=1)
        axes[3].set_title("yours less the mean:\npurple: too bright")
    for ax in axes:
        ax.set(xticks=[], yticks=[])


@figure(10.5, 5.0)
def same_window(fig, pyramid):
    """One window of 12 × 12 pixels on every level of a pyramid, and what it sees there."""
    picture = grey_portrait(192)
    levels = 5
    planes, note = drawing.tried(lambda: pyramid(picture, levels))
    sides = [192 // 2**k for k in range(levels)]
    axes = fig.subplots(2, levels, height_ratios=[2, 1.25], width_ratios=[8, 4, 3, 3, 3])
    for k, (side, (row, col)) in enumerate(zip(sides, CORNERS, strict=True)):
        should = drawing.resized(picture[None, None], side, side)[0, 0]
        top, bottom = axes[:, k]
        top.imshow(should, cmap="gray", vmin=0, vmax=1)
        drawing.mark(top, row, col, SIDE, SIDE)
        top.set_title(f"level {k}: {side} × {side}")
        yours, why = drawing.attempt(lambda k=k: planes[k], should.shape, ndim=2)
        if yours is None:
            drawing.text(bottom, "yours:\n" + (note or why), size=10)
        else:
            bottom.imshow(yours[row : row + SIDE, col : col + SIDE], cmap="gray", vmin=0, vmax=1)
            bottom.spines[:].set(color=ORANGE, linewidth=3)
            covers = f"covers {SIDE * 2**k} × {SIDE * 2**k}"
            bottom.set_title(f"{covers}\n{drawing.verdict(yours, should)}", fontsize=10)
        for ax in (top, bottom):
            ax.set(xticks=[], yticks=[])


@figure(10.5, 3.6)
def found_by_level(fig, multiscale_match):
    """Templates cut from three levels of a photograph, matched in a degraded copy of it."""
    picture = grey_portrait(128)
    worse = 0.5 * picture + 0.2 + np.random.default_rng(3).normal(0, 0.02, picture.shape)
    axes = fig.subplots(1, 3)
    for level, (ax, (row, col)) in enumerate(zip(axes, [(25, 48), (9, 21), (2, 8)], strict=True)):
        side = 128 // 2**level
        plane = drawing.resized(picture[None, None], side, side)[0, 0]
        template = plane[row : row + SIDE, col : col + SIDE]
        ax.imshow(worse, cmap="gray", vmin=0, vmax=1)
        size = SIDE * 2**level
        should = (level, row * 2**level, col * 2**level)
        dashes = {"color": BLUE, "lw": 2, "ls": (0, (3, 3)), "zorder": 4}
        _frame(ax, should[2], should[1], size, size, **dashes)
        inset = ax.inset_axes([0.0, 0.0, 0.3, 0.3])
        inset.imshow(template, cmap="gray", vmin=0, vmax=1)
        inset.set(xticks=[], yticks=[])
        inset.spines[:].set(color=BLUE, linewidth=2)

        def mark_found(ax=ax, template=template, should=should):
            score, *place = multiscale_match(worse, template, 4)
            said = f"{float(score):.3f} on level {int(place[0])}"
            drawing.mark(ax, int(place[1]), int(place[2]), *[SIDE * 2 ** int(place[0])] * 2)
            return f"{said}, {'there' if tuple(place) == should else 'elsewhere'}"

        said, note = drawing.tried(mark_found)
        wide = f"{size} of 128 pixels wide"
        ax.set_title(f"cut from level {level}: {wide}\nyours: {said or note}", fontsize=10)
        ax.set(xticks=[], yticks=[], xlim=(-0.5, 127.5), ylim=(127.5, -0.5))


@figure(10.5, 7.4)
def window_probabilities(fig, levels):
    """P-Net on every level of the portrait: where its window of 12 × 12 says "face".

    levels : pairs of scale and picture (1, 3, h, w), at most six
    """
    from course import faces

    best = max(range(len(levels)), key=lambda k: faces.probability(levels[k][1]).max())
    for k, (ax, (_, plane)) in enumerate(zip(fig.subplots(2, 3).ravel(), levels, strict=True)):
        p = faces.probability(plane)
        ax.imshow(plane[0].transpose(1, 2, 0))
        for i, j in np.argwhere(p > 0.7):
            _window(ax, faces.STRIDE * j, faces.STRIDE * i, color=BLUE, lw=1)
        i, j = np.unravel_index(p.argmax(), p.shape)
        _window(ax, faces.STRIDE * j, faces.STRIDE * i, color=ORANGE, lw=3)
        star = "  ← of all" if k == best else ""
        ax.set_title(f"level {k}: {plane.shape[3]} pixels wide\nlargest {p.max():.3f}{star}")
        ax.set(xticks=[], yticks=[])


@figure(10.5, 7.2)
def faces_found(fig, levels):
    """The boxes that P-Net proposes, and those that R-Net lets through, on two photographs.

    levels : function from a picture (1, 3, H, W) to pairs of scale and picture
    """
    from course import faces

    axes = fig.subplots(2, 2, height_ratios=[1.35, 1])
    pictures = {"portrait": images.portrait(), "coffee, no face": images.photo()}
    for row, (name, x) in zip(axes, pictures.items(), strict=True):
        boxes = faces.candidates(x, pyramid=levels(x))
        sure = faces.confirm(x, boxes)
        for ax in row:
            ax.imshow(x[0].transpose(1, 2, 0))
            ax.set(xticks=[], yticks=[])
        for box in boxes:
            _box(row[0], box, BLUE, 1.5)
        row[0].set_title(f"{name}: P-Net proposes {len(boxes)} boxes")
        for box in boxes[sure > 0.9]:
            _box(row[1], box, BLUE, 1.5)
        if sure.max() > 0.9:
            _box(row[1], boxes[sure.argmax()], ORANGE, 3)
        stay = f"{np.sum(sure > 0.9) or 'none'} stay" + ("s" if np.sum(sure > 0.9) == 1 else "")
        row[1].set_title(f"R-Net: {stay}; largest number {sure.max():.3f}")


# ---------------------------------------------------------------- exercise 6


@figure(10.5, 3.4)
def stages(fig, layer_cost):
    """What a 3 × 3 layer costs in three stages of a network: half the size, twice the channels."""
    names = [f"{channels} @ {side}²" for channels, side in STAGES]
    should = {  # the numbers of the worked example
        "pixels per map, H · W": [3136, 784, 196],
        "maps, C": [64, 128, 256],
        "activations": [200704, 100352, 50176],
        "parameters": [36928, 147584, 590080],
        "MACs": [115605504, 115605504, 115605504],
    }

    def counted():
        costs = [layer_cost((c, side, side), c, 3, 1, 1) for c, side in STAGES]
        shapes = [cost["out_shape"] for cost in costs]
        values = [
            [shape[1] * shape[2] for shape in shapes],
            [shape[0] for shape in shapes],
            *([cost[key] for cost in costs] for key in ("activations", "params", "macs")),
        ]
        return {name: np.asarray(v, float) for name, v in zip(should, values, strict=True)}

    yours, note = drawing.tried(counted)
    for ax, (name, values) in zip(fig.subplots(1, 5), should.items(), strict=True):
        ax.bar(names, values, color=BLUE, width=0.7)
        for at, value in enumerate(values):
            top = value + 0.05 * max(values)
            ax.text(at, top, _short(value), ha="center", va="bottom", fontsize=9)
        if yours:
            ax.plot(names, yours[name], "o", color=ORANGE, mec="white", ms=9)
            right = np.array_equal(yours[name], values)
            ax.set_title(f"{name}\n{drawing.SAME if right else 'yours: not the same'}")
        else:
            ax.set_title(f"{name}\nyours: {note}")
        ax.set(yticks=[], ylim=(0, 1.15 * max(values)))
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.tick_params(axis="x", labelsize=8)


@figure(10.5, 3.2)
def twins(fig, one, other, pooled):
    """Two different pictures that are equal after pooling.

    one, other : (H, W)
    pooled : function from (H, W) to the pooled picture
    """
    axes = fig.subplots(1, 4)
    shown = {
        "one picture": one,
        "another": other,
        "the first, pooled": pooled(one),
        "the second, pooled": pooled(other),
    }
    for ax, (name, values) in zip(axes, shown.items(), strict=True):
        ax.imshow(values, cmap="gray", vmin=0, vmax=1)
        ax.set_title(f"{name}: {values.shape[0]} × {values.shape[1]}")
        ax.set(xticks=[], yticks=[])


# ---------------------------------------------------------------- pieces


def correlation(image, template):
    """Cross-correlation without normalisation: not yet what the task asks for."""
    windows = np.lib.stride_tricks.sliding_window_view(image, template.shape)
    return (windows * template).sum(axis=(2, 3))


def _place(place):
    return f"({place[0]}, {place[1]})"


def _response(ax, name, values, true, top=None):
    """A map over the photograph it comes from; marked: where the template was, the largest number.

    Every number is drawn at the middle of its window, in white where it is 0. ``top`` is the end
    of the scale, on both sides; without it, the largest absolute value.
    """
    top = np.abs(values).max() if top is None else top
    best = tuple(int(i) for i in np.unravel_index(values.argmax(), values.shape))
    middle = (SIDE - 1) / 2
    start, height, width = middle - 0.5, *values.shape
    extent = (start, start + width, start + height, start)
    shown = ax.imshow(values, cmap="PuOr", vmin=-top, vmax=top, extent=extent)
    _around(ax, true[1] + middle, true[0] + middle, "o")
    _around(ax, best[1] + middle, best[0] + middle, "s")
    ax.set_title(f"{name}:\nlargest at {_place(best)}{', found' if best == true else ''}")
    ax.figure.colorbar(shown, ax=ax, location="bottom", shrink=0.8, label="response")


def _around(ax, x, y, marker, **style):
    """A blue circle ("o"), or a larger orange square ("s"), that leaves free what it is around."""
    size, color = (17, BLUE) if marker == "o" else (25, ORANGE)
    ax.plot(x, y, marker, ms=size, mfc="none", mec="white", mew=4, **style)
    ax.plot(x, y, marker, ms=size, mfc="none", mec=color, mew=2, **style)


def _frame(ax, left, top, width, height, **style):
    """The outline of a block of pixels."""
    ax.add_patch(drawing.rectangle(left - 0.5, top - 0.5, width, height, fill=False, **style))


def _window(ax, left, top, **style):
    _frame(ax, left, top, SIDE, SIDE, **style)


def _box(ax, box, color, width):
    left, top, right, bottom = box[:4]
    _frame(ax, left, top, right - left, bottom - top, edgecolor=color, lw=width)


def _short(value):
    """A count in three figures: 115.6 M, 200.7 k, 784."""
    for unit, size in (("M", 1e6), ("k", 1e4)):
        if value >= size:
            return f"{value / (1e6 if unit == 'M' else 1e3):.1f} {unit}"
    return f"{value:,}"
