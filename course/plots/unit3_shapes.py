"""The figures of unit 3: output sizes, what does not fit, mixed channels and receptive fields."""

import functools

import numpy as np

from course import images
from course.plots import drawing
from course.plots.drawing import BLUE, GREY, ORANGE, figure

# A network's first stages: what each makes of a 224 × 224 picture in three colours.
STAGES = [  # filters, kernel, stride, pad, and what comes out: (N, F, out_h, out_w)
    (64, 7, 2, 3, (1, 64, 112, 112)),
    (64, 3, 2, 1, (1, 64, 56, 56)),
    (128, 3, 2, 1, (1, 128, 28, 28)),
    (256, 3, 2, 1, (1, 256, 14, 14)),
    (512, 3, 2, 1, (1, 512, 7, 7)),
]
# The fields of VGG16's layers.
VGG16 = [3, 5, 6, 10, 14, 16, 24, 32, 40, 44, 60, 76, 92, 100, 132, 164, 196, 212]
EYE = (90, 93)  # column and row of an eye in the portrait of 224 × 224
VGG16_LAYERS = [
    name
    for block, convs in enumerate([2, 2, 3, 3, 3], start=1)
    for name in [*(f"conv{block}_{n}" for n in range(1, convs + 1)), f"pool{block}"]
]


def _whole(value):
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _numbers(count):
    """True for ``count`` numbers in a row."""
    return lambda got: (
        isinstance(got, list | tuple | np.ndarray) and len(got) == count and all(map(_whole, got))
    )


def _array(shape):
    """True for an array of that shape."""
    return lambda got: isinstance(got, np.ndarray) and got.shape == shape


def _pairs(count):
    """True for a list of so many pairs of numbers."""
    return lambda got: (
        isinstance(got, list | tuple) and len(got) == count and all(map(_numbers(2), got))
    )


# ---------------------------------------------------------------- exercise 7


@figure(10.5, 3.7)
def volumes(fig, conv_output_shape):
    """A stack of layers: the maps of each as a square, to scale, and under it its channels."""
    maps, channels = fig.subplots(2, 1, sharex=True, height_ratios=[5, 2])
    shape, labels = (1, 3, 224, 224), ["224 × 224 × 3\nthe picture"]
    _stage(maps, channels, 0, shape)
    for place, (filters, kernel, stride, pad, should) in enumerate(STAGES, start=1):
        label = f"{_size(should)}\n{kernel} × {kernel}, stride {stride}, pad {pad}"
        weights = (filters, shape[1], kernel, kernel)
        got, note = drawing.tried(
            lambda x=shape, w=weights, s=stride, p=pad: conv_output_shape(x, w, s, p), _numbers(4)
        )
        yours = note if got is None else _size(got)
        label += f"\n{drawing.SAME}" if got and tuple(got) == should else f"\nyours: {yours}"
        labels.append(label)
        shape = should
        _stage(maps, channels, place, shape)
    maps.set(xlim=(-0.55, 5.55), ylim=(0, 0.93), aspect="equal", yticks=[], anchor="S")
    maps.set_title("the rows and columns of a map, to scale")
    maps.spines[["left", "top", "right"]].set_visible(False)
    maps.tick_params(length=0, labelbottom=False)
    channels.set(ylim=(0, 660), yticks=[])
    channels.set_title("how many maps there are: the channels")
    channels.set_xticks(range(6), labels, size=9)
    channels.tick_params(length=0)
    channels.spines[["left", "top", "right"]].set_visible(False)


def _stage(maps, channels, place, shape):
    """One layer's output, (1, F, size, size), in its column of `volumes`."""
    side = 0.9 * shape[2] / 224
    maps.add_patch(_box(place - side / 2, 0, side, side, "#cfe3f1", BLUE))
    channels.bar(place, shape[1], width=0.5, color=ORANGE)
    channels.text(place, shape[1] + 25, f"{shape[1]}", ha="center", va="bottom", color="black")


def _size(shape):
    return " × ".join(f"{v:g}" for v in [*shape[2:], shape[1]])


# ---------------------------------------------------------------- exercise 8


