"""The figures of unit 1: windows, padding, stride and dilation, on paper and on a photograph."""

import functools

import numpy as np

from course import images
from course.plots import drawing
from course.plots.drawing import BLUE, BRIGHTNESS, GREY, ORANGE, RESPONSE, figure

# Left-to-right differences (Sobel), the same for the three colours: a step from black to white
# gives 1. And the mean of 9 x 9 pixels and three colours.
EDGES = np.tile(np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]) / 12, (1, 3, 1, 1))
BLUR = np.full((1, 3, 9, 9), 1 / (3 * 9 * 9))


# ---------------------------------------------------------------- where the course leads


@figure(10.5, 3.9)
def where_it_leads(fig):
    """A photograph of an astronaut: a network finds the face, its filters, what it looked at."""
    from course import faces

    x = images.portrait()
    boxes = faces.candidates(x)
    left, top, right, bottom = boxes[faces.confirm(x, boxes).argmax(), :4]
    _, level = max(faces.levels(x), key=lambda level: faces.probability(level[1]).max())
    face, answers = faces.probability(level), faces.first_answers(level)[0]

    fig.get_layout_engine().set(wspace=0.05)
    axes = fig.subplots(1, 3)
    axes[0].imshow(x[0].transpose(1, 2, 0))
    box = {"fill": False, "edgecolor": ORANGE, "lw": 3}
    axes[0].add_patch(drawing.rectangle(left, top, right - left, bottom - top, **box))
    axes[0].set_title("unit 2: where is a face?")

    strongest = np.abs(answers).max(axis=(1, 2)).argsort()[::-1][:9]
    panels = [answers[k] / np.abs(answers[k]).max() for k in strongest]
    rows = [
        np.hstack([np.pad(p, 1, constant_values=np.nan) for p in panels[i : i + 3]])
        for i in (0, 3, 6)
    ]
    axes[1].imshow(np.vstack(rows), cmap="PuOr", vmin=-1, vmax=1)
    axes[1].set_title("unit 7: what do its filters answer?")

    height, width = x.shape[2:]
    # The middle of the first window, and of one after the last, in pixels of the portrait.
    first = (faces.WINDOW - faces.STRIDE) / 2
    scale = height / level.shape[2]
    after = [scale * (first + faces.STRIDE * n) for n in face.shape]
    axes[2].imshow(x[0].mean(axis=0), cmap="gray", vmin=0, vmax=1)
    axes[2].imshow(
        face,
        cmap="Oranges",
        vmin=0,
        vmax=1,
        alpha=face,
        extent=(scale * first, after[1], after[0], scale * first),
    )
    axes[2].set_title("units 2 and 7: which windows say so?")
    for ax in axes:
        ax.set(xticks=[], yticks=[])
    for ax in (axes[0], axes[2]):
        ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))


# ---------------------------------------------------------------- exercise 1


@figure(10.5, 6.2)
def window(fig, x, w, out, row=0, col=0):
    """One output number taken apart: window, kernel, products, channel sums, total.

    x : (1, 3, H, W) picture
    w : (1, 3, kh, kw) filter
    out : the output plane, to show where the number goes
    row, col : which output number
    """
    out = np.asarray(out)
    kh, kw = w.shape[2:]
    box = max(x.shape[2:])  # every panel is as large as the picture's, so that cells compare
    under = x[0, :, row : row + kh, col : col + kw]
    products = under * w[0]
    sums = products.sum(axis=(1, 2))

    fig.get_layout_engine().set(wspace=0.04)
    axes = fig.subplots(3, 5, width_ratios=[4, 4, 4, 2, 3])
    for c, name in enumerate(["red", "green", "blue"]):
        drawing.grid(axes[c, 0], x[0, c], top=x.max(), outline=(row, col, kh, kw))
        drawing.grid(axes[c, 1], w[0, c], top=np.abs(w).max(), box=box)
        drawing.grid(axes[c, 2], products[c], top=np.abs(products).max(), box=box)
        axes[c, 0].set_ylabel(f"{name}\nx[0, {c}]", rotation=0, ha="right", va="center")
        for ax, sign in zip(axes[c, 1:4], ["×", "=", "sum"], strict=True):
            ax.text(-0.02, 0.5, sign, ha="center", va="center", size=14, transform=ax.transAxes)
        drawing.text(axes[c, 3], f"{sums[c]:g}", size=20)
    for ax in axes[:2, 3]:
        ax.text(0.5, -0.08, "+", ha="center", va="center", size=20, transform=ax.transAxes)
    titles = ["picture and window", "kernel, w[0, c]", "products", "channel sums"]
    for ax, title in zip(axes[0, :4], titles, strict=True):
        ax.set_title(title, fontsize=11)

    axes[0, 4].set_axis_off()
    axes[2, 4].set_axis_off()
    drawing.grid(axes[1, 4], out, top=np.abs(out).max(), outline=(row, col, 1, 1))
    axes[1, 4].set_title("output plane, out[0, 0]", fontsize=11)
    added = " + ".join(f"{s:g}" if s >= 0 else f"({s:g})" for s in sums)
    label = f"{added} = {sums.sum():g}"
    axes[1, 4].set_xlabel(label, fontsize=12, color=ORANGE, weight="bold")
    fig.suptitle(f"{w[0].size} products, one number: out[0, 0, {row}, {col}] = {sums.sum():g}")