@figure(10.5, 6.4)
def windows_on_a_line(fig):
    """Lines of pixels, the windows that fit, and the pixels that are left over at the end."""
    lines = [(10, 3, 2, 0, 1, (4, 1)), (10, 3, 2, 1, 1, (5, 1)), (12, 3, 3, 0, 2, (3, 1))]
    lines += [(13, 3, 5, 0, 1, (3, 0)), (15, 3, 5, 0, 1, (3, 2))]
    axes = fig.subplots(3, 2).ravel()
    for ax, letter, line in zip(axes, "abcde", lines, strict=False):
        n, kernel, stride, pad, dilation, should = line
        _line(ax, n, kernel, stride, pad, dilation, should)
        options = [f"stride {stride}"]
        options += [f"pad {pad}"] if pad else []
        options += [f"dilation {dilation}"] if dilation > 1 else []
        ax.set_title(
            f"{letter}: {n} pixels, kernel {kernel}, {', '.join(options)}\n"
            f"{should[0]} windows, {should[1]} left over",
            size=10,
        )
    axes[-1].set(xlim=(0, 1), ylim=(0, 1))
    axes[-1].set_axis_off()
    for y, (colour, hatch, edge, words) in zip(
        (0.85, 0.6, 0.35),
        [
            ("white", "", "#999999", "a pixel of the line"),
            ("#dddddd", "", "#999999", "a zero of the padding"),
            ("#f6c9ad", "////", ORANGE, "left over at the end"),
        ],
        strict=True,
    ):
        axes[-1].add_patch(_box(0.05, y - 0.06, 0.06, 0.12, colour, edge, hatch))
        axes[-1].text(0.15, y, words, va="center")
    axes[-1].plot([0.05, 0.08, 0.11], [0.1] * 3, "o-", color=BLUE, lw=2, markersize=6)
    axes[-1].text(0.15, 0.1, "a window and its taps (dashed: does not fit)", va="center")


def _box(x, y, width, height, colour, edge, hatch=""):
    return drawing.rectangle(
        x, y, width, height, facecolor=colour, edgecolor=edge, hatch=hatch, lw=0.9
    )


def _line(ax, n, kernel, stride, pad, dilation, should):
    """One line of pixels with its windows under it; the first one that does not fit is dashed."""
    out, unused = should
    length, reach = n + 2 * pad, dilation * (kernel - 1) + 1
    for place in range(length):
        real, left = pad <= place < length - pad, place >= length - unused
        colour, edge = ("#f6c9ad", ORANGE) if left else ("white" if real else "#dddddd", "#999999")
        ax.add_patch(_box(place - 0.5, 0, 1, 1, colour, edge, "////" if left else ""))
        label = f"{place - pad}" if real else "pad"
        ax.text(place, 0.5, label, ha="center", va="center", size=8, color="black")
    for window in range(out + (unused > 0)):
        taps = window * stride + dilation * np.arange(kernel)
        fits = taps[-1] < length
        y = -0.7 - 0.62 * (window % 3)
        style = {"color": BLUE, "lw": 2} if fits else {"color": GREY, "lw": 1.2, "ls": "--"}
        ax.plot([taps[0] - 0.4, taps[-1] + 0.4], [y, y], **style)
        ax.plot(taps, [y] * kernel, "o", color=style["color"], markersize=5)
    end = max(length, (out - 1 + (unused > 0)) * stride + reach)
    ax.set(xlim=(-0.8, max(end, 15.5)), ylim=(-2.4, 1.3), aspect="equal")
    ax.set_axis_off()


@figure(10.5, 4.2)
def left_over(fig, fit_report):
    """Two pictures cut into windows, and the margin that no window covers."""
    pictures = [(images.photo(), 36), (drawing.resized(_face(), 224, 224), 16)]
    axes = fig.subplots(1, 2, width_ratios=[1.35, 1])
    for ax, (picture, kernel) in zip(axes, pictures, strict=True):
        x = np.clip(picture[0].transpose(1, 2, 0), 0, 1)
        _cut(ax, x, kernel, fit_report)


def _face():
    return images.portrait()[:, :, :180, 80:260]


def _cut(ax, x, kernel, fit_report):
    """A picture in square windows, side by side; what yours cover is dashed if it is different."""
    sizes = x.shape[:2]
    should = [(size // kernel, size % kernel) for size in sizes]
    got, note = drawing.tried(
        lambda: [fit_report(size, kernel, kernel) for size in sizes], _pairs(2)
    )
    got = got and [tuple(pair) for pair in got]
    ax.imshow(x)
    for row, column in np.ndindex(should[0][0], should[1][0]):
        ax.add_patch(_window((column * kernel - 0.5, row * kernel - 0.5), kernel, kernel))
    height, width = sizes
    below, right = should[0][1], should[1][1]
    margin = {"facecolor": "#ffffffb0", "edgecolor": ORANGE, "hatch": "////"}
    if below:
        ax.add_patch(_window((-0.5, height - 0.5 - below), width, below, **margin))
    if right:
        ax.add_patch(_window((width - 0.5 - right, -0.5), right, height, **margin))
    yours = drawing.SAME if got == should else f"yours: {note or got}"
    if got not in (None, should) and all(0 <= v <= 260 for pair in got for v in pair):
        (rows, under), (columns, beside) = got
        yours = f"yours: {rows:g} × {columns:g} windows, {under:g} rows and {beside:g} columns"
        style = {"edgecolor": ORANGE, "lw": 2.5, "ls": "--"}
        ax.add_patch(_window((-0.5, -0.5), columns * kernel, rows * kernel, **style))
        ax.set(
            xlim=(-0.5, max(width, columns * kernel) + 1),
            ylim=(max(height, rows * kernel) + 1, -0.5),
        )
    unused = f"{below} rows and {right} columns" if below + right else "nothing"
    ax.set_title(
        f"{kernel} × {kernel} at stride {kernel}: {should[0][0]} × {should[1][0]} windows,\n"
        f"{unused} unused\n{yours}",
        size=10,
    )
    ax.set(xticks=[], yticks=[])


def _window(corner, width, height, **style):
    style = {"facecolor": "none", "edgecolor": "white", "lw": 1.2} | style
    return drawing.rectangle(*corner, width, height, **style)


# ---------------------------------------------------------------- exercise 9


@figure(10.5, 3.6)
def one_pixel(fig, w, row=120, col=200):
    """The colours of one pixel of the photograph, a matrix, and what it makes of them.

    w : (F, 3) weights
    """
    x = images.photo().round(
        2
    )  # rounded as printed, so that the numbers agree with those worked out by hand
    pixel = x[0, :, row, col]
    should = np.array([sum(a * b for a, b in zip(line, pixel, strict=True)) for line in w])
    axes = fig.subplots(1, 4, width_ratios=[3, 2, 2, 2.4])
    axes[0].imshow(x[0].transpose(1, 2, 0))
    axes[0].plot(col, row, "o", markersize=11, mfc="none", mec="white", mew=3)
    axes[0].plot(col, row, "o", markersize=11, mfc="none", mec=ORANGE, mew=1.5)
    axes[0].set_title(f"the pixel at row {row}, column {col}")
    drawing.on_photo(axes[0])
    _bars(axes[1], pixel, ["red", "green", "blue"], "before: its 3 channels")
    drawing.grid(axes[2], w)
    for channel, name in enumerate(["red", "green", "blue"]):
        axes[2].text(channel, -0.6, name, ha="center", va="bottom", size=10)
    axes[2].set_title(f"w: {len(w)} filters × 3 channels", pad=20)
    _bars(axes[3], should, [f"filter {f}" for f in range(len(w))], "after: its channels")


def _bars(ax, values, names, title):
    ax.barh(np.arange(len(values)), values, color=BLUE, height=0.6)
    ax.set_yticks(np.arange(len(values)), names)
    ax.axvline(0, color="black", lw=0.8)
    low, high = min(0, *values), max(0, *values)
    ax.set(xlim=(low - 0.38 * (low < 0) - 0.02, high + 0.42), ylim=(len(values) - 0.4, -0.6))
    for place, value in enumerate(values):
        side = -1 if value < 0 else 1
        label = f"{value:.2f}".replace("-", "−")
        ax.text(
            value + 0.09 * side,
            place,
            label,
            va="center",
            ha="left" if side > 0 else "right",
            size=9,
        )
    ax.set_title(title)


@figure(10.5, 4.4)
def mixed_colours(fig, mixes, conv1x1):
    """The photograph with its channels mixed in several ways; below, what came out otherwise.

    mixes : dict from a title to weights (1, 3) or (3, 3)
    """
    x = images.photo()
    should = [
        np.array([sum(a * plane for a, plane in zip(line, x[0], strict=True)) for line in w])
        for w in mixes.values()
    ]
    tried = [
        drawing.tried(lambda w=w: conv1x1(x, np.array(w)), _array((1, *planes.shape)))
        for w, planes in zip(mixes.values(), should, strict=True)
    ]
    notes = [
        f"yours: {note}" if note else drawing.verdict(got[0], planes)
        for (got, note), planes in zip(tried, should, strict=True)
    ]
    rows = 1 + any(note != drawing.SAME for note in notes)
    if rows == 1:
        fig.set_size_inches(10.5, 2.5)
    axes = fig.subplots(rows, 1 + len(mixes), squeeze=False)
    axes[0, 0].imshow(x[0].transpose(1, 2, 0))
    axes[0, 0].set_title("the photograph")
    if rows > 1:
        drawing.text(axes[1, 0], "above: as it should be\nbelow: yours", size=11)
    for column, title, planes, (got, _), note in zip(
        axes.T[1:], mixes, should, tried, notes, strict=True
    ):
        shown = _show(column[0], planes)
        column[0].set_title(title)
        if planes.min() < 0:
            under = column[0] if note == drawing.SAME else column[-1]
            ticks, place = [0, 0.35, 0.7], "bottom"
            bar = fig.colorbar(shown, ax=under, ticks=ticks, shrink=0.8, location=place)
            bar.ax.set_xlim(planes.min(), planes.max())  # the numbers there are
        if note == drawing.SAME:
            column[0].set_title(f"{title}\n{note}")
            if rows > 1:
                column[1].set_axis_off()
        elif got is None:
            drawing.text(column[1], note)
        else:
            _show(column[1], got[0], signed=planes.min() < 0)
            column[1].set_title(note)
    drawing.on_photo(axes)


def _show(ax, planes, signed=False):
    """Three planes as colours; one plane as grey, or in two tints if it has negative numbers."""
    if len(planes) == 3:
        return ax.imshow(np.clip(planes.transpose(1, 2, 0), 0, 1))
    if signed or planes.min() < 0:
        return ax.imshow(planes[0], cmap="PuOr", vmin=-0.8, vmax=0.8)
    return ax.imshow(planes[0], cmap="gray", vmin=0, vmax=1)


# ---------------------------------------------------------------- exercise 10


@figure(10.5, 4.3)
def field_in_a_line(fig):
    """Three layers over a line of pixels: which of them one output of each layer depends on."""
    layers = [(3, 1), (3, 2), (3, 1)]
    names = [f"layer {n}: kernel {k}, stride {s}" for n, (k, s) in enumerate(layers, start=1)]
    axes = fig.subplots(1, 3)
    for depth, ax in enumerate(axes, start=1):
        jumps = [1, 1, 2, 2]
        places = [np.arange(-6, 7) * jump for jump in jumps]  # in pixels of the picture
        seen = {depth: {0}}
        for level in range(depth, 0, -1):
            below = set()
            for centre in seen[level]:
                taps = [centre + jumps[level - 1] * (t - 1) for t in range(layers[level - 1][0])]
                for tap in taps:
                    ax.plot([centre, tap], [level, level - 1], color=BLUE, lw=1, zorder=1)
                below.update(taps)
            seen[level - 1] = below
        for level in range(4):
            inside = places[level][np.abs(places[level]) <= 6]
            for place in inside:
                hit = place in seen.get(level, ())
                colour = (ORANGE if level == depth else BLUE) if hit else "white"
                ax.plot(place, level, "o", markersize=9, mfc=colour, mec=GREY if level else "black")
        size = max(seen[0]) - min(seen[0]) + 1
        ax.annotate(
            "",
            (min(seen[0]) - 0.5, -0.55),
            (max(seen[0]) + 0.5, -0.55),
            arrowprops={"arrowstyle": "<->"},
        )
        ax.text(0, -0.95, f"field: {size} pixels", ha="center", va="center")
        ax.set(xlim=(-6.8, 6.8), ylim=(-1.3, 3.5), xticks=[], yticks=range(4))
        ax.set_yticklabels(["picture", *names] if depth == 1 else [])
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        apart = f"outputs {jumps[depth]} pixel{'s' if jumps[depth] > 1 else ''} apart"
        ax.set_title(f"one output of layer {depth}\n({apart})", size=10)


def vgg16():
    """The layers of VGG16, 13 convolutions and 5 poolings, as (kernel, stride, dilation)."""
    return [(3, 1, 1) if name.startswith("conv") else (2, 2, 1) for name in VGG16_LAYERS]


@figure(10.5, 3.9)
def fields_on_picture(fig, receptive_field, layer="conv1_1"):
    """What one output of a layer of VGG16 sees of a portrait, and the fields of all its layers.

    receptive_field : the student's; where it gives another field, this is dashed
    layer : one of ``VGG16_LAYERS``
    """
    place, should = VGG16_LAYERS.index(layer), VGG16
    got, note = drawing.tried(lambda: receptive_field(vgg16()), _pairs(len(should)))
    yours = got and [pair[0] for pair in got]
    x, side = _portrait(), should[place]
    whole, seen, sizes = fig.subplots(1, 3, width_ratios=[1, 1, 1.25])
    for ax in (whole, seen):
        ax.imshow(x)
        ax.set(xticks=[], yticks=[])
    whole.add_patch(_around(EYE, side, ORANGE, lw=2.5))
    said = ""
    if yours and yours[place] != side:
        whole.add_patch(_around(EYE, yours[place], BLUE, lw=2, ls="--"))
        said = f", yours (dashed): {yours[place]:g}"
    whole.set(xlim=(-0.5, 223.5), ylim=(223.5, -0.5))
    whole.set_title(f"{layer}: one output of it sees\n{side} × {side} pixels{said}")
    half = side / 2
    seen.set(xlim=(EYE[0] - half, EYE[0] + half), ylim=(EYE[1] + half, EYE[1] - half))
    seen.set_facecolor("#dddddd")
    seen.spines[:].set(color=ORANGE, linewidth=2.5)
    seen.set_title("these pixels, in large\n(grey: outside the picture)")
    colours = ["#9ecae1" if name.startswith("conv") else "#bbbbbb" for name in VGG16_LAYERS]
    colours[place] = ORANGE
    sizes.bar(range(len(should)), should, color=colours)
    said = drawing.SAME if yours else f"yours: {note}"
    if yours and yours != should:
        sizes.plot(range(len(should)), yours, "o", color=BLUE, markersize=5, mfc="none")
        said = "yours (rings): not the same"
    sizes.set_xticks(range(len(should)), VGG16_LAYERS, rotation=90, size=8)
    sizes.set(ylim=(0, 224))
    sizes.set_title(f"side of the field, in pixels\n{said}")
    sizes.spines[["top", "right"]].set_visible(False)


@functools.cache  # a slider draws it again and again
def _portrait():
    return np.clip(drawing.resized(_face(), 224, 224)[0].transpose(1, 2, 0), 0, 1)


def _around(centre, side, colour, **style):
    """A square frame around a place."""
    corner = (centre[0] - side / 2, centre[1] - side / 2)
    return drawing.rectangle(*corner, side, side, fill=False, edgecolor=colour, **style)


@figure(10.5, 3.4)
def measured_fields(fig, changes, layers, receptive_field):
    """How much each pixel changes one output, by layer, and the square that the formula gives.

    changes : dict from a layer's name to a (32, 32) of mean changes
    layers : the same layers as (kernel, stride, dilation)
    """
    got, note = drawing.tried(lambda: receptive_field(list(layers)), _pairs(len(layers)))
    axes = fig.subplots(1, len(changes))
    for place, (ax, (name, change)) in enumerate(zip(axes, changes.items(), strict=True)):
        rows, columns = np.nonzero(change > 1e-6)
        shown = ax.imshow(np.where(change > 1e-6, change / change.max(), np.nan), cmap="viridis")
        shown.set_clim(0, 1)
        middle = (columns.min() + columns.max()) / 2, (rows.min() + rows.max()) / 2
        measured = f"{np.ptp(rows) + 1} × {np.ptp(columns) + 1}"
        said = note
        if got is not None:
            size = got[place][0]
            said = f"{size:g} × {size:g}"
            corner = (middle[0] - size / 2, middle[1] - size / 2)
            ax.add_patch(
                drawing.rectangle(*corner, size, size, fill=False, ec=ORANGE, lw=2, clip_on=False)
            )
        ax.set_title(f"{name}\nmeasured {measured}\nyours: {said}", size=10)
        ax.set(xticks=[0, 16, 31], yticks=[0, 16, 31], xlim=(-0.5, 31.5), ylim=(31.5, -0.5))
        ax.set_facecolor("white")
    bar = fig.colorbar(shown, ax=list(axes), shrink=0.7, ticks=[0, 0.5, 1])
    bar.set_label("change of the output,\nlargest = 1")


@figure(10.5, 4.2)
def class_share(fig, trained, untrained):
    """The share of each channel's variance that the class explains: trained and untrained.

    trained, untrained : dicts from a layer's name to an array with one share per channel
    """
    axes = fig.subplots(1, 2, sharey=True)
    rng = np.random.default_rng(0)
    for ax, shares, title in zip(axes, [trained, untrained], ["trained", "untrained"], strict=True):
        for place, (_, values) in enumerate(shares.items()):
            jitter = rng.uniform(-0.22, 0.22, len(values))
            ax.plot(place + jitter, values, "o", color=BLUE, alpha=0.55, markersize=5, mec="none")
            median = np.median(values)
            ax.plot([place - 0.32, place + 0.32], [median] * 2, color=ORANGE, lw=3)
            ax.text(place + 0.35, median, f"{median:.2f}", color=ORANGE, va="center", weight="bold")
        names = [f"{name}\n{len(values)} channels" for name, values in shares.items()]
        ax.set_xticks(range(len(shares)), names)
        ax.set(xlim=(-0.6, len(shares) - 0.2), ylim=(0, 1), title=f"{title} network")
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("share of a channel's variation\nthat the class explains")