@figure(10.5, 5.2)
def edges_and_blur(fig, conv2d_valid):
    """The photograph through an edge filter and a blur: as it should be, and yours."""
    x = images.photo()
    should = images.photo_answers()
    axes = fig.subplots(2, 3)
    axes[0, 0].imshow(x[0].transpose(1, 2, 0))
    axes[0, 0].set_title("the photograph: 160 × 240")
    edges_text = (
        "edges, in each colour:\n\n"
        "       −1  0  1       \n1/12 × −2  0  2       \n       −1  0  1       \n\n"
    )
    blur_text = "blur, in each colour:\n\n9 × 9 weights of 1/243"
    drawing.text(axes[1, 0], edges_text + blur_text, size=10, family="monospace")
    edges = drawing.attempt(lambda: conv2d_valid(x, EDGES), (158, 238))
    blur = drawing.attempt(lambda: conv2d_valid(x, BLUR), (152, 232))
    drawing.compare(axes[:, 1], "edges: 158 × 238", should["edges"], edges, RESPONSE, at=1)
    drawing.compare(axes[:, 2], "blur: 152 × 232", should["blur"], blur, BRIGHTNESS, at=4)
    drawing.on_photo(axes)


# ---------------------------------------------------------------- exercise 2


@figure(9.5, 3.1)
def real_pixels(fig):
    """How many pixels of a 4 × 4 picture a 3 × 3 window sees at each place, with pad 1."""
    axes = fig.subplots(1, 4)
    places = {"corner": (0, 0), "edge": (0, 1), "inside": (1, 1)}
    for ax, (place, (row, col)) in zip(axes[:3], places.items(), strict=True):
        drawing.framed(ax, np.full((4, 4), ""), pad=1)
        rows, cols = np.indices((3, 3)).reshape(2, -1) + np.array([[row], [col]])
        real = (rows >= 1) & (rows <= 4) & (cols >= 1) & (cols <= 4)
        for r, c in zip(rows[real], cols[real], strict=True):
            ax.plot(c, r, "o", color=BLUE, markersize=8)
        drawing.mark(ax, row, col, 3, 3)
        ax.set_title(f"{place}: sees {real.sum()} pixels")
    inside = np.array([2, 3, 3, 2])  # rows (or columns) of the picture under a window
    drawing.grid(axes[3], np.outer(inside, inside))
    axes[3].set_title("at all places")
    fig.suptitle("3 × 3 window, pad 1. Dot = real pixel; the rest of the window is frame")


@figure(9.5, 5.8)
def padded_photo(fig, pad2d, conv2d_valid):
    """The blur of a photograph with zero padding: the size stays, the border gets darker."""
    x = images.photo()
    plain, padded = (images.photo_answers()[name] for name in ["blur", "padded blur"])
    axes = fig.subplots(2, 2)
    drawing.on_place(axes[0, 0], plain, BRIGHTNESS, at=4)
    axes[0, 0].set_title("no padding: 152 × 232")
    attempt = drawing.attempt(lambda: conv2d_valid(pad2d(x, 4), BLUR), padded.shape)
    drawing.compare(axes[:, 1], "pad 4: 160 × 240", padded, attempt, BRIGHTNESS)
    drawing.on_photo([axes[0, 0], *axes[:, 1]])

    # The mean of the middle rows, from the right border inwards.
    ax = axes[1, 0]
    inside = plain[36:116, ::-1].mean(axis=0)  # its row 36 is row 40 of the photograph
    ax.plot(np.arange(4, 20), inside[:16], color=BLUE, lw=5)
    ax.plot(padded[40:120, ::-1].mean(axis=0)[:20], color=ORANGE, lw=2)
    yours, _ = attempt
    if yours is not None:
        ax.plot(yours[40:120, ::-1].mean(axis=0)[:20], "ko", markersize=4)
    ax.text(7, 0.53, "no padding", color=BLUE)
    ax.text(2.2, 0.28, "pad 4" + (" (dots: yours)" if yours is not None else ""), color=ORANGE)
    ax.set(xlabel="pixels from the right border", ylabel="brightness, mean of 80 rows")
    ax.set(title="what happens at the border", ylim=(0, 0.7), xticks=range(0, 20, 5))


# ---------------------------------------------------------------- exercise 3


@figure(9, 5.8)
def taps(fig, dilate_kernel):
    """Where the nine taps of a 3 × 3 kernel stand for dilation 1, 2 and 3."""
    fig.get_layout_engine().set(wspace=0.08)
    axes = fig.subplots(2, 3)
    for column, d in enumerate([1, 2, 3]):
        reach = 2 * d + 1
        rows, cols = np.indices((reach, reach))
        should = np.where((rows % d == 0) & (cols % d == 0), 1, 0)
        yours, note = drawing.attempt(lambda d=d: dilate_kernel(np.ones((1, 1, 3, 3)), d))
        _taps(axes[0, column], should)
        axes[0, column].set_title(f"dilation {d}: 9 taps, reach {reach}")
        if yours is None:
            drawing.text(axes[1, column], f"yours: {note}")
        else:
            _taps(axes[1, column], yours)
            found = f"{np.count_nonzero(yours)} taps, reach {max(yours.shape)}"
            same = np.array_equal(yours, should)
            axes[1, column].set_title(drawing.SAME if same else f"yours: {found}")


@figure(10.5, 3.5)
def dilated_windows(fig):
    """The four windows of the worked example with pad 1 and dilation 2, on the blue plane."""
    blue = np.repeat([["1"], ["2"], ["3"], ["4"]], 4, axis=1)
    for (row, col), ax in np.ndenumerate(fig.subplots(1, 4).reshape(2, 2)):
        drawing.framed(ax, blue, pad=1)
        real = []  # the row of a pixel is its value, the rows and columns 0 and 5 are frame
        for r in range(row, row + 5, 2):
            for c in range(col, col + 5, 2):
                drawing.mark(ax, r, c, 1, 1, inset=0.12)
                real += [r] if 1 <= r <= 4 and 1 <= c <= 4 else []
        added = " + ".join(map(str, real))
        ax.set_title(f"out[0, 0, {row}, {col}]\n{added} = {sum(real)}")
    fig.suptitle("Blue plane, pad 1, dilation 2: nine taps, four of them on the picture")


@figure(10.5, 5.2)
def stride_and_dilation(fig, conv2d):
    """The edge filter with a longer reach, and with a stride, on the photograph."""
    x = images.photo()
    should = images.photo_answers()
    axes = fig.subplots(2, 3, sharex=True, sharey=True)
    options = [{"stride": 1, "dilation": 1}, {"dilation": 6}, {"stride": 4}]
    names = ["edges", "wide edges", "strided edges"]
    places = [{"at": 1}, {"at": 6}, {"at": 1, "step": 4}]
    for column, option, name, place in zip(axes.T, options, names, places, strict=True):
        words = ", ".join(f"{k} {v}" for k, v in option.items())
        title = f"{words}: {should[name].shape[0]} × {should[name].shape[1]}"
        attempt = drawing.attempt(functools.partial(conv2d, x, EDGES, **option), should[name].shape)
        last = name == names[-1]
        drawing.compare(column, title, should[name], attempt, RESPONSE, **place, bar=last)
    drawing.on_photo(axes)


@figure(7.5, 4.6)
def window_places(fig, stride=1, pad=0, dilation=1):
    """A 7 × 7 picture in its frame, the taps of the first window, and where the others begin."""
    reach, size = 2 * dilation + 1, 7 + 2 * pad
    starts = range(0, size - reach + 1, stride)
    ax = fig.subplots()
    drawing.framed(ax, np.full((7, 7), ""), pad)
    for row in range(0, reach, dilation):
        for col in range(0, reach, dilation):
            ax.add_patch(drawing.cell(row, col, facecolor=BLUE, alpha=0.6))
    for row in starts:
        ax.plot(starts, [row] * len(starts), "o", color=ORANGE, ms=5)
    if starts:
        drawing.mark(ax, starts[-1], starts[-1], reach, reach)
        left = size - starts[-1] - reach
        unused = f", {left} left over on two sides" if left else ""
        ax.set_title(f"output {len(starts)} × {len(starts)}, reach {reach}{unused}")
    else:
        ax.set_title(f"a reach of {reach} does not fit into {size}")
    ax.set_xlabel("blue: taps of the first window; dots: where windows begin; frame: the last one")


@figure(10.5, 4.4)
def recognised(fig, network, x, names, labels):
    """Pictures of clothes and shoes, and what the network takes each of them for.

    network : from (N, 1, 32, 32) to logits (N, classes)
    x : (N, 1, 32, 32)
    names : of the classes
    labels : (N,) indices into names, the true classes
    """
    logits = network.forward(x)
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    axes = fig.subplots(2, len(x), height_ratios=[1.3, 1])
    for n, (above, below) in enumerate(axes.T):
        above.imshow(x[n, 0], cmap="gray")
        guess = f"network: {names[p[n].argmax()]}, {p[n].max():.0%}"
        above.set(xticks=[], yticks=[], title=f"true: {names[labels[n]]}\n{guess}")
        below.barh(names, p[n], color=BLUE)
        below.set(xlim=(0, 1), xticks=[0, 1], yticks=range(len(names)))
        below.set_yticklabels(names if n == 0 else [])
        below.invert_yaxis()


def _taps(ax, kernel):
    """The taps of a kernel, drawn on 7 × 7 cells so that sizes can be compared."""
    height, width = kernel.shape
    for (r, c), value in np.ndenumerate(kernel):
        ax.add_patch(drawing.cell(r, c, facecolor=BLUE if value else "white", edgecolor="#999999"))
        ax.text(c, r, f"{value:g}", ha="center", va="center", color="white" if value else GREY)
    drawing.mark(ax, 0, 0, height, width)
    drawing.cells(ax, (max(7, height), max(7, width)), lines=False)
